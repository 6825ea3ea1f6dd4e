//! Writes how many jobs wait.

use std::time::Duration;

use super::super::plugin::{Plugin, PluginContext, Tick};

/// The interval between samples, and that while there is no job.
const INTERVAL: Duration = Duration::from_secs(10);
const IDLE_INTERVAL: Duration = Duration::from_secs(60);

pub struct Gauges;

impl Plugin for Gauges {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            let Some(lease) = &context.lease else { return Ok(IDLE_INTERVAL) };
            let busy = context.store.insert_gauges(lease).await?;
            Ok(if busy { INTERVAL } else { IDLE_INTERVAL })
        })
    }
}
