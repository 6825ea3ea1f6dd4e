//! The producer's side of the wake-up gate: whether it sleeps, and what makes it leave sleep. Pure: time is a fact.

use std::time::{Duration, Instant};

use super::step::{Facts, Gate};
use super::wake::Flags;

/// Where the producer stands.
#[derive(Debug)]
pub struct Position {
    gate: Gate,
    /// The producer is awake again, and has yet to give up what it was: the lock, or reliance on it.
    leaving: Option<Gate>,
    rate: Rate,
}

impl Default for Position {
    fn default() -> Self {
        Self { gate: Gate::Awake, leaving: None, rate: Rate::default() }
    }
}

impl Position {
    pub fn is_awake(&self) -> bool {
        self.gate == Gate::Awake
    }

    pub const fn enter(&mut self, gate: Gate) {
        self.gate = gate;
    }

    /// Wakes for good when the facts require it; returns whether they did.
    pub fn wakes(&mut self, facts: &Facts) -> bool {
        let Facts { now, flags, .. } = *facts;
        let busy = self.rate.is_high(facts.notifications, now);
        let listening = flags.has(Flags::LISTENING);
        let must_wake = busy || !listening || flags.has(Flags::SENTINEL_LOST | Flags::STOPPING);
        self.leaving = match self.gate {
            // Without the connection there is no lock to release.
            Gate::Sentinel if must_wake || flags.has(Flags::PAUSED) => listening.then_some(Gate::Sentinel),
            Gate::Watched if must_wake => Some(Gate::Watched),
            _ => return false,
        };
        self.gate = Gate::Awake;
        true
    }

    /// What the producer has yet to give up, once.
    pub const fn take_leaving(&mut self) -> Option<Gate> {
        self.leaving.take()
    }
}

/// Counts notifications, to detect when a queue is so busy that polling is cheaper than notifications.
#[derive(Debug, Default)]
pub struct Rate {
    since: Option<Instant>,
    notifications: u32,
}

impl Rate {
    const WINDOW: Duration = Duration::from_millis(64);
    const HIGH: u32 = 32;

    /// Adds `notifications`; whether that makes 500 a second or more.
    pub fn is_high(&mut self, notifications: u32, now: Instant) -> bool {
        if self.since.is_none_or(|since| now.duration_since(since) > Self::WINDOW) {
            self.since = Some(now);
            self.notifications = 0;
        }
        self.notifications += notifications;
        self.notifications >= Self::HIGH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_calls_is_a_high_rate() {
        let start = Instant::now();
        let mut rate = Rate::default();
        assert!(!rate.is_high(31, start));
        assert!(rate.is_high(1, start));
        assert!(!rate.is_high(31, start + Duration::from_millis(100)));
    }
}
