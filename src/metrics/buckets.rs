//! The counts of ten seconds each, from their end until they are written.
//!
//! A bucket has the time of the database. Its label only moves forward, so no bucket is filled
//! twice: if the estimate of the time steps back, the open bucket stays open.

use std::collections::VecDeque;

use serde_json::json;

use super::roll_up::to_json;
use super::row::VERSION;
use super::{Counted, EngineBucket};

/// Microseconds of a bucket.
pub const BUCKET: i64 = 10_000_000;

/// How many buckets wait separately while the database is away.
const MAX_WAITING: usize = 6;

/// A bucket that is over and not yet written.
#[derive(Debug)]
struct Waiting {
    start: i64,
    counted: Counted,
    /// A statement with it was sent and may have written it, so nothing may be added.
    sent: bool,
}

#[derive(Debug, Default)]
pub struct Buckets {
    /// The start of the open bucket.
    open: Option<i64>,
    waiting: VecDeque<Waiting>,
    /// The work of an idle engine, for the next row that is written.
    carried: EngineBucket,
}

impl Buckets {
    /// Follows the time of the database: calls `take` for the counts of the open bucket if it is
    /// over. Returns whether it was.
    pub fn advance(&mut self, now: i64, take: impl FnOnce() -> Counted) -> bool {
        let start = now.div_euclid(BUCKET) * BUCKET;
        match self.open {
            Some(open) if start <= open => false,
            Some(open) => {
                self.open = Some(start);
                self.add(open, take());
                true
            }
            None => {
                self.open = Some(start);
                false
            }
        }
    }

    /// Closes the open bucket before its end, because nothing more is counted.
    pub fn close(&mut self, now: i64, counted: Counted) {
        let open = self.open.take().unwrap_or_else(|| now.div_euclid(BUCKET) * BUCKET);
        self.add(open, counted);
    }

    fn add(&mut self, start: i64, mut counted: Counted) {
        if counted.is_nothing() {
            self.carried.merge(&counted.engine);
            return;
        }
        counted.engine.merge(&std::mem::take(&mut self.carried));
        let full = self.waiting.len() >= MAX_WAITING;
        match self.waiting.back_mut().filter(|last| full && !last.sent) {
            Some(last) => {
                last.counted.series.merge(&counted.series);
                last.counted.engine.merge(&counted.engine);
            }
            None => self.waiting.push_back(Waiting { start, counted, sent: false }),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The buckets that wait, oldest first, with their rows. They wait until [`Buckets::written`].
    pub fn send(&mut self) -> Vec<(i64, String)> {
        let oldest = self.waiting.iter_mut().take(MAX_WAITING);
        oldest
            .map(|it| {
                it.sent = true;
                (it.start, row(&it.counted))
            })
            .collect()
    }

    /// Forgets the oldest buckets: they were written.
    pub fn written(&mut self, count: usize) {
        self.waiting.drain(..count);
    }
}

impl Counted {
    /// Whether there is nothing to write.
    pub fn is_nothing(&self) -> bool {
        self.series.is_empty() && self.engine.is_idle()
    }
}

/// A row of `eram_metrics`.
fn row(Counted { series, engine }: &Counted) -> String {
    let all: Vec<_> = series.all().iter().map(to_json).collect();
    json!({ "v": VERSION, "s": all, "e": engine.to_json() }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    fn counted(number: u64) -> Counted {
        let metrics = Metrics::new(10);
        metrics.count("a", "Job", |it| it.enqueued += number);
        metrics.take()
    }

    fn sum(rows: &[(i64, String)]) -> u64 {
        let count = |text: &str| {
            let row: serde_json::Value = serde_json::from_str(text).expect("JSON");
            row["s"][0][2][8].as_u64().expect("a count")
        };
        rows.iter().map(|(_, text)| count(text)).sum()
    }

    #[test]
    fn a_bucket_is_closed_once_even_if_the_time_steps_back() {
        let mut buckets = Buckets::default();
        assert!(!buckets.advance(25_000_000, || counted(1)), "nothing was open");
        assert!(!buckets.advance(29_999_999, || counted(1)));
        assert!(buckets.advance(31_000_000, || counted(1)));
        assert!(!buckets.advance(1_000_000, || counted(1)));
        assert!(buckets.advance(90_000_000, || counted(1)));
        let starts: Vec<i64> = buckets.send().into_iter().map(|(start, _)| start).collect();
        assert_eq!(starts, [20_000_000, 30_000_000]);
    }

    #[test]
    fn what_waits_long_is_merged_and_nothing_is_lost_or_changed_after_it_was_sent() {
        let mut buckets = Buckets::default();
        for n in 0..20 {
            buckets.advance(n * BUCKET, || counted(1));
            if n == 3 {
                assert_eq!(buckets.send().len(), 3);
            }
        }
        let sent = buckets.send();
        assert_eq!((sent.len(), sum(&sent)), (6, 19));
        assert_eq!(sum(&sent[..3]), 3);
        buckets.advance(20 * BUCKET, || counted(5));
        assert_eq!(buckets.send(), sent);
        buckets.written(6);
        assert_eq!(sum(&buckets.send()), 5);
        buckets.written(1);
        assert!(buckets.is_empty());
    }

    #[test]
    fn the_work_of_an_engine_is_written_with_the_next_counts() {
        let mut buckets = Buckets::default();
        let metrics = Metrics::new(10);
        let second = std::time::Duration::from_secs(1);
        buckets.advance(0, || metrics.take());
        metrics.fetched(0, second);
        metrics.record_thread_lag("mail").lock().record(second);
        buckets.advance(BUCKET, || metrics.take());
        assert!(buckets.is_empty(), "a fetch without jobs writes no row");
        metrics.fetched(3, second);
        metrics.acked(second);
        metrics.count("mail", "Job", |it| it.success += 3);
        buckets.advance(2 * BUCKET, || metrics.take());
        let rows = buckets.send();
        let row: serde_json::Value = serde_json::from_str(&rows[0].1).expect("JSON");
        let work = &row["e"];
        assert_eq!((&work["fetches"], &work["empty_fetches"]), (&json!(1), &json!(1)));
        let count = |text: &serde_json::Value| {
            crate::metrics::decode(text.as_str().expect("a text")).expect("a histogram").count()
        };
        assert_eq!((count(&work["fetch"]), count(&work["ack"]), count(&work["thread_lag"]["mail"])), (2, 1, 1));
        let totals = (metrics.engine().fetches, metrics.engine().fetch.count(), metrics.thread_lag("mail").count());
        assert_eq!(totals, (1, 2, 1), "they remain part of the totals");
    }

    #[test]
    fn nothing_counted_is_nothing_to_write() {
        let mut buckets = Buckets::default();
        buckets.advance(0, || counted(1));
        buckets.advance(BUCKET, || Metrics::new(10).take());
        buckets.close(BUCKET, Metrics::new(10).take());
        assert!(buckets.is_empty());
    }
}
