//! What is known of the cluster when it is asked what needs attention.

use serde::Deserialize;

/// What the database shows at once.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Microseconds since 1970.
    pub now: i64,
    pub producers: Vec<Serving>,
    pub leases: Vec<Lease>,
    pub paused: Vec<Paused>,
}

/// A producer: a queue on a node.
#[derive(Debug, Clone, Deserialize)]
pub struct Serving {
    /// Of the engine.
    pub name: String,
    pub node: String,
    pub queue: String,
    pub running: i64,
    pub eram_version: Option<String>,
    pub asleep: bool,
    /// Since its last heartbeat.
    pub age_ms: i64,
    /// Since its start.
    pub started_ms: i64,
    /// How long the oldest of its jobs has run.
    pub oldest_ms: Option<i64>,
}

/// The lease of the engines of a name.
#[derive(Debug, Clone, Deserialize)]
pub struct Lease {
    pub name: String,
    pub node: String,
    /// Negative if it has expired.
    pub left_ms: i64,
}

/// A queue that was paused at run time, on all nodes (`*`) or on one.
#[derive(Debug, Clone, Deserialize)]
pub struct Paused {
    pub queue: String,
    pub node: String,
    pub ms: i64,
}

/// What waits in a queue and is due.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    pub queue: String,
    pub jobs: i64,
    /// Whether counting stopped.
    pub at_least: bool,
    /// How long the oldest of them has been due.
    pub oldest_ms: i64,
}

/// Waiting jobs that no live node can run: of a class, or of a version.
#[derive(Debug, Clone, Default)]
pub struct Unhandled {
    pub queue: String,
    pub worker: Option<String>,
    pub version: Option<String>,
    pub jobs: i64,
    pub oldest_ms: i64,
}

/// What metrics say of a queue.
#[derive(Debug, Clone, Default)]
pub struct QueueHistory {
    pub queue: String,
    /// Since an attempt last ended; at least this long if it is the time that was looked at.
    pub silent_ms: i64,
    /// How long 95 percent of attempts ran over the last day.
    pub p95_ms: Option<f64>,
    /// How long the oldest waiting job had waited, in each of the last minutes.
    pub oldest: Vec<Option<f64>>,
}

/// How many attempts of a class failed lately, and over the last day.
#[derive(Debug, Clone, Default)]
pub struct WorkerHistory {
    pub worker: String,
    pub failed: f64,
    pub executed: f64,
    pub usual_failed: f64,
    pub usual_executed: f64,
}

/// A cron entry.
#[derive(Debug, Clone, Default)]
pub struct Cron {
    pub name: String,
    /// The tick that has come and has no job, in microseconds since 1970.
    pub tick: Option<i64>,
    /// The last tick that has a job.
    pub last_at: Option<i64>,
    /// The number of ticks that were missed in all, and when the last of them was settled, if no tick had a job since.
    pub missed: i64,
    pub missed_at: Option<i64>,
    /// Why its jobs cannot be made.
    pub problem: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub cluster: Cluster,
    pub waiting: Vec<Waiting>,
    pub unhandled: Vec<Unhandled>,
    pub queues: Vec<QueueHistory>,
    pub workers: Vec<WorkerHistory>,
    pub crons: Vec<Cron>,
    /// Since the end of the newest metrics; `None` where none are expected.
    pub metrics_late_ms: Option<i64>,
    /// Warnings that the engine that is asked has raised: kind and subject.
    pub warnings: Vec<(&'static str, String)>,
}
