//! The options of `EramEngine.start()`, checked as a whole before anything is started.
//!
//! Each option is one line of a table: [`Config`] for the engine, [`queues`] for a queue. Plugins
//! read the keys of their own options. A duration may be given in words too: `{ minutes: 5 }`,
//! `"5 minutes"`. Unknown options are rejected.

mod cluster_events;
pub mod cron;
mod groups;
mod idle;
pub(crate) mod kind;
mod max_age;
mod names;
pub mod queues;
mod secret;
mod table;
mod testing_mode;
mod threads;

use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::Result;
use crate::model::draft::{Isolation, QueueDefaults};
use crate::model::outcome::Limits;
use crate::model::read::{Owner, Reader};
use crate::model::schedule::Zone;
use kind::{DAY, Row, bytes, flag, integer, interval, isolation, millis, slow_query, zone};

pub use cluster_events::CLUSTER_EVENTS;
pub use cron::CronEntry;
pub use idle::{Idle, MIN_SLEEP};
pub use max_age::MaxAge;
pub use queues::QueueConfig;
pub(crate) use table::options;
pub use testing_mode::TestingMode;

/// A producer without a heartbeat for this long is declared lost, and its jobs are rescued.
pub const GONE_AFTER: Duration = Duration::from_secs(20);

/// The maximum heartbeat interval: two heartbeats may get lost before other nodes declare the
/// producer lost.
const MAX_HEARTBEAT_INTERVAL: Duration = Duration::from_secs(GONE_AFTER.as_secs() / 3);

/// Thresholds of the warnings to the operator. They are not options, because they suit clusters of
/// any size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// The maximum difference between the clocks of node and database, in seconds.
    pub skew: f64,
    /// How long jobs may wait without a fetch although there is capacity.
    pub stalled: Duration,
    /// How long jobs may wait in a queue that no node serves; also the interval between looks for
    /// such jobs.
    pub unattended: Duration,
    /// How long two engines of the same name and node may run at the same time: longer than a
    /// rolling restart takes.
    pub together: Duration,
    /// How long dead rows of jobs may be kept from being removed.
    pub horizon: Duration,
    /// The least time between two reports of a slow statement, and how long it must have been quick
    /// to be over.
    pub slow: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self {
            skew: 5.0,
            stalled: minute,
            unattended: minute,
            together: Duration::from_secs(40),
            horizon: minute * 5,
            slow: minute,
        }
    }
}

options! {
    /// The options of an engine, each with its value.
    pub struct Config() {
        name: String = names::name() => "default".to_owned(),
            "Distinguishes several engines in one process.";
        node: String = names::node().shown("`$DYNO`, else the host name") => "node".to_owned(),
            "Human-readable node name shown in status output and events.";
        prefix: String = names::prefix() => "public".to_owned(),
            "Schema of EramJS's tables: up to 40 letters, digits, `_` and `-`.";
        url: Option<String> = names::url().optional().shown("that of `driver`, else `$DATABASE_URL`, else the `PG…` variables") => None,
            "Connection string of the engine.";
        listen_url: Option<String> = names::url().optional().shown("`url`") => None,
            "Connection string for notifications, to bypass PgBouncer.";
        pool: u32 = integer(1..=1_000) => 4,
            "Maximum number of connections for the engine's statements. One more listens for notifications.";
        pgbouncer: bool = flag() => false,
            "Whether the engine connects through a pooler in transaction mode. Without `listen_url`, it then polls.";
        notify: bool = flag() => true,
            "`false`: the engine polls instead of listening, and its enqueues send no notification.";
        poll_interval: Duration = interval() => Duration::from_secs(1),
            "Interval between fetches of a queue that receives no notifications.";
        cluster_events: Vec<String> = cluster_events::cluster_events() => vec![],
            "Events of jobs that the nodes of the cluster receive: see [monitoring](../guides/monitoring.md#events-of-the-cluster).";
        environment: Option<String> = names::name().optional() => None,
            "Name of this installation. Engines of [another environment](../guides/operations.md#environments) may not run jobs of this database.";
        version: Option<String> = names::name().optional() => None,
            "Version of your application, recorded on jobs. Required for [pinned jobs](../guides/operations.md#deployments-and-versions).";
        isolation: Isolation = isolation().shown("`'thread'`; in a [test runner's context](../guides/test-runners.md), `'main'`") => Isolation::default(),
            "Isolation of classes that name none, on queues that name none. `'main'` holds for all, whatever they name. Else `$ERAM_ISOLATION`.";
        grace: Duration = millis(Duration::ZERO..=DAY) => Duration::from_secs(15),
            "Maximum time that `stop()` waits for running jobs.";
        abort_grace: Duration = millis(Duration::ZERO..=DAY) => Duration::from_secs(5).min(grace),
            "Time that an aborted job has to end; at most `grace`.";
        heartbeat_interval: Duration = millis(Duration::from_millis(100)..=MAX_HEARTBEAT_INTERVAL) => Duration::from_secs(5),
            "Interval between heartbeats; at most 6000. A node silent for 20 s is declared lost.";
        idle: Option<Idle> = idle::idle() => None,
            "Sleeps while there is [nothing to do](../guides/operations.md#sleeping-with-the-database): the engine makes no statement and waits for notifications. For all engines of a schema.";
        max_args_bytes: usize = bytes(2) => 1_024 * 1_024,
            "Larger arguments are rejected.";
        max_result_bytes: usize = bytes(2) => Limits::default().max_result_bytes,
            "A larger result is not stored.";
        max_error_bytes: usize = bytes(1_024) => Limits::default().max_error_bytes,
            "A larger error entry is truncated.";
        max_crashes: i16 = integer(1..=1_000) => Limits::default().max_crashes,
            "Crashes after which a job is discarded. After two crashes it runs alone in a child process.";
        max_rss: Option<u32> = integer(64..=16 * 1_024 * 1_024).named("integer (MiB)").optional() => None,
            "Resident memory of the process above which the job thread that holds most is terminated; at least 64.";
        statement_timeout: Duration = millis(Duration::from_millis(100)..=DAY) => Duration::from_secs(15),
            "Time that a statement which inserts jobs may take. Then its connection is closed, the statement cancelled, and the enqueue fails with `ERAM_UNAVAILABLE`: the job may or may not be stored.";
        slow_query: Option<Duration> = slow_query() => Some(Duration::from_secs(1)),
            "Time after which a statement of the engine is reported as [slow](../guides/monitoring.md#slow-statements); `false`: none is.";
        peer: Option<bool> = flag().optional().shown("`true`, unless all plugins are off") => None,
            "Whether this engine may become the [leader](../guides/operations.md#the-leader). An engine without queues never does.";
        timezone: Zone = zone() => Zone::Etc__UTC,
            "Time zone of cron entries that name none.";
        testing: Option<TestingMode> = testing_mode::testing_mode().optional() => None,
            "For tests: `'manual'` only inserts jobs, `'inline'` performs them in the call that enqueues them, `'live'` runs queues but no plugins. Refused where `$NODE_ENV` is `production`, unless with `force: true`.";
    }
    besides {
        /// The queues that this node serves, by name.
        queues: Vec<QueueConfig>,
        /// The defaults of every queue that is named, also of those that other nodes serve.
        defaults: Vec<(String, QueueDefaults)>,
        /// The plugins' options as they were given, until the plugins have read them.
        sections: Map<String, Value>,
        thresholds: Thresholds,
    }
}

/// Options that JavaScript reads.
const ELSEWHERE: [Row; 8] = [
    Row::new(
        "driver",
        "[Driver](#driver)",
        "none",
        "Your database library: where the engine connects, and what `ctx.tx` is.",
    ),
    Row::new(
        "setup",
        "path, URL or array",
        "none",
        "Files that are imported before any job class, in each job thread too: [dependency injection](../guides/dependency-injection.md).",
    ),
    Row::new(
        "create",
        "function",
        "`new JobClass()`",
        "`(JobClass, ctx) => instance` makes the instance that performs an attempt on the main thread.",
    ),
    Row::new("force", "boolean", "`false`", "Whether `testing` also holds where `$NODE_ENV` is `production`."),
    Row::new(
        "onError",
        "function",
        "none",
        "`(error, about) => …` is called with each error of the main thread: [errors](../guides/telemetry.md#errors).",
    ),
    Row::new(
        "otel",
        "boolean or object",
        "`false`",
        "Spans of OpenTelemetry for enqueues and attempts: [telemetry](../guides/telemetry.md#opentelemetry).",
    ),
    Row::new("signals", "boolean", "`false`", "Whether SIGTERM and SIGINT stop the engine and end the process."),
    Row::new(
        "logger",
        "`false`, text or object",
        "lines on standard output, from `info` on",
        "A logger (pino, winston, `console`), `'json'`, `'pretty'`, or `{ level, format, destination, filter, jobs, to }`. `false`: none. [Logs](../guides/operations.md#logs).",
    ),
];

const QUEUES: Row = Row::new(
    "queues",
    "object",
    "`{}`",
    "Queues to serve: name to limit, or to [queue options](#queue). Empty: the engine only enqueues.",
);

impl Config {
    /// Reads the options, a JSON object; the plugins read the options under the keys in `sections`.
    /// `Error::Config` names the path of an invalid value.
    pub fn from_json(text: &str, sections: &[&str]) -> Result<Self> {
        let value = Owner::Config.parse("", text)?;
        let reader = Reader::new(Owner::Config, "", &value);
        reader.only(&[&Self::known(), sections].concat())?;
        let mut config = Self::walk(&reader, &mut |_| ())?;
        within_grace(&reader, config.abort_grace, config.grace)?;
        if !config.cluster_events.is_empty() && !config.notify {
            return Err(
                reader.refuse("cluster_events: expected none with notify: false, got some; they are notifications")
            );
        }
        config.queues = queues::read(&reader, &config.common())?;
        groups::complete(&mut config.queues)?;
        config.defaults = config.queues.iter().map(|queue| (queue.name.clone(), queue.defaults)).collect();
        config.queues.retain(|queue| queue.is_for(&config.node));
        let given = reader.object()?.iter().filter(|(key, _)| sections.contains(&key.as_str()));
        config.sections = given.map(|(key, value)| (key.clone(), value.clone())).collect();
        Ok(config)
    }

    /// The names of all options except the plugins'.
    fn known() -> Vec<&'static str> {
        Self::NAMES.iter().copied().chain(ELSEWHERE.iter().map(|row| row.name)).chain([QUEUES.name]).collect()
    }

    /// All options except the plugins', with their values in the units that [`Config::from_json`]
    /// reads. URLs are shown without passwords.
    pub fn effective(&self) -> Map<String, Value> {
        let mut all = self.values();
        let queues: Map<_, _> = self.queues.iter().map(|it| (it.name.clone(), it.effective())).collect();
        all.insert(QUEUES.name.to_owned(), queues.into());
        all
    }

    /// Reads the options of a queue that is started later, a JSON object or a number.
    pub fn queue(&self, name: &str, options: &str) -> Result<QueueConfig> {
        let value = Owner::Config.parse(name, options)?;
        QueueConfig::of(name, &Reader::new(Owner::Config, name, &value), &self.common())
    }

    /// The limits on what a job's outcome may store.
    pub fn limits(&self) -> Limits {
        let Self { max_result_bytes, max_error_bytes, max_crashes, .. } = *self;
        Limits { max_result_bytes, max_error_bytes, max_crashes }
    }

    /// Whether the engine serves no queue, and so never leads.
    pub fn is_enqueue_only(&self) -> bool {
        self.queues.is_empty()
    }

    fn common(&self) -> queues::Common {
        let Self { grace, abort_grace, poll_interval, isolation, .. } = *self;
        queues::Common { grace, abort_grace, poll_interval, isolation }
    }

    /// The rows of the reference, without the keys of the plugins.
    #[cfg(test)]
    pub(crate) fn reference() -> Vec<Row> {
        [Self::rows(), ELSEWHERE.to_vec(), vec![QUEUES]].concat()
    }
}

/// Rejects an `abort_grace` above `grace`: `stop()` would end before the jobs have used it.
fn within_grace(reader: &Reader<'_>, abort_grace: Duration, grace: Duration) -> Result<()> {
    match reader.get("abort_grace") {
        Some(it) if abort_grace > grace => {
            Err(it.expected(&format!("at most grace, which is {} ms", grace.as_millis())))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
