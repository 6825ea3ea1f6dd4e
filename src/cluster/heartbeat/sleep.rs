//! How an engine without work rests, falls asleep and wakes.
//!
//! ```text
//!             nothing to do for a while           all rows of the schema rest
//!   awake ──────────────────────────────► resting ──────────────────────────► asleep
//!     ▲                                      │                                   │
//!     └──── a heartbeat says so, then all are notified, then producers fetch ◄───┘
//! ```
//! An engine rests only while its producers hold no job and claim none, so its row may say so. It
//! leaves rest in that order: no claim is committed before the others were notified.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use super::{HeartbeatTask, Memory};
use crate::cluster::idle::{Phase, Reason};
use crate::model::config::MIN_SLEEP;
use crate::queue::producer::Producer;
use crate::store::HeartbeatReply;
use crate::telemetry::Kind;

/// How long before something is due the former leader wakes.
const LEAD: Duration = Duration::from_secs(2);

/// By how much later than the former leader other nodes wake, unless it wakes them.
const SPREAD: Duration = Duration::from_secs(1);

/// How often a sleeping engine compares the clocks: the monotonic one stands still while the machine
/// is suspended.
const CLOCK_CHECK: Duration = Duration::from_secs(1);

/// What the rest of the engine tells and does.
pub struct Surroundings {
    /// When a plugin has to tick at the latest, whatever sleeps; past or now: the engine must stay
    /// awake.
    pub next_tick: Box<dyn Fn() -> Option<Instant> + Send + Sync>,
    /// Whether callers of this engine wait for the end of a job.
    pub awaits_ends: Box<dyn Fn() -> bool + Send + Sync>,
    /// Lets the engine be a candidate again.
    pub candidate: Box<dyn Fn() + Send + Sync>,
}

impl HeartbeatTask {
    /// Whether the rows may say that the engine rests.
    pub(super) fn rests(&self, producers: &[Arc<Producer>]) -> bool {
        self.idle.phase() != Phase::Awake && producers.iter().all(|it| it.is_resting())
    }

    /// Begins to rest after some time without work.
    pub(super) fn rest_if_idle(&self, producers: &[Arc<Producer>]) {
        let Some(options) = self.idle.options() else { return };
        let listens = self.notifier.as_ref().is_some_and(|it| it.is_listening());
        let quiet = listens
            && self.pending.count() == 0
            && !(self.surroundings.awaits_ends)()
            && producers.iter().all(|it| it.is_quiet());
        let fetched = producers.iter().map(|it| it.fetched_jobs()).sum();
        let idle = self.idle.idle_for(quiet, fetched) >= options.after;
        if idle && self.idle.phase() == Phase::Awake {
            self.idle.rest();
            for producer in producers {
                producer.rest(true);
            }
        }
    }

    /// Sleeps if all engines rest, and returns once this one has to wake.
    pub(super) async fn sleep_if_all_rest(
        &self,
        producers: &[Arc<Producer>],
        memory: &mut Memory,
        reply: &HeartbeatReply,
    ) {
        if reply.others_awake || !memory.resting || self.idle.must_wake() {
            return;
        }
        let Some((limit, reason)) = self.longest_sleep(self.peer.lease().is_some()) else { return };
        let Some(notifier) = &self.notifier else { return };
        if !matches!(notifier.begin_sleep().await, Ok(true)) {
            return;
        }
        match self.fall_asleep(producers, memory, limit).await {
            Some(seconds) => {
                notifier.ping(false);
                self.idle.sleep();
                self.telemetry.emit(Kind::EngineSleep, || json!({ "seconds": seconds.as_secs_f64() }));
                tracing::info!(seconds = seconds.as_secs(), "idle: the engine sleeps");
                let begun = Instant::now();
                self.slumber(seconds, if seconds < limit { Reason::Due } else { reason }, producers, memory).await;
                memory.slept = Some(begun.elapsed());
                self.idle.rise();
                notifier.ping(true);
            }
            None => notifier.end_sleep().await,
        }
    }

    /// Looks once more, now that every insert that commits later notifies. `None`: it stays up.
    async fn fall_asleep(&self, producers: &[Arc<Producer>], memory: &mut Memory, limit: Duration) -> Option<Duration> {
        let reply = self.send(producers, memory, self.rests(producers)).await?;
        let waits = |it: &Arc<Producer>| !it.is_paused() && reply.waiting.contains(&it.config.name);
        if !memory.resting || reply.others_awake || producers.iter().any(waits) || self.idle.must_wake() {
            return None;
        }
        let uuids: Vec<_> = producers.iter().map(|it| it.uuid()).collect();
        let lead = LEAD.saturating_sub(self.spread(self.peer.lease().is_some()));
        let seconds = match self.store.fall_asleep(&uuids, limit, lead, MIN_SLEEP).await {
            Ok(seconds) => seconds?,
            Err(error) => {
                tracing::debug!(%error, "idle: cannot fall asleep");
                return None;
            }
        };
        self.peer.retire().await;
        Some(seconds)
    }

    /// How long the engine may sleep for all that this node knows, and why no longer.
    fn longest_sleep(&self, leads: bool) -> Option<(Duration, Reason)> {
        let longest = self.idle.options()?.longest;
        let lead = LEAD.saturating_sub(self.spread(leads));
        let due = (self.surroundings.next_tick)().map(|at| at.saturating_duration_since(Instant::now() + lead));
        let (limit, reason) = match due {
            Some(due) if due < longest => (due, Reason::Due),
            _ => (longest, Reason::Longest),
        };
        (limit >= MIN_SLEEP).then_some((limit, reason))
    }

    fn spread(&self, leads: bool) -> Duration {
        let (_, _, boot) = self.peer.identity();
        if leads { Duration::ZERO } else { SPREAD.mul_f64(f64::from(boot.as_bytes()[0]) / 256.0) }
    }

    /// Waits until something needs the engine, or for this long by either clock.
    async fn slumber(&self, limit: Duration, reason: Reason, producers: &[Arc<Producer>], memory: &mut Memory) {
        let (until, wall) = (Instant::now() + limit, SystemTime::now() + limit);
        loop {
            self.look_if_hinted(producers, memory).await;
            if self.idle.must_wake() {
                return;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || SystemTime::now() >= wall {
                self.idle.rouse(reason);
                return;
            }
            tokio::select! {
                () = self.idle.roused() => {}
                () = tokio::time::sleep(left.min(CLOCK_CHECK)) => {}
            }
        }
    }

    /// Reports that the engine is awake, notifies all others, and lets the producers fetch. If the
    /// database is away, it is called again.
    pub(super) async fn wake_up(&self, producers: &[Arc<Producer>], memory: &mut Memory) {
        if self.send(producers, memory, false).await.is_none() {
            return;
        }
        if let Err(error) = self.store.rouse().await {
            tracing::debug!(%error, "idle: cannot notify the other nodes");
            return;
        }
        if let Some(notifier) = &self.notifier {
            notifier.end_sleep().await;
        }
        let reason = self.idle.wake();
        memory.rest = None;
        for producer in producers {
            producer.rest(false);
        }
        (self.surroundings.candidate)();
        if let Some(slept) = memory.slept.take() {
            let ms = u64::try_from(slept.as_millis()).unwrap_or(u64::MAX);
            tracing::info!(reason = reason.as_str(), seconds = slept.as_secs(), "idle: the engine wakes");
            self.telemetry.emit(Kind::EngineWake, || json!({ "reason": reason.as_str(), "slept_ms": ms }));
        }
    }

    /// An engine without queues has no row and no lease: it only stops to ping.
    pub(super) async fn sleep_without_queues(&self, memory: &mut Memory) {
        let (Some(options), Some(notifier)) = (self.idle.options(), &self.notifier) else { return };
        let quiet = notifier.is_listening() && !(self.surroundings.awaits_ends)();
        if self.idle.idle_for(quiet, 0) < options.after {
            return;
        }
        let Some((limit, reason)) = self.longest_sleep(true) else { return };
        self.idle.rest();
        notifier.ping(false);
        self.idle.sleep();
        self.telemetry.emit(Kind::EngineSleep, || json!({ "seconds": limit.as_secs_f64() }));
        let begun = Instant::now();
        // Nothing is to be done for a notification; what is due wakes the engine.
        self.slumber(limit, reason, &[], memory).await;
        notifier.ping(true);
        self.idle.rise();
        let (reason, ms) = (self.idle.wake(), u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        self.telemetry.emit(Kind::EngineWake, || json!({ "reason": reason.as_str(), "slept_ms": ms }));
    }
}
