//! The heartbeat: every few seconds, one statement keeps all producers of this process alive and
//! returns what they missed. It also renews the leader's lease and reads what the plugins need to
//! know about other nodes.
//!
//! Other nodes may declare a process lost that was frozen or cut off from the database. Once the
//! last heartbeat is too old, claimed jobs that have not begun are therefore held back until the
//! next heartbeat finds the producer's row. If the row is gone, the claims are void and the
//! producer registers anew under another id.

mod hints;
mod sleep;
#[cfg(test)]
mod tests;

pub use sleep::Surroundings;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::watch;

use super::health::{Health, wall_clock};
use super::idle::Idle;
use super::leader::Peer;
use crate::ack::Pending;
use crate::model::config::Thresholds;
use crate::notifier::Notifier;
use crate::queue::Producers;
use crate::queue::producer::Producer;
use crate::store::{HeartbeatReply, Identity, Lease, LeaseRequest, Store};
use crate::telemetry::{Kind, Telemetry, Warnings};
use hints::Rest;

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
    pub idle: Arc<Idle>,
    /// `None` where LISTEN is not possible: the engine never rests.
    pub notifier: Option<Arc<Notifier>>,
    pub surroundings: Surroundings,
}

/// What the loop remembers.
struct Memory {
    /// When the last heartbeat that was answered was sent.
    last: Instant,
    away: bool,
    health: Health,
    /// The rows say that the engine rests.
    resting: bool,
    /// For how long the engine has slept, until it reports that it is awake.
    slept: Option<Duration>,
    rest: Option<Rest>,
}

impl HeartbeatTask {
    /// Sends heartbeats until dropped.
    pub async fn run(self) {
        let health = Health::new(self.warnings.clone(), self.thresholds);
        let mut memory = Memory { last: Instant::now(), away: false, health, resting: false, slept: None, rest: None };
        // Checks more often than it sends, so that a process sends a heartbeat soon after a long
        // sleep.
        let mut tick = tokio::time::interval(self.every.min(Duration::from_secs(1)));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = self.idle.roused() => {}
            }
            let now = self.producers.all();
            if now.is_empty() {
                memory.last = Instant::now();
                self.sleep_without_queues(&mut memory).await;
                continue;
            }
            self.rest_if_idle(&now);
            self.look_if_hinted(&now, &mut memory).await;
            if self.idle.must_wake() {
                self.wake_up(&now, &mut memory).await;
                continue;
            }
            let rests = self.rests(&now);
            if memory.last.elapsed() < self.every && rests == memory.resting {
                continue;
            }
            if let Some(reply) = self.send(&now, &mut memory, rests).await {
                self.sleep_if_all_rest(&now, &mut memory, &reply).await;
                if self.idle.must_wake() {
                    self.wake_up(&self.producers.all(), &mut memory).await;
                }
            }
        }
    }

    /// Sends one heartbeat and handles the reply; `None` without one.
    async fn send(&self, now: &[Arc<Producer>], memory: &mut Memory, resting: bool) -> Option<HeartbeatReply> {
        let (begun, before) = (Instant::now(), wall_clock());
        let lease = self.peer.lease();
        let reply = match self.heartbeat(now, lease.as_ref(), resting).await {
            Ok(reply) => reply,
            Err(error) => {
                self.peer.on_heartbeat_failed();
                if !std::mem::replace(&mut memory.away, true) {
                    tracing::warn!(%error, "heartbeat: failed; retrying");
                    self.telemetry
                        .emit(Kind::DatabaseSwitch, || json!({ "available": false, "error": error.to_string() }));
                }
                return None;
            }
        };
        (memory.last, memory.resting) = (begun, resting);
        self.peer.on_heartbeat(&reply, lease.as_ref(), begun);
        memory.health.look(&self.identity, now, &reply, before, wall_clock());
        self.apply(now, &reply, begun).await;
        for producer in now {
            producer.executor.cancel(&reply.cancelled);
        }
        self.store.trim();
        self.settings.send_replace(reply.settings.clone());
        if std::mem::take(&mut memory.away) {
            self.telemetry.emit(Kind::DatabaseSwitch, || json!({ "available": true }));
            for producer in now {
                producer.suspect_lost_acks();
            }
        }
        Some(reply)
    }

    async fn heartbeat(
        &self,
        producers: &[Arc<Producer>],
        lease: Option<&Lease>,
        resting: bool,
    ) -> crate::error::Result<HeartbeatReply> {
        let (mut heartbeats, running): (Vec<_>, Vec<_>) = producers.iter().map(|producer| producer.heartbeat()).unzip();
        // Before an engine sleeps, every queue is looked through.
        for it in &mut heartbeats {
            it.look |= resting;
        }
        let running: Vec<i64> = running.into_iter().flatten().collect();
        let workers = workers_of(producers);
        // Counted after the claims: a job that has left the claims since then is either unwritten
        // or done.
        let unwritten = self.pending.unwritten() > 0;
        let lease_request = LeaseRequest { resting, ..Peer::lease_request(lease, self.thresholds.together) };
        let mut reply =
            self.store.heartbeat(&self.identity, &heartbeats, &running, &workers, unwritten, &lease_request).await?;
        for (producer, _) in producers.iter().zip(&heartbeats).filter(|(_, it)| !it.look) {
            if producer.check() {
                reply.waiting.push(producer.config.name.clone());
            }
        }
        Ok(reply)
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

/// The classes of which these producers may claim jobs.
fn workers_of(producers: &[Arc<Producer>]) -> Vec<String> {
    let mut workers: Vec<String> = producers.iter().flat_map(|it| it.claimable()).map(|(name, _)| name).collect();
    workers.sort_unstable();
    workers.dedup();
    workers
}
