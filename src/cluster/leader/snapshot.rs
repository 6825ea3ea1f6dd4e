//! What the last heartbeat reported about the cluster, so that plugins need no queries of their
//! own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::store::{HeartbeatReply, Silent};

#[derive(Debug, Clone, Default)]
pub enum LastHeartbeat {
    /// There was no heartbeat yet.
    #[default]
    None,
    /// The last heartbeat failed.
    Failed,
    Answered(Arc<ClusterSnapshot>),
}

#[derive(Debug)]
pub struct ClusterSnapshot {
    /// When the heartbeat was sent.
    pub at: Instant,
    /// The database's clock in its answer, in microseconds since 1970.
    pub clock: i64,
    pub silent: Vec<Silent>,
    /// When the next waiting job is due. Valid if `leads`.
    pub due_at: Option<Instant>,
    /// Whether this node led when it sent the heartbeat.
    pub leads: bool,
    /// The number of heartbeats that had failed before.
    pub losses: u64,
}

impl ClusterSnapshot {
    pub(super) fn of(reply: &HeartbeatReply, begun: Instant, leads: bool, losses: u64) -> Self {
        let wait = reply.next_due.map(|seconds| Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0)));
        Self {
            at: begun,
            clock: reply.clock,
            silent: reply.silent.clone(),
            due_at: wait.map(|wait| begun + wait),
            leads,
            losses,
        }
    }
}
