//! Warns when jobs wait in a queue that no node serves: its name is misspelt, or its nodes are
//! gone.

use std::time::Duration;

use serde_json::{Value, json};

use super::definition::{Definition, Loaded};
use super::plugin::{Plugin, PluginContext, Tick};
use crate::error::Result;
use crate::store::Lease;
use crate::telemetry::Warning;

/// The minimum time between two looks, however short the threshold is.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

pub const DEFINITION: Definition = Definition {
    option: None,
    table: None,
    read: |_, config| {
        let unattended = Unattended { waited: config.thresholds.unattended };
        Ok(Loaded { needs_leader: false, ..Loaded::on(Value::Null, unattended) })
    },
};

struct Unattended {
    /// How long jobs may wait before they are reported, for instance during a deployment.
    waited: Duration,
}

impl Plugin for Unattended {
    fn name(&self) -> &'static str {
        "unattended"
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            if let Some(lease) = &context.lease {
                self.look(context, lease).await?;
            }
            Ok(self.waited.max(MIN_INTERVAL))
        })
    }
}

impl Unattended {
    async fn look(&self, context: &PluginContext, lease: &Lease) -> Result<()> {
        let found = context.store.unattended_queues(lease, self.waited.as_secs_f64()).await?;
        for queue in context.warnings.raised(Warning::QueueUnattended) {
            if !found.iter().any(|it| it.queue == queue) {
                context.warnings.set(Warning::QueueUnattended, &queue, None);
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
            context.warnings.set(Warning::QueueUnattended, &it.queue, Some((message, details)));
        }
        Ok(())
    }
}
