//! Ends of jobs that are awaited, by callers of this engine or by other nodes. The table is the truth: a caller that is woken reads
//! the row again.
//!
//! ```text
//!   this node                                     a node that acks
//!   ─────────                                     ────────────────
//!   a caller waits: reads the row  ── Await ────► remembers the id, and reads the row: it may have ended before
//!                                                 writes an ack; if its job is awaited,
//!   the caller wakes: reads the row ◄── Ended ──  reports it after the commit
//! ```
//! What no node reports (a row changed by hand, a node that receives no notifications, a lost connection) is found by the look at
//! all awaited rows that the engine takes at intervals.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::model::job::State;

/// How long the request of another node holds unless it is renewed.
const REQUEST_LIFETIME: Duration = Duration::from_secs(60);

/// Requests of other nodes that are remembered: anyone who may connect can send some.
const MAX_REQUESTS: usize = 100_000;

#[derive(Default)]
pub struct JobEnds {
    local: Mutex<HashMap<i64, Vec<Arc<Waiter>>>>,
    /// Jobs that other nodes await, each with the end of the last request.
    remote: Mutex<HashMap<i64, Instant>>,
    /// How many ids are in `local` and `remote`, so that acks take no lock while no job is awaited.
    count: AtomicUsize,
    /// Jobs of which other nodes are to report the end.
    outgoing: Mutex<Vec<i64>>,
    has_outgoing: Notify,
    /// Reports may have been lost: the rows of all awaited jobs are to be read.
    pub suspect: Notify,
    /// A caller has begun to wait.
    pub begun: Notify,
    closed: AtomicBool,
}

/// What a caller waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// The end of the job, which nodes report to each other.
    End,
    /// This state, which no node reports.
    State(State),
}

impl Awaited {
    pub fn is_met_by(self, state: State) -> bool {
        match self {
            Self::End => state.is_terminal(),
            Self::State(awaited) => awaited == state,
        }
    }
}

/// The ids of those of these jobs that have ended or do not exist.
pub fn ended(states: &[(i64, Option<State>)]) -> Vec<i64> {
    states.iter().filter(|(_, state)| state.is_none_or(State::is_terminal)).map(|(id, _)| *id).collect()
}

/// One caller that waits.
pub struct Waiter {
    id: i64,
    key: String,
    awaited: Awaited,
    since: Instant,
    wake: Notify,
    abandoned: AtomicBool,
}

impl Waiter {
    /// Resolves when the job may have ended. False: the caller has given up, or the engine stops.
    pub async fn woken(&self, ends: &JobEnds) -> bool {
        self.wake.notified().await;
        !self.abandoned.load(Ordering::Acquire) && !ends.is_closed()
    }
}

/// Ends with the wait.
pub struct Waiting<'a> {
    ends: &'a JobEnds,
    pub waiter: Arc<Waiter>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut local = self.ends.local.lock();
        if let Some(waiters) = local.get_mut(&self.waiter.id) {
            waiters.retain(|it| !Arc::ptr_eq(it, &self.waiter));
            if waiters.is_empty() {
                local.remove(&self.waiter.id);
            }
        }
        self.ends.recount(local.len(), self.ends.remote.lock().len());
    }
}

impl JobEnds {
    fn recount(&self, local: usize, remote: usize) {
        self.count.store(local + remote, Ordering::Release);
    }

    /// Whether any job is awaited, by this node or another.
    pub fn any_awaited(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    /// Begins to wait for a job; `key` is for [`JobEnds::abandon`].
    pub fn wait(&self, id: i64, awaited: Awaited, key: &str) -> Waiting<'_> {
        let waiter = Arc::new(Waiter {
            id,
            key: key.to_owned(),
            awaited,
            since: Instant::now(),
            wake: Notify::new(),
            abandoned: AtomicBool::new(false),
        });
        let mut local = self.local.lock();
        local.entry(id).or_default().push(waiter.clone());
        self.recount(local.len(), self.remote.lock().len());
        drop(local);
        self.begun.notify_one();
        if self.is_closed() {
            waiter.wake.notify_one();
        }
        Waiting { ends: self, waiter }
    }

    /// The caller of that key has given up.
    pub fn abandon(&self, key: &str) {
        for waiter in self.local.lock().values().flatten().filter(|it| it.key == key) {
            waiter.abandoned.store(true, Ordering::Release);
            waiter.wake.notify_one();
        }
    }

    /// Jobs that callers of this engine wait for.
    pub fn awaited_here(&self) -> Vec<i64> {
        self.local.lock().keys().copied().collect()
    }

    /// Jobs of which callers of this engine await what no node reports, and when the newest of these callers began; with `all`, of
    /// all callers.
    pub fn unreported(&self, all: bool) -> Option<(Vec<i64>, Instant)> {
        let local = self.local.lock();
        let mut ids = vec![];
        let mut newest = None;
        for (id, waiters) in local.iter() {
            let some = waiters.iter().filter(|it| all || it.awaited != Awaited::End);
            let Some(since) = some.map(|it| it.since).max() else { continue };
            newest = newest.max(Some(since));
            ids.push(*id);
        }
        newest.map(|newest| (ids, newest))
    }

    /// Jobs were seen in these states, or not at all: wakes the callers that await them.
    pub fn seen(&self, states: &[(i64, Option<State>)]) {
        let local = self.local.lock();
        for (id, state) in states {
            let waiters = local.get(id).into_iter().flatten();
            for waiter in waiters.filter(|it| state.is_none_or(|state| it.awaited.is_met_by(state))) {
                waiter.wake.notify_one();
            }
        }
    }

    /// Other nodes are to report the ends of these jobs.
    pub fn request_from_others(&self, ids: &[i64]) {
        self.outgoing.lock().extend(ids);
        self.has_outgoing.notify_one();
    }

    /// The next jobs to ask other nodes for.
    pub async fn next_requests(&self) -> Vec<i64> {
        loop {
            let mut ids = std::mem::take(&mut *self.outgoing.lock());
            if !ids.is_empty() {
                ids.sort_unstable();
                ids.dedup();
                return ids;
            }
            self.has_outgoing.notified().await;
        }
    }

    /// Another node awaits these jobs. What is too much is left to the look of that node at intervals.
    pub fn request(&self, ids: &[i64]) {
        let now = Instant::now();
        let local = self.local.lock();
        let mut remote = self.remote.lock();
        remote.retain(|_, until| *until > now);
        let room = MAX_REQUESTS.saturating_sub(remote.len());
        remote.extend(ids.iter().take(room).map(|id| (*id, now + REQUEST_LIFETIME)));
        self.recount(local.len(), remote.len());
    }

    /// These jobs have ended, or may have: wakes their callers. Returns those that other nodes await.
    pub fn ended(&self, ids: &[i64]) -> Vec<i64> {
        let local = self.local.lock();
        for waiter in ids.iter().filter_map(|id| local.get(id)).flatten() {
            waiter.wake.notify_one();
        }
        let mut remote = self.remote.lock();
        let elsewhere = ids.iter().copied().filter(|id| remote.remove(id).is_some()).collect();
        self.recount(local.len(), remote.len());
        elsewhere
    }

    /// A notification says that these jobs have ended: wakes their callers, which read the rows. The requests of other nodes stand.
    pub fn hinted(&self, ids: &[i64]) {
        let local = self.local.lock();
        for waiter in ids.iter().filter_map(|id| local.get(id)).flatten() {
            waiter.wake.notify_one();
        }
    }

    /// Those of these jobs that callers of this engine await.
    pub fn of_these(&self, ids: &[i64]) -> Vec<i64> {
        let local = self.local.lock();
        ids.iter().copied().filter(|id| local.contains_key(id)).collect()
    }

    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The engine stops: every caller wakes.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for waiter in self.local.lock().values().flatten() {
            waiter.wake.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_wakes_its_callers_and_is_reported_once_to_other_nodes() {
        let ends = JobEnds::default();
        assert!(!ends.any_awaited());
        let first = ends.wait(1, Awaited::End, "a");
        let second = ends.wait(1, Awaited::End, "b");
        ends.request(&[1, 2]);
        assert_eq!(ends.awaited_here(), [1]);
        assert_eq!(ends.ended(&[1, 2, 3]), [1, 2]);
        assert_eq!(ends.ended(&[1, 2, 3]), Vec::<i64>::new());
        assert!(ends.any_awaited());
        drop(first);
        assert!(ends.any_awaited());
        drop(second);
        assert!(!ends.any_awaited());
    }

    #[tokio::test]
    async fn a_caller_wakes_for_an_end_that_came_before_it_slept() {
        let ends = JobEnds::default();
        let waiting = ends.wait(1, Awaited::End, "a");
        ends.ended(&[1]);
        assert!(waiting.waiter.woken(&ends).await);
        ends.abandon("b");
        ends.abandon("a");
        assert!(!waiting.waiter.woken(&ends).await);
    }

    #[tokio::test]
    async fn the_stop_of_the_engine_wakes_every_caller() {
        let ends = JobEnds::default();
        let before = ends.wait(1, Awaited::End, "a");
        ends.close();
        assert!(!before.waiter.woken(&ends).await);
        assert!(!ends.wait(2, Awaited::End, "b").waiter.woken(&ends).await);
    }

    #[tokio::test]
    async fn a_caller_wakes_for_the_state_that_it_awaits_and_for_a_job_that_is_gone() {
        let ends = JobEnds::default();
        let running = ends.wait(1, Awaited::State(State::Executing), "a");
        let ended = ends.wait(2, Awaited::End, "b");
        let gone = ends.wait(3, Awaited::State(State::Completed), "c");
        let (mut ids, newest) = ends.unreported(false).expect("some");
        ids.sort_unstable();
        assert_eq!((ids, newest), (vec![1, 3], gone.waiter.since));
        assert_eq!(ends.unreported(true).expect("all").0.len(), 3);
        ends.seen(&[(1, Some(State::Available)), (2, Some(State::Executing))]);
        for it in [&running, &ended] {
            assert!(tokio::time::timeout(Duration::from_millis(1), it.waiter.wake.notified()).await.is_err());
        }
        ends.seen(&[(1, Some(State::Executing)), (2, Some(State::Cancelled)), (3, None)]);
        for it in [&running, &ended, &gone] {
            assert!(it.waiter.woken(&ends).await);
        }
    }
}
