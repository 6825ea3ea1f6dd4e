//! Metrics: counts and durations of what this process has done. Everything that reports them (`engine.metrics()`, the table
//! `eram_metrics`, the result of a drain) reads them here.

mod buckets;
mod codec;
mod histogram;
mod series;

#[cfg(test)]
mod tests;

pub use buckets::{BUCKET, Buckets};
pub use codec::{decode, encode};
pub use histogram::Histogram;
pub use series::{Attempt, Counts, Series, SeriesTable};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use serde::Serialize;

/// The metrics of one engine.
pub struct Metrics {
    since: SystemTime,
    series: Mutex<Recorded>,
    engine: Mutex<EngineCounts>,
    /// By queue.
    thread_lags: Mutex<BTreeMap<String, SharedHistogram>>,
}

/// A histogram that one part records and another reads.
pub type SharedHistogram = Arc<Mutex<Histogram>>;

struct Recorded {
    /// What was counted since [`Metrics::take`] was called last.
    bucket: SeriesTable,
    /// What was counted before.
    totals: SeriesTable,
}

/// What the engine counts of its own work.
#[derive(Debug, Clone, Default)]
pub struct EngineCounts {
    /// Fetches that returned jobs.
    pub fetches: u64,
    /// Fetches that returned none.
    pub empty_fetches: u64,
    /// How long the fetches took.
    pub fetch: Histogram,
    /// How long the statements took that write batches of acks.
    pub ack: Histogram,
    /// Isolates that ended although the engine had not ended them.
    pub thread_exits: u64,
}

/// Attempts by result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AttemptCounts {
    success: u64,
    failure: u64,
    discard: u64,
    cancelled: u64,
    snoozed: u64,
    released: u64,
}

impl Metrics {
    /// `max_series`: the number of pairs of queue and class that are counted apart.
    pub fn new(max_series: usize) -> Self {
        let table = || SeriesTable::new(max_series);
        Self {
            since: SystemTime::now(),
            series: Mutex::new(Recorded { bucket: table(), totals: table() }),
            engine: Mutex::default(),
            thread_lags: Mutex::default(),
        }
    }

    /// Sets the number of pairs of queue and class that are counted apart.
    pub fn limit_series(&self, max: usize) {
        let Recorded { bucket, totals } = &mut *self.series.lock();
        bucket.limit(max);
        totals.limit(max);
    }

    /// When counting began, by the clock of this machine.
    pub const fn since(&self) -> SystemTime {
        self.since
    }

    /// Counts the attempts of a batch of acks.
    pub fn attempts<'a>(&self, attempts: impl Iterator<Item = Attempt<'a>>) {
        self.series.lock().bucket.add(attempts);
    }

    /// Changes the counts of one queue and class.
    pub fn count(&self, queue: &str, worker: &str, change: impl FnOnce(&mut Counts)) {
        change(self.series.lock().bucket.counts(&Arc::from(queue), &Arc::from(worker)));
    }

    /// Counts a fetch that was answered.
    pub fn fetched(&self, jobs: usize, took: Duration) {
        let engine = &mut *self.engine.lock();
        *(if jobs > 0 { &mut engine.fetches } else { &mut engine.empty_fetches }) += 1;
        engine.fetch.record(took);
    }

    /// Counts a batch of acks that was written.
    pub fn acked(&self, took: Duration) {
        self.engine.lock().ack.record(took);
    }

    /// Counts an isolate that ended unexpectedly.
    pub fn thread_exited(&self) {
        self.engine.lock().thread_exits += 1;
    }

    /// How long the isolates of a queue take to answer a wake-up; the queue may stop and start.
    pub fn thread_lag(&self, queue: &str) -> SharedHistogram {
        self.thread_lags.lock().entry(queue.to_owned()).or_default().clone()
    }

    pub fn engine(&self) -> EngineCounts {
        self.engine.lock().clone()
    }

    /// What was counted since the last call; it remains part of [`Metrics::totals`].
    pub fn take(&self) -> SeriesTable {
        let Recorded { bucket, totals } = &mut *self.series.lock();
        let taken = bucket.take();
        totals.merge(&taken);
        taken
    }

    /// Everything that was counted since the engine started.
    pub fn totals(&self) -> Vec<Series> {
        let Recorded { bucket, totals } = &*self.series.lock();
        let mut sum = totals.like();
        sum.merge(totals);
        sum.merge(bucket);
        sum.into_series()
    }

    /// The attempts of a queue, or of all, since the engine started.
    pub fn attempts_of(&self, queue: Option<&str>) -> AttemptCounts {
        let Recorded { bucket, totals } = &*self.series.lock();
        let series = totals.all().iter().chain(bucket.all());
        let mut sum = Counts::default();
        for it in series.filter(|it| queue.is_none_or(|queue| *it.queue == *queue)) {
            sum.add(&it.counts);
        }
        sum.into()
    }
}

impl From<Counts> for AttemptCounts {
    fn from(counts: Counts) -> Self {
        let Counts { success, failure, discard, cancelled, snoozed, released, .. } = counts;
        Self { success, failure, discard, cancelled, snoozed, released }
    }
}

impl AttemptCounts {
    #[must_use]
    pub const fn since(self, before: Self) -> Self {
        Self {
            success: self.success - before.success,
            failure: self.failure - before.failure,
            discard: self.discard - before.discard,
            cancelled: self.cancelled - before.cancelled,
            snoozed: self.snoozed - before.snoozed,
            released: self.released - before.released,
        }
    }
}
