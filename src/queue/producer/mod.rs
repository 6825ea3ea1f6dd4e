//! The producer: polls one queue, claims as many jobs as its executor can use, and sleeps when there are none.
//!
//! ```text
//!            found nothing for a while,                       notified
//!   awake ── lock granted ───────────────────► sentinel ───────────────────► fetch, stays sentinel;
//!   (polls)  another node holds it ──────────► watched ────────────────────► fetch, stays watched
//!     ▲      an enqueue is under way: look again shortly
//!     └── notified so often that polling is cheaper; or the sentinel woke, died, or the connection broke
//! ```
//! A producer that goes to sleep always fetches once more *after* it saw the lock taken; from then on every enqueue notifies.
//!
//! Fetches read from marks on; what waits before those is found by surveys ([`survey`]).
//!
//! All of that, and how much is claimed and when, is decided by a pure state machine ([`state`]). The loop passes it what happened and
//! performs the action that it returns:
//!
//! ```text
//!   other threads ── flags ──┐                  ┌──► fetch, offer, reclaim ──► database
//!   executor ── counts ──────┼─► State::next ───┼──► sleep, leave ───────────► wake-up gate
//!   answers, time ───────────┘        ▲         ├──► deliver, release ───────► executor
//!                                     │         └──► wait
//!                                     └── result ────┘
//! ```

/// Whether it is quiet, for the engine.
mod calm;
/// The classes whose jobs a queue can run now.
mod claims;
mod classes;
/// How many jobs to claim.
mod demand;
/// Performs fetches.
mod fetch;
/// Whether the producer sleeps.
mod gate;
/// What an idle producer offers to enqueues.
mod offer;
/// Performs the actions.
mod perform;
/// When to poll.
mod poll;
/// Hands back what a lost answer may have claimed.
mod reclaim;
/// The loop.
mod run;
/// The state machine: every decision of the producer.
mod state;
/// The inputs and actions of the state machine.
mod step;
/// Marks from which fetches read, and when to look for what waits before them.
mod survey;
#[cfg(test)]
mod survey_model;
/// Performs surveys.
mod surveying;
/// What other threads report to the loop.
mod wake;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;
use uuid::Uuid;

use crate::ack::Pending;
use crate::enqueue::Offers;
use crate::metrics::Metrics;
use crate::model::config::QueueConfig;
use crate::model::draft::VersionRule;
use crate::model::version;
use crate::notifier::Notifier;
use crate::queue::executor::{Directive, Executor};
use crate::refusals::Refusals;
use crate::registry::Registry;
use crate::store::{Claim, Heartbeat, NewProducer, Pin, Store};
use calm::Calm;
use wake::{Flags, Wake};

/// What the producer needs from its engine.
pub struct ProducerDeps {
    pub store: Arc<Store>,
    pub registry: Arc<Registry>,
    /// `None` where LISTEN is not possible: the producer polls.
    pub notifier: Option<Arc<Notifier>>,
    /// The number of outcomes not yet written.
    pub pending: Pending,
    pub metrics: Arc<Metrics>,
    /// The jobs that the database refuses to claim, or to hand back.
    pub refusals: Arc<Refusals>,
    /// Where the producer offers its capacity to enqueues while it is idle.
    pub offers: Arc<Offers>,
    /// Asks the engine to report that it is awake, because this producer has something to do.
    pub rouse: Arc<dyn Fn() + Send + Sync>,
    /// Passes a directive to the host.
    pub direct: Arc<dyn Fn(Directive) + Send + Sync>,
}

/// The maximum number of running jobs that a producer's row lists.
const MAX_LISTED_IDS: usize = 100;

pub struct Producer {
    pub config: QueueConfig,
    pub executor: Arc<Executor>,
    deps: ProducerDeps,
    claim: Mutex<Claim>,
    /// Versions that waiting jobs are pinned to and that this node's version satisfies, as of the last heartbeat.
    pinned: Mutex<Vec<(String, String)>>,
    limit: AtomicU32,
    wake: Wake,
    calm: Calm,
    /// The number of jobs fetched so far.
    fetched: AtomicU64,
    /// What the last survey took, in microseconds.
    survey_cost: AtomicU64,
    /// The last survey found a job that waits, and no fetch was answered since.
    saw_waiting: AtomicBool,
    /// Fetches under way.
    fetching: Arc<AtomicU32>,
    /// Held while its row is written or taken away.
    pub registering: tokio::sync::Mutex<()>,
}

impl Producer {
    pub fn new(config: QueueConfig, claim: Claim, executor: Arc<Executor>, deps: ProducerDeps) -> Self {
        Self {
            limit: AtomicU32::new(config.limit),
            wake: Wake::new(Flags::FETCH_DUE.with(Flags::PAUSED, config.paused)),
            config,
            executor,
            deps,
            calm: Calm::default(),
            claim: Mutex::new(claim),
            pinned: Mutex::default(),
            fetched: AtomicU64::new(0),
            survey_cost: AtomicU64::new(0),
            saw_waiting: AtomicBool::new(false),
            fetching: Arc::default(),
            registering: tokio::sync::Mutex::new(()),
        }
    }

    pub fn uuid(&self) -> Uuid {
        self.claim.lock().producer
    }

    /// A job became available: look for it.
    pub fn wake(&self) {
        self.wake.wake(Flags::FETCH_DUE);
    }

    /// Notified by an enqueue.
    pub fn on_notify(&self) {
        self.wake.on_notify();
    }

    /// The queue may be without a sentinel, or notifications may have been missed.
    pub fn on_sentinel_lost(&self) {
        self.wake.wake(Flags::SENTINEL_LOST | Flags::FETCH_DUE);
    }

    /// The connection was lost, maybe to a failover: the new server may show jobs of this producer as executing whose acks it never
    /// received.
    pub fn suspect_lost_acks(&self) {
        self.wake.wake(Flags::MAYBE_LOST_ACKS | Flags::FETCH_DUE);
    }

    /// Takes note of the versions that pinned jobs wait for.
    pub fn on_pins(&self, waiting: &[Pin]) {
        let Some(own) = self.claim.lock().version.clone() else { return };
        let may = |pin: &&Pin| {
            pin.queue == self.config.name
                && VersionRule::named(&pin.rule).is_some_and(|rule| version::allows(rule, &pin.version, &own))
        };
        let pinned: Vec<_> = waiting.iter().filter(may).map(|it| (it.rule.clone(), it.version.clone())).collect();
        let some = !pinned.is_empty();
        let changed = std::mem::replace(&mut *self.pinned.lock(), pinned.clone()) != pinned;
        self.wake.set(Flags::PINNED, some);
        if changed {
            self.wake.set(Flags::RANGE_CHANGED, true);
        }
        if some && !self.is_paused() {
            self.wake();
        }
    }

    /// The rules and versions of pinned jobs that this node may run: its own version, and those seen by heartbeats.
    pub fn pins(&self) -> Vec<(String, String)> {
        let Some(own) = self.claim.lock().version.clone() else { return vec![] };
        let mut pins: Vec<_> =
            [VersionRule::Pinned, VersionRule::Min].map(|rule| (rule.as_str().to_owned(), own.clone())).into();
        pins.extend(self.pinned.lock().iter().filter(|(_, version)| *version != own).cloned());
        pins
    }

    /// Takes note of whether other nodes serve the queue.
    pub fn share(&self, shared: bool) {
        self.wake.set(Flags::SHARED, shared);
    }

    pub fn is_shared(&self) -> bool {
        self.wake.has(Flags::SHARED)
    }

    pub fn pause(&self, paused: bool) {
        if self.wake.set(Flags::PAUSED, paused) {
            if paused {
                self.deps.offers.withdraw(&self.config.name);
                self.executor.release_ready(None);
            }
            self.wake();
        }
    }

    pub fn is_paused(&self) -> bool {
        self.wake.has(Flags::PAUSED)
    }

    /// Lets the producer fetch nothing, or fetch again.
    pub fn rest(&self, on: bool) {
        self.wake.set(Flags::RESTING, on);
        self.wake.wake(if on { Flags::default() } else { Flags::FETCH_DUE });
    }

    /// The producer holds no job and looks for none until it is woken.
    pub fn is_quiet(&self) -> bool {
        self.calm.is_quiet()
    }

    /// The producer is quiet, and claims no job while it is to rest.
    pub fn is_resting(&self) -> bool {
        self.calm.is_resting()
    }

    pub fn scale(&self, limit: u32) {
        self.limit.store(limit, Ordering::Release);
        self.executor.set_limit(limit as usize);
        self.wake();
    }

    pub fn limit(&self) -> u32 {
        self.limit.load(Ordering::Acquire)
    }

    /// Fetches nothing more; claimed jobs that have not begun are handed back.
    pub fn stop(&self) {
        self.wake.wake(Flags::STOPPING);
    }

    pub fn is_stopping(&self) -> bool {
        self.wake.has(Flags::STOPPING)
    }

    /// Ends a stopping producer without waiting for its running jobs; it still waits for the answers to its fetches, which have
    /// claimed jobs.
    pub fn stop_now(&self) {
        self.wake.wake(Flags::STOP_NOW);
    }

    /// The number of jobs fetched so far.
    pub fn fetched_jobs(&self) -> u64 {
        self.fetched.load(Ordering::Relaxed)
    }

    /// A fetch is in flight: the server may yet claim jobs for this producer.
    pub fn is_fetching(&self) -> bool {
        self.fetching.load(Ordering::Acquire) > 0
    }

    /// The database may show claims that this producer does not know of.
    pub fn has_unknown_claims(&self) -> bool {
        self.wake.has(Flags::UNKNOWN_CLAIMS)
    }

    /// Begins anew under another uuid: the row is gone, so other nodes declared this producer lost and its claims are void.
    pub fn renew(&self) -> NewProducer {
        let uuid = Uuid::new_v4();
        self.claim.lock().producer = uuid;
        self.deps.offers.withdraw(&self.config.name);
        self.new_producer()
    }

    pub fn new_producer(&self) -> NewProducer {
        NewProducer {
            uuid: self.uuid(),
            queue: self.config.name.clone(),
            limit: self.limit().cast_signed(),
            paused: self.is_paused(),
        }
    }

    /// The producer's part of the heartbeat, and the ids of its running jobs.
    pub fn heartbeat(&self) -> (Heartbeat, Vec<i64>) {
        let mut holding = self.executor.holding();
        holding.running_ids.sort_unstable();
        let heartbeat = Heartbeat {
            uuid: self.uuid(),
            queue: self.config.name.clone(),
            running: i32::try_from(holding.running).unwrap_or(i32::MAX),
            running_ids: holding.running_ids.iter().take(MAX_LISTED_IDS).copied().collect(),
            oldest_at: holding.oldest_at,
            limit: self.limit().cast_signed(),
            paused: self.is_paused(),
            look: self.is_cheap(),
        };
        (heartbeat, holding.running_ids)
    }
}
