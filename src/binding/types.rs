//! The JSON that crosses between JavaScript and the engine, and where each shape is defined. Instants are milliseconds since 1970.
//!
//! | function | takes | returns |
//! |---|---|---|
//! | `start` | a registry, and [`crate::model::config::Config`], see `docs/reference/options.md` | the engine's number |
//! | `config` | | the same with every default |
//! | `status` | | [`crate::engine::EngineStatus`] |
//! | `subscribe` | [`crate::telemetry::Subscription`] | |
//! | `directives` | the line to print if the engine is not stopped | |
//! | `takeDirectives` | | a list of [`DirectiveMessage`], [`LogLine`], and events as [`crate::telemetry::ENGINE_EVENTS`] |
//! | `pluginEnded` | the plugin and one of [`crate::plugins::TickEnd`] | |
//! | `stop` | | as `takeDirectives` |
//! | `attach` | [`SlotTarget`] | the slot's number |
//! | `exchange` | finished runs, see [`crate::model::outcome::parse_details`] | `[[row, …], [[run, reason], …]]`: rows of [`crate::queue::executor::COLUMNS`], reasons of [`crate::queue::executor::Abort`], and `[0, "stop"]` as the last |
//! | `settlement` | one finished run, as in `exchange` | [`crate::store::AckRow`] for `eram_ack_job` |
//! | `progress` | [`Report`] | |
//! | `testing`, `testingSql` | the name of a [`crate::store::TestStatement`], and its text or the schema | the text that it returns; its SQL |
//! | `tick` | a list of names of plugins | |
//! | `judge` | a registry, a claimed job, and one finished run as in `exchange` | [`crate::store::AckRow`] as `ack`, and `state`, `delay`, `event` |
//! | `died` | [`crate::queue::executor::WorkerExit`] | |
//! | `register` | a registry, and options of `register()`, see [`crate::model::draft::JOB_OPTIONS`] | the same with every default |
//! | `worker`, `workers` | a registry, and a name or an alias | as `register`; a list of them |
//! | `draft` | a registry, a class, and options of `enqueue()`, see [`crate::model::draft::JOB_OPTIONS`] | the draft without `args` |
//! | `enqueueEach` | drafts, one on each line | a list of [`crate::store::EnqueuedJob`] or [`crate::engine::RejectedDraft`] |
//! | `enqueueAll` | a list of drafts | a list of [`crate::store::EnqueuedJob`] |
//! | `pause`, `resume`, `scale`, `resetQueue` | [`crate::engine::Target`] | |
//! | `startQueue` | [`crate::engine::QueueStart`] | |
//! | `stopQueue` | [`crate::engine::Target`] | [`crate::engine::StoppedQueue`] |
//! | `checkQueue` | [`crate::engine::Target`] | [`crate::engine::QueueStatus`] or null |
//! | `drain` | [`crate::engine::Target`] | [`crate::metrics::AttemptCounts`] |
//! | `runOnce` | [`crate::engine::read_budget`] | [`crate::engine::RunOnce`] |
//! | `purge` | [`crate::engine::Target`] | [`crate::engine::Purged`] |
//! | `enqueued` | a list of `[queue, class, number]` | |
//! | `metrics` | [`MetricsOptions`] or nothing | [`crate::engine::MetricsReport`] |
//! | `history` | a query, see [`crate::engine::Engine::history`] | [`crate::engine::History`] |
//! | `prometheus` | [`crate::engine::Exposition`], and [`crate::engine::ThreadCounts`] by engine | a text |
//! | `leader` | a name or nothing | [`crate::engine::Leader`] or null |
//! | `resignLeader` | a name or nothing | [`crate::engine::FormerLeader`] or null |
//! | `health` | | [`crate::engine::EngineHealth`] |
//! | `probe` | | `{ ok, ms, message? }` |
//! | `backlog` | | a list of [`crate::store::Backlog`] |
//! | `attention` | | [`crate::model::attention::Attention`] |
//! | `counts` | | `JobCounts` of the declarations, see [`crate::engine::Engine::counts`] |
//! | `queues`, `nodes` | | `QueueInfo[]`, `NodeInfo[]` of the declarations, see [`crate::engine::Engine::queues`] |
//! | `jobs` | an action, and its options as in [`crate::engine::Engine::jobs`] | what the action returns |
//! | `crons` | an action, and its options as in [`crate::engine::Engine::crons`] | what the action returns |
//! | `audit` | an action, and its options as in [`crate::engine::Engine::audit`] | what the action returns |
//! | `liveMarks` | a list of ids | as `live_marks.sql` returns them |
//! | `endWebCall` | | [`crate::store::WebReport`] |
//! | `notify`, `message` | a payload of any shape | the text that `eram_notify` takes |
//! | `environment` | [`crate::engine::environment`] | `{ prefix, environment, previous }` |
//! | `inspect` | [`crate::engine::inspect`] | for each statement `{ rows }` or `{ error }` |
//! | `migrate` | [`crate::engine::migrate`] | `{ prefix, version, latest, pending, steps, indexes }`, or `{ sql }` |
//! | `tables` | | [`super::tables::Tables`] |

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::draft::Isolation;
use crate::plugins::PluginOrder;
use crate::queue::executor::Directive;

/// The queue that an isolate serves, and as what.
#[derive(Debug, Deserialize)]
pub struct SlotTarget {
    pub queue: String,
    pub isolation: Isolation,
    /// Another slot of the same isolate.
    pub beside: Option<u32>,
}

/// What an isolate reports of a running job.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Report {
    /// Its progress; `value` is from 0 to 1.
    Progress { run: u64, value: f64, message: Option<String> },
    /// The CPU profile of its attempt, a JSON text, or why there is none.
    Profile { run: u64, attempt: i32, profile: Option<String>, note: Option<String> },
}

/// What is wanted of the metrics of this process.
#[derive(Debug, Deserialize)]
pub struct MetricsOptions {
    /// Whether histograms have their buckets; true if it is not given.
    pub histograms: Option<bool>,
}

/// What the JavaScript that started the engine is to do.
#[derive(Debug, Serialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum DirectiveMessage<'a> {
    /// Start an isolate for the queue.
    Spawn { queue: &'a str, isolation: &'static str },
    /// Terminate the isolate.
    Terminate { slot: u32 },
    /// Start another isolate in place of this one, which finishes its jobs.
    Replace { slot: u32 },
    /// A queue was started at runtime, with these options.
    Open { queue: &'a str, options: &'a Value },
    /// A queue has stopped; `options` is null.
    Close { queue: &'a str, options: () },
    /// The application's plugin is to tick.
    Tick { plugin: &'a str },
    /// The tick of the application's plugin is to end.
    Abort { plugin: &'a str },
}

impl<'a> DirectiveMessage<'a> {
    pub fn new(queue: &'a str, directive: Directive) -> Self {
        match directive {
            Directive::Spawn { isolation } => Self::Spawn { queue, isolation: isolation.as_str() },
            Directive::Terminate { slot } => Self::Terminate { slot },
            Directive::Replace { slot } => Self::Replace { slot },
        }
    }

    pub const fn plugin(plugin: &'a str, order: PluginOrder) -> Self {
        match order {
            PluginOrder::Tick => Self::Tick { plugin },
            PluginOrder::Abort => Self::Abort { plugin },
        }
    }

    /// A queue was started with options, or has stopped.
    pub fn change(queue: &'a str, options: Option<&'a Value>) -> Self {
        options.map_or(Self::Close { queue, options: () }, |options| Self::Open { queue, options })
    }
}

/// A line of the engine's log, an event of JavaScript.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "engine:log")]
pub struct LogLine {
    /// `info`, `warn` or `error`.
    pub level: String,
    pub message: String,
}

impl LogLine {
    pub const KIND: &'static str = "engine:log";
}

/// Reads JSON of the library's own JavaScript: another shape is a bug.
pub fn read<T: DeserializeOwned>(function: &str, text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|e| Error::Internal(format!("{function}: expected JSON of the right shape, got {e}")))
}

pub fn text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::Internal(format!("expected a value that JSON can hold ({e})")))
}
