//! The cron plugin: inserts the jobs of cron entries at their ticks.
//!
//! The table holds the schedule: any node may insert the jobs of any entry, even of one whose class
//! it does not have. An entry's ticks are settled up to the later of its `last_at` and `since`.
//! Inserting a job advances `last_at` in the same statement, and only from the value that was read,
//! so each tick inserts one job even if several nodes try, a node was frozen, or a clock is wrong.
//! All times are the database's; a node only measures how long it sleeps.
//!
//! An entry that is settled up to a moment in the future is described in [`ahead`].
//!
//! A tick may be up to [`ON_TIME_WINDOW`] late. Older ticks are missed: they are counted, and
//! a `guaranteed` entry makes up for the last one.

mod ahead;
mod due;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::definition::{Definition, Loaded};
use super::plugin::{Plugin, PluginContext, Prepared, Scope, Tick, Wakes};
use crate::enqueue::after_insert;
use crate::error::{Error, Result};
use crate::model::config::cron::read_entries;
use crate::model::config::kind::Row as OptionRow;
use crate::model::config::{Config, CronEntry, GONE_AFTER};
use crate::model::instant;
use crate::model::schedule::Schedule;
use crate::registry::Registry;
use crate::store::{Boot, Cron as Row, Inserted};
use crate::telemetry::Kind;
use ahead::{ON_TIME_WINDOW, micros};
use due::check_versions;

pub use ahead::Ahead;
pub use due::{Due, draft};

pub const DEFINITION: Definition = Definition {
    option: Some(OptionRow::new(
        "cron",
        "array or `false`",
        "`[]`",
        "[Cron entries](#cron): `[expression, job, args?, options?]` or `{ schedule, job, … }`. `false`: this node makes no ticks.",
    )),
    table: Some(("Cron", CronEntry::reference)),
    read: |all, config| {
        let entries = match all.get("cron") {
            None => vec![],
            Some(it) if it.is_false() => return Ok(Loaded::off()),
            Some(it) => read_entries(&it, config.timezone, config.max_args_bytes)?,
        };
        let effective: Vec<Value> = entries.iter().map(CronEntry::effective).collect();
        let version = config.version.clone();
        Ok(Loaded::on(effective, Cron { entries, version, memory: Mutex::default() }))
    },
};

/// The maximum time between two ticks of the plugin; also the interval at which a node confirms the
/// entries in its code.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// The maximum time between two ticks if there are no entries and notifications announce new ones.
const IDLE_CHECK_INTERVAL: Duration = Duration::from_secs(600);

/// How often the plugin looks for entries that are no longer in any node's code.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(3_600);

/// The time until the next look if something is undecided: another transaction holds the entry, or
/// it is unclear whether an earlier cluster is gone.
const UNDECIDED_RETRY: Duration = Duration::from_secs(1);

/// The maximum number of entries handled at the same time.
const MAX_CONCURRENT: usize = 3;

struct Cron {
    /// The entries in this node's code.
    entries: Vec<CronEntry>,
    /// The application's version.
    version: Option<String>,
    memory: Mutex<Memory>,
}

/// The next tick of any entry, if there is one.
type NextTick = Option<Instant>;

#[derive(Default)]
struct Memory {
    entered: bool,
    touched_at: Option<Instant>,
    /// When the next tick of an entry comes; `None` before the first look.
    next_tick: Option<NextTick>,
    /// Whether `@reboot` entries have been handled.
    booted: bool,
    /// Entries whose job could not be inserted: by name, the row's `updated_at` and the tick. The
    /// plugin tries again when either changes.
    broken: HashMap<String, (i64, i64)>,
}

/// The result of one entry's tick.
enum TickResult {
    Completion,
    /// Another transaction holds the entry or has changed it; the plugin tries again soon.
    Contended,
}

type TickFuture<'a> = Pin<Box<dyn Future<Output = Result<TickResult>> + Send + 'a>>;

impl Plugin for Cron {
    fn name(&self) -> &'static str {
        "cron"
    }

    /// Each tick inserts one job however many nodes try, so no leader is needed. Also, each node
    /// confirms its own entries.
    fn scope(&self) -> Scope {
        Scope::Node
    }

    fn wake(&self, wakes: &Wakes) -> Arc<Notify> {
        wakes.crons.clone()
    }

    fn job_sources(&self) -> Option<usize> {
        Some(self.entries.len())
    }

    /// Until the first look, the engine must not sleep.
    fn next_tick(&self, _: &PluginContext) -> Option<Instant> {
        self.memory.lock().next_tick.unwrap_or_else(|| Some(Instant::now()))
    }

    fn check(&self, config: &Config, registry: &Registry) -> Result<()> {
        check_versions(config, registry, &self.entries)
    }

    /// Writes the entries of the code before the engine has started; if that fails, the ticks try
    /// again.
    fn prepare<'a>(&'a self, context: &'a PluginContext) -> Prepared<'a> {
        Box::pin(async {
            if let Err(error) = self.enter(context).await {
                tracing::warn!(%error, "start: cannot write the cron entries; the plugin tries again");
            }
            true
        })
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async {
            self.enter(context).await?;
            self.touch(context).await?;
            let mut read_at = Instant::now();
            let mut all = context.store.load_crons(None).await?;
            let brought = self.bring_back(context, &self.running(context, &all)).await?;
            if brought.some {
                read_at = Instant::now();
                all = context.store.load_crons(None).await?;
            }
            let longest = if brought.undecided { UNDECIDED_RETRY } else { self.longest_wait(context, !all.is_empty()) };
            let rows = self.running(context, &all);
            let booted = self.boot(context, &rows).await?;
            let mut wait = if booted { longest } else { UNDECIDED_RETRY };
            let mut next_tick = (!booted).then_some(read_at);
            let due: Vec<_> = rows.iter().map(|(row, schedule)| (*row, Due::of(row, schedule))).collect();
            for (row, due) in &due {
                let away = due.next.map(|next| Duration::from_micros(next.abs_diff(row.now)));
                wait = wait.min(away.unwrap_or(CHECK_INTERVAL));
                next_tick = away.map(|away| read_at + away).into_iter().chain(next_tick).min();
            }
            let work: Vec<TickFuture<'_>> =
                due.iter().map(|(row, due)| Box::pin(self.settle(context, row, *due)) as TickFuture<'_>).collect();
            let results: Vec<_> = stream::iter(work).buffer_unordered(MAX_CONCURRENT).collect().await;
            for result in results {
                if matches!(result?, TickResult::Contended) {
                    wait = wait.min(UNDECIDED_RETRY);
                    next_tick = Some(read_at);
                }
            }
            self.memory.lock().next_tick = Some(next_tick);
            // One millisecond more, because timers have a resolution of one millisecond.
            Ok((wait + Duration::from_millis(1)).saturating_sub(read_at.elapsed()))
        })
    }
}

impl Cron {
    /// Writes the entries of the code to the table, once.
    async fn enter(&self, context: &PluginContext) -> Result<()> {
        if self.memory.lock().entered {
            return Ok(());
        }
        let (names, definitions): (Vec<_>, Vec<_>) =
            self.entries.iter().map(|entry| (entry.name.clone(), entry.definition())).unzip();
        if !names.is_empty() {
            context.store.sync_crons(&names, &definitions).await?;
        }
        let mut memory = self.memory.lock();
        memory.entered = true;
        memory.touched_at = Some(Instant::now());
        Ok(())
    }

    fn longest_wait(&self, context: &PluginContext, any: bool) -> Duration {
        let idle = context.is_listening() && !any && self.entries.is_empty();
        if idle { IDLE_CHECK_INTERVAL } else { CHECK_INTERVAL }
    }

    async fn touch(&self, context: &PluginContext) -> Result<()> {
        // Without entries, the statement only removes old ones.
        let every = if self.entries.is_empty() { CLEANUP_INTERVAL } else { CHECK_INTERVAL };
        let fresh = |at: Instant| at.elapsed() + UNDECIDED_RETRY < every;
        if self.memory.lock().touched_at.is_some_and(fresh) {
            return Ok(());
        }
        let names: Vec<_> = self.entries.iter().map(|entry| entry.name.clone()).collect();
        context.store.touch_crons(&names).await?;
        self.memory.lock().touched_at = Some(Instant::now());
        Ok(())
    }

    /// The entries that tick, with their schedules.
    fn running<'a>(&self, context: &PluginContext, rows: &'a [Row]) -> Vec<(&'a Row, Schedule)> {
        rows.iter()
            .filter(|row| row.active && !row.paused)
            .filter_map(|row| self.schedule(context, row).map(|schedule| (row, schedule)))
            .collect()
    }

    /// The schedule of a row; `None` if the row was edited by hand and is invalid.
    fn schedule(&self, context: &PluginContext, row: &Row) -> Option<Schedule> {
        let parsed = Schedule::parse(&row.expression, &row.timezone);
        parsed.map_err(|error| self.cannot(context, row, None, &error)).ok()
    }

    /// Handles `@reboot`: once when a cluster begins, and once for each version. False: the plugin
    /// tries again soon.
    async fn boot(&self, context: &PluginContext, rows: &[(&Row, Schedule)]) -> Result<bool> {
        if self.memory.lock().booted {
            return Ok(true);
        }
        let boot = context.store.cluster_boot(&(context.producers)(), GONE_AFTER.as_secs_f64()).await?;
        let fresh = if let Boot::Fresh(at) = boot { Some(at) } else { None };
        let version = self.version.as_deref();
        for (row, _) in rows.iter().filter(|(_, schedule)| schedule.is_reboot()) {
            if fresh.is_none() && version.is_none() {
                continue;
            }
            let inserted = match draft(&context.registry, row, version, row.now, false, &context.defaults) {
                Ok(draft) => context.store.insert_boot(row, &draft, version, fresh).await,
                Err(error) => Err(error),
            };
            match inserted {
                Ok(None) => {}
                Ok(Some(inserted)) => report_insert(context, row, row.now, &inserted, false),
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => self.cannot(context, row, None, &error),
            }
        }
        if boot == Boot::Unsure {
            return Ok(false);
        }
        self.memory.lock().booted = true;
        Ok(true)
    }

    /// Inserts the due job, or records missed ticks. Returns only errors that affect all entries.
    async fn settle(&self, context: &PluginContext, row: &Row, due: Due) -> Result<TickResult> {
        if due.tick.is_none() && due.missed == 0 || self.is_broken(row, due.upto) {
            return Ok(TickResult::Completion);
        }
        match self.write(context, row, due).await {
            Ok(true) => Ok(TickResult::Completion),
            Ok(false) => Ok(TickResult::Contended),
            Err(error) if error.code() == "ERAM_UNAVAILABLE" => Err(error),
            Err(error) if error.is_transient() => Ok(TickResult::Contended),
            Err(error) => {
                self.cannot(context, row, Some(due.upto), &error);
                Ok(TickResult::Completion)
            }
        }
    }

    async fn write(&self, context: &PluginContext, row: &Row, due: Due) -> Result<bool> {
        let missed = i64::try_from(due.missed).unwrap_or(i64::MAX);
        let Some(tick) = due.tick else {
            let settled = context.store.skip_ticks(row, due.upto, missed).await?;
            if settled {
                report_missed(context, row, due);
            }
            return Ok(settled);
        };
        let draft = draft(&context.registry, row, self.version.as_deref(), tick, false, &context.defaults)?;
        let Some(inserted) = context.store.insert_tick(row, tick, missed, &draft, ON_TIME_WINDOW.as_secs_f64()).await?
        else {
            return Ok(false);
        };
        report_insert(context, row, tick, &inserted, row.now.saturating_sub(tick) >= micros(ON_TIME_WINDOW));
        if due.missed > 0 {
            report_missed(context, row, due);
        }
        Ok(true)
    }

    fn is_broken(&self, row: &Row, tick: i64) -> bool {
        self.memory.lock().broken.get(&row.name) == Some(&(row.updated_at, tick))
    }

    /// Reports that an entry's job could not be inserted: once for each tick, or once for each
    /// change of the row if no tick is concerned.
    fn cannot(&self, context: &PluginContext, row: &Row, tick: Option<i64>, error: &Error) {
        let mark = (row.updated_at, tick.unwrap_or(i64::MIN));
        if self.memory.lock().broken.insert(row.name.clone(), mark) == Some(mark) {
            return;
        }
        tracing::warn!(%error, "cron: cannot insert the job of entry {:?}", row.name);
        context.telemetry.emit(
            Kind::CronException,
            || json!({ "name": row.name, "worker": row.worker, "at": tick.map(instant::to_text), "message": error.to_string() }),
        );
    }
}

fn report_insert(context: &PluginContext, row: &Row, tick: i64, inserted: &Inserted, late: bool) {
    context.telemetry.emit(Kind::CronInsert, || {
        let job: Value = serde_json::from_str(&inserted.json).unwrap_or_default();
        json!({
            "name": row.name, "worker": row.worker, "at": instant::to_text(tick), "late": late,
            "job": { "id": job["id"], "queue": job["queue"], "conflict": job["conflict"] },
        })
    });
    after_insert(std::slice::from_ref(inserted), &*context.after_commit);
}

fn report_missed(context: &PluginContext, row: &Row, due: Due) {
    let (name, missed, upto) = (&row.name, due.missed, instant::to_text(due.upto));
    tracing::warn!("cron: {name:?} missed {missed} ticks up to {upto}, because no node was running");
    context.telemetry.emit(
        Kind::CronMissed,
        || json!({ "name": name, "worker": row.worker, "missed": missed, "upto": upto, "made_up": due.tick.is_some() }),
    );
}
