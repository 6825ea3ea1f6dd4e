//! How many jobs to claim: the producer's pure rules.

use std::time::Duration;

/// The number of unwritten outcomes above which nothing more is claimed.
pub const MAX_UNWRITTEN: usize = 20_000;

/// The maximum number of jobs that a queue claims beyond its limit.
const MAX_PREFETCH: usize = 3000;

/// The approximate maximum size of those jobs, in bytes.
const MAX_PREFETCH_BYTES: f64 = 16.0 * 1024.0 * 1024.0;

/// What the producer has measured.
#[derive(Debug, Clone, Copy)]
pub struct Throughput {
    /// From dispatch to settling, a moving average; 0 while unknown.
    pub job_seconds: f64,
    /// A fetch's round trip, a moving average.
    pub fetch_seconds: f64,
    /// Size of a job in memory, a moving average.
    pub job_bytes: f64,
}

impl Default for Throughput {
    fn default() -> Self {
        Self { job_seconds: 0.0, fetch_seconds: 0.002, job_bytes: 512.0 }
    }
}

impl Throughput {
    pub fn fetched(&mut self, took: Duration, jobs: usize, bytes: usize) {
        self.fetch_seconds += (took.as_secs_f64() - self.fetch_seconds) * 0.2;
        if jobs > 0 {
            self.job_bytes += (ratio(bytes, jobs) - self.job_bytes) * 0.2;
        }
    }

    /// How many jobs to claim beyond the limit, so that no capacity is idle during a fetch: what the queue performs in two round
    /// trips. For long jobs that is less than one, so they are never prefetched.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "small, positive, rounded on purpose"
    )]
    pub fn ahead(&self, limit: usize) -> usize {
        if self.job_seconds <= 0.0 {
            return 0;
        }
        let a_second = limit as f64 / self.job_seconds;
        let wanted = a_second * self.fetch_seconds * 2.0;
        let fits = MAX_PREFETCH_BYTES / self.job_bytes.max(1.0);
        wanted.min(fits).min(MAX_PREFETCH as f64) as usize
    }
}

/// Whether and how far to claim ahead.
#[derive(Debug)]
pub struct Prefetch {
    enabled: bool,
    pub throughput: Throughput,
    /// Prefetched jobs had to be handed back. Nothing is prefetched until a job ends, which changes the average job time; its bits
    /// are kept here.
    blocked: Option<u64>,
}

impl Prefetch {
    pub fn new(enabled: bool) -> Self {
        Self { enabled, throughput: Throughput::default(), blocked: None }
    }

    pub const fn block(&mut self, job_seconds: f64) {
        self.blocked = Some(job_seconds.to_bits());
    }

    /// How many jobs to claim beyond the limit.
    pub fn ahead(&mut self, limit: usize, job_seconds: f64) -> usize {
        self.throughput.job_seconds = job_seconds;
        self.blocked = self.blocked.filter(|throughput| *throughput == job_seconds.to_bits());
        if self.enabled && self.blocked.is_none() { self.throughput.ahead(limit) } else { 0 }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an average")]
fn ratio(a: usize, b: usize) -> f64 {
    a as f64 / b as f64
}

/// How many jobs the next fetch requests; 0: none now. `held` are claimed (ready or running), `ready` of them have not begun,
/// `requested` are in flight. Small refills wait until they are worth a statement, unless nothing is left to begin.
pub fn refill(limit: usize, ahead: usize, held: usize, ready: usize, requested: usize) -> usize {
    let target = limit + ahead;
    let want = target.saturating_sub(held + requested);
    let starving = ready + requested == 0;
    // A third at a time, so that two are in flight while the other is performed.
    let batch = if ahead == 0 { want } else { want.min(target.div_ceil(3)) };
    if want > 0 && (starving || want * 4 >= target) { batch } else { 0 }
}

/// The number of held jobs below which [`refill`] may request some: until then free capacity need not wake the producer.
pub fn low_water(limit: usize, ahead: usize, requested: usize) -> usize {
    let worthwhile = ((limit + ahead) * 3 / 4).saturating_sub(requested);
    if requested == 0 { worthwhile.max(limit) } else { worthwhile }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_jobs_are_claimed_ahead_and_long_ones_are_not() {
        let throughput = |job_seconds| Throughput { job_seconds, fetch_seconds: 0.005, job_bytes: 500.0 };
        for (job_seconds, limit, ahead) in
            [(0.0, 10, 0), (60.0, 10, 0), (1.0, 10, 0), (0.01, 10, 10), (0.001, 100, 1000), (0.000_1, 100, 3000)]
        {
            assert_eq!(throughput(job_seconds).ahead(limit), ahead, "{job_seconds} s, limit {limit}");
        }
        let large = Throughput { job_bytes: 1024.0 * 1024.0, ..throughput(0.000_1) };
        assert_eq!(large.ahead(100), 16);
    }

    #[test]
    fn a_refill_waits_until_it_is_worth_a_statement() {
        for (limit, ahead, held, ready, requested, expected) in [
            (10, 0, 0, 0, 0, 10),         // empty: all of it
            (10, 0, 9, 0, 0, 1),          // one free, nothing ready: one
            (10, 0, 10, 0, 0, 0),         // full
            (100, 900, 1000, 900, 0, 0),  // full with what is ahead
            (100, 900, 900, 800, 0, 0),   // a tenth gone: not yet
            (100, 900, 700, 600, 0, 300), // a third gone
            (100, 900, 100, 0, 500, 334), // half is on its way
            (100, 900, 100, 0, 0, 334),
        ] {
            assert_eq!(
                refill(limit, ahead, held, ready, requested),
                expected,
                "{limit} {ahead} {held} {ready} {requested}"
            );
        }
    }

    #[test]
    fn whatever_a_refill_waits_for_wakes_the_producer() {
        for (limit, ahead, requested, ready, running) in combinations() {
            let held = ready + running;
            if running <= limit && refill(limit, ahead, held, ready, requested) > 0 {
                assert!(held <= low_water(limit, ahead, requested), "{limit} {ahead} {requested} {ready} {running}");
            }
        }
    }

    fn combinations() -> impl Iterator<Item = (usize, usize, usize, usize, usize)> {
        let some = [0, 1, 2, 3, 7, 10, 33, 100, 1000, 1034];
        let pairs = move || some.into_iter().flat_map(move |a| some.into_iter().map(move |b| (a, b)));
        pairs().flat_map(move |(limit, ahead)| {
            pairs().flat_map(move |(requested, ready)| {
                some.into_iter().map(move |running| (limit, ahead, requested, ready, running))
            })
        })
    }
}
