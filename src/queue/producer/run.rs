//! The producer's loop.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::Producer;
use super::offer;
use super::state::Cycle;

/// A claimed job that could not be begun for this long is handed back: another node may have room.
const STALE: Duration = Duration::from_secs(1);

impl Producer {
    /// Works until stopped; then waits for the fetches under way and hands their jobs back.
    pub async fn run(self: Arc<Self>) {
        let mut fetches = FuturesUnordered::new();
        let mut stopping = self.stopping.subscribe();
        let mut registered = crate::registry::changes();
        let mut cycle = Cycle::default();
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
                answer = offer::answer(&mut cycle.vacancy) => {
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
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => pending().await,
    }
}
