//! Makes scheduled and retryable jobs available when they are due.
//!
//! Sleeps until the next due time instead of looking each second. What is scheduled for sooner than it looks ahead, it is
//! told: by the enqueue's notification, or by its own engine.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Plugin, Tick};
use crate::afterwards::Afterwards;
use crate::store::Store;
use crate::telemetry::{Kind, Telemetry};

pub struct Stager<A> {
    pub store: Arc<Store>,
    pub telemetry: Arc<Telemetry>,
    /// The longest wait. Below the ten seconds within which an enqueue tells of a scheduled job.
    pub interval: Duration,
    /// The most jobs in one statement.
    pub limit: i64,
    pub afterwards: Arc<A>,
}

impl<A: Afterwards> Plugin for Stager<A> {
    fn name(&self) -> &'static str {
        "stager"
    }

    fn tick(&self) -> Tick<'_> {
        Box::pin(async {
            loop {
                let Some(due) = self.store.next_due().await? else { return Ok(self.interval) };
                if due > 0.0 {
                    return Ok(Duration::from_secs_f64(due.min(self.interval.as_secs_f64())));
                }
                let staged = self.store.stage_jobs(self.limit, None).await?;
                if staged.is_empty() {
                    // Due, but held by another transaction: the next round finds them.
                    return Ok(Duration::from_millis(100));
                }
                self.telemetry.emit(
                    Kind::StagerStop,
                    || json!({ "queues": staged.iter().cloned().collect::<std::collections::BTreeMap<_, _>>() }),
                );
                self.afterwards.available(staged.into_iter().map(|(queue, _)| queue).collect());
            }
        })
    }
}
