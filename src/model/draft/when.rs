//! When a single job is due, and whether its enqueue notifies: the options that only `enqueue()`
//! takes.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::model::instant;
use crate::model::read::{MAX_DURATION, Reader, Unit};

/// The options that only `enqueue()` takes.
pub struct When {
    due: Due,
    suspended: bool,
    notify: bool,
}

impl When {
    pub fn read(reader: &Reader<'_>) -> Result<Self> {
        let due = Due::read(reader)?;
        let suspended = reader.get("state").map_or(Ok(false), |it| it.word(&[("suspended", true)]))?;
        Ok(Self { due, suspended, notify: reader.flag("notify")?.unwrap_or(true) })
    }

    pub fn write(&self, draft: &mut Map<String, Value>) {
        self.due.write(draft);
        if self.suspended {
            draft.insert("state".to_owned(), json!("suspended"));
        }
        if !self.notify {
            draft.insert("notify".to_owned(), json!(false));
        }
    }
}

/// `schedule_in`, `scheduled_at`, or neither.
pub enum Due {
    Now,
    In(Duration),
    /// Microseconds since the Unix epoch.
    At(i64),
}

impl Due {
    pub fn read(reader: &Reader<'_>) -> Result<Self> {
        let after = reader.duration("schedule_in", Unit::Seconds, Duration::ZERO..=MAX_DURATION)?;
        let at = reader.get("scheduled_at").map(|it| instant_of(&it)).transpose()?;
        match (after, at) {
            (None, None) => Ok(Self::Now),
            (Some(after), None) => Ok(Self::In(after)),
            (None, Some(at)) => Ok(Self::At(at)),
            (Some(_), Some(_)) => Err(reader.refuse("expected one of schedule_in and scheduled_at, got both")),
        }
    }

    pub fn write(&self, into: &mut Map<String, Value>) {
        match self {
            Self::Now => None,
            Self::In(after) => into.insert("schedule_in".to_owned(), Unit::Seconds.number(*after)),
            Self::At(at) => into.insert("scheduled_at".to_owned(), json!(instant::to_text(*at))),
        };
    }
}

fn instant_of(reader: &Reader<'_>) -> Result<i64> {
    let instant = reader.value().as_str().and_then(instant::from_text).filter(|at| instant::TIMES.contains(at));
    instant.ok_or_else(|| reader.expected("a Date or an RFC 3339 time such as \"2030-01-31T09:00:00Z\""))
}
