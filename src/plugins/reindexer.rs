//! The reindexer: rebuilds the search indexes on a schedule, without blocking other work.
//!
//! It uses a connection of its own, because `REINDEX INDEX CONCURRENTLY` cannot run in a
//! transaction and may take long. An interrupted run leaves an invalid index behind, which every
//! write still has to maintain; the next run removes such leftovers first. A scheduled time that
//! passes without a leader is skipped.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::definition::{Definition, Loaded, switch};
use super::plugin::{Plugin, PluginContext, Prepared, Tick};
use crate::error::Result;
use crate::model::config::kind::{self, DAY, Row, names, seconds, zone};
use crate::model::config::options;
use crate::model::schedule::{Schedule, Zone};
use crate::store::Rebuilder;
use crate::telemetry::Kind;

options! {
    struct Options() {
        schedule: String = expression() => "@midnight".to_owned(),
            "Cron expression of the runs.";
        indexes: Vec<String> = indexes().shown("the two search indexes") => SEARCH_INDEXES.map(str::to_owned).to_vec(),
            "Indexes to rebuild. Those that do not exist are skipped.";
        timeout: Duration = seconds(Duration::from_secs(1)..=DAY) => Duration::from_secs(15),
            "Maximum time per index.";
        timezone: Zone = zone() => Zone::Etc__UTC,
            "Time zone of the schedule.";
    }
}

pub const DEFINITION: Definition = Definition {
    option: Some(Row::new(
        "reindexer",
        "boolean or [object](#reindexer)",
        "`false`",
        "Rebuilds the search indexes, on the leader.",
    )),
    table: Some(("Reindexer", Options::rows)),
    read: |all, _| {
        let Some(options) = switch(all, "reindexer", false, Options::read)? else { return Ok(Loaded::off()) };
        Ok(Loaded::on(options.values(), Reindexer::new(options)?))
    },
};

const SEARCH_INDEXES: [&str; 2] = ["eram_jobs_args_index", "eram_jobs_meta_index"];

/// A schedule that has times; the time zone is another option.
fn expression() -> kind::Kind<String> {
    kind::Kind::new(
        "string",
        |it| match Schedule::read(it, Zone::Etc__UTC)? {
            schedule if schedule.is_reboot() => Err(it.expected("a schedule with instants")),
            schedule => Ok(schedule.expression().to_owned()),
        },
        |it| Value::from(it.as_str()),
    )
}

fn indexes() -> kind::Kind<Vec<String>> {
    // PostgreSQL keeps 63 bytes of a name.
    names("a list of index names", 64, 1..=63)
}

/// How often the database's clock is checked, which may differ from this node's.
const CHECK_INTERVAL: Duration = Duration::from_secs(3_600);

struct Reindexer {
    options: Options,
    schedule: Schedule,
    /// When the next run is due, by the database's clock in microseconds.
    due: Mutex<Option<i64>>,
    /// The same by the clock of this node; `None` before the first look.
    next: Mutex<Option<Instant>>,
}

/// The result of one run.
#[derive(Debug, Default, PartialEq, Eq)]
struct Report {
    removed: Vec<String>,
    rebuilt: Vec<String>,
    missing: Vec<String>,
    /// Index and error.
    failed: Vec<(String, String)>,
}

impl Plugin for Reindexer {
    fn name(&self) -> &'static str {
        "reindexer"
    }

    fn prepare<'a>(&'a self, context: &'a PluginContext) -> Prepared<'a> {
        Box::pin(async {
            let reachable = context.direct.is_some();
            if !reachable {
                tracing::warn!("reindexer: needs a connection past the pooler; set listen_url");
            }
            reachable
        })
    }

    fn next_tick(&self, _: &PluginContext) -> Option<Instant> {
        Some(self.next.lock().unwrap_or_else(Instant::now))
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            let now = context.store.now().await?;
            let due = self.due.lock().filter(|_| !context.woken).or_else(|| self.schedule.next_after(now));
            *self.due.lock() = due;
            let away = due.map(|due| Duration::from_micros(u64::try_from(due.saturating_sub(now)).unwrap_or(0)));
            // Without another run, the next look is the next tick.
            *self.next.lock() = Some(Instant::now() + away.unwrap_or(CHECK_INTERVAL));
            let Some(due) = due else { return Ok(CHECK_INTERVAL) };
            if now < due {
                return Ok(CHECK_INTERVAL.min(Duration::from_micros(due.abs_diff(now))));
            }
            let begun = Instant::now();
            let report = self.run(context).await?;
            emit(context, &report, begun.elapsed());
            *self.due.lock() = self.schedule.next_after(context.store.now().await?);
            Ok(Duration::ZERO)
        })
    }
}

impl Reindexer {
    fn new(options: Options) -> Result<Self> {
        let schedule = Schedule::parse(&options.schedule, options.timezone.name())?;
        Ok(Self { options, schedule, due: Mutex::default(), next: Mutex::default() })
    }

    /// Tries every index, even if others fail.
    async fn run(&self, context: &PluginContext) -> Result<Report> {
        let mut report = Report::default();
        let Some(info) = &context.direct else { return Ok(report) };
        let rebuilder = Rebuilder::open(info, context.store.prefix(), self.options.timeout).await?;
        sweep(&rebuilder, &mut report).await?;
        for index in &self.options.indexes {
            if context.peer.lease().is_none() {
                break;
            }
            if !rebuilder.has(index).await? {
                report.missing.push(index.clone());
                continue;
            }
            match rebuilder.rebuild(index).await {
                Ok(()) => report.rebuilt.push(index.clone()),
                Err(error) => report.failed.push((index.clone(), error.to_string())),
            }
        }
        if !report.failed.is_empty() {
            sweep(&rebuilder, &mut report).await?;
        }
        Ok(report)
    }
}

fn emit(context: &PluginContext, report: &Report, took: Duration) {
    for index in &report.missing {
        tracing::info!(index, "reindexer: skipped an index that does not exist");
    }
    for (index, error) in &report.failed {
        tracing::warn!(index, error, "reindexer: cannot rebuild an index or remove a leftover");
    }
    let elapsed = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    context.telemetry.emit(Kind::ReindexerStop, || {
        let failed: Vec<_> =
            report.failed.iter().map(|(index, error)| json!({ "index": index, "message": error })).collect();
        json!({
            "rebuilt": report.rebuilt, "missing": report.missing, "removed": report.removed, "failed": failed,
            "elapsed_ms": elapsed,
        })
    });
}

/// Removes invalid indexes left behind by this or an earlier run.
async fn sweep(rebuilder: &Rebuilder, report: &mut Report) -> Result<()> {
    for index in rebuilder.leftovers().await? {
        match rebuilder.remove(&index).await {
            Ok(()) => report.removed.push(index),
            Err(error) => report.failed.push((index, error.to_string())),
        }
    }
    Ok(())
}
