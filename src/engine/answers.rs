//! The answers of an engine, which cross to JavaScript as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::refusals::RefusedJob;

/// An engine and its queues on this node.
#[derive(Debug, Serialize)]
pub struct EngineStatus {
    pub name: String,
    pub node: String,
    pub prefix: String,
    /// The version of the application.
    pub version: Option<String>,
    pub environment: Option<String>,
    /// Why the engine serves no queue; `None` if it may serve queues.
    pub queues_disabled: Option<String>,
    /// Whether notifications arrive.
    pub listening: bool,
    /// Connections to the database.
    pub connections: usize,
    /// Whether this engine is the leader.
    pub leading: bool,
    /// Whether it sleeps until it is notified, or something is due.
    pub asleep: bool,
    /// The number of outcomes that are not yet written.
    pub unwritten: usize,
    /// The number of jobs whose rows the database refuses to change.
    pub refused_jobs: usize,
    /// The first of them.
    pub refused: Vec<RefusedJob>,
    pub queues: BTreeMap<String, QueueStatus>,
}

/// A queue on this node.
#[derive(Debug, Serialize)]
pub struct QueueStatus {
    pub queue: String,
    pub node: String,
    /// The producer, as in `attempted_by`.
    pub uuid: String,
    pub limit: u32,
    pub paused: bool,
    /// The ids of the running jobs.
    pub running: Vec<i64>,
    /// The number of claimed jobs that have not begun.
    pub claimed: usize,
    /// The number of jobs that were given up and have not settled.
    pub stuck: usize,
    /// The job classes whose jobs the queue claims.
    pub workers: Vec<String>,
}

/// A draft that the database rejected.
#[derive(Debug, Serialize)]
pub struct RejectedDraft {
    /// The error, with its code.
    pub refused: String,
}

/// The leader of the engines of a name.
#[derive(Debug, Serialize)]
pub struct Leader {
    pub node: String,
    /// When its term began, in milliseconds since 1970.
    pub since: i64,
    /// Whether the leader is the engine that was asked.
    pub me: bool,
}

/// The leader that was asked to step down.
#[derive(Debug, Serialize)]
pub struct FormerLeader {
    pub node: String,
    /// When its term began, in milliseconds since 1970.
    pub since: i64,
}

/// A queue that stopped.
#[derive(Debug, Serialize)]
pub struct StoppedQueue {
    /// The ids of the jobs that the queue handed back on this node.
    pub released: Vec<i64>,
}

/// Waiting jobs that were deleted or cancelled.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Purged {
    pub purged: i64,
    /// Those that the database refuses to change.
    pub refused: usize,
}
