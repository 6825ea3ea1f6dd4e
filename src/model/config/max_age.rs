//! How long jobs are kept after their end: one age for all, or one for each final state.

use std::time::Duration;

use serde_json::{Value, json};

use super::kind::Kind;
use crate::error::Result;
use crate::model::read::{MAX_DURATION, Reader, Unit};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxAge {
    pub completed: Duration,
    pub cancelled: Duration,
    pub discarded: Duration,
}

impl MaxAge {
    const STATES: [&'static str; 3] = ["completed", "cancelled", "discarded"];

    /// The same age for every state.
    pub const fn all(age: Duration) -> Self {
        Self { completed: age, cancelled: age, discarded: age }
    }

    /// A duration in seconds, or an object of durations by state; a missing state has the default.
    pub(crate) fn kind(default: Self) -> Kind<Self> {
        Kind::new("duration (**s**) or object", move |it| Self::read(it, default), Self::write)
    }

    fn read(reader: &Reader<'_>, default: Self) -> Result<Self> {
        let range = || Duration::from_secs(1)..=MAX_DURATION;
        let by_state = |it: &serde_json::Map<_, _>| it.keys().any(|key: &String| Self::STATES.contains(&key.as_str()));
        if !reader.value().as_object().is_some_and(by_state) {
            return reader.as_duration(Unit::Seconds, range()).map(Self::all);
        }
        reader.only(&Self::STATES)?;
        let age = |state, default| reader.duration(state, Unit::Seconds, range()).map(|age| age.unwrap_or(default));
        Ok(Self {
            completed: age("completed", default.completed)?,
            cancelled: age("cancelled", default.cancelled)?,
            discarded: age("discarded", default.discarded)?,
        })
    }

    /// Writes a single number if all ages are equal.
    fn write(&self) -> Value {
        let [completed, cancelled, discarded] =
            [self.completed, self.cancelled, self.discarded].map(|age| Unit::Seconds.number(age));
        if completed == cancelled && completed == discarded {
            return completed;
        }
        json!({ "completed": completed, "cancelled": cancelled, "discarded": discarded })
    }
}
