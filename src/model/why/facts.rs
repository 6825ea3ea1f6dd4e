//! What decides whether a job runs: its row, and what the database and the engine that is asked know of its queue.

use serde::Deserialize;
use serde_json::Value;

use crate::model::job::State;

/// The facts that the database has. Times are as the database writes them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    pub at: Value,
    pub id: i64,
    #[serde(deserialize_with = "state")]
    pub state: State,
    pub queue: String,
    pub worker: String,
    pub attempt: i64,
    pub max_attempts: i64,
    pub version: Option<String>,
    pub version_rule: Option<String>,
    /// Milliseconds.
    pub timeout: Option<i64>,
    pub due_at: Value,
    /// Negative if it has been due for as long.
    #[serde(deserialize_with = "millis")]
    pub due_in_ms: i64,
    /// That claimed it last.
    pub node: Option<String>,
    pub attempted_at: Value,
    #[serde(deserialize_with = "some_millis")]
    pub running_ms: Option<i64>,
    pub cancel_requested_at: Value,
    /// How often it was snoozed.
    pub snoozed: Value,
    pub ended_at: Value,
    #[serde(deserialize_with = "some_millis")]
    pub ended_ms: Option<i64>,
    /// The last one of its row.
    pub error: Option<JobError>,
    pub progress: Value,
    /// The producer that claimed it last.
    pub claimed_by: Option<String>,
    /// Whether that producer was declared lost.
    pub lost: bool,
    /// Those of its queue, and the one that claimed it.
    pub producers: Vec<Serving>,
    /// How long the oldest of the running jobs of the queue has run.
    #[serde(deserialize_with = "some_millis")]
    pub oldest_ms: Option<i64>,
    /// What was set for its queue at run time.
    pub settings: Vec<Setting>,
    /// The queues that nodes serve.
    pub queues: Vec<String>,
    /// The nodes that lead, one of each engine name.
    pub leaders: Vec<String>,
    pub jobs_before: i64,
    /// Whether counting them stopped.
    pub at_least: bool,
}

/// The last error of a job.
#[derive(Debug, Clone, Deserialize)]
pub struct JobError {
    pub name: Option<String>,
    pub kind: Option<String>,
    pub attempt: Value,
    pub message: Option<String>,
}

/// A producer.
#[derive(Debug, Clone, Deserialize)]
pub struct Serving {
    pub uuid: String,
    pub node: String,
    pub queue: String,
    pub limit: i64,
    pub paused: bool,
    pub running: i64,
    pub version: Option<String>,
    /// Whether it has the class of the job; `None` if it has not reported its classes.
    pub knows: Option<bool>,
    pub asleep: bool,
    /// Since its last heartbeat.
    #[serde(deserialize_with = "millis")]
    pub age_ms: i64,
}

/// What was set for a queue, on all nodes (`*`) or on one.
#[derive(Debug, Clone, Deserialize)]
pub struct Setting {
    pub node: String,
    pub paused: Option<bool>,
    pub since: Value,
}

/// What only the engine that is asked knows.
#[derive(Debug, Clone, Default)]
pub struct Local {
    pub node: String,
    pub stopping: bool,
    /// After how long a silent producer counts as lost, in milliseconds.
    pub gone_after_ms: i64,
    /// The interval at which each node looks for jobs at the latest.
    pub look_ms: i64,
    /// How long jobs of the queue have run lately: the median and the 95th percentile.
    pub run_ms: Option<(f64, f64)>,
    /// Why the database refuses to change the row.
    pub refused: Option<Value>,
}

impl Facts {
    /// The producers of the queue that have sent a heartbeat lately.
    pub fn alive<'a>(&'a self, local: &Local) -> Vec<&'a Serving> {
        let is_alive = |it: &&Serving| it.queue == self.queue && it.age_ms < local.gone_after_ms;
        self.producers.iter().filter(is_alive).collect()
    }

    /// The producer that claimed the job, if it has a row.
    pub fn owner(&self) -> Option<&Serving> {
        self.producers.iter().find(|it| Some(&it.uuid) == self.claimed_by.as_ref())
    }
}

fn state<'de, D: serde::Deserializer<'de>>(from: D) -> Result<State, D::Error> {
    let name = String::deserialize(from)?;
    State::parse(&name).map_err(serde::de::Error::custom)
}

/// A whole number that may have been written with a fraction.
#[expect(clippy::cast_possible_truncation, reason = "at most a hundred years")]
fn millis<'de, D: serde::Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    Ok(f64::deserialize(from)? as i64)
}

#[expect(clippy::cast_possible_truncation, reason = "at most a hundred years")]
fn some_millis<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(Option::<f64>::deserialize(from)?.map(|ms| ms as i64))
}
