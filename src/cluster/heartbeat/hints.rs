//! What a notification does to an engine that rests or sleeps: it looks, and wakes if the rows say that something needs it. So a
//! notification that no node has sent costs a statement, and at most one in a while, but no sleep.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{HeartbeatTask, Memory, workers_of};
use crate::cluster::idle::{Phase, Reason};
use crate::queue::producer::Producer;

/// The least time between two looks that found nothing.
const MIN_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// By how much longer ago than its rest begins an engine takes a change of a cron entry for new.
const CRON_MARGIN: Duration = Duration::from_secs(2);

/// Since the engine has begun to rest.
pub struct Rest {
    since: Instant,
    /// The highest id of a job then.
    last_job: i64,
    looked_at: Option<Instant>,
}

impl HeartbeatTask {
    /// Looks whether something needs the engine, if a notification says so.
    pub(super) async fn look_if_hinted(&self, producers: &[Arc<Producer>], memory: &mut Memory) {
        if self.idle.phase() == Phase::Awake {
            return;
        }
        if producers.is_empty() {
            return self.idle.take_hint();
        }
        if memory.rest.is_none() {
            let since = Instant::now();
            match self.store.last_job().await {
                Ok(last_job) => memory.rest = Some(Rest { since, last_job, looked_at: None }),
                Err(error) => return tracing::debug!(%error, "idle: cannot read the last job"),
            }
        }
        let Some(rest) = &mut memory.rest else { return };
        let too_soon = rest.looked_at.is_some_and(|at| at.elapsed() < MIN_LOOK_INTERVAL);
        if !self.idle.is_hinted() || too_soon {
            return;
        }
        self.idle.take_hint();
        rest.looked_at = Some(Instant::now());
        let uuids: Vec<_> = producers.iter().map(|it| it.uuid()).collect();
        let fetching = producers.iter().filter(|it| !it.is_paused());
        let queues: Vec<String> = fetching.map(|it| it.config.name.clone()).collect();
        let workers = workers_of(producers);
        let changed_within = rest.since.elapsed() + CRON_MARGIN;
        match self.store.is_needed(&uuids, &queues, &workers, rest.last_job, changed_within).await {
            Ok(false) => {}
            Ok(true) => self.idle.rouse(Reason::Notified),
            Err(error) => {
                tracing::debug!(%error, "idle: cannot look whether the engine is needed; it wakes");
                self.idle.rouse(Reason::Notified);
            }
        }
    }
}
