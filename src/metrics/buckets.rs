//! The counts of ten seconds each, from their end until they are written.
//!
//! A bucket has the time of the database. Its label only moves forward, so no bucket is filled
//! twice: if the estimate of the time steps back, the open bucket stays open.

use std::collections::VecDeque;

use serde_json::json;

use super::{SeriesTable, encode};

/// Microseconds of a bucket.
pub const BUCKET: i64 = 10_000_000;

/// How many buckets wait separately while the database is away.
const MAX_WAITING: usize = 6;

/// A bucket that is over and not yet written.
#[derive(Debug)]
struct Waiting {
    start: i64,
    series: SeriesTable,
    /// A statement with it was sent and may have written it, so nothing may be added.
    sent: bool,
}

#[derive(Debug, Default)]
pub struct Buckets {
    /// The start of the open bucket.
    open: Option<i64>,
    waiting: VecDeque<Waiting>,
}

impl Buckets {
    /// Follows the time of the database: calls `take` for the counts of the open bucket if it is
    /// over. Returns whether it was.
    pub fn advance(&mut self, now: i64, take: impl FnOnce() -> SeriesTable) -> bool {
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
    pub fn close(&mut self, now: i64, series: SeriesTable) {
        let open = self.open.take().unwrap_or_else(|| now.div_euclid(BUCKET) * BUCKET);
        self.add(open, series);
    }

    fn add(&mut self, start: i64, series: SeriesTable) {
        if series.is_empty() {
            return;
        }
        let full = self.waiting.len() >= MAX_WAITING;
        match self.waiting.back_mut().filter(|last| full && !last.sent) {
            Some(last) => last.series.merge(&series),
            None => self.waiting.push_back(Waiting { start, series, sent: false }),
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
                (it.start, row(&it.series))
            })
            .collect()
    }

    /// Forgets the oldest buckets: they were written.
    pub fn written(&mut self, count: usize) {
        self.waiting.drain(..count);
    }
}

/// A row of `eram_metrics`: `{"v": 1, "s": [[queue, class, counts, run, failed, wait], …]}`.
fn row(series: &SeriesTable) -> String {
    let all: Vec<_> = series
        .all()
        .iter()
        .map(|it| {
            json!([*it.queue, *it.worker, it.counts.to_array(), encode(&it.run), encode(&it.failed), encode(&it.wait)])
        })
        .collect();
    json!({ "v": 1, "s": all }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    fn counted(number: u64) -> SeriesTable {
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
    fn nothing_counted_is_nothing_to_write() {
        let mut buckets = Buckets::default();
        buckets.advance(0, || counted(1));
        buckets.advance(BUCKET, || Metrics::new(10).take());
        buckets.close(BUCKET, Metrics::new(10).take());
        assert!(buckets.is_empty());
    }
}
