//! The queues that a node runs: `{ name: limit }` or `{ name: { … } }`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::kind::{DAY, Kind, Row, defaults, flag, integer, interval, isolation, millis};
use super::threads::{Threads, threads};
use super::{options, within_grace};
use crate::error::{Error, Result};
use crate::model::draft::{Isolation, QueueDefaults};
use crate::model::read::Reader;

/// The maximum of `limit` and of `max_stuck_jobs`, in jobs.
const MAX_JOBS: i64 = 100_000;

options! {
    /// The options of a queue, each with its value.
    pub struct QueueConfig(common: &Common) {
        limit: u32 = integer(1..=MAX_JOBS) => 10,
            "Maximum number of jobs that run at once on this node.";
        threads: Threads = threads() => Threads::default(),
            "Number of threads that share the limit. More than one is for work that keeps a thread busy. `{ group, count }`: the queues of a [thread group](../guides/jobs.md#thread-groups) share `count` threads.";
        isolation: Option<Isolation> = isolation().optional().shown("that of the engine") => None,
            "Isolation of classes that do not name one. Classes without a `filename` run on the main thread.";
        paused: bool = flag() => false,
            "Whether the queue starts paused.";
        poll_interval: Duration = interval().shown("that of the engine") => common.poll_interval,
            "Interval between fetches where the queue receives no notifications.";
        abort_grace: Duration = millis(Duration::ZERO..=DAY).shown("that of the engine") => common.abort_grace,
            "Time that an aborted job has to end.";
        resource_limits: Map<String, Value> = resource_limits().shown("those of Node.js") => Map::new(),
            "Memory limits of the queue's threads: `max_old_generation_size_mb`, `max_young_generation_size_mb`, `code_range_size_mb`, `stack_size_mb`.";
        max_stuck_jobs: u32 = integer(0..=MAX_JOBS).shown("`limit`") => limit,
            "Maximum number of jobs that hang after their abort and give back their slot nevertheless.";
        prefetch: bool = flag() => true,
            "Whether short jobs are claimed ahead of time.";
        measure: bool = flag() => false,
            "Whether the CPU time and the heap of attempts are [measured](../guides/monitoring.md#cpu-time-and-memory-of-jobs), of classes that do not say.";
        store_logs: bool = flag() => false,
            "Whether the lines of `ctx.log` are stored with each attempt, of classes that do not say.";
        only: Vec<String> = nodes().shown("all nodes") => vec![],
            "Names of the nodes that serve the queue; `*` stands for any characters.";
        defaults: QueueDefaults = defaults() => QueueDefaults::default(),
            "`priority`, `max_attempts` and `backoff` of jobs that do not say, and whose class does not: see [queue defaults](../guides/jobs.md#queue-defaults).";
    }
    besides {
        name: String,
        engine_isolation: Isolation,
        /// As it was given; `null` if it was not. JavaScript checks it.
        exec_argv: Value,
    }
}

/// Options that JavaScript reads.
const ELSEWHERE: [Row; 1] = [Row::new(
    "exec_argv",
    "array",
    "those of the process",
    "Node.js options of the queue's threads, such as `['--import', 'tsx']`.",
)];

/// Options of a queue that a node takes from the database, where another node has written them. All others stand in its own program
/// only, above all those that decide which code runs, and how: `isolation`, `resource_limits`, `exec_argv`. This list is the one
/// place that says so.
const FROM_OTHERS: [&str; 11] = [
    "limit",
    "threads",
    "paused",
    "poll_interval",
    "abort_grace",
    "max_stuck_jobs",
    "prefetch",
    "measure",
    "store_logs",
    "only",
    "defaults",
];

/// The options of the engine that its queues inherit.
pub(crate) struct Common {
    pub grace: Duration,
    pub abort_grace: Duration,
    pub poll_interval: Duration,
    pub isolation: Isolation,
}

pub(super) fn read(reader: &Reader<'_>, common: &Common) -> Result<Vec<QueueConfig>> {
    let Some(it) = reader.get("queues") else { return Ok(vec![]) };
    it.members()?.into_iter().map(|(name, queue)| QueueConfig::of(name, &queue, common)).collect()
}

impl QueueConfig {
    pub(super) fn of(name: &str, reader: &Reader<'_>, common: &Common) -> Result<Self> {
        let length = name.chars().count();
        if !(1..=127).contains(&length) {
            return Err(reader.refuse(&format!("expected a name of 1 to 127 characters, got {length}")));
        }
        let limit = match reader.value() {
            Value::Number(_) => json!({ "limit": reader.as_integer(1..=MAX_JOBS)? }),
            Value::Object(_) => Value::Null,
            _ => return Err(reader.expected("a positive integer or an object { limit, threads, … }")),
        };
        let reader = &if limit.is_null() { reader.clone() } else { reader.with(&limit) };
        reader.only(&Self::known())?;
        let (name, engine_isolation) = (name.to_owned(), common.isolation);
        let exec_argv = reader.value().get("exec_argv").cloned().unwrap_or_default();
        let queue = Self { name, engine_isolation, exec_argv, ..Self::walk(reader, common, &mut |_| ())? };
        within_grace(reader, queue.abort_grace, common.grace)?;
        queue.check_threads(reader)?;
        Ok(queue)
    }

    /// Rejects options that a node takes from its own program only; names that no queue has are left to the reader.
    pub fn check_remote(name: &str, options: &Value) -> Result<()> {
        let refused =
            |key: &&'static str| !FROM_OTHERS.contains(key) && options.get(*key).is_some_and(|it| !it.is_null());
        let Some(key) = Self::known().into_iter().find(refused) else { return Ok(()) };
        Err(Error::Config(format!(
            "{name}.{key}: expected an option that may be set for other nodes, got one that only the program of a node may set; \
             set it in the queues of that node's engine"
        )))
    }

    fn known() -> Vec<&'static str> {
        Self::NAMES.iter().copied().chain(ELSEWHERE.iter().map(|row| row.name)).collect()
    }

    fn check_threads(&self, reader: &Reader<'_>) -> Result<()> {
        let Self { limit, threads, isolation, .. } = self;
        let Some(it) = reader.get("threads") else { return Ok(()) };
        let is_own = threads.group.is_none();
        // The threads of a group are for all of its queues.
        if is_own && threads.count() > *limit {
            return Err(it.expected(&format!("at most the limit, which is {limit}")));
        }
        if *isolation == Some(Isolation::Main) && (threads.count() > 1 || !is_own) {
            return Err(it.expected("1, because isolation is \"main\""));
        }
        Ok(())
    }

    /// Whether a node of this name is to serve the queue.
    pub fn is_for(&self, node: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|pattern| matches(pattern, node))
    }

    pub fn effective(&self) -> Value {
        let mut all = self.values();
        if !self.exec_argv.is_null() {
            all.insert("exec_argv".to_owned(), self.exec_argv.clone());
        }
        all.into()
    }

    /// The table of the reference.
    #[cfg(test)]
    pub(crate) fn reference() -> Vec<Row> {
        let zero = Duration::ZERO;
        let common = Common { grace: zero, abort_grace: zero, poll_interval: zero, isolation: Isolation::default() };
        [Self::rows(&common), ELSEWHERE.to_vec()].concat()
    }
}

/// Patterns of the names of nodes that serve a queue; empty means all nodes.
fn nodes() -> Kind<Vec<String>> {
    let read = |it: &Reader<'_>| {
        if it.value().is_string() {
            return Ok(vec![it.as_text(1..=255)?.to_owned()]);
        }
        let patterns = it.texts("the name of a node, or an array of names", 1_000, 1..=255)?;
        if patterns.is_empty() {
            return Err(it.expected("at least one node; without the option all serve the queue"));
        }
        Ok(patterns)
    };
    Kind::new("string or array", read, |it| if it.is_empty() { Value::Null } else { json!(it) })
}

/// Matches a pattern in which `*` stands for any number of characters.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| matches(tail, &rest[at..]))
}

/// Memory limits of a thread, in MiB.
fn resource_limits() -> Kind<Map<String, Value>> {
    const NAMES: [&str; 4] =
        ["max_old_generation_size_mb", "max_young_generation_size_mb", "code_range_size_mb", "stack_size_mb"];
    let read = |it: &Reader<'_>| -> Result<Map<String, Value>> {
        it.only(&NAMES)?;
        for key in NAMES {
            it.number(key, 1.0, 1_048_576.0)?;
        }
        let given = it.object()?.iter().filter(|(_, value)| !value.is_null());
        Ok(given.map(|(key, value)| (key.clone(), value.clone())).collect())
    };
    Kind::new("object (MiB)", read, |it| Value::from(it.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{FROM_OTHERS, QueueConfig, matches};

    #[test]
    fn every_option_of_a_queue_is_taken_from_others_by_name_or_not_at_all() {
        let own = ["isolation", "resource_limits", "exec_argv"];
        for key in QueueConfig::known() {
            assert_ne!(own.contains(&key), FROM_OTHERS.contains(&key), "{key}: expected it in one of the two lists");
            let refused = QueueConfig::check_remote("q", &json!({ key: 1 })).is_err();
            assert_eq!(refused, own.contains(&key), "{key}");
        }
        assert_eq!(QueueConfig::known().len(), own.len() + FROM_OTHERS.len());
    }

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
