//! The options that a job class and a single job share. A job's own are read over those of its class.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::model::backoff::Backoff;
use crate::model::read::{Reader, Unit};
use crate::model::unique::Unique;

/// Their keys, and what each takes.
///
/// | key | takes | default |
/// |---|---|---|
/// | `queue` | 1 to 127 characters | `default` |
/// | `priority` | 0 (first) to 9 | 0 |
/// | `max_attempts` | a positive integer | 20 |
/// | `tags` | up to 64 texts of 1 to 255 characters | `[]` |
/// | `meta` | an object | `{}` |
/// | `unique` | see [`crate::model::unique`]; `false` lifts the class's | none |
/// | `timeout` | milliseconds, or a duration; `false` lifts the class's | none |
/// | `backoff` | see [`crate::model::backoff`] | `oban` |
/// | `version` | `pinned` or `min`; `false` lifts the class's | none |
pub const JOB_KEYS: [&str; 9] =
    ["queue", "priority", "max_attempts", "tags", "meta", "unique", "timeout", "backoff", "version"];

/// Which nodes may run a job, by the version of the application that enqueued it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionRule {
    /// Only nodes of the same version.
    Pinned,
    /// Nodes of that version or a later one.
    Min,
}

impl VersionRule {
    const WORDS: [(&'static str, Self); 2] = [("pinned", Self::Pinned), ("min", Self::Min)];

    pub fn named(name: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(word, _)| *word == name).map(|(_, rule)| *rule)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Min => "min",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct JobOptions {
    pub queue: String,
    pub priority: i32,
    pub max_attempts: i32,
    pub tags: Vec<String>,
    pub meta: Map<String, Value>,
    pub unique: Option<Unique>,
    pub timeout: Option<Duration>,
    /// `None`: the backoff of the class at the time of the failure, or the default.
    pub backoff: Option<Backoff>,
    pub version: Option<VersionRule>,
}

impl Default for JobOptions {
    fn default() -> Self {
        Self {
            queue: "default".to_owned(),
            priority: 0,
            max_attempts: 20,
            tags: vec![],
            meta: Map::new(),
            unique: None,
            timeout: None,
            backoff: None,
            version: None,
        }
    }
}

impl JobOptions {
    /// What the reader's object sets, and `base` for the rest. Does not look for unknown keys.
    pub fn read(reader: &Reader<'_>, base: &Self) -> Result<Self> {
        Ok(Self {
            queue: reader.text("queue", 1..=127)?.map_or_else(|| base.queue.clone(), str::to_owned),
            priority: reader.integer("priority", 0..=9)?.unwrap_or(base.priority),
            // Nine digits: what a draft may carry.
            max_attempts: reader.integer("max_attempts", 1..=999_999_999)?.unwrap_or(base.max_attempts),
            tags: match reader.get("tags") {
                Some(it) => it.texts("a list of texts", 64, 1..=255)?,
                None => base.tags.clone(),
            },
            meta: match reader.get("meta") {
                Some(it) => it.object()?.clone(),
                None => base.meta.clone(),
            },
            unique: match reader.get("unique") {
                Some(it) => Unique::read(&it, base.unique.as_ref())?,
                None => base.unique.clone(),
            },
            timeout: match reader.get("timeout") {
                Some(it) if it.is_false() => None,
                Some(it) => Some(it.as_duration(Unit::Milliseconds, MIN_TIMEOUT..=MAX_TIMEOUT)?),
                None => base.timeout,
            },
            backoff: match reader.get("backoff") {
                Some(it) => Some(Backoff::read(&it)?),
                None => base.backoff,
            },
            version: match reader.get("version") {
                Some(it) if it.is_false() => None,
                Some(it) => Some(it.word(&VersionRule::WORDS)?),
                None => base.version,
            },
        })
    }

    /// All of them, as [`JobOptions::read`] reads them back.
    pub fn to_json(&self) -> Map<String, Value> {
        let all = json!({
            "queue": self.queue,
            "priority": self.priority,
            "max_attempts": self.max_attempts,
            "tags": self.tags,
            "meta": self.meta,
            "unique": self.unique.as_ref().map(Unique::to_json),
            "timeout": self.timeout.map(|timeout| Unit::Milliseconds.number(timeout)),
            "backoff": self.backoff.unwrap_or_default().to_json(),
            "version": self.version.map(VersionRule::as_str),
        });
        let Value::Object(all) = all else { unreachable!("written as an object just above") };
        all
    }

    /// Writes into a draft what differs from the defaults of the database's enqueue functions.
    pub fn write(&self, draft: &mut Map<String, Value>) {
        let plain = Self::default();
        let mut put = |key: &str, differs: bool, value: Value| {
            if differs {
                draft.insert(key.to_owned(), value);
            }
        };
        put("queue", self.queue != plain.queue, json!(self.queue));
        put("priority", self.priority != plain.priority, json!(self.priority));
        put("max_attempts", self.max_attempts != plain.max_attempts, json!(self.max_attempts));
        put("tags", !self.tags.is_empty(), json!(self.tags));
        put("meta", !self.meta.is_empty(), json!(self.meta));
        if let Some(unique) = &self.unique {
            put("unique", true, unique.to_json());
        }
        if let Some(timeout) = self.timeout {
            put("timeout", true, Unit::Milliseconds.number(timeout));
        }
        if let Some(backoff) = self.backoff {
            put("backoff", true, backoff.to_json());
        }
        if let Some(rule) = self.version {
            put("version_rule", true, json!(rule.as_str()));
        }
    }
}

pub(super) const MIN_TIMEOUT: Duration = Duration::from_millis(1);
/// Nine digits of milliseconds, eleven days: what a draft may carry.
pub(super) const MAX_TIMEOUT: Duration = Duration::from_millis(999_999_999);
