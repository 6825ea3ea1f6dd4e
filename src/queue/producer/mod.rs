//! One queue on this node: looks for jobs, claims as many as its executor can use, and sleeps when there are none.
//!
//! ```text
//!            found nothing for a while,                       notified
//!   awake ── lock granted ───────────────────► sentinel ───────────────────► fetch, stays sentinel;
//!   (polls)  another node holds it ──────────► watched ────────────────────► fetch, stays watched
//!     ▲      an enqueue is under way: look again shortly
//!     └── notified so often that looking is cheaper; or the sentinel let go, died, or the connection broke
//! ```
//! Going to sleep always ends with one more fetch *after* the lock was seen taken; from then on every enqueue notifies.

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
use crate::enqueue::Vacancies;
use crate::model::config::QueueConfig;
use crate::model::draft::{Isolation, Registration, VersionRule};
use crate::model::version;
use crate::notifier::Notifier;
use crate::queue::executor::{Directive, Executor};
use crate::registry;
use crate::store::{Beat, Claim, NewProducer, Pin, Store};
use crate::telemetry::Telemetry;

/// What the producer needs of its engine.
pub struct Surroundings {
    pub store: Arc<Store>,
    /// `None` where nothing can listen: then it polls.
    pub notifier: Option<Arc<Notifier>>,
    pub telemetry: Arc<Telemetry>,
    /// How many outcomes wait to be written.
    pub pending: Pending,
    /// Where its places are offered to inserts while it has nothing to do.
    pub vacancies: Arc<Vacancies>,
    /// Passes on what the host shall do with an environment.
    pub direct: Arc<dyn Fn(Directive) + Send + Sync>,
}

/// Running jobs that a producer's row names.
const SHOWN: usize = 100;

pub struct Producer {
    pub config: QueueConfig,
    pub executor: Arc<Executor>,
    around: Surroundings,
    claim: Mutex<Claim>,
    /// Versions that jobs of the queue wait for and that this node's version satisfies, as last heard.
    pinned: Mutex<Vec<(String, String)>>,
    limit: AtomicU32,
    paused: AtomicBool,
    /// A fetch may find something.
    hungry: AtomicBool,
    /// Notifications of inserts since last looked at.
    calls: AtomicU32,
    /// The sentinel that this producer relied on may be gone.
    unwatched: AtomicBool,
    /// Jobs that were ever fetched.
    fetched: AtomicU64,
    /// Another server may have taken over, which knows less than was written.
    doubtful: AtomicBool,
    /// Other nodes serve the queue, too, as last heard.
    shared: AtomicBool,
    /// Fetches under way.
    fetching: Arc<AtomicU32>,
    /// A fetch's answer was lost, and the producer stopped before it could hand back what that may have claimed.
    unsure: AtomicBool,
    stirred: Notify,
    stopping: watch::Sender<bool>,
    /// Held while its row is written or taken away.
    pub registering: tokio::sync::Mutex<()>,
    /// Stopping, and not waiting for running jobs any more.
    hurried: AtomicBool,
}

impl Producer {
    pub fn new(config: QueueConfig, claim: Claim, executor: Arc<Executor>, around: Surroundings) -> Self {
        Self {
            limit: AtomicU32::new(config.limit),
            paused: AtomicBool::new(config.paused),
            config,
            executor,
            around,
            claim: Mutex::new(claim),
            pinned: Mutex::default(),
            hungry: AtomicBool::new(true),
            calls: AtomicU32::new(0),
            unwatched: AtomicBool::new(false),
            fetched: AtomicU64::new(0),
            doubtful: AtomicBool::new(false),
            shared: AtomicBool::new(false),
            fetching: Arc::default(),
            unsure: AtomicBool::new(false),
            stirred: Notify::new(),
            stopping: watch::Sender::new(false),
            registering: tokio::sync::Mutex::new(()),
            hurried: AtomicBool::new(false),
        }
    }

    pub fn uuid(&self) -> Uuid {
        self.claim.lock().producer
    }

    /// A job became available: look for it.
    pub fn nudge(&self) {
        self.hungry.store(true, Ordering::Release);
        self.stirred.notify_one();
    }

    /// Notified by an enqueue.
    pub fn called(&self) {
        self.calls.fetch_add(1, Ordering::AcqRel);
        self.nudge();
    }

    /// Nobody may be watching the queue any more, or notifications may have been missed.
    pub fn unwatch(&self) {
        self.unwatched.store(true, Ordering::Release);
        self.nudge();
    }

    /// The connection was lost, maybe to a failover: a server that took over may have claims of this producer as executing whose
    /// outcomes it never received.
    pub fn doubt(&self) {
        self.doubtful.store(true, Ordering::Release);
        self.nudge();
    }

    /// Takes note of the versions that pinned jobs wait for.
    pub fn hear_pins(&self, waiting: &[Pin]) {
        let Some(own) = self.claim.lock().version.clone() else { return };
        let may = |pin: &&Pin| {
            pin.queue == self.config.name
                && VersionRule::named(&pin.rule).is_some_and(|rule| version::allows(rule, &pin.version, &own))
        };
        let pinned: Vec<_> = waiting.iter().filter(may).map(|it| (it.rule.clone(), it.version.clone())).collect();
        let some = !pinned.is_empty();
        *self.pinned.lock() = pinned;
        if some && !self.is_paused() {
            self.nudge();
        }
    }

    /// The rules and versions of pinned jobs that this node may run: its own, and what it has heard of.
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

    /// How many fetches may be under way at once. Two keep the database busy; each more steps over the rows that the others are
    /// about to claim, so of several nodes each has one.
    fn most_fetches(&self) -> usize {
        if self.is_shared() { 1 } else { 2 }
    }

    /// Pinned jobs were waiting when last heard of.
    fn has_pinned(&self) -> bool {
        !self.pinned.lock().is_empty()
    }

    pub fn pause(&self, paused: bool) {
        if self.paused.swap(paused, Ordering::AcqRel) != paused {
            if paused {
                self.around.vacancies.withdraw(&self.config.name);
                self.executor.release_ready(None);
            }
            self.nudge();
        }
    }

    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    pub fn scale(&self, limit: u32) {
        self.limit.store(limit, Ordering::Release);
        self.executor.set_limit(limit as usize);
        self.nudge();
    }

    pub fn limit(&self) -> u32 {
        self.limit.load(Ordering::Acquire)
    }

    /// Fetches nothing more; what was claimed and not begun is handed back.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
        self.stirred.notify_one();
    }

    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Stopping, ends without its running jobs; but not without the answers to its fetches, which have claimed jobs.
    pub fn hurry(&self) {
        self.hurried.store(true, Ordering::Release);
        self.stirred.notify_one();
    }

    /// How many jobs its fetches have brought.
    pub fn fetched_jobs(&self) -> u64 {
        self.fetched.load(Ordering::Relaxed)
    }

    /// A fetch was abandoned: the server may yet claim jobs for this producer.
    pub fn is_fetching(&self) -> bool {
        self.fetching.load(Ordering::Acquire) > 0
    }

    /// May have claims that it does not know of.
    pub fn is_unsure(&self) -> bool {
        self.unsure.load(Ordering::Acquire)
    }

    /// Its row is gone: the other nodes took this one for dead, and its claims are void. Begins anew under another uuid.
    pub fn renew(&self) -> NewProducer {
        let uuid = Uuid::new_v4();
        self.claim.lock().producer = uuid;
        self.around.vacancies.withdraw(&self.config.name);
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

    /// What the heartbeat says of it, and the ids of its running jobs.
    pub fn beat(&self) -> (Beat, Vec<i64>) {
        let mut holding = self.executor.holding();
        holding.running_ids.sort_unstable();
        let beat = Beat {
            uuid: self.uuid(),
            queue: self.config.name.clone(),
            running: i32::try_from(holding.running).unwrap_or(i32::MAX),
            running_ids: holding.running_ids.iter().take(SHOWN).copied().collect(),
            oldest_at: holding.oldest_at,
            limit: self.limit().cast_signed(),
            paused: self.is_paused(),
        };
        (beat, holding.running_ids)
    }

    /// The names of the classes that can run here now, and where each does.
    pub fn claimable(&self) -> Vec<(String, Isolation)> {
        let places = self.executor.places();
        registry::all()
            .into_iter()
            .map(|(name, class)| (name, self.isolation(&class)))
            .filter(|(_, isolation)| places[*isolation as usize])
            .collect()
    }

    fn isolation(&self, class: &Registration) -> Isolation {
        class.isolation_in(self.config.isolation)
    }

    fn longest_look(&self) -> Duration {
        let listening = self.around.notifier.as_ref().is_some_and(|notifier| notifier.is_listening());
        demand::longest_look(listening, self.config.poll_interval)
    }
}
