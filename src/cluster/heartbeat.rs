//! Says every few seconds, in one statement for all queues, that this process is alive; and hears in return what it missed. The
//! same statement renews the lease of the leader, and sees what the plugins want to know of the others.
//!
//! A process that was frozen, or cut off from the database, may have been given up by the others meanwhile. So jobs that were
//! claimed but not begun wait as soon as the last heartbeat is old, and are begun only when the next one finds the
//! producer's row still there; if it is gone, the claims are void and the producer begins anew under another name.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::health::{Health, wall_clock};
use super::leader::Peer;
use crate::ack::Pending;
use crate::model::config::Thresholds;
use crate::queue::producer::Producer;
use crate::store::{Beaten, Identity, Lease, Store};
use crate::telemetry::{Alarms, Kind, Telemetry};

pub struct Heartbeat {
    pub store: Arc<Store>,
    pub telemetry: Arc<Telemetry>,
    pub pending: Pending,
    pub peer: Arc<Peer>,
    pub every: Duration,
    pub identity: Identity,
    pub alarms: Arc<Alarms>,
    pub thresholds: Thresholds,
}

/// What it brings to the engine.
pub trait Beating: Send + Sync + 'static {
    /// Those that run now.
    fn producers(&self) -> Vec<Arc<Producer>>;
    /// Somebody asked to cancel these jobs.
    fn cancel(&self, ids: &[i64]);
    /// What was set for queues at runtime has this stamp.
    fn settings(&self, stamp: String);
}

impl Heartbeat {
    /// Beats until dropped.
    pub async fn run(self, engine: impl Beating) {
        let mut last = Instant::now();
        let mut away = false;
        let mut health = Health::new(self.alarms.clone(), self.thresholds);
        // Looks more often than it beats, so that a process that wakes from a long sleep soon knows how things stand.
        let mut tick = tokio::time::interval(self.every.min(Duration::from_secs(1)));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let now = engine.producers();
            let silent = last.elapsed();
            if silent < self.every || now.is_empty() {
                if now.is_empty() {
                    last = Instant::now();
                }
                continue;
            }
            let (begun, before) = (Instant::now(), wall_clock());
            let lease = self.peer.lease();
            match self.beat(&now, lease.as_ref()).await {
                Ok(beaten) => {
                    last = begun;
                    self.peer.hear(&beaten, lease.as_ref(), begun);
                    health.look(&self.identity, &now, &beaten, before, wall_clock());
                    self.mend(&now, &beaten, begun).await;
                    engine.cancel(&beaten.cancelled);
                    self.store.trim();
                    engine.settings(beaten.settings);
                    if away {
                        away = false;
                        self.telemetry.emit(Kind::DatabaseSwitch, || json!({ "available": true }));
                        for producer in &now {
                            producer.doubt();
                        }
                    }
                }
                Err(error) => {
                    self.peer.lose_sight();
                    if !away {
                        away = true;
                        tracing::warn!(%error, "heartbeat: the database did not take it");
                        self.telemetry
                            .emit(Kind::DatabaseSwitch, || json!({ "available": false, "error": error.to_string() }));
                    }
                }
            }
        }
    }

    async fn beat(&self, producers: &[Arc<Producer>], lease: Option<&Lease>) -> crate::error::Result<Beaten> {
        let (beats, running): (Vec<_>, Vec<_>) = producers.iter().map(|producer| producer.beat()).unzip();
        let running: Vec<i64> = running.into_iter().flatten().collect();
        let mut workers: Vec<String> =
            producers.iter().flat_map(|producer| producer.claimable()).map(|(name, _)| name).collect();
        workers.sort_unstable();
        workers.dedup();
        // Counted after the claims: what has left them since is either unwritten or done.
        let unwritten = self.pending.count() > 0;
        let standing = Peer::standing(lease, self.thresholds.together);
        self.store.beat(&self.identity, &beats, &running, &workers, unwritten, &standing).await
    }

    /// Renews producers that were given up, lets the others go on, and wakes those for which jobs wait.
    async fn mend(&self, producers: &[Arc<Producer>], beaten: &Beaten, begun: Instant) {
        for producer in producers {
            if beaten.alive.contains(&producer.uuid()) {
                producer.executor.trust(begun);
            } else {
                self.renew(producer, begun).await;
            }
            producer.hear_pins(&beaten.pins);
            producer.share(beaten.shared.contains(&producer.config.name));
            if beaten.waiting.contains(&producer.config.name) && !producer.is_paused() {
                producer.nudge();
            }
        }
    }

    /// Registers a producer anew whose row is gone. Not one that stops: it fetches nothing more, and may have taken its row
    /// away itself since it was counted.
    async fn renew(&self, producer: &Producer, begun: Instant) {
        let _registering = producer.registering.lock().await;
        let void = producer.executor.forget_ready();
        if producer.is_stopping() {
            return;
        }
        let row = producer.renew();
        tracing::warn!(queue = row.queue, jobs = void.len(), "heartbeat: this node was taken for lost; beginning anew");
        self.telemetry.emit(Kind::ProducerLost, || json!({ "queue": row.queue, "jobs": void }));
        match self.store.insert_producers(&self.identity, &[row]).await {
            Ok(()) => producer.executor.trust(begun),
            Err(error) => tracing::warn!(%error, "heartbeat: the producer could not be registered anew"),
        }
    }
}
