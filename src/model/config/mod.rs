//! The options of `EramEngine.start()`, checked as a whole before anything is started.
//!
//! | option | takes | default |
//! |---|---|---|
//! | `name` | the engine's name, 1 to 127 characters | `default` |
//! | `node` | this machine's name, without blanks | `node` |
//! | `prefix` | the schema, up to 40 bytes | `public` |
//! | `url`, `listen_url` | where the database is, and where LISTEN works | none |
//! | `pool` | connections, LISTEN aside | 4 |
//! | `pgbouncer` | `true` behind a pooler in transaction mode | `false` |
//! | `notify` | wake by LISTEN and NOTIFY | `true` |
//! | `poll_interval` | ms, without notifications | 1000 |
//! | `environment`, `version` | of the application | none |
//! | `grace` | ms for running jobs after `stop()` | 15000 |
//! | `abort_grace` | ms for a job to end after its signal | 5000, at most `grace` |
//! | `heartbeat_interval` | ms, at most 6000 | 5000 |
//! | `max_args_bytes` | bytes of JSON | 1 MiB |
//! | `max_crashes` | a job that crashes alone for this time is discarded; one that crashed twice runs alone | 3 |
//! | `max_rss` | MiB of memory of the process, above which the job thread that holds most is ended | none |
//! | `max_result_bytes` | bytes of JSON; a longer result is not stored | 64 KiB |
//! | `max_error_bytes` | bytes of JSON; a longer error is cut | 8 KiB |
//! | `queues` | see [`queues`]; none: the engine only enqueues | `{}` |
//! | `peer` | whether it may lead, when it has queues | `true`, unless all plugins are off |
//! | `prune`, `lifeline`, `stager`, `reindexer` | see [`plugins`]; `false` is off | on, but for the reindexer |
//! | `plugins` | those of the application, see [`custom`] | none |
//! | `cron`, `timezone` | see [`cron`]; `false`: this node makes no ticks | none, `Etc/UTC` |
//!
//! A duration may be given in words too: `{ minutes: 5 }`, `"5 minutes"`. `driver`, `signals`, `logger` and a queue's
//! `exec_argv` are read by JavaScript and passed over here. What is unknown is refused.

pub mod cron;
mod custom;
mod effective;
mod names;
pub mod plugins;
pub mod queues;

use std::time::Duration;

use crate::error::Result;
use crate::model::outcome::Limits;
use crate::model::read::{Owner, Reader, Unit};
use crate::model::schedule::{Zone, read_zone};

pub use cron::CronEntry;
pub use custom::CustomPlugin;
pub use plugins::{Lifeline, MaxAge, Prune, Reindexer, Stager};
pub use queues::QueueConfig;

/// A producer whose heartbeat is older than this is gone, and its jobs are rescued.
pub const GONE_AFTER: Duration = Duration::from_secs(20);

const KNOWN: [&str; 31] = [
    "name",
    "node",
    "prefix",
    "driver",
    "url",
    "listen_url",
    "pool",
    "pgbouncer",
    "notify",
    "poll_interval",
    "environment",
    "version",
    "signals",
    "logger",
    "grace",
    "abort_grace",
    "heartbeat_interval",
    "max_args_bytes",
    "max_crashes",
    "max_rss",
    "max_result_bytes",
    "max_error_bytes",
    "queues",
    "peer",
    "prune",
    "lifeline",
    "stager",
    "reindexer",
    "plugins",
    "cron",
    "timezone",
];

/// The thresholds of warnings. Not options: they suit a cluster of any size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Seconds between the clocks of node and database.
    pub skew: f64,
    /// Jobs wait, and none is fetched although there is room.
    pub stalled: Duration,
    /// How long jobs wait in a queue that no node serves before a warning; also how often that is checked.
    pub unattended: Duration,
    /// Two engines of one name and node have lived side by side, longer than a rolling restart takes.
    pub together: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self { skew: 5.0, stalled: minute, unattended: minute, together: Duration::from_secs(40) }
    }
}

/// The options, each with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    pub name: String,
    pub node: String,
    pub prefix: String,
    /// `None` leaves it to the environment (`PGHOST` and the like).
    pub url: Option<String>,
    pub listen_url: Option<String>,
    pub pool: u32,
    pub pgbouncer: bool,
    pub notify: bool,
    pub poll_interval: Duration,
    pub environment: Option<String>,
    pub version: Option<String>,
    pub grace: Duration,
    pub abort_grace: Duration,
    pub heartbeat_interval: Duration,
    pub max_args_bytes: usize,
    /// In MiB.
    pub max_rss: Option<u32>,
    /// `max_result_bytes`, `max_error_bytes` and `max_crashes`.
    pub limits: Limits,
    /// Those that this node serves, by name.
    pub queues: Vec<QueueConfig>,
    /// Whether it may lead.
    pub peer: bool,
    pub prune: Option<Prune>,
    pub lifeline: Option<Lifeline>,
    pub stager: Option<Stager>,
    pub reindexer: Option<Reindexer>,
    /// Of the application; they run in JavaScript.
    pub plugins: Vec<CustomPlugin>,
    /// `None`: this node makes no ticks.
    pub cron: Option<Vec<CronEntry>>,
    /// Of cron entries that name none.
    pub timezone: Zone,
    pub thresholds: Thresholds,
}

impl Config {
    /// Reads the options, a JSON object. `Error::Config` has the path of what does not fit.
    pub fn from_json(text: &str) -> Result<Self> {
        let value = Owner::Config.parse("", text)?;
        let reader = Reader::new(Owner::Config, "", &value);
        reader.only(&KNOWN)?;
        let text = |key: &str, most: usize| reader.text(key, 1..=most).map(|text| text.map(str::to_owned));
        let bytes = |key: &str, least: i64, default: usize| {
            reader.integer(key, least..=MAX_JSONB_BYTES).map(|bytes| bytes.unwrap_or(default))
        };
        let (grace, abort_grace) = graces(&reader)?;
        let poll_interval = interval(&reader, "poll_interval")?.unwrap_or(Duration::from_secs(1));
        let max_args_bytes = bytes("max_args_bytes", 2, 1_024 * 1_024)?;
        let timezone = reader.get("timezone").map_or(Ok(Zone::Etc__UTC), |it| read_zone(&it))?;
        let limits = Limits::default();
        let common = queues::Common { grace, abort_grace, poll_interval };
        let node = names::node(&reader)?.unwrap_or_else(|| "node".to_owned());
        let mut queues = queues::read(&reader, &common)?;
        queues.retain(|queue| queue.is_for(&node));
        let prune = plugins::switch(&reader, "prune", true, Prune::read)?;
        let lifeline = plugins::switch(&reader, "lifeline", true, Lifeline::read)?;
        let stager = plugins::switch(&reader, "stager", true, Stager::read)?;
        let reindexer = plugins::switch(&reader, "reindexer", false, Reindexer::read)?;
        let plugins = custom::read(&reader)?;
        let cron = cron::read(&reader, timezone, max_args_bytes)?;
        // A leader without plugins would keep others from doing what theirs are for.
        let useful = prune.is_some()
            || lifeline.is_some()
            || stager.is_some()
            || reindexer.is_some()
            || plugins.iter().any(|it| it.leads);
        Ok(Self {
            name: text("name", 127)?.unwrap_or_else(|| "default".to_owned()),
            node,
            prefix: names::prefix(&reader)?.unwrap_or_else(|| "public".to_owned()),
            url: text("url", usize::MAX)?,
            listen_url: text("listen_url", usize::MAX)?,
            pool: reader.integer("pool", 1..=1_000)?.unwrap_or(4),
            pgbouncer: reader.flag("pgbouncer")?.unwrap_or(false),
            notify: reader.flag("notify")?.unwrap_or(true),
            poll_interval,
            environment: text("environment", 127)?,
            version: text("version", 127)?,
            grace,
            abort_grace,
            heartbeat_interval: heartbeat_interval(&reader)?,
            max_args_bytes,
            max_rss: reader.integer("max_rss", 64..=16 * 1_024 * 1_024)?,
            limits: Limits {
                max_result_bytes: bytes("max_result_bytes", 2, limits.max_result_bytes)?,
                max_error_bytes: bytes("max_error_bytes", 1_024, limits.max_error_bytes)?,
                max_crashes: reader.integer("max_crashes", 1..=1_000)?.unwrap_or(limits.max_crashes),
            },
            queues,
            peer: reader.flag("peer")?.unwrap_or(useful),
            prune,
            lifeline,
            stager,
            reindexer,
            plugins,
            cron,
            timezone,
            thresholds: Thresholds::default(),
        })
    }

    /// The options of a queue that is started later, a JSON object or a number.
    pub fn queue(&self, name: &str, options: &str) -> Result<QueueConfig> {
        let Self { grace, abort_grace, poll_interval, .. } = *self;
        let value = Owner::Config.parse(name, options)?;
        QueueConfig::read(
            name,
            &Reader::new(Owner::Config, name, &value),
            &queues::Common { grace, abort_grace, poll_interval },
        )
    }

    /// The engine runs no job, and so never leads.
    pub fn is_enqueue_only(&self) -> bool {
        self.queues.is_empty()
    }
}

/// `jsonb` ends at 256 MiB.
const MAX_JSONB_BYTES: i64 = 255 * 1_024 * 1_024;

/// The time between two looks at the database.
fn interval(reader: &Reader<'_>, key: &str) -> Result<Option<Duration>> {
    reader.duration(key, Unit::Milliseconds, Duration::from_millis(10)..=Duration::from_secs(86_400))
}

/// The time that running jobs get, and the part of it that comes after the abort.
fn graces(reader: &Reader<'_>) -> Result<(Duration, Duration)> {
    let range = || Duration::ZERO..=Duration::from_secs(86_400);
    let grace = reader.duration("grace", Unit::Milliseconds, range())?.unwrap_or(Duration::from_secs(15));
    let abort_grace = reader.duration("abort_grace", Unit::Milliseconds, range())?;
    within_grace(reader, abort_grace, grace)?;
    Ok((grace, abort_grace.unwrap_or(Duration::from_secs(5)).min(grace)))
}

/// A job could not use more time after its signal than `stop()` waits in all.
fn within_grace(reader: &Reader<'_>, abort_grace: Option<Duration>, grace: Duration) -> Result<()> {
    if abort_grace.is_some_and(|abort_grace| abort_grace > grace) {
        let most = grace.as_millis();
        return Err(reader.need("abort_grace", "")?.expected(&format!("at most grace, which is {most} ms")));
    }
    Ok(())
}

/// Two heartbeats may get lost before other nodes take the producer for gone.
fn heartbeat_interval(reader: &Reader<'_>) -> Result<Duration> {
    let range = Duration::from_millis(100)..=Duration::from_secs(GONE_AFTER.as_secs() / 3);
    let interval = reader.duration("heartbeat_interval", Unit::Milliseconds, range)?;
    Ok(interval.unwrap_or(Duration::from_secs(5)))
}

#[cfg(test)]
mod tests;
