//! Operations on cron entries. They change the table, so they hold on every node and survive
//! restarts.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Engine;
use crate::error::{Error, Result};
use crate::model::config::CronEntry;
use crate::model::draft::DefaultsByQueue;
use crate::model::instant;
use crate::model::read::{Owner, Reader, nearest};
use crate::model::schedule::{Schedule, read_zone};
use crate::plugins::{Ahead, Due, cron_draft as draft};
use crate::registry::Registry;
use crate::store::Cron as Row;

/// The maximum number of attempts at an update while other transactions change the same entry.
const MAX_TRIES: usize = 20;

const MAX_TIMES: i64 = 10_000;

/// The next times of an entry, and its newest jobs, that are shown.
const SHOWN_TIMES: usize = 5;
const SHOWN_RUNS: i64 = 60;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Act<'a> {
    #[serde(default)]
    name: String,
    /// An entry, or changes to one, as JSON.
    #[serde(borrow)]
    entry: Option<&'a RawValue>,
    /// The options of `next`.
    times: Option<Value>,
}

impl Engine {
    /// Runs the action `list`, `find`, `insert`, `upsert`, `update`, `pause`, `resume`, `delete`, `run` or
    /// `next`; options and answer are JSON.
    pub async fn crons(&self, action: &str, options: &str) -> Result<String> {
        let act: Act<'_> = serde_json::from_str(options).map_err(|e| Error::Config(format!("cron.{action}: {e}")))?;
        let path = format!("cron.{action}");
        let name = &*act.name;
        let given = act.entry.map_or("null", RawValue::get);
        let done = match action {
            "list" => {
                let rows = self.store.load_crons(None).await?;
                return Ok(Value::Array(rows.iter().map(|row| self.cron_view(row)).collect()).to_string());
            }
            "find" => self.find_cron(name).await,
            "next" => return self.times(&act.times.unwrap_or_default()),
            "run" => return self.run(name).await,
            "insert" | "upsert" => {
                let entry = CronEntry::from_json(given, &path, self.config.timezone, self.config.max_args_bytes)?;
                if !self.store.save_cron(&entry.name, &entry.definition(), action == "upsert").await? {
                    return Err(Error::UniqueConflict(format!(
                        "{path}: expected a name that no entry has, got {:?}; change that entry with update or upsert, or give this one another name",
                        entry.name
                    )));
                }
                self.look(&entry.name).await
            }
            "update" => self.update(name, given, &path).await,
            "pause" | "resume" => {
                let found = self.store.pause_cron(name, action == "pause").await?;
                if found { self.look(name).await } else { Err(self.unknown(&path, name).await) }
            }
            "delete" => {
                let found = self.store.delete_cron(name).await?;
                if found { Ok(Value::Null) } else { Err(self.unknown(&path, name).await) }
            }
            other => return Err(Error::Internal(format!("cron: expected a known action, got {other:?}"))),
        };
        // The trigger sends a notification, but this node need not wait for it.
        self.router.wakes.crons.notify_one();
        done.map(|answer| answer.to_string())
    }

    /// An entry as the public API shows it.
    pub(super) fn cron_view(&self, row: &Row) -> Value {
        view(row, &self.registry)
    }

    /// The entry with its next times and its newest jobs; null if it does not exist.
    async fn find_cron(&self, name: &str) -> Result<Value> {
        let Some(row) = self.store.load_crons(Some(name)).await?.pop() else { return Ok(Value::Null) };
        let mut shown = self.cron_view(&row);
        let schedule = Schedule::parse(&row.expression, &row.timezone).ok().filter(|_| row.active && !row.paused);
        let after = schedule.as_ref().and_then(|it| Due::of(&row, it).next);
        let times = std::iter::successors(after, |at| schedule.as_ref()?.next_after(*at)).take(SHOWN_TIMES);
        shown["next"] = times.map(instant::to_text).collect();
        let runs = self.store.cron_runs(name, SHOWN_RUNS).await?;
        shown["history"] = serde_json::from_str(&runs).map_err(|e| Error::Internal(format!("cron_runs: {e}")))?;
        Ok(shown)
    }

    async fn one(&self, path: &str, name: &str) -> Result<Row> {
        match self.store.load_crons(Some(name)).await?.pop() {
            Some(row) => Ok(row),
            None => Err(self.unknown(path, name).await),
        }
    }

    async fn look(&self, name: &str) -> Result<Value> {
        // The entry was deleted in the meantime, so there is nothing to show.
        Ok(self.store.load_crons(Some(name)).await?.first().map_or(Value::Null, |row| self.cron_view(row)))
    }

    async fn unknown(&self, path: &str, name: &str) -> Error {
        let rows = self.store.load_crons(None).await.unwrap_or_default();
        let known: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let hint = nearest(name, &known).map(|it| format!(", did you mean {it:?}?")).unwrap_or_default();
        Error::NotFound(format!("{path}: expected the name of an entry, got {name:?}{hint}"))
    }

    /// Reads, changes and writes the entry; starts over if another transaction has changed it in
    /// the meantime.
    async fn update(&self, name: &str, changes: &str, path: &str) -> Result<Value> {
        for _ in 0..MAX_TRIES {
            let row = self.one(path, name).await?;
            let entry =
                CronEntry::changed(written(&row), changes, path, self.config.timezone, self.config.max_args_bytes)?;
            if self.store.update_cron(&row, &entry.definition()).await? {
                return self.look(name).await;
            }
        }
        Err(Error::Unavailable(format!(
            "{path}: expected to update {name:?} within {MAX_TRIES} tries, but other transactions kept changing it; try again"
        )))
    }

    /// Inserts a job of the entry now, independent of its ticks.
    async fn run(&self, name: &str) -> Result<String> {
        let row = self.one("cron.run", name).await?;
        let draft = draft(&self.registry, &row, self.config.version.as_deref(), row.now, true, &self.defaults)?;
        let Some(inserted) = self.store.run_cron(name, &draft).await? else {
            return Err(self.unknown("cron.run", name).await);
        };
        crate::enqueue::after_insert(std::slice::from_ref(&inserted), &*self.router);
        let mut job: Value = serde_json::from_str(&inserted.json)
            .map_err(|e| Error::Internal(format!("cron.run: expected a job, got {e}")))?;
        job["worker"] = row.worker.into();
        job["args"] = serde_json::from_str::<Value>(&row.rest).unwrap_or_default()["args"].take();
        Ok(job.to_string())
    }

    /// The next times of an expression, as ISO 8601 texts.
    fn times(&self, options: &Value) -> Result<String> {
        let reader = Reader::new(Owner::Config, "cron.next", options);
        reader.only(&["expression", "timezone", "count", "after"])?;
        let zone = reader.get("timezone").map_or(Ok(self.config.timezone), |it| read_zone(&it))?;
        let schedule = Schedule::read(&reader.need("expression", "a cron expression")?, zone)?;
        let count: i64 = reader.integer("count", 1..=MAX_TIMES)?.unwrap_or(5);
        let after = reader.need("after", "an instant")?;
        let after = instant::from_text(after.as_text(1..=64)?).ok_or_else(|| after.expected("an ISO 8601 instant"))?;
        let times = std::iter::successors(schedule.next_after(after), |at| schedule.next_after(*at));
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(json!(times.take(count).map(instant::to_text).collect::<Vec<_>>()).to_string())
    }
}

/// A row as the public API shows it.
fn view(row: &Row, registry: &Registry) -> Value {
    let parsed = Schedule::parse(&row.expression, &row.timezone);
    let due = parsed.as_ref().ok().filter(|_| row.active && !row.paused).map(|schedule| Due::of(row, schedule));
    let next = due.and_then(|due| due.tick.or(due.next));
    let problem = match &parsed {
        Err(error) => Some(error.to_string()),
        Ok(schedule) => {
            let ahead = Ahead::of(row, schedule).filter(|_| row.active && !row.paused).map(|ahead| ahead.problem(row));
            ahead.or_else(|| {
                draft(registry, row, None, row.now, false, &DefaultsByQueue::default())
                    .err()
                    .map(|error| error.to_string())
            })
        }
    };
    let mut all: Map<String, Value> = serde_json::from_str(&row.rest).unwrap_or_default();
    let own = json!({
        "name": row.name, "expression": row.expression, "timezone": row.timezone, "worker": row.worker,
        "options": serde_json::from_str::<Value>(&row.options).unwrap_or_default(), "guaranteed": row.guaranteed,
        "paused": row.paused, "active": row.active, "next_at": next.map(instant::to_text), "problem": problem,
    });
    if let Value::Object(own) = own {
        all.extend(own);
    }
    Value::Object(all)
}

/// A row in the form in which a configuration defines an entry.
fn written(row: &Row) -> Value {
    let rest: Value = serde_json::from_str(&row.rest).unwrap_or_default();
    let mut all = match serde_json::from_str(&row.options) {
        Ok(Value::Object(options)) => options,
        _ => Map::new(),
    };
    let own = json!({
        "schedule": row.expression, "job": row.worker, "args": rest["args"], "timezone": row.timezone, "name": row.name,
        "guaranteed": row.guaranteed, "paused": row.paused,
    });
    if let Value::Object(own) = own {
        all.extend(own);
    }
    Value::Object(all)
}
