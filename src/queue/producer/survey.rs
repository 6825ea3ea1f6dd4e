//! When a producer surveys its queue, and what it knows by that: the marks from which its fetches read. Pure: time is a fact.
//!
//! ```text
//!   a fetch reads from the marks on ───► what it claimed, or saw nothing of, lies before its new marks
//!   a survey reads all, claims nothing ► the first job that waits is where the new marks are
//! ```
//! A job that waits before a mark is one that was committed more than two seconds after its due time, or that was made available
//! again. No such job is missed:
//! - A survey is owed after everything that may be the sign of one: a notification, a wake-up by an ack or the stager of this
//!   process, a fetch that failed, jobs that were handed back, a heartbeat. It takes place at once, unless surveys would take more
//!   than a fiftieth of the time ([`SHARE`]); then as soon as they do not, at the latest [`MAX_DELAY`] after the last.
//! - An awake producer, which receives no notifications, surveys every second, with the same bounds.
//! - Falling asleep, it surveys once more after it saw the lock of the gate taken, whatever that costs.
//! - A fetch that began before the answer to a survey moves no mark. It may have read past what the survey found.
//!
//! `survey_model.rs` explores these rules.

use std::time::{Duration, Instant};

use super::wake::Flags;
use crate::model::job::Job;
use crate::model::marks::{Last, Marks, Place, Surveyed};

/// Surveys take at most one part in so many of the time, while the queue is in use.
const SHARE: u32 = 50;

/// The same for surveys that only a heartbeat asks for, of a queue in which nothing happens.
const IDLE_SHARE: u32 = 200;

/// The longest time between a survey and the next that is owed, however long one takes.
const MAX_DELAY: Duration = Duration::from_secs(60);

/// The shortest time between two surveys, so that reasons that come together share one.
const MIN_DELAY: Duration = Duration::from_millis(50);

/// A survey lets the fetch go first that has the same reason.
const SETTLE: Duration = Duration::from_millis(10);

/// The time between two surveys that nothing asks for.
const REGULAR_DELAY: Duration = Duration::from_secs(1);

/// What a survey took that has failed, at least, for the time until the next.
const FAILED: Duration = Duration::from_millis(25);

/// A queue whose survey takes longer is not looked through by heartbeats.
pub const CHEAP: Duration = Duration::from_millis(5);

/// How soon a survey is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Only in case a notification was lost.
    Check,
    /// A job may wait before a mark.
    Likely,
    /// Nothing is known, or the producer falls asleep.
    Now,
}

/// From where a fetch is to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    pub marks: Marks,
    /// Counts what makes the answers to earlier looks worthless for the marks.
    pub epoch: u32,
}

/// A fetch, as far as it concerns the marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Of the marks from which it reads.
    pub epoch: u32,
    pub begun: Instant,
    pub requested: usize,
    /// It looks for pinned jobs too.
    pub pinned: bool,
}

#[derive(Debug)]
pub struct Survey {
    marks: Marks,
    epoch: u32,
    /// There was an answer since the classes or versions last changed.
    known: bool,
    /// The urgency of the survey in flight.
    in_flight: Option<Urgency>,
    owed: Option<Urgency>,
    owed_at: Instant,
    begun: Instant,
    ended: Option<Instant>,
    cost: Duration,
    /// The server's time, and when it was read here.
    clock: Option<(i64, Instant)>,
}

impl Survey {
    pub fn new(now: Instant) -> Self {
        Self {
            marks: Marks::default(),
            epoch: 0,
            known: false,
            in_flight: None,
            owed: Some(Urgency::Now),
            owed_at: now,
            begun: now,
            ended: None,
            cost: Duration::ZERO,
            clock: None,
        }
    }

    /// Fetches may read from the marks on.
    pub const fn is_known(&self) -> bool {
        self.known
    }

    pub const fn view(&self) -> View {
        View { marks: self.marks, epoch: self.epoch }
    }

    pub const fn cost(&self) -> Duration {
        self.cost
    }

    /// Something is to be found out before the producer is at rest.
    pub fn is_busy(&self) -> bool {
        self.in_flight.max(self.owed) > Some(Urgency::Check)
    }

    /// Takes in what other threads have reported.
    pub fn take_in(&mut self, flags: Flags, now: Instant) {
        if flags.has(Flags::RANGE_CHANGED) {
            self.forget();
        } else if flags.has(Flags::FETCH_DUE | Flags::SENTINEL_LOST | Flags::MAYBE_LOST_ACKS) {
            self.owe(Urgency::Likely, now);
        } else if flags.has(Flags::CHECK_DUE) {
            self.owe(Urgency::Check, now);
        }
    }

    /// A job may wait before a mark.
    pub fn owe(&mut self, urgency: Urgency, now: Instant) {
        if self.owed.is_none() {
            self.owed_at = now;
        }
        self.owed = self.owed.max(Some(urgency));
    }

    /// The producer falls asleep: only what is read from now on counts.
    pub fn demand(&mut self) {
        self.epoch += 1;
        self.owed = Some(Urgency::Now);
    }

    /// The producer may claim other jobs than before.
    fn forget(&mut self) {
        self.known = false;
        self.demand();
    }

    /// When to survey.
    pub fn due_at(&self, awake: bool, now: Instant) -> Option<Instant> {
        if self.in_flight.is_some() {
            return None;
        }
        let delay = match self.owed {
            Some(Urgency::Now) => return Some(now),
            Some(Urgency::Likely) => {
                let soonest = self.owed_at + SETTLE;
                let after = |ended| ended + MIN_DELAY.max(self.cost * SHARE).min(MAX_DELAY);
                return Some(self.ended.map_or(soonest, |ended| soonest.max(after(ended))));
            }
            _ if awake => REGULAR_DELAY.max(self.cost * SHARE),
            Some(Urgency::Check) => REGULAR_DELAY.max(self.cost * IDLE_SHARE),
            None => return None,
        };
        Some(self.ended.map_or(now, |ended| ended + delay.min(MAX_DELAY)))
    }

    /// A survey begins.
    pub fn begin(&mut self, now: Instant) -> u32 {
        self.begun = now;
        self.in_flight = self.owed.take().or(Some(Urgency::Check));
        self.epoch
    }

    /// Takes in the answer to the survey that began in that epoch; `None` without one.
    pub fn answered(&mut self, epoch: u32, answer: Option<&Surveyed>, now: Instant) {
        let urgency = self.in_flight.take();
        if epoch != self.epoch {
            return;
        }
        self.ended = Some(now);
        // Also without an answer: then the fetch, which reads all, meets the same error, or does not.
        self.known = true;
        let Some(surveyed) = answer else {
            self.cost = FAILED.max(now.duration_since(self.begun));
            self.owe(urgency.map_or(Urgency::Likely, |it| it.min(Urgency::Likely)), now);
            return;
        };
        self.epoch += 1;
        self.cost = Duration::try_from_secs_f64(surveyed.seconds).unwrap_or(MAX_DELAY);
        self.marks = Marks::surveyed(surveyed);
        self.clock = Some((surveyed.now, now));
    }

    /// Takes in the jobs that a fetch has claimed, sorted.
    pub fn fetched(&mut self, it: &Look, jobs: &[Job], now: Instant) {
        let Look { epoch, begun, requested, pinned } = *it;
        let claimed_at = jobs.first().map(|job| job.attempted_at);
        let full = jobs.last().filter(|_| jobs.len() >= requested);
        if epoch == self.epoch
            && let Some(at) = claimed_at.or_else(|| self.time_at(begun))
        {
            let last = |job: &Job| Last { priority: job.priority, place: Place { at: job.scheduled_at, id: job.id } };
            self.marks.fetched(at, full.map(last), pinned);
        }
        if let Some(at) = claimed_at {
            self.clock = Some((at, now));
        }
    }

    /// The server's time at that instant, or somewhat earlier.
    fn time_at(&self, instant: Instant) -> Option<i64> {
        let (at, read) = self.clock?;
        let since = i64::try_from(instant.saturating_duration_since(read).as_micros()).ok()?;
        Some(at.saturating_add(since))
    }
}
