//! The heartbeat: every few seconds, one statement keeps all producers of this process alive and
//! returns what they missed. It also renews the leader's lease and reads what the plugins need to
//! know about other nodes.
//!
//! Other nodes may declare a process lost that was frozen or cut off from the database. Once the
//! last heartbeat is too old, claimed jobs that have not begun are therefore held back until the
//! next heartbeat finds the producer's row. If the row is gone, the claims are void and the
//! producer registers anew under another id.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::watch;

use super::health::{Health, wall_clock};
use super::leader::Peer;
use crate::ack::Pending;
use crate::model::config::Thresholds;
use crate::queue::Producers;
use crate::queue::producer::Producer;
use crate::store::{HeartbeatReply, Identity, Lease, Store};
use crate::telemetry::{Kind, Telemetry, Warnings};

pub struct HeartbeatTask {
    pub store: Arc<Store>,
    pub telemetry: Arc<Telemetry>,
    pub pending: Pending,
    pub peer: Arc<Peer>,
    pub every: Duration,
    pub identity: Identity,
    pub warnings: Arc<Warnings>,
    pub thresholds: Thresholds,
    pub producers: Arc<Producers>,
    /// Receives the stamp of the queue settings from each heartbeat.
    pub settings: watch::Sender<String>,
}

impl HeartbeatTask {
    /// Sends heartbeats until dropped.
    pub async fn run(self) {
        let mut last = Instant::now();
        let mut away = false;
        let mut health = Health::new(self.warnings.clone(), self.thresholds);
        // Checks more often than it sends, so that a process sends a heartbeat soon after a long
        // sleep.
        let mut tick = tokio::time::interval(self.every.min(Duration::from_secs(1)));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let now = self.producers.all();
            let silent = last.elapsed();
            if silent < self.every || now.is_empty() {
                if now.is_empty() {
                    last = Instant::now();
                }
                continue;
            }
            let (begun, before) = (Instant::now(), wall_clock());
            let lease = self.peer.lease();
            match self.heartbeat(&now, lease.as_ref()).await {
                Ok(reply) => {
                    last = begun;
                    self.peer.on_heartbeat(&reply, lease.as_ref(), begun);
                    health.look(&self.identity, &now, &reply, before, wall_clock());
                    self.apply(&now, &reply, begun).await;
                    for producer in &now {
                        producer.executor.cancel(&reply.cancelled);
                    }
                    self.store.trim();
                    self.settings.send_replace(reply.settings);
                    if away {
                        away = false;
                        self.telemetry.emit(Kind::DatabaseSwitch, || json!({ "available": true }));
                        for producer in &now {
                            producer.suspect_lost_acks();
                        }
                    }
                }
                Err(error) => {
                    self.peer.on_heartbeat_failed();
                    if !away {
                        away = true;
                        tracing::warn!(%error, "heartbeat: failed; retrying");
                        self.telemetry
                            .emit(Kind::DatabaseSwitch, || json!({ "available": false, "error": error.to_string() }));
                    }
                }
            }
        }
    }

    async fn heartbeat(
        &self,
        producers: &[Arc<Producer>],
        lease: Option<&Lease>,
    ) -> crate::error::Result<HeartbeatReply> {
        let (heartbeats, running): (Vec<_>, Vec<_>) = producers.iter().map(|producer| producer.heartbeat()).unzip();
        let running: Vec<i64> = running.into_iter().flatten().collect();
        let mut workers: Vec<String> =
            producers.iter().flat_map(|producer| producer.claimable()).map(|(name, _)| name).collect();
        workers.sort_unstable();
        workers.dedup();
        // Counted after the claims: a job that has left the claims since then is either unwritten
        // or done.
        let unwritten = self.pending.count() > 0;
        let lease_request = Peer::lease_request(lease, self.thresholds.together);
        self.store.heartbeat(&self.identity, &heartbeats, &running, &workers, unwritten, &lease_request).await
    }

    /// Registers lost producers anew, confirms the others, and wakes those with waiting jobs.
    async fn apply(&self, producers: &[Arc<Producer>], reply: &HeartbeatReply, begun: Instant) {
        for producer in producers {
            if reply.alive.contains(&producer.uuid()) {
                producer.executor.trust(begun);
            } else {
                self.renew(producer, begun).await;
            }
            producer.on_pins(&reply.pins);
            producer.share(reply.shared.contains(&producer.config.name));
            if reply.waiting.contains(&producer.config.name) && !producer.is_paused() {
                producer.wake();
            }
        }
    }

    /// Registers a producer anew whose row is gone. A stopping producer fetches nothing more and
    /// may have deleted its row itself, so it is left out.
    async fn renew(&self, producer: &Producer, begun: Instant) {
        let _registering = producer.registering.lock().await;
        let void = producer.executor.forget_ready();
        if producer.is_stopping() {
            return;
        }
        let row = producer.renew();
        tracing::warn!(
            queue = row.queue,
            jobs = void.len(),
            "heartbeat: other nodes declared this producer lost; registering it anew"
        );
        self.telemetry.emit(Kind::ProducerLost, || json!({ "queue": row.queue, "jobs": void }));
        match self.store.insert_producers(&self.identity, &[row]).await {
            Ok(()) => producer.executor.trust(begun),
            Err(error) => tracing::warn!(%error, "heartbeat: cannot register the producer anew"),
        }
    }
}
