//! Metrics: counts and durations of what this process has done. Everything that reports them (`engine.metrics()`, the table
//! `eram_metrics`, the result of a drain) reads them here.

mod buckets;
mod chart;
mod codec;
mod engine;
mod histogram;
mod roll_up;
mod row;
mod series;
mod text;

#[cfg(test)]
mod tests;

pub use buckets::{BUCKET, Buckets};
pub use chart::{Agg, Chart, ChartRow, Charted, Group, Line, Nature, Points, Shown};
pub use codec::{decode, encode, merge_text, summary};
pub use engine::{EngineBucket, EngineCounts, ThreadExits};
pub use histogram::Histogram;
pub use roll_up::RollUp;
pub use series::{Attempt, Counts, Series, SeriesTable};
pub use text::{Format, HISTOGRAM_LINES, Kind, Samples, seconds};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use serde::Serialize;

/// The metrics of one engine.
pub struct Metrics {
    since: SystemTime,
    series: Mutex<Recorded>,
    engine: Mutex<EngineRecorded>,
    /// By queue.
    thread_lags: Mutex<BTreeMap<String, ThreadLag>>,
}

/// A histogram that one part records and another reads.
pub type SharedHistogram = Arc<Mutex<Histogram>>;

/// What was counted since the last call of [`Metrics::take`], and before.
#[derive(Default)]
struct EngineRecorded {
    bucket: EngineCounts,
    totals: EngineCounts,
}

/// How long isolates take to answer, since the last call of [`Metrics::take`], and before.
#[derive(Default)]
struct ThreadLag {
    bucket: SharedHistogram,
    totals: Histogram,
}

/// What was counted in one bucket.
#[derive(Debug)]
pub struct Counted {
    pub series: SeriesTable,
    pub engine: EngineBucket,
}

struct Recorded {
    /// What was counted since [`Metrics::take`] was called last.
    bucket: SeriesTable,
    /// What was counted before.
    totals: SeriesTable,
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
        let engine = &mut self.engine.lock().bucket;
        *(if jobs > 0 { &mut engine.fetches } else { &mut engine.empty_fetches }) += 1;
        engine.fetch.record(took);
    }

    /// Counts a statement that inserted jobs.
    pub fn inserted(&self, took: Duration) {
        self.engine.lock().bucket.insert.record(took);
    }

    /// Counts a batch of acks that was written.
    pub fn acked(&self, took: Duration) {
        self.engine.lock().bucket.ack.record(took);
    }

    /// Counts an isolate that ended; `expected` if the engine had ended it.
    pub fn thread_exited(&self, queue: &str, expected: bool) {
        let exits = &mut self.engine.lock().bucket.thread_exits;
        if !exits.contains_key(queue) {
            exits.insert(queue.to_owned(), ThreadExits::default());
        }
        if let Some(of) = exits.get_mut(queue) {
            *(if expected { &mut of.expected } else { &mut of.unexpected }) += 1;
        }
    }

    /// Counts events that were dropped, by their number since the engine started.
    pub fn dropped_events(&self, number: u64) {
        let EngineRecorded { bucket, totals } = &mut *self.engine.lock();
        bucket.events_dropped = number.saturating_sub(totals.events_dropped);
    }

    /// Where to record how long the isolates of a queue take to answer a wake-up; the queue may stop and start.
    pub fn record_thread_lag(&self, queue: &str) -> SharedHistogram {
        self.thread_lags.lock().entry(queue.to_owned()).or_default().bucket.clone()
    }

    /// How long the isolates of a queue took to answer.
    pub fn thread_lag(&self, queue: &str) -> Histogram {
        let lags = self.thread_lags.lock();
        let Some(ThreadLag { bucket, totals }) = lags.get(queue) else { return Histogram::default() };
        let mut sum = totals.clone();
        sum.merge(&bucket.lock());
        sum
    }

    /// The work of the engine since it started.
    pub fn engine(&self) -> EngineCounts {
        let EngineRecorded { bucket, totals } = &*self.engine.lock();
        let mut sum = totals.clone();
        sum.merge(bucket);
        sum
    }

    /// Whether anything was counted since the last [`Metrics::take`] that deserves a row.
    pub fn has_new(&self) -> bool {
        !self.series.lock().bucket.is_empty() || !self.engine.lock().bucket.is_idle()
    }

    /// What was counted since the last call; it remains part of the totals.
    pub fn take(&self) -> Counted {
        let series = {
            let Recorded { bucket, totals } = &mut *self.series.lock();
            let taken = bucket.take();
            totals.merge(&taken);
            taken
        };
        let counts = {
            let EngineRecorded { bucket, totals } = &mut *self.engine.lock();
            totals.merge(bucket);
            std::mem::take(bucket)
        };
        let mut thread_lag = BTreeMap::new();
        for (queue, lag) in &mut *self.thread_lags.lock() {
            let taken = std::mem::take(&mut *lag.bucket.lock());
            lag.totals.merge(&taken);
            if !taken.is_empty() {
                thread_lag.insert(queue.clone(), taken);
            }
        }
        Counted { series, engine: EngineBucket { counts, thread_lag } }
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
