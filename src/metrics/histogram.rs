//! A log-linear histogram of durations in microseconds, as [HdrHistogram](https://hdrhistogram.org)
//! makes them: each power of two is divided into 32 buckets of the same width, so the middle of a
//! bucket is within 1/64 of every value in it.

use std::time::Duration;

/// Values below this have a bucket of their own. Also the number of buckets for each power of two.
const BUCKETS: usize = 32;

/// Buckets are numbered in pages, one for each power of two; the last holds values of about a year and more.
const PAGES: usize = 42;

/// The largest value that has a bucket.
const MAX_VALUE: u64 = (1 << (PAGES + 4)) - 1;

type Page = Box<[u64; BUCKETS]>;

/// Counts of values, with their exact sum and maximum. Pages without values take no memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    pages: [Option<Page>; PAGES],
    count: u64,
    sum: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { pages: [const { None }; PAGES], count: 0, sum: 0, max: 0 }
    }
}

/// The bucket of a value.
const fn bucket_of(value: u64) -> usize {
    let value = if value > MAX_VALUE { MAX_VALUE } else { value };
    if value < BUCKETS as u64 {
        return low_bits(value);
    }
    let exponent = value.ilog2() as usize;
    BUCKETS * (exponent - 4) + low_bits(value >> (exponent - 5))
}

/// The position in a page.
#[expect(clippy::cast_possible_truncation, reason = "five bits")]
const fn low_bits(value: u64) -> usize {
    (value & (BUCKETS as u64 - 1)) as usize
}

/// The middle of a bucket.
const fn middle_of(bucket: usize) -> u64 {
    let (page, position) = (bucket / BUCKETS, bucket % BUCKETS);
    if page == 0 {
        return position as u64;
    }
    let width = 1 << (page - 1);
    ((BUCKETS + position) as u64) * width + width / 2
}

impl Histogram {
    /// The number of buckets.
    pub(super) const LIMIT: usize = PAGES * BUCKETS;

    pub fn record(&mut self, value: Duration) {
        self.record_micros(u64::try_from(value.as_micros()).unwrap_or(u64::MAX));
    }

    pub fn record_micros(&mut self, value: u64) {
        self.add(bucket_of(value), 1);
        self.sum = self.sum.saturating_add(value);
        self.max = self.max.max(value);
    }

    /// Adds to the count of a bucket.
    pub(super) fn add(&mut self, bucket: usize, count: u64) {
        let page = self.pages[bucket / BUCKETS].get_or_insert_with(|| Box::new([0; BUCKETS]));
        // The text of a histogram may have any number.
        page[bucket % BUCKETS] = page[bucket % BUCKETS].saturating_add(count);
        self.count = self.count.saturating_add(count);
    }

    /// Adds the values of another histogram. The order of merges makes no difference.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in other.buckets() {
            self.add(bucket, count);
        }
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    pub const fn count(&self) -> u64 {
        self.count
    }

    /// In microseconds.
    pub const fn sum(&self) -> u64 {
        self.sum
    }

    /// In microseconds.
    pub const fn max(&self) -> u64 {
        self.max
    }

    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The value, in microseconds, that the share `q` of all values does not exceed (nearest rank), to 1/64; the exact maximum for
    /// 1, and `None` without values.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        if q >= 1.0 {
            return (!self.is_empty()).then_some(self.max);
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank; its last digits do not matter among so many values"
        )]
        let rank = ((q * self.count as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let mut reached = self.buckets().skip_while(move |(_, count)| {
            seen += count;
            seen < rank
        });
        reached.next().map(|(bucket, _)| middle_of(bucket).min(self.max))
    }

    /// How many values are up to each of these limits, in microseconds and rising; to 1/64 of the limit.
    pub fn counts_up_to(&self, limits: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut buckets = self.buckets().peekable();
        let mut sum = 0;
        let up_to = |limit| {
            while let Some((_, count)) = buckets.next_if(|(bucket, _)| middle_of(*bucket) <= limit) {
                sum += count;
            }
            sum
        };
        limits.into_iter().map(up_to).collect()
    }

    /// The buckets that have values, in their order.
    pub fn buckets(&self) -> impl Iterator<Item = (usize, u64)> {
        let pages = self.pages.iter().enumerate().filter_map(|(n, page)| Some((n, page.as_ref()?)));
        pages
            .flat_map(|(n, page)| page.iter().enumerate().map(move |(i, count)| (n * BUCKETS + i, *count)))
            .filter(|(_, count)| *count > 0)
    }

    /// Adds to the sum and the maximum, beside counts that were added to buckets.
    pub(super) fn add_sum(&mut self, sum: u64, max: u64) {
        self.sum = self.sum.saturating_add(sum);
        self.max = self.max.max(max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, the same in each run (xorshift).
    fn randoms(mut seed: u64) -> impl Iterator<Item = u64> {
        std::iter::repeat_with(move || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        })
    }

    #[test]
    fn the_middle_of_a_bucket_is_within_a_64th_of_its_values() {
        for value in (0..5_000).chain(randoms(7).take(1_000_000).map(|it| it >> (18 + it % 46))) {
            let middle = middle_of(bucket_of(value));
            assert!(middle.abs_diff(value) * 64 <= value, "{value} is in the bucket of {middle}");
        }
    }

    #[test]
    fn a_greater_value_is_never_in_a_lower_bucket() {
        let mut values: Vec<u64> = randoms(3).take(100_000).map(|it| it >> (it % 64)).chain(0..5_000).collect();
        values.sort_unstable();
        assert!(values.windows(2).all(|pair| bucket_of(pair[0]) <= bucket_of(pair[1])));
        assert_eq!(bucket_of(u64::MAX), PAGES * BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_within_a_64th_of_those_of_the_values() {
        let distributions: [fn(u64) -> u64; 5] =
            [|it| it % 1_000, |it| it % 3, |it| it >> 20, |it| 1 << (it % 40), |it| 5_000_000 + it % 7];
        for of in distributions {
            let mut values: Vec<u64> = randoms(11).take(10_000).map(of).collect();
            let mut histogram = Histogram::default();
            for value in &values {
                histogram.record_micros(*value);
            }
            values.sort_unstable();
            for (q, rank) in [(0.0, 1), (0.5, 5_000), (0.75, 7_500), (0.95, 9_500), (0.99, 9_900), (1.0, 10_000)] {
                let (found, exact) = (histogram.quantile(q).expect("a value"), values[rank - 1]);
                assert!(found.abs_diff(exact) * 64 <= exact, "{q}: {found} instead of {exact}");
            }
        }
    }

    #[test]
    fn values_are_counted_up_to_limits() {
        let mut histogram = Histogram::default();
        for value in [3, 3, 40, 980_000, 1_020_000, 1_100_000] {
            histogram.record_micros(value);
        }
        assert_eq!(histogram.counts_up_to([0, 3, 100, 1_000_000, 2_000_000]), [0, 2, 3, 4, 6]);
        assert_eq!(Histogram::default().counts_up_to([1, 2]), [0, 0]);
    }

    #[test]
    fn merges_in_any_order_are_equal() {
        let parts: Vec<Histogram> = (1..=9)
            .map(|seed| {
                let mut part = Histogram::default();
                randoms(seed).take(500).for_each(|it| part.record_micros(it >> (it % 50 + 14)));
                part
            })
            .collect();
        let merged = |order: &mut dyn Iterator<Item = &Histogram>| {
            let mut whole = Histogram::default();
            order.for_each(|it| whole.merge(it));
            whole
        };
        let forwards = merged(&mut parts.iter());
        assert_eq!(forwards, merged(&mut parts.iter().rev()));
        let (left, right) = parts.split_at(4);
        let halves = [merged(&mut left.iter()), merged(&mut right.iter())];
        assert_eq!(forwards, merged(&mut halves.iter()));
        assert_eq!(forwards.count(), 9 * 500);
    }

    #[test]
    fn without_values_there_is_no_quantile() {
        assert_eq!(Histogram::default().quantile(0.5), None);
        assert_eq!(Histogram::default().quantile(1.0), None);
    }
}
