//! The producer's loop.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::Producer;
use super::offer;
use super::state::LoopState;

/// How long a claimed job may wait to begin before it is handed back: another node may have capacity.
const MAX_READY_AGE: Duration = Duration::from_secs(1);

impl Producer {
    /// Runs until stopped; then waits for the fetches in flight and hands their jobs back.
    pub async fn run(self: Arc<Self>) {
        let mut fetches = FuturesUnordered::new();
        let mut stopping = self.stopping.subscribe();
        let mut registered = crate::registry::changes();
        let mut state = LoopState::default();
        let mut deadlines_only = false;
        loop {
            let now = Instant::now();
            self.withdraw(&mut state, &mut fetches);
            let (directives, deadline) = self.executor.expire(now);
            for directive in directives {
                (self.deps.direct)(directive);
            }
            let stop = *stopping.borrow_and_update();
            if stop && !deadlines_only {
                deadlines_only = true;
                self.stop_fetching(&mut state).await;
            }
            if !stop {
                self.take_inputs(&mut state, now).await;
                self.reclaim(&mut state, fetches.is_empty(), now).await;
                self.fetch(&mut state, &mut fetches, now);
                if self.wants_sleep(&state, fetches.is_empty(), now) {
                    self.sleep(&mut state, now).await;
                    continue;
                }
            }
            if !stop && fetches.is_empty() {
                self.post_offer(&mut state, now);
            }
            if state.ready_check_at.is_none() && self.executor.counts().ready > 0 {
                state.ready_check_at = Some(now + MAX_READY_AGE / 4);
            }
            let idle = || self.stop_now.load(Ordering::Acquire) || self.executor.counts().running == 0;
            if stop && fetches.is_empty() && idle() {
                self.executor.release_ready(None);
                self.unknown_claims.store(state.unknown_claims, Ordering::Release);
                return;
            }
            let poll_at = state.poll_at.into_iter().chain(state.retry_at).filter(|_| !stop).min();
            let timer = [deadline, poll_at, state.ready_check_at].into_iter().flatten().min();
            tokio::select! {
                () = self.wakeup.notified() => {}
                () = self.executor.changed.notified() => {}
                _ = stopping.changed() => {}
                _ = registered.changed() => {
                    state.fetch_due = true;
                    state.classes = None;
                }
                Some(done) = fetches.next(), if !fetches.is_empty() => {
                    self.fetched(&mut state, done, stop);
                    // Only now: what it claimed is in the executor.
                    self.fetching.fetch_sub(1, Ordering::AcqRel);
                }
                answer = offer::answer(&mut state.offer) => {
                    if let Some(done) = answer {
                        state.requested += done.requested;
                        self.fetched(&mut state, done, stop);
                        self.fetching.fetch_sub(1, Ordering::AcqRel);
                    }
                }
                () = sleep_until(timer) => {
                    let now = Instant::now();
                    if state.poll_at.is_some_and(|at| at <= now) {
                        state.poll_at = None;
                        state.fetch_due = true;
                    }
                    if state.retry_at.is_some_and(|at| at <= now) {
                        state.retry_at = None;
                    }
                    if state.ready_check_at.is_some_and(|at| at <= now) {
                        state.ready_check_at = None;
                        if self.executor.release_ready(Some(MAX_READY_AGE)) > 0 {
                            state.fetch_due = true;
                            state.prefetch_blocked = Some(self.executor.counts().job_seconds.to_bits());
                        }
                    }
                }
            }
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => pending().await,
    }
}
