//! Operations on jobs: find and list them; cancel, retry, delete or update all that match a filter.
//!
//! Matching jobs are handled in batches, in the order of their ids, up to the highest id at the
//! beginning. Each batch is a statement of its own, so no lock is held for long. The statement
//! checks the filter again, so a job that stops matching in the meantime is left alone.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Engine;
use super::router::IDS_PER_SIGNAL;
use crate::error::{Error, Result};
use crate::model::instant;
use crate::model::job::State;
use crate::model::read::{MAX_DURATION, Owner, Reader, Unit};
use crate::notifier::AfterCommit;
use crate::notifier::Signal;
use crate::store::{Filter, Touched};

/// The maximum number of jobs in one statement.
const MAX_BATCH: usize = 1000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    filter: Filter,
    id: Option<i64>,
    reason: Option<String>,
    patch: Option<Value>,
    limit: Option<i64>,
    offset: Option<i64>,
    before: Option<i64>,
    timeout: Option<Value>,
    key: Option<String>,
}

/// The actions that change jobs.
const ACTS: [&str; 4] = ["cancel", "retry", "delete", "update"];

enum Act {
    Cancel { reason: Option<String> },
    Retry,
    Delete,
    Update { patch: String },
}

impl Act {
    const fn name(&self) -> &'static str {
        match self {
            Self::Cancel { .. } => "cancel",
            Self::Retry => "retry",
            Self::Delete => "delete",
            Self::Update { .. } => "update",
        }
    }
}

impl Engine {
    /// Runs the action `find`, `attempts`, `list`, `wait`, `abandon`, `cancel`, `retry`, `delete` or `update`; options and answer
    /// are JSON.
    pub async fn jobs(&self, action: &str, options: &str) -> Result<String> {
        let options: Options =
            serde_json::from_str(options).map_err(|e| Error::Config(format!("jobs.{action}: {e}")))?;
        check(action, &options.filter)?;
        if ACTS.contains(&action) && options.filter.is_empty() {
            return Err(Error::Config(format!(
                "jobs.{action}: expected a filter that means some jobs, got one that means all of them"
            )));
        }
        let act = match action {
            "find" => {
                let id = options.id.ok_or_else(|| Error::Config("jobs.find: expected an id, got none".into()))?;
                return Ok(self.store.find_job(id).await?.unwrap_or_else(|| "null".into()));
            }
            "attempts" => {
                let id = options.id.ok_or_else(|| Error::Config("jobs.attempts: expected an id, got none".into()))?;
                return Ok(self.store.job_attempts(id).await?.unwrap_or_else(|| "null".into()));
            }
            "list" => {
                let Options { filter, before, limit, offset, .. } = options;
                let rows = self.store.list_jobs(&filter, before, limit.unwrap_or(100), offset.unwrap_or(0)).await?;
                return Ok(format!("[{}]", rows.join(",")));
            }
            "wait" => {
                let id = options.id.ok_or_else(|| Error::Config("waitFor: expected an id, got none".into()))?;
                let limits = json!({ "timeout": options.timeout });
                let reader = Reader::new(Owner::Config, "waitFor", &limits);
                let timeout = reader.duration("timeout", Unit::Milliseconds, Duration::ZERO..=MAX_DURATION)?;
                return self.wait(id, timeout, &options.key.unwrap_or_default()).await;
            }
            "abandon" => {
                self.abandon_wait(&options.key.unwrap_or_default());
                return Ok("null".into());
            }
            "cancel" => Act::Cancel { reason: options.reason },
            "retry" => Act::Retry,
            "delete" => Act::Delete,
            "update" => Act::Update { patch: crate::model::draft::check_patch(&options.patch.unwrap_or(Value::Null))? },
            other => return Err(Error::Internal(format!("jobs: expected a known action, got {other:?}"))),
        };
        Ok(json!(self.act(&act, options.filter).await?).to_string())
    }

    async fn act(&self, act: &Act, filter: Filter) -> Result<Vec<Touched>> {
        let mut named = filter.ids.clone().map(|mut ids| {
            ids.sort_unstable();
            ids.dedup();
            ids
        });
        let last = if named.is_some() { 0 } else { self.store.last_job().await? };
        let mut after = 0;
        let mut done: Vec<Touched> = vec![];
        loop {
            let ids = match &mut named {
                Some(ids) => ids.drain(..ids.len().min(MAX_BATCH)).collect(),
                None => self.store.next_job_ids(&filter, after, last, MAX_BATCH).await?,
            };
            let Some(highest) = ids.last() else { return Ok(done) };
            after = *highest;
            let batch = Filter { ids: Some(ids), ..filter.clone() };
            let touched = match self.act_on(act, &batch).await {
                Ok(touched) => touched,
                Err(error) => return Err(self.explained(act, &batch, error, done.len()).await),
            };
            self.follow_up(act, &touched);
            done.extend(touched);
        }
    }

    async fn act_on(&self, act: &Act, batch: &Filter) -> Result<Vec<Touched>> {
        match act {
            Act::Cancel { reason } => self.cancel_jobs(batch, reason.as_deref()).await,
            Act::Retry => self.store.retry_jobs(batch).await,
            Act::Delete => self.store.delete_jobs(batch).await,
            Act::Update { patch } => self.store.update_jobs(batch, patch).await,
        }
    }

    async fn cancel_jobs(&self, batch: &Filter, reason: Option<&str>) -> Result<Vec<Touched>> {
        let touched = self.store.cancel_jobs(batch, reason).await?;
        let running: Vec<i64> = touched.iter().filter(|job| job.state == "executing").map(|job| job.id).collect();
        // Notifies the other nodes that run the jobs. A notification holds up to 8000 bytes;
        // heartbeats find requests whose notification is lost.
        for ids in running.chunks(IDS_PER_SIGNAL) {
            self.producers().iter().for_each(|producer| drop(producer.executor.cancel(ids)));
            self.signal(&Signal::Cancel { ids: ids.to_vec() }).await?;
        }
        Ok(touched)
    }

    /// Names the job that holds the unique key of a job that was to become active again.
    async fn explained(&self, act: &Act, batch: &Filter, error: Error, before: usize) -> Error {
        let Error::Database { sqlstate, .. } = &error else { return error };
        if sqlstate != "23505" {
            return error;
        }
        let got = match self.store.find_unique_conflict(batch).await {
            Ok(Some((id, rival))) => format!("job {id}, whose key job {rival} has taken"),
            // The conflicting job has ended in the meantime.
            Ok(None) => "one whose key another job had taken a moment ago".to_owned(),
            Err(error) => return error,
        };
        let name = act.name();
        let others = if before == 0 {
            "nothing was changed".to_owned()
        } else {
            format!("{before} other jobs were changed before")
        };
        Error::UniqueConflict(format!("jobs.{name}: expected jobs whose unique keys are free, got {got}; {others}"))
    }

    /// Wakes the producers and the stager for the jobs as they are now, and the callers that wait for their ends.
    fn follow_up(&self, act: &Act, touched: &[Touched]) {
        let is_gone =
            |job: &&Touched| matches!(act, Act::Delete) || State::parse(&job.state).is_ok_and(State::is_terminal);
        if self.router.awaits_ends() {
            let ended: Vec<i64> = touched.iter().filter(is_gone).map(|job| job.id).collect();
            self.router.ended(&ended);
        }
        let mut queues: Vec<String> =
            touched.iter().filter(|job| job.state == "available").map(|job| job.queue.clone()).collect();
        queues.sort_unstable();
        queues.dedup();
        if !queues.is_empty() {
            self.router.available(queues);
        }
        if touched.iter().any(|job| job.state == "scheduled" || job.state == "retryable") {
            self.router.waiting(Duration::ZERO);
        }
    }
}

/// Rejects values that the database would reject with a less helpful error.
fn check(action: &str, filter: &Filter) -> Result<()> {
    for state in filter.states.iter().flatten() {
        State::parse(state).map_err(|e| Error::Config(format!("jobs.{action}: {e}")))?;
    }
    let times = [
        ("inserted_from", &filter.inserted_from),
        ("inserted_until", &filter.inserted_until),
        ("scheduled_from", &filter.scheduled_from),
        ("scheduled_until", &filter.scheduled_until),
    ];
    for (key, time) in times {
        let Some(time) = time.as_deref().filter(|time| instant::from_text(time).is_none()) else { continue };
        return Err(Error::Config(format!(
            "jobs.{action}: {key}: expected a Date or an RFC 3339 time such as \"2030-01-31T09:00:00Z\", got {time:?}"
        )));
    }
    Ok(())
}
