//! The executor: holds a queue's claimed jobs, gives them to isolates through slots, and passes completions to the acker.
//!
//! ```text
//!  fetch ──► ready ── exchange ──► running ── exchange ──► settled ──► ack
//!              │                     │  ▲ abort (timeout, cancel, shutdown)
//!              └── released          └──┴── given up: stuck, or its thread is terminated
//! ```
//! One lock guards all state and is never held across a wait; isolates are woken after it is released.

mod deadlines;
mod exchange;
mod holding;
mod isolate;
mod row;
mod run;
mod slot;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use tokio::sync::{Notify, mpsc};

use crate::ack::{Completion, Pending};
use crate::metrics::{Metrics, SharedHistogram};
use crate::model::draft::Isolation;
use crate::model::job::{Job, MAX_ID};
use crate::model::outcome::{Limits, Outcome};
use crate::queue::Waker;
use crate::registry::Registry;
use crate::telemetry::{Telemetry, has_traceparent};
pub use deadlines::{Directive, WorkerExit};
pub use exchange::{FinishedRun, finished_runs};
pub use holding::Holding;
pub use isolate::SharedIsolate;
pub use row::{COLUMNS, ColumnInfo};
use run::Ready;
pub use run::{Abort, Run};
use slot::Slot;

/// The kinds of isolate; each has its own list of ready jobs.
const ISOLATIONS: [Isolation; 3] = [Isolation::Main, Isolation::Thread, Isolation::Process];

/// How long the host may take to start an isolate before it is asked again.
const SPAWN_RETRY: Duration = Duration::from_secs(5);

/// Runs and slots are numbered per process, so a number is never used twice.
static NEXT_RUN: AtomicU64 = AtomicU64::new(1);
static NEXT_SLOT: AtomicU32 = AtomicU32::new(1);

/// The age up to which a heartbeat proves that the claims still hold. Well below what the lifeline waits for.
const HEARTBEAT_TRUST: Duration = Duration::from_secs(12);

/// How the executor of a queue behaves.
#[derive(Debug, Clone)]
pub struct Options {
    pub limit: usize,
    /// The number of isolates that share the limit.
    pub threads: usize,
    /// How long an aborted job may take to settle.
    pub abort_grace: Duration,
    pub max_stuck: usize,
    /// How much of an outcome is kept.
    pub limits: Limits,
}

pub struct Executor {
    pub queue: String,
    state: Mutex<State>,
    completions: mpsc::UnboundedSender<Vec<Completion>>,
    /// Counted up before a settled job leaves `state`, so that no claim is ever in neither.
    pending: Pending,
    /// Wakes the producer: capacity is free, jobs run short, or a deadline moved up.
    pub changed: Notify,
    /// While more jobs than this are held, free capacity does not wake the producer.
    low_water: AtomicUsize,
    telemetry: Arc<Telemetry>,
    registry: Arc<Registry>,
    metrics: Arc<Metrics>,
    /// How long isolates take to answer a wake-up.
    thread_lag: SharedHistogram,
    /// Jobs that had begun and were handed back since the queue began to stop; `None` before.
    handed_back: Mutex<Option<Vec<i64>>>,
}

struct State {
    options: Options,
    ready: [VecDeque<Ready>; 3],
    ready_count: usize,
    runs: FxHashMap<u64, Run>,
    slots: HashMap<u32, Slot>,
    deadlines: BinaryHeap<Reverse<(Instant, u64)>>,
    stuck: usize,
    /// When the host was asked for an isolate of each kind.
    asked_for: [Option<Instant>; 3],
    /// After this instant no job begins until the next heartbeat: other nodes may have given up this one.
    trusted_until: Instant,
    /// How long a job takes from its dispatch to its settling, in seconds; a moving average.
    job_seconds: f64,
}

impl Executor {
    pub fn new(
        queue: String,
        options: Options,
        completions: mpsc::UnboundedSender<Vec<Completion>>,
        pending: Pending,
        telemetry: Arc<Telemetry>,
        registry: Arc<Registry>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let state = State {
            options,
            ready: Default::default(),
            ready_count: 0,
            runs: FxHashMap::default(),
            slots: HashMap::new(),
            deadlines: BinaryHeap::new(),
            stuck: 0,
            asked_for: [None; 3],
            trusted_until: Instant::now() + HEARTBEAT_TRUST,
            job_seconds: 0.0,
        };
        Self {
            thread_lag: metrics.record_thread_lag(&queue),
            metrics,
            queue,
            state: Mutex::new(state),
            completions,
            pending,
            changed: Notify::new(),
            low_water: AtomicUsize::new(usize::MAX),
            telemetry,
            registry,
            handed_back: Mutex::default(),
        }
    }

    /// Attaches an isolate; returns the slot with which it calls `exchange`. `isolate` is what its slots at several queues share.
    pub fn attach(&self, isolation: Isolation, waker: Arc<dyn Waker>, isolate: Arc<SharedIsolate>) -> u32 {
        let id = NEXT_SLOT.fetch_add(1, Ordering::Relaxed);
        let now = Instant::now();
        isolate.add(id, waker.clone());
        let wakers = {
            let mut state = self.state.lock();
            state.slots.insert(id, Slot::new(isolation, waker, isolate, now));
            state.wake_slots(now)
        };
        wake_all(wakers);
        self.changed.notify_one();
        id
    }

    /// Takes what a fetch claimed. A quarantined job runs alone in a process, to harm no other, unless it belongs on the main thread.
    pub fn offer(&self, jobs: Vec<(Job, Isolation)>) {
        let now = Instant::now();
        let (jobs, unfit): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|(job, _)| job.id <= MAX_ID);
        if !unfit.is_empty() {
            self.pending.add(unfit.len());
            self.settle(unfit.into_iter().map(|(job, _)| unfit_id(job, now)).collect());
        }
        // The texts are made before the lock is taken.
        let (shows_jobs, shows_args) = (self.telemetry.wants_jobs(), self.telemetry.wants_args());
        let ready: Vec<(Ready, Isolation)> = jobs
            .into_iter()
            .map(|(mut job, isolation)| {
                let alone = job.is_quarantined() && isolation != Isolation::Main;
                let isolation = if alone { Isolation::Process } else { isolation };
                let tail = row::tail(&job);
                job.errors = vec![];
                if !shows_args {
                    job.args = String::new();
                    job.meta = job.meta.filter(|meta| shows_jobs && has_traceparent(meta));
                    job.tags = vec![];
                }
                (Ready { job: Box::new(job), tail, since: now, alone }, isolation)
            })
            .collect();
        let wakers = {
            let mut state = self.state.lock();
            state.ready_count += ready.len();
            for (job, isolation) in ready {
                state.ready[isolation as usize].push_back(job);
            }
            state.wake_slots(now)
        };
        wake_all(wakers);
        // For a job whose kind of isolate has not been started yet.
        self.changed.notify_one();
    }

    /// Where jobs can run: the kinds of isolate that exist, or that the host can be asked for. Classes of other kinds are not
    /// fetched.
    pub fn isolations(&self) -> [bool; 3] {
        self.state.lock().isolations()
    }

    pub fn set_limit(&self, limit: usize) {
        let now = Instant::now();
        let wakers = {
            let mut state = self.state.lock();
            state.options.limit = limit;
            state.wake_slots(now)
        };
        wake_all(wakers);
        self.changed.notify_one();
    }

    /// A heartbeat sent at `at` confirmed the claims. Compared with the clock whenever a job begins, because after a long freeze a
    /// JavaScript thread may wake up before anything else does.
    pub fn trust(&self, at: Instant) {
        let now = Instant::now();
        let wakers = {
            let mut state = self.state.lock();
            state.trusted_until = at + HEARTBEAT_TRUST;
            state.wake_slots(now)
        };
        wake_all(wakers);
    }

    /// Wakes the producer once no more than `low_water` jobs are claimed and not settled.
    pub fn notify_below(&self, low_water: usize) {
        self.low_water.store(low_water, Ordering::Release);
    }

    /// Hands back claimed jobs that were not begun: all of them, or those that have waited for longer than `age`.
    pub fn release_ready(&self, age: Option<Duration>) -> usize {
        let now = Instant::now();
        let mut released: Vec<Completion> = vec![];
        {
            let mut state = self.state.lock();
            for queue in &mut state.ready {
                // Oldest first, so the ones to hand back stand in front.
                let keep = |ready: &Ready| age.is_some_and(|age| now.duration_since(ready.since) < age);
                let first_kept = queue.iter().position(keep).unwrap_or(queue.len());
                released.extend(queue.drain(..first_kept).map(|ready| unbegun(ready.job, now)));
            }
            state.ready_count -= released.len();
            self.pending.add(released.len());
        }
        let count = released.len();
        if count > 0 {
            self.settle(released);
        }
        count
    }

    /// Hands back jobs of a fetch that are no longer wanted.
    pub fn hand_back(&self, jobs: Vec<Job>) {
        let now = Instant::now();
        self.pending.add(jobs.len());
        self.settle(jobs.into_iter().map(|job| unbegun(Box::new(job), now)).collect());
    }

    /// Forgets claimed jobs that were not begun, without an ack: their claim is known to be lost.
    pub fn forget_ready(&self) -> Vec<i64> {
        let mut state = self.state.lock();
        state.ready_count = 0;
        state.ready.iter_mut().flat_map(std::mem::take).map(|ready| ready.job.id).collect()
    }

    /// The caller has counted them as pending.
    fn settle(&self, completions: Vec<Completion>) {
        self.pass_on(completions);
        self.changed.notify_one();
    }

    fn pass_on(&self, completions: Vec<Completion>) {
        if let Some(ids) = self.handed_back.lock().as_mut() {
            let begun = |it: &&Completion| matches!(it.outcome, Outcome::Released { begun: true });
            ids.extend(completions.iter().filter(begun).map(|it| it.job.id));
        }
        // Fails only after the engine has stopped, when acks are of no use.
        let _ = self.completions.send(completions);
    }
}

impl State {
    fn isolations(&self) -> [bool; 3] {
        let now = Instant::now();
        ISOLATIONS.map(|it| self.has_slot(it) || (it != Isolation::Main && !self.is_asked_for(it, now)))
    }

    fn has_slot(&self, isolation: Isolation) -> bool {
        self.slots.values().any(|slot| slot.isolation == isolation && slot.takes())
    }

    /// The host was asked for an isolate recently; starting one may take some time, or fail.
    fn is_asked_for(&self, isolation: Isolation, now: Instant) -> bool {
        self.asked_for[isolation as usize].is_some_and(|at| now.duration_since(at) < SPAWN_RETRY)
    }

    /// How many more jobs may begin. A stuck job gives its capacity back, up to `max_stuck`.
    fn room(&self, now: Instant) -> usize {
        if now > self.trusted_until {
            return 0;
        }
        let excess = self.stuck.saturating_sub(self.options.max_stuck);
        self.options.limit.saturating_sub(self.runs.len() + excess)
    }

    /// How many jobs one isolate may have at once: its share of the limit.
    fn share(&self, isolation: Isolation) -> usize {
        match isolation {
            Isolation::Main => self.options.limit,
            Isolation::Thread | Isolation::Process => self.options.limit.div_ceil(self.options.threads.max(1)),
        }
    }

    /// The wakers of isolates that could take what is ready, the least busy first.
    fn wake_slots(&mut self, now: Instant) -> Vec<Arc<dyn Waker>> {
        let mut wakers = vec![];
        let mut room = self.room(now);
        for isolation in ISOLATIONS {
            let mut wanted = self.ready[isolation as usize].len().min(room);
            if wanted == 0 {
                continue;
            }
            let share = self.share(isolation);
            let able = |slot: &Slot, id| {
                slot.isolation == isolation
                    && slot.has_room(id)
                    && slot.running < share
                    && slot.gives_way_at().is_none_or(|at| now < at)
            };
            let mut able: Vec<(usize, u32, usize)> = self
                .slots
                .iter()
                .filter(|(id, slot)| able(slot, **id))
                .map(|(id, slot)| (slot.load(), *id, slot.running))
                .collect();
            able.sort_unstable();
            for (_, id, running) in able {
                if wanted == 0 {
                    break;
                }
                let taken = wanted.min(share - running);
                wanted -= taken;
                room -= taken;
                wakers.extend(self.slots.get_mut(&id).and_then(|slot| slot.wake(now)));
            }
        }
        wakers
    }
}

fn unbegun(job: Box<Job>, now: Instant) -> Completion {
    Completion::unbegun(job, Outcome::Released { begun: false }, now)
}

/// A job whose id JavaScript would round to that of another.
fn unfit_id(job: Job, now: Instant) -> Completion {
    let reason = format!(
        "id: expected at most {MAX_ID}, which JavaScript can hold, got {}; insert the job anew without an id",
        job.id
    );
    Completion::unbegun(Box::new(job), Outcome::Discarded { reason, error: None }, now)
}

fn wake_all(wakers: Vec<Arc<dyn Waker>>) {
    for waker in wakers {
        waker.wake();
    }
}
