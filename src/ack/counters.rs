//! Counters of attempts by result, per queue, since the engine started.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Serialize;

use crate::model::outcome::EventState;

#[derive(Clone, Default)]
pub struct Counters(Arc<Mutex<HashMap<String, Counts>>>);

/// Attempts of a queue, by result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    success: u64,
    failure: u64,
    discard: u64,
    cancelled: u64,
    snoozed: u64,
    released: u64,
}

impl Counters {
    pub fn add<'a>(&self, attempts: impl Iterator<Item = (&'a str, EventState)>) {
        let mut queues = self.0.lock();
        for (queue, state) in attempts {
            if !queues.contains_key(queue) {
                queues.insert(queue.to_owned(), Counts::default());
            }
            if let Some(counts) = queues.get_mut(queue) {
                *counts.of(state) += 1;
            }
        }
    }

    /// Of all queues.
    pub fn total(&self) -> Counts {
        self.0.lock().values().fold(Counts::default(), |sum, it| sum.and(*it))
    }

    pub fn of(&self, queue: &str) -> Counts {
        self.0.lock().get(queue).copied().unwrap_or_default()
    }
}

impl Counts {
    fn of(&mut self, state: EventState) -> &mut u64 {
        match state {
            EventState::Success => &mut self.success,
            EventState::Failure => &mut self.failure,
            EventState::Discard => &mut self.discard,
            EventState::Cancelled => &mut self.cancelled,
            EventState::Snoozed => &mut self.snoozed,
            EventState::Released => &mut self.released,
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            success: self.success + other.success,
            failure: self.failure + other.failure,
            discard: self.discard + other.discard,
            cancelled: self.cancelled + other.cancelled,
            snoozed: self.snoozed + other.snoozed,
            released: self.released + other.released,
        }
    }

    #[must_use]
    pub fn since(self, before: Self) -> Self {
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
