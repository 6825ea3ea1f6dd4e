//! What an engine answers, as it crosses to JavaScript in JSON.

use std::collections::BTreeMap;

use serde::Serialize;

/// An engine and its queues on this node.
#[derive(Debug, Serialize)]
pub struct EngineStatus {
    pub name: String,
    pub node: String,
    pub prefix: String,
    /// That of the application.
    pub version: Option<String>,
    pub environment: Option<String>,
    /// Why the engine serves no queue.
    pub queues_disabled: Option<String>,
    /// Whether notifications arrive.
    pub listening: bool,
    /// Connections to the database.
    pub connections: usize,
    /// Whether this engine is the leader.
    pub leading: bool,
    /// Outcomes that are not written yet.
    pub unwritten: usize,
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
    /// Ids of running jobs.
    pub running: Vec<i64>,
    /// How many claimed jobs have not begun.
    pub claimed: usize,
    /// How many jobs were given up and have not settled.
    pub stuck: usize,
    /// The job classes that the queue claims jobs of.
    pub workers: Vec<String>,
}

/// A draft that the database rejected.
#[derive(Debug, Serialize)]
pub struct RejectedDraft {
    /// The error, with its code.
    pub refused: String,
}

/// The leader of the engines of one name.
#[derive(Debug, Serialize)]
pub struct Leader {
    pub node: String,
    /// When its term began, in milliseconds since 1970.
    pub since: i64,
    /// Whether it is the engine that was asked.
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
    /// Ids of the jobs that it handed back; of this node only.
    pub released: Vec<i64>,
}

/// Waiting jobs that were deleted or cancelled.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Purged {
    pub purged: i64,
}
