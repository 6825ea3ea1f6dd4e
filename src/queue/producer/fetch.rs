//! Fetches: when one begins, what it asks for, and what follows from its answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::stream::FuturesUnordered;
use uuid::Uuid;

use super::Producer;
use super::classes::Classes;
use super::demand::{self, BACKLOG};
use super::state::{Cycle, Gate};
use crate::error::{Error, Result};
use crate::model::job::Job;
use crate::store::Wanted;

pub type Fetch = Pin<Box<dyn Future<Output = Fetched> + Send>>;

/// What came of one.
pub struct Fetched {
    /// For whom it claimed: the producer may have begun anew since.
    pub producer: Uuid,
    pub asked: usize,
    pub took: Duration,
    pub jobs: Result<Vec<Job>>,
}

fn start(producer: Arc<Producer>, workers: Arc<[String]>, pins: Vec<(String, String)>, asked: usize) -> Fetch {
    Box::pin(async move {
        let begun = Instant::now();
        let wanted = producer.wanted(workers, pins, asked);
        let jobs = producer.around.store.fetch_jobs(&wanted).await;
        Fetched { producer: wanted.claim.producer, asked, took: begun.elapsed(), jobs }
    })
}

impl Producer {
    /// Begins a fetch when there is room and a reason.
    pub(super) fn fetch(self: &Arc<Self>, cycle: &mut Cycle, fetches: &mut FuturesUnordered<Fetch>, now: Instant) {
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
        fetches.push(start(self.clone(), classes.names.clone(), pins, asked));
    }

    /// Hands back what a fetch without an answer may have claimed. The jobs that this producer knows of are those its executor
    /// holds, and those settled but not yet acked: so it waits until there is none of the latter.
    pub(super) async fn reclaim(&self, cycle: &mut Cycle, quiet: bool, now: Instant) {
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

    pub(super) fn fetched(&self, cycle: &mut Cycle, done: Fetched, stop: bool) {
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

    pub(super) fn wanted(&self, workers: Arc<[String]>, pins: Vec<(String, String)>, places: usize) -> Wanted {
        let claim = self.claim.lock().clone();
        Wanted { claim, workers, limit: i64::try_from(places).unwrap_or(i64::MAX), pins }
    }

    pub(super) fn classes(&self, cycle: &mut Cycle) -> Arc<Classes> {
        cycle.classes.get_or_insert_with(|| Arc::new(Classes::of(self.claimable()))).clone()
    }
}
