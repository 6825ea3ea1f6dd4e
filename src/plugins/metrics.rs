//! Metrics in the database: each node writes what it has counted in ten seconds; the leader writes
//! how many jobs wait, and deletes old rows.
//!
//! A node writes a bucket some time after its end, so that the nodes do not write at once. While
//! the database is away, buckets wait. A node that is killed loses what it has counted since its
//! last row.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::definition::{Definition, Loaded, switch};
use super::plugin::{Plugin, PluginContext, Prepared, Scope, Tick};
use crate::error::Result;
use crate::metrics::{BUCKET, Buckets};
use crate::model::config::kind::{Row, integer};
use crate::model::config::options;
use crate::store::MetricsRow;

options! {
    struct Options() {
        max_series: u32 = integer(1..=100_000) => 1_000,
            "Pairs of queue and class that a process counts apart; others count together.";
    }
}

pub const DEFINITION: Definition = Definition {
    option: Some(Row::new(
        "metrics",
        "boolean or [object](#metrics)",
        "`true`",
        "Writes what each node counts, and how many jobs wait, into `eram_metrics`.",
    )),
    table: Some(("Metrics", Options::rows)),
    read: |all, _| {
        let Some(options) = switch(all, "metrics", true, Options::read)? else { return Ok(Loaded::off()) };
        let effective = options.values().into();
        let flush = Flush { max_series: options.max_series as usize, state: tokio::sync::Mutex::default() };
        // An engine does not lead for metrics alone.
        Ok(Loaded { effective, plugins: vec![Arc::new(flush), Arc::new(Gauges::default())], needs_leader: false })
    },
};

/// Up to so much later than its end a bucket is written.
const JITTER: Duration = Duration::from_secs(2);

/// How often an engine without heartbeats asks for the time.
const CLOCK_INTERVAL: Duration = Duration::from_secs(600);

/// The interval between samples, and that while there is no job.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(10);
const IDLE_INTERVAL: Duration = Duration::from_secs(60);

/// How long rows of ten seconds are kept.
const KEPT: Duration = Duration::from_secs(2 * 3_600);

/// The interval between deletes, and the number of rows in one statement.
const DELETE_INTERVAL: Duration = Duration::from_secs(60);
const DELETED_AT_ONCE: i64 = 5_000;

/// Writes what this node has counted.
struct Flush {
    max_series: usize,
    /// Held while a statement is in flight.
    state: tokio::sync::Mutex<Flushing>,
}

#[derive(Default)]
struct Flushing {
    buckets: Buckets,
    /// The database's time, and when it was asked for.
    clock: Option<(Instant, i64)>,
    write_at: Option<Instant>,
}

impl Plugin for Flush {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn scope(&self) -> Scope {
        Scope::Node
    }

    fn needs_queues(&self) -> bool {
        false
    }

    fn prepare<'a>(&'a self, context: &'a PluginContext) -> Prepared<'a> {
        Box::pin(async {
            context.metrics.limit_series(self.max_series);
            true
        })
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            let state = &mut *self.state.lock().await;
            let now = state.database_time(context).await?;
            if state.buckets.advance(now, || context.metrics.take()) && !state.buckets.is_empty() {
                state.write_at = Some(Instant::now() + JITTER.mul_f64(fraction(context)));
            }
            if state.write_at.is_some_and(|at| at <= Instant::now()) {
                write(context, &mut state.buckets).await?;
                state.write_at = None;
            }
            let to_end = Duration::from_micros((BUCKET - now.rem_euclid(BUCKET)).unsigned_abs());
            let to_write = state.write_at.map(|at| at.saturating_duration_since(Instant::now()));
            Ok(to_write.map_or(to_end, |wait| wait.min(to_end)))
        })
    }

    fn finish<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            let state = &mut *self.state.lock().await;
            let last = context.metrics.take();
            if !last.is_empty() {
                let now = state.database_time(context).await?;
                state.buckets.close(now, last);
            }
            write(context, &mut state.buckets).await.map(|()| Duration::ZERO)
        })
    }
}

async fn write(context: &PluginContext, buckets: &mut Buckets) -> Result<()> {
    while !buckets.is_empty() {
        let rows: Vec<_> = buckets.send().into_iter().map(|(bucket, data)| MetricsRow { bucket, data }).collect();
        let (engine, node, boot) = context.peer.identity();
        context.store.insert_metrics(engine, node, boot, &rows).await?;
        buckets.written(rows.len());
    }
    Ok(())
}

impl Flushing {
    /// The time of the database in microseconds, estimated from the last heartbeat. An engine
    /// without queues sends none, and asks now and then.
    async fn database_time(&mut self, context: &PluginContext) -> Result<i64> {
        if let Some(now) = context.peer.database_time() {
            return Ok(now);
        }
        if let Some((at, clock)) = self.clock.filter(|(at, _)| at.elapsed() < CLOCK_INTERVAL) {
            return Ok(clock.saturating_add(i64::try_from(at.elapsed().as_micros()).unwrap_or(i64::MAX)));
        }
        let at = Instant::now();
        let clock = context.store.now().await?;
        self.clock = Some((at, clock));
        Ok(clock)
    }
}

/// A fraction that differs by node.
fn fraction(context: &PluginContext) -> f64 {
    let (_, _, boot) = context.peer.identity();
    f64::from(boot.as_bytes()[0]) / 256.0
}

/// Writes how many jobs wait, and deletes old rows.
#[derive(Default)]
struct Gauges {
    deleted_at: Mutex<Option<Instant>>,
}

impl Plugin for Gauges {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            let Some(lease) = &context.lease else { return Ok(IDLE_INTERVAL) };
            let busy = context.store.insert_gauges(lease).await?;
            if self.deleted_at.lock().is_none_or(|at| at.elapsed() >= DELETE_INTERVAL) {
                let seconds = KEPT.as_secs_f64();
                while context.store.delete_metrics(DELETED_AT_ONCE, seconds, lease).await?
                    >= DELETED_AT_ONCE.unsigned_abs()
                {}
                *self.deleted_at.lock() = Some(Instant::now());
            }
            Ok(if busy { SAMPLE_INTERVAL } else { IDLE_INTERVAL })
        })
    }
}
