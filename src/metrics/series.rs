//! Counts and durations by queue and job class.

use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::Histogram;
use crate::model::outcome::EventState;

/// What is counted of a queue and a class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub success: u64,
    pub failure: u64,
    pub discard: u64,
    pub cancelled: u64,
    pub snoozed: u64,
    pub released: u64,
    /// Attempts that ended after their claim was lost.
    pub lost: u64,
    /// Jobs of lost nodes that this node rescued.
    pub rescued: u64,
    /// Jobs that this process inserted. A transaction of the application may still have been rolled back.
    pub enqueued: u64,
}

/// An attempt that is over.
pub struct Attempt<'a> {
    pub queue: &'a Arc<str>,
    pub worker: &'a Arc<str>,
    /// `None`: its claim was lost.
    pub state: Option<EventState>,
    /// From dispatch to outcome; `None` if it did not begin.
    pub run: Option<Duration>,
    /// From the due time to the claim, in microseconds, both by the database's clock.
    pub wait: u64,
    /// CPU time in microseconds, if it was measured.
    pub cpu: Option<u64>,
}

/// A queue and a class, with what is counted of them.
#[derive(Debug, Clone)]
pub struct Series {
    pub queue: Arc<str>,
    pub worker: Arc<str>,
    pub counts: Counts,
    /// How long successful attempts ran.
    pub run: Histogram,
    /// How long other attempts ran.
    pub failed: Histogram,
    /// How long jobs had been due before they were claimed.
    pub wait: Histogram,
    /// Attempts whose CPU time was measured.
    pub measured: u64,
    /// The CPU time of those, in microseconds.
    pub cpu_us: u64,
}

/// A list of series, limited in their number. A class beyond the limit counts under the class `""` of its queue, and a queue beyond
/// twice the limit under the queue `""`: neither name can belong to a job.
#[derive(Debug)]
pub struct SeriesTable {
    max: usize,
    index: FxHashMap<(Arc<str>, Arc<str>), usize>,
    list: Vec<Series>,
}

impl SeriesTable {
    pub fn new(max: usize) -> Self {
        Self { max, index: FxHashMap::default(), list: vec![] }
    }

    /// Sets the limit; series that exist remain.
    pub const fn limit(&mut self, max: usize) {
        self.max = max;
    }

    /// Counts the attempts of one batch, most of which have the queue and class of the one before.
    pub fn add<'a>(&mut self, attempts: impl Iterator<Item = Attempt<'a>>) {
        let mut last: Option<(&Arc<str>, &Arc<str>, usize)> = None;
        for attempt in attempts {
            let at = match last {
                Some((queue, worker, at))
                    if Arc::ptr_eq(queue, attempt.queue) && Arc::ptr_eq(worker, attempt.worker) =>
                {
                    at
                }
                _ => self.position(attempt.queue, attempt.worker),
            };
            last = Some((attempt.queue, attempt.worker, at));
            self.list[at].add(&attempt);
        }
    }

    /// The counts of one series, to be changed.
    pub fn counts(&mut self, queue: &Arc<str>, worker: &Arc<str>) -> &mut Counts {
        let at = self.position(queue, worker);
        &mut self.list[at].counts
    }

    fn position(&mut self, queue: &Arc<str>, worker: &Arc<str>) -> usize {
        if let Some(at) = self.index.get(&(queue.clone(), worker.clone())) {
            return *at;
        }
        let other: Arc<str> = Arc::from("");
        let (queue, worker) = match self.list.len() {
            used if used < self.max => (queue.clone(), worker.clone()),
            used if used < 2 * self.max => (queue.clone(), other),
            _ => (other.clone(), other),
        };
        match self.index.entry((queue.clone(), worker.clone())) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let at = self.list.len();
                free.insert(at);
                self.list.push(Series::new(queue, worker));
                at
            }
        }
    }

    /// Adds all that another table has counted.
    pub fn merge(&mut self, other: &Self) {
        other.list.iter().for_each(|series| self.merge_one(series));
    }

    /// Adds one series.
    pub fn merge_one(&mut self, series: &Series) {
        let at = self.position(&series.queue, &series.worker);
        self.list[at].merge(series);
    }

    /// An empty table with the same limit.
    #[must_use]
    pub fn like(&self) -> Self {
        Self::new(self.max)
    }

    /// Gives the table away; an empty one remains.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let empty = self.like();
        std::mem::replace(self, empty)
    }

    pub fn into_series(self) -> Vec<Series> {
        self.list
    }

    pub fn all(&self) -> &[Series] {
        &self.list
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl Series {
    pub fn new(queue: Arc<str>, worker: Arc<str>) -> Self {
        let (counts, run) = (Counts::default(), Histogram::default());
        Self { queue, worker, counts, failed: run.clone(), wait: run.clone(), run, measured: 0, cpu_us: 0 }
    }

    fn add(&mut self, attempt: &Attempt<'_>) {
        let Some(state) = attempt.state else {
            self.counts.lost += 1;
            return;
        };
        *self.counts.of(state) += 1;
        if let Some(run) = attempt.run {
            let histogram = if state == EventState::Success { &mut self.run } else { &mut self.failed };
            histogram.record(run);
            self.wait.record_micros(attempt.wait);
        }
        if let Some(cpu) = attempt.cpu {
            self.measured += 1;
            self.cpu_us += cpu;
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        self.run.merge(&other.run);
        self.failed.merge(&other.failed);
        self.wait.merge(&other.wait);
        self.measured += other.measured;
        self.cpu_us += other.cpu_us;
    }
}

impl Counts {
    const fn of(&mut self, state: EventState) -> &mut u64 {
        match state {
            EventState::Success => &mut self.success,
            EventState::Failure => &mut self.failure,
            EventState::Discard => &mut self.discard,
            EventState::Cancelled => &mut self.cancelled,
            EventState::Snoozed => &mut self.snoozed,
            EventState::Released => &mut self.released,
        }
    }

    pub const fn add(&mut self, other: &Self) {
        let mut sums = self.to_array();
        let others = other.to_array();
        let mut i = 0;
        while i < sums.len() {
            sums[i] += others[i];
            i += 1;
        }
        *self = Self::from_array(sums);
    }

    /// The counts in the order of the rows of `eram_metrics`.
    pub const fn to_array(self) -> [u64; 9] {
        let Self { success, failure, discard, cancelled, snoozed, released, lost, rescued, enqueued } = self;
        [success, failure, discard, cancelled, snoozed, released, lost, rescued, enqueued]
    }

    pub const fn from_array(counts: [u64; 9]) -> Self {
        let [success, failure, discard, cancelled, snoozed, released, lost, rescued, enqueued] = counts;
        Self { success, failure, discard, cancelled, snoozed, released, lost, rescued, enqueued }
    }
}
