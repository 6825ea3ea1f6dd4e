//! The producer's loop.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::Producer;
use super::classes::Classes;
use super::demand::{self, LINGER, Pace, Rate};
use super::fetch::{self, Fetch, Fetched};
use super::vacancy::{self, Posted};
use crate::error::Error;
use crate::store::Sleep;

/// A claimed job that could not be begun for this long is handed back: another node may have room.
const STALE: Duration = Duration::from_secs(1);

/// While more outcomes than this wait to be written, nothing more is claimed.
pub(super) const BACKLOG: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Awake,
    Sentinel,
    Watched,
}

/// What the loop remembers from turn to turn.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each set at its own time")]
pub(super) struct Cycle {
    gate: Gate,
    /// A fetch may find something.
    pub hungry: bool,
    /// The last fetch brought all that it asked for.
    full: bool,
    pub asked: usize,
    pace: Pace,
    rate: Rate,
    /// When to look again, while awake.
    look_at: Option<Instant>,
    look_delay: Duration,
    found_at: Instant,
    /// Not before this, after an error.
    pub retry_at: Option<Instant>,
    errors: u32,
    /// There is no room for more jobs.
    unmet: bool,
    /// The database may have jobs as executing that nobody knows of: a fetch's answer was lost, or another server took over.
    pub unsure: bool,
    /// When to see whether claimed jobs have waited too long.
    stale_at: Option<Instant>,
    /// Jobs claimed ahead had to be handed back. None is claimed ahead again until a job ends, by which the pace (its bits)
    /// changes.
    crowded: Option<u64>,
    /// Where jobs could run at the last turn.
    places: [bool; 3],
    /// The classes that could, until they change.
    pub classes: Option<Arc<Classes>>,
    /// What is offered to inserts, while there is nothing else to do.
    pub vacancy: Option<Posted>,
}

impl Producer {
    /// Works until stopped; then waits for the fetches under way and hands their jobs back.
    pub async fn run(self: Arc<Self>) {
        let mut fetches = FuturesUnordered::new();
        let mut stopping = self.stopping.subscribe();
        let mut registered = crate::workers::changes();
        let mut cycle = Cycle {
            gate: Gate::Awake,
            hungry: true,
            full: false,
            asked: 0,
            pace: Pace::default(),
            rate: Rate::default(),
            look_at: None,
            look_delay: Duration::ZERO,
            found_at: Instant::now(),
            retry_at: None,
            errors: 0,
            unmet: false,
            unsure: false,
            stale_at: None,
            crowded: None,
            places: [false; 3],
            classes: None,
            vacancy: None,
        };
        let mut deadlines_only = false;
        loop {
            let now = Instant::now();
            self.withdraw(&mut cycle, &mut fetches);
            let (directives, deadline) = self.executor.expire(now);
            for directive in directives {
                (self.around.direct)(directive);
            }
            let stop = *stopping.borrow_and_update();
            if stop && !deadlines_only {
                deadlines_only = true;
                self.leave(&mut cycle).await;
            }
            if !stop {
                self.listen(&mut cycle, now).await;
                self.reclaim(&mut cycle, fetches.is_empty(), now).await;
                self.fetch(&mut cycle, &mut fetches, now);
                if self.wants_sleep(&cycle, fetches.is_empty(), now) {
                    self.sleep(&mut cycle, now).await;
                    continue;
                }
            }
            if !stop && fetches.is_empty() {
                self.post(&mut cycle, now);
            }
            if cycle.stale_at.is_none() && self.executor.counts().ready > 0 {
                cycle.stale_at = Some(now + STALE / 4);
            }
            let idle = || self.hurried.load(Ordering::Acquire) || self.executor.counts().running == 0;
            if stop && fetches.is_empty() && idle() {
                self.executor.release_ready(None);
                self.unsure.store(cycle.unsure, Ordering::Release);
                return;
            }
            let look_at = cycle.look_at.into_iter().chain(cycle.retry_at).filter(|_| !stop).min();
            let timer = [deadline, look_at, cycle.stale_at].into_iter().flatten().min();
            tokio::select! {
                () = self.stirred.notified() => {}
                () = self.executor.changed.notified() => {}
                _ = stopping.changed() => {}
                _ = registered.changed() => {
                    cycle.hungry = true;
                    cycle.classes = None;
                }
                Some(done) = fetches.next(), if !fetches.is_empty() => {
                    self.fetched(&mut cycle, done, stop);
                    // Only now: what it claimed is in the executor.
                    self.fetching.fetch_sub(1, Ordering::AcqRel);
                }
                answer = vacancy::answer(&mut cycle.vacancy) => {
                    if let Some(done) = answer {
                        cycle.asked += done.asked;
                        self.fetched(&mut cycle, done, stop);
                        self.fetching.fetch_sub(1, Ordering::AcqRel);
                    }
                }
                () = sleep_until(timer) => {
                    let now = Instant::now();
                    if cycle.look_at.is_some_and(|at| at <= now) {
                        cycle.look_at = None;
                        cycle.hungry = true;
                    }
                    if cycle.retry_at.is_some_and(|at| at <= now) {
                        cycle.retry_at = None;
                    }
                    if cycle.stale_at.is_some_and(|at| at <= now) {
                        cycle.stale_at = None;
                        if self.executor.release_ready(Some(STALE)) > 0 {
                            cycle.hungry = true;
                            cycle.crowded = Some(self.executor.counts().job_seconds.to_bits());
                        }
                    }
                }
            }
        }
    }

    /// Takes in what was heard since the last turn.
    async fn listen(&self, cycle: &mut Cycle, now: Instant) {
        cycle.unsure |= self.doubtful.swap(false, Ordering::AcqRel);
        let places = self.executor.places();
        // An environment came: there may be jobs that could not be run before.
        cycle.hungry |= self.hungry.swap(false, Ordering::AcqRel) || places != cycle.places;
        if places != cycle.places {
            cycle.classes = None;
        }
        cycle.places = places;
        let calls = self.calls.swap(0, Ordering::AcqRel);
        let busy = cycle.rate.is_high(calls, now);
        let unwatched = self.unwatched.swap(false, Ordering::AcqRel);
        let notifier = self.around.notifier.as_ref();
        let listening = notifier.is_some_and(|it| it.is_listening());
        match cycle.gate {
            Gate::Awake => return,
            // Its lock is its own: only the loss of the connection takes it away.
            Gate::Sentinel if listening && !busy && !self.is_paused() && !unwatched => return,
            Gate::Watched if listening && !busy && !unwatched => return,
            Gate::Sentinel => {
                if let (Some(notifier), true) = (notifier, listening) {
                    // An error means that the connection is gone, and the lock with it.
                    let _ = notifier.wake(&self.config.name).await;
                }
            }
            Gate::Watched => {
                if let Some(notifier) = notifier {
                    notifier.unwatch(&self.config.name);
                }
            }
        }
        cycle.gate = Gate::Awake;
        cycle.hungry = true;
        cycle.found_at = now;
        cycle.look_delay = Duration::ZERO;
    }

    /// Begins a fetch when there is room and a reason.
    fn fetch(self: &Arc<Self>, cycle: &mut Cycle, fetches: &mut FuturesUnordered<Fetch>, now: Instant) {
        let blocked = self.is_paused()
            || cycle.unsure
            || fetches.len() >= self.most_fetches()
            || cycle.retry_at.is_some_and(|at| at > now);
        if blocked || !cycle.hungry {
            return;
        }
        if self.around.pending.count() > BACKLOG {
            cycle.retry_at = Some(now + Duration::from_millis(20));
            return;
        }
        if !fetches.is_empty() && !cycle.full {
            return;
        }
        let holding = self.executor.counts();
        cycle.pace.job_seconds = holding.job_seconds;
        cycle.crowded = cycle.crowded.filter(|pace| *pace == holding.job_seconds.to_bits());
        let may_claim_ahead = self.config.prefetch && cycle.crowded.is_none();
        let ahead = if may_claim_ahead { cycle.pace.ahead(holding.limit) } else { 0 };
        let held = holding.ready + holding.running;
        let asked = demand::refill(holding.limit, ahead, held, holding.ready, cycle.asked);
        cycle.unmet = asked == 0;
        self.executor.tell_below(demand::low_water(holding.limit, ahead, cycle.asked + asked));
        let now_held = self.executor.counts();
        if now_held.ready + now_held.running < held {
            // Places that became free before it was to be told of them.
            self.executor.changed.notify_one();
        }
        if asked == 0 {
            return;
        }
        let classes = self.classes(cycle);
        if classes.names.is_empty() {
            return;
        }
        // While plain jobs keep coming, pinned ones are looked for only if some were heard of.
        let pins = if !cycle.full || self.has_pinned() { self.pins() } else { vec![] };
        cycle.hungry = cycle.full;
        cycle.asked += asked;
        cycle.look_at = None;
        self.fetching.fetch_add(1, Ordering::AcqRel);
        fetches.push(fetch::start(self.clone(), classes.names.clone(), pins, asked));
    }

    /// Hands back what a fetch without an answer may have claimed. The jobs that this producer knows of are those its executor
    /// holds, and those settled but not yet acked: so it waits until there is none of the latter.
    async fn reclaim(&self, cycle: &mut Cycle, quiet: bool, now: Instant) {
        if !cycle.unsure || !quiet || cycle.retry_at.is_some_and(|at| at > now) {
            return;
        }
        let known = self.executor.holding_ids();
        if self.around.pending.count() > 0 {
            cycle.retry_at = Some(now + Duration::from_millis(20));
            return;
        }
        match self.around.store.reclaim_jobs(self.uuid(), &known).await {
            Ok(freed) => {
                cycle.unsure = false;
                cycle.hungry = true;
                if freed > 0 {
                    tracing::info!(
                        queue = self.config.name,
                        freed,
                        "producer: handed back jobs of a fetch whose answer was lost"
                    );
                }
            }
            Err(_) => cycle.retry_at = Some(now + Duration::from_millis(500)),
        }
    }

    fn fetched(&self, cycle: &mut Cycle, done: Fetched, stop: bool) {
        let now = Instant::now();
        cycle.asked -= done.asked;
        let jobs = match done.jobs {
            Ok(jobs) => jobs,
            Err(error) => {
                cycle.unsure |= matches!(error, Error::Unavailable(_));
                if cycle.errors == 0 {
                    tracing::warn!(queue = self.config.name, %error, "producer: cannot fetch; trying until it can");
                }
                cycle.retry_at =
                    Some(now + Duration::from_millis(100 << cycle.errors.min(6)).min(Duration::from_secs(5)));
                cycle.errors += 1;
                cycle.hungry = true;
                cycle.full = false;
                return;
            }
        };
        cycle.errors = 0;
        let claimed_by = done.producer;
        self.fetched.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        let bytes = jobs.iter().map(|job| job.args.len() + 256).sum();
        cycle.pace.fetched(done.took, jobs.len(), bytes);
        cycle.full = jobs.len() >= done.asked;
        cycle.hungry |= cycle.full;
        if jobs.is_empty() {
            cycle.look_delay = demand::next_look(cycle.look_delay, self.longest_look());
        } else {
            cycle.found_at = now;
            cycle.look_delay = Duration::ZERO;
        }
        if !cycle.full && cycle.gate == Gate::Awake {
            let delay = demand::next_look(cycle.look_delay, self.longest_look());
            cycle.look_at = Some(now + delay);
        }
        if jobs.is_empty() {
            return;
        }
        // Stopping or paused, or given up by the others, while the fetch was under way.
        let is_late = || stop || self.is_paused() || claimed_by != self.uuid();
        if is_late() {
            self.executor.hand_back(jobs);
            return;
        }
        let classes = self.classes(cycle);
        let placed = jobs.into_iter().map(|job| {
            let place = classes.place(&job.worker);
            (job, place)
        });
        self.executor.offer(placed.collect());
        if is_late() {
            self.executor.release_ready(None);
        }
    }

    fn wants_sleep(&self, cycle: &Cycle, quiet: bool, now: Instant) -> bool {
        quiet
            && cycle.gate == Gate::Awake
            && !cycle.hungry
            && !cycle.unmet
            && !self.is_paused()
            && cycle.retry_at.is_none()
            && now.duration_since(cycle.found_at) >= LINGER
            && cycle.look_at.is_none_or(|at| at > now)
            && self.around.notifier.as_ref().is_some_and(|notifier| notifier.is_listening())
    }

    /// Tries to fall asleep; one more fetch follows in any case.
    async fn sleep(&self, cycle: &mut Cycle, now: Instant) {
        let Some(notifier) = &self.around.notifier else { return };
        match notifier.sleep(&self.config.name).await {
            Ok(Sleep::Sentinel) => cycle.gate = Gate::Sentinel,
            Ok(Sleep::Watched) => cycle.gate = Gate::Watched,
            Ok(Sleep::Busy) | Err(_) => {
                // Looks, and asks again after as long a while.
                cycle.found_at = now;
                cycle.look_delay = demand::next_look(cycle.look_delay, self.longest_look());
                cycle.look_at = Some(now + cycle.look_delay);
                return;
            }
        }
        cycle.look_at = None;
        cycle.hungry = true;
    }

    /// Stops looking: hands back what was not begun and wakes those who relied on this sentinel.
    async fn leave(&self, cycle: &mut Cycle) {
        // It ends with its last job.
        self.executor.tell_below(usize::MAX);
        self.executor.release_ready(None);
        if let Some(notifier) = &self.around.notifier {
            match cycle.gate {
                Gate::Sentinel => drop(notifier.wake(&self.config.name).await),
                Gate::Watched => notifier.unwatch(&self.config.name),
                Gate::Awake => {}
            }
        }
        cycle.gate = Gate::Awake;
        cycle.look_at = None;
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => pending().await,
    }
}
