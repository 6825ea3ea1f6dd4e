//! The load of queues: what waits in them and is due, and who serves them.

use serde::Serialize;
use tokio_postgres::types::Type;

use super::{MAX_COUNTED, Store};
use crate::error::Result;

/// The load of a queue in the cluster.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Backlog {
    pub queue: String,
    /// Jobs that wait and are due.
    pub depth: i64,
    /// Whether counting stopped at `depth`.
    pub at_least: bool,
    /// Milliseconds since the oldest of them was due; 0 if none waits.
    pub latency_ms: i64,
    pub running: i64,
    pub limit: i64,
    pub nodes: i64,
    /// Whether it is paused on every node that serves it.
    pub paused: bool,
}

impl Store {
    /// The load of each of these queues.
    pub async fn backlog(&self, queues: &[String]) -> Result<Vec<Backlog>> {
        let rows = self.query(&self.sql.backlog, &[(&queues, Type::TEXT_ARRAY), (&MAX_COUNTED, Type::INT8)]).await?;
        let backlog = |row: &tokio_postgres::Row| {
            Ok(Backlog {
                queue: row.try_get("queue")?,
                depth: row.try_get("depth")?,
                at_least: row.try_get("at_least")?,
                latency_ms: row.try_get("latency_ms")?,
                running: row.try_get("running")?,
                limit: row.try_get("job_limit")?,
                nodes: row.try_get("nodes")?,
                paused: row.try_get("paused")?,
            })
        };
        rows.iter().map(backlog).collect()
    }
}
