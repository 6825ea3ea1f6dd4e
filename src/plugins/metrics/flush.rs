//! Writes what this node has counted.

use std::time::{Duration, Instant};

use super::super::plugin::{Plugin, PluginContext, Prepared, Scope, Tick};
use super::clock::Clock;
use crate::error::Result;
use crate::metrics::{BUCKET, Buckets, Counted};
use crate::store::MetricsRow;

/// Up to so much later than its end a bucket is written.
const JITTER: Duration = Duration::from_secs(2);

/// Writes what this node has counted.
pub struct Flush {
    pub max_series: usize,
    /// Held while a statement is in flight.
    pub state: tokio::sync::Mutex<Flushing>,
}

#[derive(Default)]
pub struct Flushing {
    buckets: Buckets,
    clock: Clock,
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
            context.writes_metrics
        })
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            let state = &mut *self.state.lock().await;
            let now = state.clock.now(context).await?;
            if state.buckets.advance(now, || take(context)) && !state.buckets.is_empty() {
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

    /// What was counted is written before the engine sleeps.
    fn next_tick(&self, context: &PluginContext) -> Option<Instant> {
        let is_written = self.state.try_lock().is_ok_and(|state| state.buckets.is_empty());
        (!is_written || context.metrics.has_new()).then(Instant::now)
    }

    fn finish<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            if !context.writes_metrics {
                return Ok(Duration::ZERO);
            }
            let state = &mut *self.state.lock().await;
            let last = take(context);
            if !last.is_nothing() {
                let now = state.clock.now(context).await?;
                state.buckets.close(now, last);
            }
            write(context, &mut state.buckets).await.map(|()| Duration::ZERO)
        })
    }
}

fn take(context: &PluginContext) -> Counted {
    context.metrics.dropped_events((context.events_dropped)());
    context.metrics.take()
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

/// A fraction that differs by node.
fn fraction(context: &PluginContext) -> f64 {
    let (_, _, boot) = context.peer.identity();
    f64::from(boot.as_bytes()[0]) / 256.0
}
