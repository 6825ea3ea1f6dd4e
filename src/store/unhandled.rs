//! Waiting jobs that no running node can perform, in SQL.

use tokio_postgres::types::Type;

use super::Store;
use crate::error::Result;

/// Jobs of one worker, or of one version, that cannot be run by the nodes that live.
#[derive(Debug, Clone)]
pub struct Unhandled {
    pub queue: String,
    /// `None` for a version.
    pub worker: Option<String>,
    pub rule: Option<String>,
    pub version: Option<String>,
    /// Of the nodes that serve the queue.
    pub versions: Vec<String>,
    /// The number of jobs, at least.
    pub jobs: i64,
    /// How long the first of them has waited.
    pub seconds: f64,
}

impl Store {
    /// Jobs that have waited in vain for `waited` seconds; `alive` is the maximum age of a live node's heartbeat. Pinned jobs come
    /// with the versions of the nodes, for the caller to judge.
    pub async fn unhandled_jobs(&self, alive: f64, waited: f64, most: i64) -> Result<Vec<Unhandled>> {
        let params: [super::Param<'_>; 3] = [(&alive, Type::FLOAT8), (&waited, Type::FLOAT8), (&most, Type::INT8)];
        let rows = self.query(&self.sql.unhandled_jobs, &params).await?;
        let read = |row: &tokio_postgres::Row| {
            Ok(Unhandled {
                queue: row.try_get("queue")?,
                worker: row.try_get("worker")?,
                rule: row.try_get("rule")?,
                version: row.try_get("version")?,
                versions: row.try_get("versions")?,
                jobs: row.try_get("jobs")?,
                seconds: row.try_get("seconds")?,
            })
        };
        rows.iter().map(read).collect()
    }
}
