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
use super::demand::{self, MAX_UNWRITTEN};
use super::state::{Gate, LoopState};
use crate::error::{Error, Result};
use crate::model::job::Job;
use crate::store::FetchRequest;

pub type Fetch = Pin<Box<dyn Future<Output = Fetched> + Send>>;

/// The result of a fetch.
pub struct Fetched {
    /// The uuid it claimed for: the producer may have registered anew since.
    pub producer: Uuid,
    pub requested: usize,
    pub took: Duration,
    pub jobs: Result<Vec<Job>>,
}

fn start(producer: Arc<Producer>, workers: Arc<[String]>, pins: Vec<(String, String)>, requested: usize) -> Fetch {
    Box::pin(async move {
        let begun = Instant::now();
        let request = producer.fetch_request(workers, pins, requested);
        let jobs = producer.deps.store.fetch_jobs(&request).await;
        Fetched { producer: request.claim.producer, requested, took: begun.elapsed(), jobs }
    })
}

impl Producer {
    /// Begins a fetch when there is capacity and a reason.
    pub(super) fn fetch(self: &Arc<Self>, state: &mut LoopState, fetches: &mut FuturesUnordered<Fetch>, now: Instant) {
        let blocked = self.is_paused()
            || state.unknown_claims
            || fetches.len() >= self.max_fetches()
            || state.retry_at.is_some_and(|at| at > now);
        if blocked || !state.fetch_due {
            return;
        }
        if self.deps.pending.count() > MAX_UNWRITTEN {
            state.retry_at = Some(now + Duration::from_millis(20));
            return;
        }
        if !fetches.is_empty() && !state.full {
            return;
        }
        let holding = self.executor.counts();
        state.pace.job_seconds = holding.job_seconds;
        state.prefetch_blocked = state.prefetch_blocked.filter(|pace| *pace == holding.job_seconds.to_bits());
        let may_claim_ahead = self.config.prefetch && state.prefetch_blocked.is_none();
        let ahead = if may_claim_ahead { state.pace.ahead(holding.limit) } else { 0 };
        let held = holding.ready + holding.running;
        let requested = demand::refill(holding.limit, ahead, held, holding.ready, state.requested);
        state.at_capacity = requested == 0;
        self.executor.notify_below(demand::low_water(holding.limit, ahead, state.requested + requested));
        let now_held = self.executor.counts();
        if now_held.ready + now_held.running < held {
            // Capacity became free before the low-water mark was set.
            self.executor.changed.notify_one();
        }
        if requested == 0 {
            return;
        }
        let classes = self.classes(state);
        if classes.names.is_empty() {
            return;
        }
        // While plain jobs keep coming, pinned ones are fetched only if a heartbeat has seen some.
        let pins = if !state.full || self.has_pinned() { self.pins() } else { vec![] };
        state.fetch_due = state.full;
        state.requested += requested;
        state.poll_at = None;
        self.fetching.fetch_add(1, Ordering::AcqRel);
        fetches.push(start(self.clone(), classes.names.clone(), pins, requested));
    }

    /// Hands back what a fetch without an answer may have claimed. The jobs that this producer knows are those its executor holds
    /// and those settled but not yet acked; so it waits until none of the latter are left.
    pub(super) async fn reclaim(&self, state: &mut LoopState, quiet: bool, now: Instant) {
        if !state.unknown_claims || !quiet || state.retry_at.is_some_and(|at| at > now) {
            return;
        }
        let known = self.executor.holding_ids();
        if self.deps.pending.count() > 0 {
            state.retry_at = Some(now + Duration::from_millis(20));
            return;
        }
        match self.deps.store.reclaim_jobs(self.uuid(), &known).await {
            Ok(freed) => {
                state.unknown_claims = false;
                state.fetch_due = true;
                if freed > 0 {
                    tracing::info!(
                        queue = self.config.name,
                        freed,
                        "producer: handed back jobs of a fetch whose answer was lost"
                    );
                }
            }
            Err(_) => state.retry_at = Some(now + Duration::from_millis(500)),
        }
    }

    pub(super) fn fetched(&self, state: &mut LoopState, done: Fetched, stop: bool) {
        let now = Instant::now();
        state.requested -= done.requested;
        let jobs = match done.jobs {
            Ok(jobs) => jobs,
            Err(error) => {
                state.unknown_claims |= matches!(error, Error::Unavailable(_));
                if state.errors == 0 {
                    tracing::warn!(queue = self.config.name, %error, "producer: fetch failed; retrying");
                }
                state.retry_at =
                    Some(now + Duration::from_millis(100 << state.errors.min(6)).min(Duration::from_secs(5)));
                state.errors += 1;
                state.fetch_due = true;
                state.full = false;
                return;
            }
        };
        state.errors = 0;
        let claimed_by = done.producer;
        self.fetched.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        let bytes = jobs.iter().map(|job| job.args.len() + 256).sum();
        state.pace.fetched(done.took, jobs.len(), bytes);
        state.full = jobs.len() >= done.requested;
        state.fetch_due |= state.full;
        if jobs.is_empty() {
            state.poll_delay = demand::next_poll_delay(state.poll_delay, self.max_poll_delay());
        } else {
            state.found_at = now;
            state.poll_delay = Duration::ZERO;
        }
        if !state.full && state.gate == Gate::Awake {
            let delay = demand::next_poll_delay(state.poll_delay, self.max_poll_delay());
            state.poll_at = Some(now + delay);
        }
        if jobs.is_empty() {
            return;
        }
        // Stopped, paused or declared lost while the fetch was in flight.
        let is_late = || stop || self.is_paused() || claimed_by != self.uuid();
        if is_late() {
            self.executor.hand_back(jobs);
            return;
        }
        let classes = self.classes(state);
        let placed = jobs.into_iter().map(|job| {
            let isolation = classes.isolation(&job.worker);
            (job, isolation)
        });
        self.executor.offer(placed.collect());
        if is_late() {
            self.executor.release_ready(None);
        }
    }

    pub(super) fn fetch_request(
        &self,
        workers: Arc<[String]>,
        pins: Vec<(String, String)>,
        limit: usize,
    ) -> FetchRequest {
        let claim = self.claim.lock().clone();
        FetchRequest { claim, workers, limit: i64::try_from(limit).unwrap_or(i64::MAX), pins }
    }

    pub(super) fn classes(&self, state: &mut LoopState) -> Arc<Classes> {
        state.classes.get_or_insert_with(|| Arc::new(Classes::of(self.claimable()))).clone()
    }
}
