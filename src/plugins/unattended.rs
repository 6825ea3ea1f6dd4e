//! Warns when jobs wait in a queue that no node serves: its name is misspelt, or its nodes are gone.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Plugin, Tick, TickContext};
use crate::error::Result;
use crate::store::{Lease, Store};
use crate::telemetry::{Warning, Warnings};

pub struct Unattended {
    pub store: Arc<Store>,
    pub warnings: Arc<Warnings>,
    pub every: Duration,
    /// How long jobs must have waited; a deployment may take that long without a warning.
    pub waited: Duration,
}

impl Plugin for Unattended {
    fn name(&self) -> &'static str {
        "unattended"
    }

    fn tick(&self, context: TickContext) -> Tick<'_> {
        Box::pin(async move {
            if let Some(lease) = &context.lease {
                self.look(lease).await?;
            }
            Ok(self.every)
        })
    }
}

impl Unattended {
    async fn look(&self, lease: &Lease) -> Result<()> {
        let found = self.store.unattended_queues(lease, self.waited.as_secs_f64()).await?;
        for queue in self.warnings.raised(Warning::QueueUnattended) {
            if !found.iter().any(|it| it.queue == queue) {
                self.warnings.set(Warning::QueueUnattended, &queue, None);
            }
        }
        for it in found {
            let (jobs, seconds) = (it.jobs, it.seconds.round());
            let at_least = if jobs >= 1000 { "at least " } else { "" };
            let message = format!(
                "queue {}: {at_least}{jobs} jobs waiting (oldest {seconds} s) but no running node serves this queue",
                it.queue
            );
            let details = json!({ "queue": it.queue, "jobs": jobs, "seconds": seconds });
            self.warnings.set(Warning::QueueUnattended, &it.queue, Some((message, details)));
        }
        Ok(())
    }
}
