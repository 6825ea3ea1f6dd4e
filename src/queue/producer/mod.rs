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

/// The classes whose jobs a queue can run now.
mod classes;
/// How many jobs to claim, and when to look again.
mod demand;
/// Fetches: when one begins, and what follows from its answer.
mod fetch;
/// When the producer sleeps, and what wakes it.
mod gate;
/// What an idle producer offers to enqueues.
mod offer;
/// The loop.
mod run;
/// What the loop remembers from turn to turn.
mod state;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use crate::ack::Pending;
use crate::enqueue::Offers;
use crate::model::config::QueueConfig;
use crate::model::draft::{Isolation, Registration, VersionRule};
use crate::model::version;
use crate::notifier::Notifier;
use crate::queue::executor::{Directive, Executor};
use crate::registry;
use crate::store::{Claim, Heartbeat, NewProducer, Pin, Store};
use crate::telemetry::Telemetry;

/// What the producer needs from its engine.
pub struct ProducerDeps {
    pub store: Arc<Store>,
    /// `None` where LISTEN is not possible: the producer polls.
    pub notifier: Option<Arc<Notifier>>,
    pub telemetry: Arc<Telemetry>,
    /// The number of outcomes not yet written.
    pub pending: Pending,
    /// Where the producer offers its capacity to enqueues while it is idle.
    pub offers: Arc<Offers>,
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
    paused: AtomicBool,
    /// A fetch may find something.
    fetch_due: AtomicBool,
    /// Notifications of inserts since the last turn of the loop.
    notifications: AtomicU32,
    /// The sentinel that this producer relied on may be gone.
    sentinel_lost: AtomicBool,
    /// The number of jobs fetched so far.
    fetched: AtomicU64,
    /// Another server may have taken over without the latest acks.
    maybe_lost_acks: AtomicBool,
    /// Other nodes serve the queue too, as of the last heartbeat.
    shared: AtomicBool,
    /// Fetches under way.
    fetching: Arc<AtomicU32>,
    /// A fetch's answer was lost, and the producer stopped before it could hand back what that may have claimed.
    unknown_claims: AtomicBool,
    wakeup: Notify,
    stopping: watch::Sender<bool>,
    /// Held while its row is written or taken away.
    pub registering: tokio::sync::Mutex<()>,
    /// Stopping, without waiting for running jobs.
    stop_now: AtomicBool,
}

impl Producer {
    pub fn new(config: QueueConfig, claim: Claim, executor: Arc<Executor>, deps: ProducerDeps) -> Self {
        Self {
            limit: AtomicU32::new(config.limit),
            paused: AtomicBool::new(config.paused),
            config,
            executor,
            deps,
            claim: Mutex::new(claim),
            pinned: Mutex::default(),
            fetch_due: AtomicBool::new(true),
            notifications: AtomicU32::new(0),
            sentinel_lost: AtomicBool::new(false),
            fetched: AtomicU64::new(0),
            maybe_lost_acks: AtomicBool::new(false),
            shared: AtomicBool::new(false),
            fetching: Arc::default(),
            unknown_claims: AtomicBool::new(false),
            wakeup: Notify::new(),
            stopping: watch::Sender::new(false),
            registering: tokio::sync::Mutex::new(()),
            stop_now: AtomicBool::new(false),
        }
    }

    pub fn uuid(&self) -> Uuid {
        self.claim.lock().producer
    }

    /// A job became available: look for it.
    pub fn wake(&self) {
        self.fetch_due.store(true, Ordering::Release);
        self.wakeup.notify_one();
    }

    /// Notified by an enqueue.
    pub fn on_notify(&self) {
        self.notifications.fetch_add(1, Ordering::AcqRel);
        self.wake();
    }

    /// The queue may be without a sentinel, or notifications may have been missed.
    pub fn on_sentinel_lost(&self) {
        self.sentinel_lost.store(true, Ordering::Release);
        self.wake();
    }

    /// The connection was lost, maybe to a failover: the new server may show jobs of this producer as executing whose acks it never
    /// received.
    pub fn suspect_lost_acks(&self) {
        self.maybe_lost_acks.store(true, Ordering::Release);
        self.wake();
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
        *self.pinned.lock() = pinned;
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
        self.shared.store(shared, Ordering::Release);
    }

    pub fn is_shared(&self) -> bool {
        self.shared.load(Ordering::Acquire)
    }

    /// How many fetches may be in flight. Two keep the database busy; any more skip over the rows that the others are about to
    /// claim, so with several nodes each has one.
    fn max_fetches(&self) -> usize {
        if self.is_shared() { 1 } else { 2 }
    }

    /// Pinned jobs were waiting at the last heartbeat.
    fn has_pinned(&self) -> bool {
        !self.pinned.lock().is_empty()
    }

    pub fn pause(&self, paused: bool) {
        if self.paused.swap(paused, Ordering::AcqRel) != paused {
            if paused {
                self.deps.offers.withdraw(&self.config.name);
                self.executor.release_ready(None);
            }
            self.wake();
        }
    }

    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
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
        self.stopping.send_replace(true);
        self.wakeup.notify_one();
    }

    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Ends a stopping producer without waiting for its running jobs; it still waits for the answers to its fetches, which have
    /// claimed jobs.
    pub fn stop_now(&self) {
        self.stop_now.store(true, Ordering::Release);
        self.wakeup.notify_one();
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
        self.unknown_claims.load(Ordering::Acquire)
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
        };
        (heartbeat, holding.running_ids)
    }

    /// The names of the classes that can run here now, and where each does.
    pub fn claimable(&self) -> Vec<(String, Isolation)> {
        let isolations = self.executor.isolations();
        registry::all()
            .into_iter()
            .map(|(name, class)| (name, self.isolation(&class)))
            .filter(|(_, isolation)| isolations[*isolation as usize])
            .collect()
    }

    fn isolation(&self, class: &Registration) -> Isolation {
        class.isolation_in(self.config.isolation)
    }

    fn max_poll_delay(&self) -> Duration {
        let listening = self.deps.notifier.as_ref().is_some_and(|notifier| notifier.is_listening());
        demand::max_poll_delay(listening, self.config.poll_interval)
    }
}
