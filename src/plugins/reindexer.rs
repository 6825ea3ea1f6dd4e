//! The reindexer: rebuilds the search indexes on a schedule, without blocking other work.
//!
//! It uses a connection of its own, because `REINDEX INDEX CONCURRENTLY` cannot run in a transaction and may take long. An
//! interrupted run leaves an invalid index behind, which every write still has to maintain; such leftovers are removed first. A
//! scheduled time that passes without a leader is skipped.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::json;

use super::{Plugin, Tick, TickContext};
use crate::cluster::leader::Peer;
use crate::error::Result;
use crate::model::config;
use crate::pg::conninfo::ConnInfo;
use crate::store::{Rebuilder, Store};
use crate::telemetry::{Kind, Telemetry};

/// How often the database's clock is checked, which may differ from this node's.
const CHECK_INTERVAL: Duration = Duration::from_secs(3_600);

pub struct Reindexer {
    pub store: Arc<Store>,
    pub telemetry: Arc<Telemetry>,
    pub peer: Arc<Peer>,
    /// A way to the database past any pooler.
    pub info: ConnInfo,
    pub options: config::Reindexer,
    /// When the next run is due, by the database's clock in microseconds.
    pub due: Mutex<Option<i64>>,
}

/// The result of one run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub removed: Vec<String>,
    pub rebuilt: Vec<String>,
    pub missing: Vec<String>,
    /// Index and error.
    pub failed: Vec<(String, String)>,
}

impl Plugin for Reindexer {
    fn name(&self) -> &'static str {
        "reindexer"
    }

    fn tick(&self, context: TickContext) -> Tick<'_> {
        Box::pin(async move {
            let now = self.store.now().await?;
            let due = self.due.lock().filter(|_| !context.woken).or_else(|| self.options.schedule.next_after(now));
            *self.due.lock() = due;
            let Some(due) = due else { return Ok(CHECK_INTERVAL) };
            if now < due {
                return Ok(CHECK_INTERVAL.min(Duration::from_micros(due.abs_diff(now))));
            }
            let begun = Instant::now();
            let report = self.run().await?;
            self.report(&report, begun.elapsed());
            *self.due.lock() = self.options.schedule.next_after(self.store.now().await?);
            Ok(Duration::ZERO)
        })
    }
}

impl Reindexer {
    /// Tries every index, even if others fail.
    pub async fn run(&self) -> Result<Report> {
        let mut report = Report::default();
        let rebuilder = Rebuilder::open(&self.info, self.store.prefix(), self.options.timeout).await?;
        sweep(&rebuilder, &mut report).await?;
        for index in &self.options.indexes {
            if self.peer.lease().is_none() {
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

    fn report(&self, report: &Report, took: Duration) {
        for index in &report.missing {
            tracing::info!(index, "reindexer: skipped an index that does not exist");
        }
        for (index, error) in &report.failed {
            tracing::warn!(index, error, "reindexer: cannot rebuild an index or remove a leftover");
        }
        let elapsed = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.telemetry.emit(Kind::ReindexerStop, || {
            let failed: Vec<_> =
                report.failed.iter().map(|(index, error)| json!({ "index": index, "message": error })).collect();
            json!({
                "rebuilt": report.rebuilt, "missing": report.missing, "removed": report.removed, "failed": failed,
                "elapsed_ms": elapsed,
            })
        });
    }
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
