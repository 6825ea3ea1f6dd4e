//! The queues that a node runs: `{ name: limit }` or `{ name: { … } }`.
//!
//! | option | takes | default |
//! |---|---|---|
//! | `limit` | jobs at a time on this node, 1 to 100000 | 10 |
//! | `threads` | 1 to 256, at most `limit`, which they share | 1 |
//! | `isolation` | `main`, `thread` or `process`, for classes with a file that do not set it | none |
//! | `paused` | start without fetching | `false` |
//! | `poll_interval` | ms | the engine's |
//! | `abort_grace` | ms, at most the engine's `grace` | the engine's |
//! | `resource_limits` | of each thread, in MiB: `max_old_generation_size_mb`, `max_young_generation_size_mb`, `code_range_size_mb`, `stack_size_mb` | Node's |
//! | `max_stuck_jobs` | jobs that hang after an abort and give their place back nevertheless | `limit` |
//! | `prefetch` | claim short jobs ahead of free places | `true` |
//! | `only` | names of the nodes that serve it, where `*` stands for any characters | all |

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{interval, within_grace};
use crate::error::Result;
use crate::model::draft::Isolation;
use crate::model::read::{Reader, Unit};

const KNOWN: [&str; 11] = [
    "limit",
    "threads",
    "isolation",
    "paused",
    "poll_interval",
    "abort_grace",
    "resource_limits",
    "max_stuck_jobs",
    "prefetch",
    "only",
    "exec_argv",
];
const RESOURCES: [&str; 4] =
    ["max_old_generation_size_mb", "max_young_generation_size_mb", "code_range_size_mb", "stack_size_mb"];

#[derive(Debug, Clone, PartialEq)]
pub struct QueueConfig {
    pub name: String,
    pub limit: u32,
    pub threads: u32,
    pub isolation: Option<Isolation>,
    pub paused: bool,
    pub poll_interval: Duration,
    pub abort_grace: Duration,
    pub resource_limits: Map<String, Value>,
    pub max_stuck_jobs: u32,
    pub prefetch: bool,
    /// Patterns of the nodes that serve it; empty: all do.
    pub only: Vec<String>,
}

/// What a queue takes from its engine.
pub(super) struct Common {
    pub grace: Duration,
    pub abort_grace: Duration,
    pub poll_interval: Duration,
}

pub(super) fn read(reader: &Reader<'_>, common: &Common) -> Result<Vec<QueueConfig>> {
    let Some(it) = reader.get("queues") else { return Ok(vec![]) };
    it.members()?.into_iter().map(|(name, queue)| QueueConfig::read(name, &queue, common)).collect()
}

impl QueueConfig {
    pub(super) fn read(name: &str, reader: &Reader<'_>, common: &Common) -> Result<Self> {
        let length = name.chars().count();
        if !(1..=127).contains(&length) {
            return Err(reader.refuse(&format!("expected a name of 1 to 127 characters, got {length}")));
        }
        let limit = match reader.value() {
            Value::Number(_) => reader.as_integer(1..=MAX_JOBS)?,
            Value::Object(_) => reader.integer("limit", 1..=MAX_JOBS)?.unwrap_or(10),
            _ => return Err(reader.expected("a positive integer or an object { limit, threads, … }")),
        };
        let limit = u32::try_from(limit).expect("within MOST_JOBS");
        let nothing = json!({});
        let reader = &if reader.value().is_object() { reader.clone() } else { reader.with(&nothing) };
        reader.only(&KNOWN)?;
        let isolation = reader.get("isolation").map(|it| Isolation::read(&it)).transpose()?;
        let abort_grace =
            reader.duration("abort_grace", Unit::Milliseconds, Duration::ZERO..=Duration::from_secs(86_400))?;
        within_grace(reader, abort_grace, common.grace)?;
        Ok(Self {
            name: name.to_owned(),
            limit,
            threads: threads(reader, limit, isolation)?,
            isolation,
            paused: reader.flag("paused")?.unwrap_or(false),
            poll_interval: interval(reader, "poll_interval")?.unwrap_or(common.poll_interval),
            abort_grace: abort_grace.unwrap_or(common.abort_grace),
            resource_limits: resource_limits(reader)?,
            max_stuck_jobs: reader.integer("max_stuck_jobs", 0..=MAX_JOBS)?.unwrap_or(limit),
            prefetch: reader.flag("prefetch")?.unwrap_or(true),
            only: only(reader)?,
        })
    }

    /// Whether a node of that name shall serve it.
    pub fn is_for(&self, node: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|pattern| matches(pattern, node))
    }

    pub(super) fn effective(&self) -> Value {
        json!({
            "limit": self.limit,
            "threads": self.threads,
            "isolation": self.isolation.map(Isolation::as_str),
            "paused": self.paused,
            "poll_interval": Unit::Milliseconds.number(self.poll_interval),
            "abort_grace": Unit::Milliseconds.number(self.abort_grace),
            "resource_limits": self.resource_limits,
            "max_stuck_jobs": self.max_stuck_jobs,
            "prefetch": self.prefetch,
            "only": Some(&self.only).filter(|only| !only.is_empty()),
        })
    }
}

const MAX_JOBS: i64 = 100_000;

fn threads(reader: &Reader<'_>, limit: u32, isolation: Option<Isolation>) -> Result<u32> {
    let Some(it) = reader.get("threads") else { return Ok(1) };
    let threads = reader.integer("threads", 1..=256)?.unwrap_or(1);
    if threads > limit {
        return Err(it.expected(&format!("at most the limit, which is {limit}")));
    }
    if threads > 1 && isolation == Some(Isolation::Main) {
        return Err(it.expected("1, because isolation is \"main\""));
    }
    Ok(threads)
}

fn only(reader: &Reader<'_>) -> Result<Vec<String>> {
    let Some(it) = reader.get("only") else { return Ok(vec![]) };
    if it.value().is_string() {
        return Ok(vec![it.as_text(1..=255)?.to_owned()]);
    }
    let patterns = it.texts("the name of a node, or an array of names", 1_000, 1..=255)?;
    if patterns.is_empty() {
        return Err(it.expected("at least one node; without the option all serve the queue"));
    }
    Ok(patterns)
}

/// `*` stands for any characters, also none.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| matches(tail, &rest[at..]))
}

fn resource_limits(reader: &Reader<'_>) -> Result<Map<String, Value>> {
    let Some(it) = reader.get("resource_limits") else { return Ok(Map::new()) };
    it.only(&RESOURCES)?;
    for key in RESOURCES {
        it.number(key, 1.0, 1_048_576.0)?;
    }
    Ok(it
        .object()?
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, fits) in [
            ("worker-1", "worker-1", true),
            ("worker-1", "worker-11", false),
            ("worker-*", "worker-11", true),
            ("*", "", true),
            ("*.local", "a.b.local", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ä*", "äö", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
