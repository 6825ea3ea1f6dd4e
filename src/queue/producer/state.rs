//! What a producer knows, and what it does next. Pure: no I/O and no locks, and the time is one of the facts.
//!
//! ```text
//!                 Facts ──┐
//!                         ▼
//!   Input ──────────► State::next ──────────► Action
//!     ▲                                         │ performed by the loop
//!     └──────────── its result ◄────────────────┘
//! ```
//! The first of these that applies is the next action:
//!
//! | when | action |
//! |---|---|
//! | a fetch brought jobs | `Deliver`, or `HandBack` if they are no longer wanted |
//! | a wait with an open offer is over | `WithdrawOffer` |
//! | asleep, and something requires to be awake | `LeaveGate` |
//! | stopping or paused with jobs that have not begun | `ReleaseReady` |
//! | stopping, and nothing is left to wait for | `Finish` |
//! | the answer to a fetch was lost, and no other is in flight | `Reclaim` |
//! | claimed jobs have not begun for long | `ReleaseStale` |
//! | a fetch may find something, and the engine rests | `Rouse`, once |
//! | a fetch may find something, and there is capacity | `Fetch` |
//! | nothing was found for a while | `Sleep` |
//! | otherwise | `Wait`, with an offer to enqueues while there is nothing to do |

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use super::calm::Wait;
use super::demand::{self, MAX_UNWRITTEN, Prefetch};
use super::gate::Position;
use super::poll::{Poll, Retry};
use super::step::{Action, Answer, Claimed, Facts, Gate, Input, Reclaimed};
use super::wake::Flags;
use crate::store::Sleep;

/// How often the age of claimed jobs is checked.
const READY_CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// The delay before the next try while too many outcomes are unwritten.
const UNWRITTEN_DELAY: Duration = Duration::from_millis(20);

/// The delay before the next try after a reclaim that failed.
const RECLAIM_DELAY: Duration = Duration::from_millis(500);

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct State {
    position: Position,
    poll: Poll,
    /// No fetch until then, after an error.
    retry: Retry,
    /// A fetch may find something.
    fetch_due: bool,
    fetches: Fetches,
    prefetch: Prefetch,
    /// The mark of the last [`Action::NotifyBelow`].
    low_water: usize,
    /// The database may show jobs as executing that no executor holds: a fetch's answer was lost, or another server took over.
    unknown_claims: bool,
    /// When to check whether claimed jobs have waited too long.
    ready_check_at: Option<Instant>,
    /// Capacity was offered to enqueues for the time of the last wait.
    offered: bool,
    /// The engine was asked to report that it is awake.
    roused: bool,
}

/// The fetches in flight, accepted offers among them.
#[derive(Debug, Default)]
struct Fetches {
    count: usize,
    /// The number of jobs that they request.
    requested: usize,
    /// The last answer brought as many jobs as it was asked for.
    full: bool,
}

impl State {
    pub fn new(prefetch: bool, poll_interval: Duration, now: Instant) -> Self {
        Self {
            position: Position::default(),
            poll: Poll::new(poll_interval, now),
            retry: Retry::default(),
            fetch_due: true,
            fetches: Fetches::default(),
            prefetch: Prefetch::new(prefetch),
            low_water: usize::MAX,
            unknown_claims: false,
            ready_check_at: None,
            offered: false,
            roused: false,
        }
    }

    /// Takes in what has happened; returns what to do. The result of that is the next input.
    pub fn next(&mut self, input: Input, facts: &Facts) -> Action {
        // First the input: flags that were set while an action was performed are newer than its result.
        let claimed = self.take_in(input, facts);
        self.take_in_flags(facts);
        if let Some(action) = claimed {
            return action;
        }
        if std::mem::take(&mut self.offered) {
            return Action::WithdrawOffer;
        }
        if let Some(gate) = self.position.take_leaving() {
            return Action::LeaveGate(gate);
        }
        if facts.ready > 0 && facts.flags.has(Flags::STOPPING | Flags::PAUSED) {
            return Action::ReleaseReady;
        }
        if facts.flags.has(Flags::STOPPING) {
            return self.stop(facts);
        }
        self.work(facts).unwrap_or_else(|| self.wait(facts))
    }

    fn stop(&mut self, facts: &Facts) -> Action {
        // The end of the last job is to wake the loop.
        if let Some(action) = self.notify_below(usize::MAX) {
            return action;
        }
        let idle = facts.running == 0 || facts.flags.has(Flags::STOP_NOW);
        if idle && self.fetches.count == 0 {
            return Action::Finish { unknown_claims: self.unknown_claims };
        }
        Action::Wait { until: None, offer: None }
    }

    fn work(&mut self, facts: &Facts) -> Option<Action> {
        if self.unknown_claims && self.fetches.count == 0 && self.retry.at.is_none() {
            return Some(Action::Reclaim);
        }
        if self.ready_check_at.take_if(|at| *at <= facts.now).is_some() {
            return Some(Action::ReleaseStale);
        }
        if facts.flags.has(Flags::RESTING) {
            let needed =
                self.fetch_due && !facts.flags.has(Flags::PAUSED) && !std::mem::replace(&mut self.roused, true);
            return needed.then_some(Action::Rouse);
        }
        self.roused = false;
        self.fetch(facts).or_else(|| self.wants_sleep(facts).then_some(Action::Sleep))
    }

    fn wait(&mut self, facts: &Facts) -> Action {
        if self.ready_check_at.is_none() && facts.ready > 0 {
            self.ready_check_at = Some(facts.now + READY_CHECK_INTERVAL);
        }
        let until = [self.poll.at, self.retry.at, self.ready_check_at].into_iter().flatten().min();
        let offer = self.offer(facts);
        self.offered = offer.is_some();
        Action::Wait { until, offer }
    }

    /// Begins a fetch when there is capacity and a reason.
    fn fetch(&mut self, facts: &Facts) -> Option<Action> {
        let Facts { flags, limit, ready, running, .. } = *facts;
        // Two keep the database busy; any more skip over the rows that the others are about to claim, so with several nodes each
        // has one.
        let max_fetches = if flags.has(Flags::SHARED) { 1 } else { 2 };
        let blocked = flags.has(Flags::PAUSED)
            || self.unknown_claims
            || self.fetches.count >= max_fetches
            || self.retry.at.is_some();
        if blocked || !self.fetch_due {
            return None;
        }
        if facts.unwritten > MAX_UNWRITTEN {
            self.retry.at = Some(facts.now + UNWRITTEN_DELAY);
            return None;
        }
        if self.fetches.count > 0 && !self.fetches.full {
            return None;
        }
        let ahead = self.prefetch.ahead(limit, facts.job_seconds);
        let requested = self.fetches.requested;
        let count = demand::refill(limit, ahead, ready + running, ready, requested);
        if count == 0 || !flags.has(Flags::RUNNABLE) {
            // Then the facts are read again: capacity may have become free before the mark was set.
            return self.notify_below(demand::low_water(limit, ahead, requested));
        }
        self.low_water = demand::low_water(limit, ahead, requested + count);
        self.fetch_due = self.fetches.full;
        self.fetches.count += 1;
        self.fetches.requested += count;
        self.poll.at = None;
        // While plain jobs keep coming, pinned ones are fetched only if a heartbeat has seen some.
        let pinned = !self.fetches.full || flags.has(Flags::PINNED);
        Some(Action::Fetch { count, pinned, low_water: self.low_water })
    }

    /// Whether the producer holds no job, and waits for none but by notifications.
    pub fn calm(&self, facts: &Facts) -> Wait {
        let flags = facts.flags;
        let paused = flags.has(Flags::PAUSED);
        let busy = self.fetches.count > 0
            || facts.ready > 0
            || facts.running > 0
            || facts.unwritten > 0
            || self.unknown_claims
            || self.retry.at.is_some()
            || flags.has(Flags::STOPPING)
            || !paused && (self.fetch_due || self.position.is_awake() || flags.has(Flags::PINNED));
        match flags.has(Flags::RESTING) {
            _ if busy => Wait::Busy,
            true if !self.offered => Wait::Resting,
            _ => Wait::Quiet,
        }
    }

    /// It polls.
    pub fn is_awake(&self) -> bool {
        self.position.is_awake()
    }

    fn notify_below(&mut self, low_water: usize) -> Option<Action> {
        (std::mem::replace(&mut self.low_water, low_water) != low_water).then_some(Action::NotifyBelow(low_water))
    }

    fn wants_sleep(&self, facts: &Facts) -> bool {
        self.fetches.count == 0
            && self.position.is_awake()
            && !self.fetch_due
            && !facts.flags.has(Flags::PAUSED)
            && self.retry.at.is_none()
            && self.poll.is_idle(facts.now)
            && facts.flags.has(Flags::LISTENING)
    }

    /// The free capacity to offer to enqueues, while the queue has no jobs.
    fn offer(&self, facts: &Facts) -> Option<usize> {
        let busy = self.fetches.count > 0
            || self.fetch_due
            || self.unknown_claims
            || facts.flags.has(Flags::PAUSED | Flags::RESTING)
            || self.retry.at.is_some()
            || facts.unwritten > MAX_UNWRITTEN
            || facts.ready > 0
            || !facts.flags.has(Flags::RUNNABLE);
        let capacity = facts.limit.saturating_sub(facts.running);
        (!busy && capacity > 0).then_some(capacity)
    }

    fn take_in(&mut self, input: Input, facts: &Facts) -> Option<Action> {
        match input {
            Input::FetchAnswered(answer) => {
                self.fetches.count -= 1;
                self.fetches.requested -= answer.requested;
                return self.answered(answer, facts);
            }
            Input::OfferAnswered(answer) => {
                self.offered = false;
                return self.answered(answer, facts);
            }
            Input::OfferTaken(capacity) => {
                self.fetches.count += 1;
                self.fetches.requested += capacity;
            }
            Input::OfferWithdrawn => self.offered = false,
            Input::Slept(Some(asleep @ (Sleep::Sentinel | Sleep::Watched))) => {
                self.position.enter(if asleep == Sleep::Sentinel { Gate::Sentinel } else { Gate::Watched });
                // Once more: what was committed before the lock was seen taken sent no notification.
                self.fetch_due = true;
                self.poll.at = None;
            }
            Input::Slept(Some(Sleep::Busy) | None) => {
                self.poll.cannot_sleep(facts.now, facts.flags.has(Flags::LISTENING));
            }
            Input::Reclaimed(Reclaimed::Done) => {
                self.unknown_claims = false;
                self.fetch_due = true;
            }
            Input::Reclaimed(Reclaimed::Unwritten) => self.retry.at = Some(facts.now + UNWRITTEN_DELAY),
            Input::Reclaimed(Reclaimed::Failed) => self.retry.at = Some(facts.now + RECLAIM_DELAY),
            Input::Woken | Input::Done | Input::ReleasedStale(0) => {}
            Input::ReleasedStale(_) => {
                self.fetch_due = true;
                self.prefetch.block(facts.job_seconds);
            }
        }
        None
    }

    fn answered(&mut self, Answer { requested, claimed }: Answer, facts: &Facts) -> Option<Action> {
        let Claimed::Jobs { count, bytes, took, is_void } = claimed else {
            self.unknown_claims |= claimed == Claimed::Unknown;
            self.retry.failed(facts.now);
            self.fetch_due = true;
            self.fetches.full = false;
            return None;
        };
        self.retry.errors = 0;
        self.prefetch.throughput.fetched(took, count, bytes);
        self.fetches.full = count >= requested;
        self.fetch_due |= self.fetches.full;
        let listening = facts.flags.has(Flags::LISTENING);
        if count == 0 {
            self.poll.found_none(listening);
        } else {
            self.poll.found(facts.now);
        }
        if !self.fetches.full && self.position.is_awake() {
            self.poll.again(facts.now, listening);
        }
        // Stopped, paused or declared lost while the fetch was in flight.
        let is_late = is_void || facts.flags.has(Flags::STOPPING | Flags::PAUSED);
        (count > 0).then_some(if is_late { Action::HandBack } else { Action::Deliver })
    }

    /// Takes in the flags and the time.
    fn take_in_flags(&mut self, facts: &Facts) {
        let Facts { now, flags, .. } = *facts;
        self.unknown_claims |= flags.has(Flags::MAYBE_LOST_ACKS);
        self.retry.at = self.retry.at.filter(|at| *at > now);
        self.fetch_due |= self.poll.at.take_if(|at| *at <= now).is_some() || flags.has(Flags::FETCH_DUE);
        if self.position.wakes(facts) {
            self.fetch_due = true;
            self.poll.found(now);
        }
    }
}
