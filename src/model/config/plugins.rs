//! What keeps the tables in order. Each is on or off (`false`), or an object:
//!
//! | plugin | option | takes | default |
//! |---|---|---|---|
//! | `prune` | `interval` | ms | 30000 |
//! | | `limit` | jobs a statement | 10000 |
//! | | `max_age` | **seconds** since a job ended, or `{ completed, cancelled, discarded }` of them | 86400 |
//! | `lifeline` | `interval` | ms | 60000 |
//! | | `rescue_after` | ms since an attempt began, beyond its timeout | 3600000 |
//! | `stager` | `interval` | ms, at most | 5000 |
//! | | `limit` | jobs a statement | 5000 |
//! | `reindexer` (off by default) | `schedule` | a cron expression | `@midnight` |
//! | | `indexes` | names | `eram_jobs_args_index`, `eram_jobs_meta_index` |
//! | | `timeout` | **seconds** an index | 15 |
//! | | `timezone` | | `Etc/UTC` |
//!
//! The units are those of Oban for these options; in words (`"1 day"`) they need no thought.

use std::time::Duration;

use serde_json::{Value, json};

use super::interval;
use crate::error::Result;
use crate::model::read::{MAX_DURATION, Reader, Unit};
use crate::model::schedule::{Schedule, Zone, read_zone};

#[derive(Debug, Clone, PartialEq)]
pub struct Prune {
    pub interval: Duration,
    pub limit: u32,
    pub max_age: MaxAge,
}

/// How long jobs are kept after their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxAge {
    pub completed: Duration,
    pub cancelled: Duration,
    pub discarded: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Lifeline {
    pub interval: Duration,
    pub rescue_after: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Stager {
    pub interval: Duration,
    pub limit: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reindexer {
    pub schedule: Schedule,
    pub indexes: Vec<String>,
    pub timeout: Duration,
}

/// The plugin of that key: `None` is off, and `true` is an empty object.
pub(super) fn switch<T>(
    reader: &Reader<'_>,
    key: &str,
    by_default: bool,
    read: impl Fn(&Reader<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let nothing = json!({});
    let plain = Reader::new(reader.owner(), key, &nothing);
    match reader.get(key) {
        None if by_default => read(&plain).map(Some),
        None => Ok(None),
        Some(it) => match it.value() {
            Value::Bool(true) => read(&plain).map(Some),
            Value::Bool(false) => Ok(None),
            Value::Object(_) => read(&it).map(Some),
            _ => Err(it.expected("true, false or an object of options")),
        },
    }
}

const MAX_ROWS: i64 = 1_000_000;

impl Prune {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Self> {
        reader.only(&["interval", "limit", "max_age"])?;
        Ok(Self {
            interval: interval(reader, "interval")?.unwrap_or(Duration::from_secs(30)),
            limit: reader.integer("limit", 1..=MAX_ROWS)?.unwrap_or(10_000),
            max_age: MaxAge::read(reader)?,
        })
    }

    pub(super) fn effective(&self) -> Value {
        json!({
            "interval": Unit::Milliseconds.number(self.interval),
            "limit": self.limit,
            "max_age": self.max_age.effective(),
        })
    }
}

impl MaxAge {
    const STATES: [&'static str; 3] = ["completed", "cancelled", "discarded"];
    const DEFAULT: Duration = Duration::from_secs(86_400);

    fn read(reader: &Reader<'_>) -> Result<Self> {
        let range = || Duration::from_secs(1)..=MAX_DURATION;
        let states = reader.get("max_age").filter(|it| {
            it.value().as_object().is_some_and(|it| it.keys().any(|key| Self::STATES.contains(&key.as_str())))
        });
        let Some(states) = states else {
            let all = reader.duration("max_age", Unit::Seconds, range())?.unwrap_or(Self::DEFAULT);
            return Ok(Self { completed: all, cancelled: all, discarded: all });
        };
        states.only(&Self::STATES)?;
        let age = |state| states.duration(state, Unit::Seconds, range()).map(|age| age.unwrap_or(Self::DEFAULT));
        Ok(Self { completed: age("completed")?, cancelled: age("cancelled")?, discarded: age("discarded")? })
    }

    /// One number where it is one.
    fn effective(&self) -> Value {
        let [completed, cancelled, discarded] =
            [self.completed, self.cancelled, self.discarded].map(|age| Unit::Seconds.number(age));
        if completed == cancelled && completed == discarded {
            return json!(completed);
        }
        json!({ "completed": completed, "cancelled": cancelled, "discarded": discarded })
    }
}

impl Lifeline {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Self> {
        reader.only(&["interval", "rescue_after"])?;
        let rescue_after =
            reader.duration("rescue_after", Unit::Milliseconds, Duration::from_secs(1)..=MAX_DURATION)?;
        Ok(Self {
            interval: interval(reader, "interval")?.unwrap_or(Duration::from_secs(60)),
            rescue_after: rescue_after.unwrap_or(Duration::from_secs(3_600)),
        })
    }

    pub(super) fn effective(&self) -> Value {
        json!({
            "interval": Unit::Milliseconds.number(self.interval),
            "rescue_after": Unit::Milliseconds.number(self.rescue_after),
        })
    }
}

impl Stager {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Self> {
        reader.only(&["interval", "limit"])?;
        Ok(Self {
            interval: interval(reader, "interval")?.unwrap_or(Duration::from_secs(5)),
            limit: reader.integer("limit", 1..=MAX_ROWS)?.unwrap_or(5_000),
        })
    }

    pub(super) fn effective(&self) -> Value {
        json!({ "interval": Unit::Milliseconds.number(self.interval), "limit": self.limit })
    }
}

impl Reindexer {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Self> {
        reader.only(&["schedule", "indexes", "timeout", "timezone"])?;
        let zone = reader.get("timezone").map_or(Ok(Zone::Etc__UTC), |it| read_zone(&it))?;
        let midnight = Value::from("@midnight");
        let expression = reader.get("schedule").unwrap_or_else(|| reader.with(&midnight));
        let schedule = Schedule::read(&expression, zone)?;
        if schedule.is_reboot() {
            return Err(expression.expected("a schedule with instants"));
        }
        let indexes = match reader.get("indexes") {
            // 63 bytes: what PostgreSQL keeps of a name.
            Some(it) => it.texts("a list of index names", 64, 1..=63)?,
            None => ["eram_jobs_args_index", "eram_jobs_meta_index"].map(str::to_owned).to_vec(),
        };
        let timeout =
            reader.duration("timeout", Unit::Seconds, Duration::from_secs(1)..=Duration::from_secs(86_400))?;
        Ok(Self { schedule, indexes, timeout: timeout.unwrap_or(Duration::from_secs(15)) })
    }

    pub(super) fn effective(&self) -> Value {
        json!({
            "schedule": self.schedule.expression(),
            "indexes": self.indexes,
            "timeout": Unit::Seconds.number(self.timeout),
            "timezone": self.schedule.timezone(),
        })
    }
}
