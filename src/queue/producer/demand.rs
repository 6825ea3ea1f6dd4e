//! How many jobs to claim, and when to look: the pure rules behind the producer.

use std::time::Duration;

/// While more outcomes than this wait to be written, nothing more is claimed.
pub const BACKLOG: usize = 20_000;

/// No queue holds more claimed jobs than this beyond its limit.
const MOST_AHEAD: usize = 3000;

/// Nor more bytes of them than about this.
const MOST_BYTES: f64 = 16.0 * 1024.0 * 1024.0;

/// A queue that finds jobs looks again this soon; each look in vain waits longer.
const FIRST_LOOK: Duration = Duration::from_millis(2);

/// An awake producer looks at least this often, where it is going to be notified as soon as it sleeps.
const LAST_LOOK: Duration = Duration::from_millis(50);

/// How long an awake producer goes on without finding anything before it wants to sleep.
pub const LINGER: Duration = Duration::from_millis(50);

/// What the producer has measured.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// From dispatch to settling, a moving average; 0 while unknown.
    pub job_seconds: f64,
    /// A fetch's round trip, a moving average.
    pub fetch_seconds: f64,
    /// Size of a job in memory, a moving average.
    pub job_bytes: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { job_seconds: 0.0, fetch_seconds: 0.002, job_bytes: 512.0 }
    }
}

impl Pace {
    pub fn fetched(&mut self, took: Duration, jobs: usize, bytes: usize) {
        self.fetch_seconds += (took.as_secs_f64() - self.fetch_seconds) * 0.2;
        if jobs > 0 {
            self.job_bytes += (ratio(bytes, jobs) - self.job_bytes) * 0.2;
        }
    }

    /// How many jobs to hold beyond the limit, so that none of its places is idle during a fetch: what the queue works off in
    /// two round trips. Long jobs come to less than one, and are never claimed ahead of their turn.
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
        let fits = MOST_BYTES / self.job_bytes.max(1.0);
        wanted.min(fits).min(MOST_AHEAD as f64) as usize
    }
}

#[expect(clippy::cast_precision_loss, reason = "an average")]
fn ratio(a: usize, b: usize) -> f64 {
    a as f64 / b as f64
}

/// How many jobs the next fetch asks for; 0: not now. `held` are claimed (ready or running), `ready` of them not begun,
/// `asked` are on their way. Small refills wait until they are worth a statement, unless nothing is left to begin.
pub fn refill(limit: usize, ahead: usize, held: usize, ready: usize, asked: usize) -> usize {
    let target = limit + ahead;
    let want = target.saturating_sub(held + asked);
    let starving = ready + asked == 0;
    // A third at a time, so that two are on their way while the other is worked off.
    let batch = if ahead == 0 { want } else { want.min(target.div_ceil(3)) };
    if want > 0 && (starving || want * 4 >= target) { batch } else { 0 }
}

/// Below how many held jobs [`refill`] may want some: until then the producer need not be told of places that become free.
pub fn low_water(limit: usize, ahead: usize, asked: usize) -> usize {
    let worthwhile = ((limit + ahead) * 3 / 4).saturating_sub(asked);
    if asked == 0 { worthwhile.max(limit) } else { worthwhile }
}

/// The wait after a look that found nothing.
pub fn next_look(last: Duration, most: Duration) -> Duration {
    (last * 3 / 2).clamp(FIRST_LOOK, most.max(FIRST_LOOK))
}

/// The longest wait between looks of an awake producer. Without notifications there is no sleep, and `poll` is the longest.
pub fn longest_look(listening: bool, poll: Duration) -> Duration {
    if listening { LAST_LOOK.min(poll) } else { poll }
}

/// Counts notifications, to tell when a queue is so busy that looking is cheaper than being told.
#[derive(Debug, Default)]
pub struct Rate {
    since: Option<std::time::Instant>,
    calls: u32,
}

impl Rate {
    const WINDOW: Duration = Duration::from_millis(64);
    const MANY: u32 = 32;

    /// `calls` more came; whether that is 500 a second or more.
    pub fn is_high(&mut self, calls: u32, now: std::time::Instant) -> bool {
        if self.since.is_none_or(|since| now.duration_since(since) > Self::WINDOW) {
            self.since = Some(now);
            self.calls = 0;
        }
        self.calls += calls;
        self.calls >= Self::MANY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_jobs_are_claimed_ahead_and_long_ones_are_not() {
        let pace = |job_seconds| Pace { job_seconds, fetch_seconds: 0.005, job_bytes: 500.0 };
        for (job_seconds, limit, ahead) in
            [(0.0, 10, 0), (60.0, 10, 0), (1.0, 10, 0), (0.01, 10, 10), (0.001, 100, 1000), (0.000_1, 100, 3000)]
        {
            assert_eq!(pace(job_seconds).ahead(limit), ahead, "{job_seconds} s, limit {limit}");
        }
        let large = Pace { job_bytes: 1024.0 * 1024.0, ..pace(0.000_1) };
        assert_eq!(large.ahead(100), 16);
    }

    #[test]
    fn a_refill_waits_until_it_is_worth_a_statement() {
        for (limit, ahead, held, ready, asked, expected) in [
            (10, 0, 0, 0, 0, 10),         // empty: all of it
            (10, 0, 9, 0, 0, 1),          // one place free, nothing ready: one
            (10, 0, 10, 0, 0, 0),         // full
            (100, 900, 1000, 900, 0, 0),  // full with what is ahead
            (100, 900, 900, 800, 0, 0),   // a tenth gone: not yet
            (100, 900, 700, 600, 0, 300), // a third gone
            (100, 900, 100, 0, 500, 334), // half is on its way
            (100, 900, 100, 0, 0, 334),
        ] {
            assert_eq!(refill(limit, ahead, held, ready, asked), expected, "{limit} {ahead} {held} {ready} {asked}");
        }
    }

    #[test]
    fn whatever_a_refill_waits_for_is_told() {
        for (limit, ahead, asked, ready, running) in combinations() {
            let held = ready + running;
            if running <= limit && refill(limit, ahead, held, ready, asked) > 0 {
                assert!(held <= low_water(limit, ahead, asked), "{limit} {ahead} {asked} {ready} {running}");
            }
        }
    }

    fn combinations() -> impl Iterator<Item = (usize, usize, usize, usize, usize)> {
        let some = [0, 1, 2, 3, 7, 10, 33, 100, 1000, 1034];
        let pairs = move || some.into_iter().flat_map(move |a| some.into_iter().map(move |b| (a, b)));
        pairs().flat_map(move |(limit, ahead)| {
            pairs().flat_map(move |(asked, ready)| {
                some.into_iter().map(move |running| (limit, ahead, asked, ready, running))
            })
        })
    }

    #[test]
    fn looks_in_vain_grow_apart_up_to_their_limit() {
        let mut wait = Duration::ZERO;
        let waits: Vec<u128> = (0..12)
            .map(|_| {
                wait = next_look(wait, longest_look(true, Duration::from_secs(1)));
                wait.as_millis()
            })
            .collect();
        assert_eq!(waits, [2, 3, 4, 6, 10, 15, 22, 34, 50, 50, 50, 50]);
        assert_eq!(longest_look(false, Duration::from_secs(1)), Duration::from_secs(1));
    }

    #[test]
    fn a_burst_of_calls_is_a_high_rate() {
        let start = std::time::Instant::now();
        let mut rate = Rate::default();
        assert!(!rate.is_high(31, start));
        assert!(rate.is_high(1, start));
        assert!(!rate.is_high(31, start + Duration::from_millis(100)));
    }
}
