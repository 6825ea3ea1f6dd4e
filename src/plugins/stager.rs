//! The stager: makes scheduled and retryable jobs available when they are due.
//!
//! It sleeps until the next due time instead of polling. Each heartbeat of the leader returns what is due next; a job scheduled for
//! sooner is announced by the enqueue's notification, or by the stager's own engine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::json;

use super::{Plugin, Tick, TickContext};
use crate::cluster::leader::{LastHeartbeat, Peer};
use crate::error::Result;
use crate::notifier::AfterCommit;
use crate::notifier::Notifier;
use crate::store::{Lease, Store};
use crate::telemetry::{Kind, Telemetry};

/// How late a heartbeat may be and still replace a query of the stager's own. Together with the longest wait this stays below the
/// ten seconds within which an enqueue announces a scheduled job.
const MAX_LAG: Duration = Duration::from_secs(2);

/// The wait before a due job that another transaction has locked is tried again.
const LOCKED_RETRY: Duration = Duration::from_millis(100);

pub struct Stager<A> {
    pub store: Arc<Store>,
    pub telemetry: Arc<Telemetry>,
    pub peer: Arc<Peer>,
    pub notifier: Option<Arc<Notifier>>,
    /// The longest wait.
    pub interval: Duration,
    /// The longest wait while no notifications arrive.
    pub poll_interval: Duration,
    /// The maximum number of jobs in one statement.
    pub limit: i64,
    pub after_commit: Arc<A>,
    pub last: Mutex<Option<Look>>,
}

/// What is due next, and when that was read.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    at: Instant,
    due_at: Option<Instant>,
}

impl<A: AfterCommit> Plugin for Stager<A> {
    fn name(&self) -> &'static str {
        "stager"
    }

    fn tick(&self, context: TickContext) -> Tick<'_> {
        Box::pin(async move {
            let mut fresh = context.woken;
            loop {
                let look = self.look(fresh).await?;
                let now = Instant::now();
                let longest = self.longest_wait();
                match look.due_at {
                    Some(due_at) if due_at <= now => {}
                    Some(due_at) => return Ok(longest.min(due_at - now)),
                    None => return Ok(longest),
                }
                fresh = true;
                if !self.stage(context.lease.as_ref()).await? {
                    return Ok(LOCKED_RETRY);
                }
                if self.peer.lease().is_none() {
                    return Ok(longest);
                }
            }
        })
    }
}

impl<A: AfterCommit> Stager<A> {
    /// What is due next: as far as known or, if that may be out of date, from the database.
    async fn look(&self, fresh: bool) -> Result<Look> {
        let own = *self.last.lock();
        let seen = match self.peer.last_heartbeat() {
            LastHeartbeat::Answered(seen) if seen.leads => Some(Look { at: seen.at, due_at: seen.due_at }),
            _ => None,
        };
        let newest = [own, seen].into_iter().flatten().max_by_key(|look| look.at);
        if let Some(look) = newest.filter(|look| !fresh && look.at.elapsed() < self.longest_wait() + MAX_LAG) {
            return Ok(look);
        }
        let at = Instant::now();
        let seconds = self.store.next_due().await?;
        let due_at = seconds.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0)));
        let look = Look { at, due_at };
        *self.last.lock() = Some(look);
        Ok(look)
    }

    /// Stages one batch of due jobs; false when there were none.
    async fn stage(&self, lease: Option<&Lease>) -> Result<bool> {
        let staged = self.store.stage_jobs(self.limit, None, lease).await?;
        if staged.is_empty() {
            return Ok(false);
        }
        let jobs = || staged.iter().map(|it| (&it.queue, it.jobs)).collect::<std::collections::BTreeMap<_, _>>();
        self.telemetry.emit(Kind::StagerStop, || json!({ "queues": jobs() }));
        for event in staged.iter().flat_map(|it| &it.discarded) {
            self.telemetry.emit(Kind::JobDiscarded, || event.clone());
        }
        self.after_commit.available(staged.into_iter().map(|it| it.queue).collect());
        Ok(true)
    }

    fn longest_wait(&self) -> Duration {
        let listening = self.notifier.as_ref().is_some_and(|notifier| notifier.is_listening());
        if listening { self.interval } else { self.interval.min(self.poll_interval) }
    }
}
