//! When an awake producer polls again, and for how long it must find nothing before it may sleep. Pure: time is an argument.

use std::time::{Duration, Instant};

/// The shortest time between two polls, after jobs were found; it grows with each poll that finds none.
const MIN_POLL_DELAY: Duration = Duration::from_millis(2);

/// The longest time between two polls of an awake producer that can listen for notifications.
const MAX_POLL_DELAY: Duration = Duration::from_millis(50);

/// How long an awake producer finds nothing before it tries to sleep.
const IDLE_BEFORE_SLEEP: Duration = Duration::from_millis(50);

/// When to poll.
#[derive(Debug)]
pub struct Poll {
    /// The longest delay where notifications do not arrive.
    interval: Duration,
    /// When to poll again, while awake.
    pub at: Option<Instant>,
    /// The delay after the last poll that found nothing.
    delay: Duration,
    /// When jobs were found last.
    found_at: Instant,
}

impl Poll {
    pub const fn new(interval: Duration, now: Instant) -> Self {
        Self { interval, at: None, delay: Duration::ZERO, found_at: now }
    }

    /// There were jobs, or there may be.
    pub const fn found(&mut self, now: Instant) {
        self.found_at = now;
        self.delay = Duration::ZERO;
    }

    /// A poll found nothing.
    pub fn found_none(&mut self, listening: bool) {
        self.delay = self.next_delay(listening);
    }

    /// Polls again, in any case.
    pub fn again(&mut self, now: Instant, listening: bool) {
        self.at = Some(now + self.next_delay(listening));
    }

    /// Polls on, and tries to sleep again after the same time.
    pub fn cannot_sleep(&mut self, now: Instant, listening: bool) {
        self.found_at = now;
        self.found_none(listening);
        self.at = Some(now + self.delay);
    }

    /// Nothing was found for long enough: the producer may sleep.
    pub fn is_idle(&self, now: Instant) -> bool {
        now.duration_since(self.found_at) >= IDLE_BEFORE_SLEEP
    }

    fn next_delay(&self, listening: bool) -> Duration {
        next_poll_delay(self.delay, max_poll_delay(listening, self.interval))
    }
}

/// The wait after a poll that found nothing.
fn next_poll_delay(last: Duration, most: Duration) -> Duration {
    (last * 3 / 2).clamp(MIN_POLL_DELAY, most.max(MIN_POLL_DELAY))
}

/// The longest wait between two polls of an awake producer. Without notifications it never sleeps, and waits up to `poll`.
fn max_poll_delay(listening: bool, poll: Duration) -> Duration {
    if listening { MAX_POLL_DELAY.min(poll) } else { poll }
}

/// The delay after errors of the database: 100 ms, doubling up to 5 s.
#[derive(Debug, Default)]
pub struct Retry {
    /// No fetch before this instant.
    pub at: Option<Instant>,
    pub errors: u32,
}

impl Retry {
    pub fn failed(&mut self, now: Instant) {
        let delay = Duration::from_millis(100 << self.errors.min(6)).min(Duration::from_secs(5));
        self.at = Some(now + delay);
        self.errors += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_in_vain_grow_apart_up_to_their_limit() {
        let mut wait = Duration::ZERO;
        let waits: Vec<u128> = (0..12)
            .map(|_| {
                wait = next_poll_delay(wait, max_poll_delay(true, Duration::from_secs(1)));
                wait.as_millis()
            })
            .collect();
        assert_eq!(waits, [2, 3, 4, 6, 10, 15, 22, 34, 50, 50, 50, 50]);
        assert_eq!(max_poll_delay(false, Duration::from_secs(1)), Duration::from_secs(1));
    }
}
