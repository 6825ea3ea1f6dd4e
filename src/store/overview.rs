//! The overview of the cluster in SQL: producers, and counts of jobs.

use tokio_postgres::types::Type;

use super::Store;
use super::peers::Lease;
use crate::error::Result;

/// The number up to which waiting jobs are counted.
pub const MAX_COUNTED: i64 = 10_000;

/// The number of pages of the table read to count finished jobs; if it has more, the counts are estimates.
const MAX_SAMPLED_PAGES: i64 = 2000;

/// How many jobs of a queue are in a state.
#[derive(Debug, Clone)]
pub struct Count {
    pub queue: String,
    pub state: String,
    pub jobs: i64,
}

/// A queue with available jobs that no node serves.
#[derive(Debug, Clone)]
pub struct Unattended {
    pub queue: String,
    pub jobs: i64,
    pub seconds: f64,
}

impl Store {
    /// Each producer as a JSON text.
    pub async fn list_producers(&self) -> Result<Vec<String>> {
        self.query(&self.sql.list_producers, &[]).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Counts by queue and state, and whether those of finished jobs are estimates.
    pub async fn count_jobs(&self, queues: &[String]) -> Result<(Vec<Count>, bool)> {
        let rows = self.query(&self.sql.table_pages, &[(&self.prefix, Type::TEXT)]).await?;
        let pages: i64 = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "a share of pages")]
        let percent = if pages <= MAX_SAMPLED_PAGES { 100.0 } else { 100.0 * MAX_SAMPLED_PAGES as f64 / pages as f64 };
        let most = MAX_COUNTED + 1;
        let rows = self
            .query(&self.sql.count_jobs, &[(&queues, Type::TEXT_ARRAY), (&percent, Type::FLOAT8), (&most, Type::INT8)])
            .await?;
        let count = |row: &tokio_postgres::Row| {
            Ok(Count { queue: row.try_get("queue")?, state: row.try_get("state")?, jobs: row.try_get("jobs")? })
        };
        Ok((rows.iter().map(count).collect::<Result<_>>()?, pages > MAX_SAMPLED_PAGES))
    }

    /// Queues that no node serves although jobs wait; only for the eldest of several leaders.
    pub async fn unattended_queues(&self, lease: &Lease, seconds: f64) -> Result<Vec<Unattended>> {
        let owner = lease.owner.to_string();
        let rows = self.query(&self.sql.unattended_queues, &[(&owner, Type::TEXT), (&seconds, Type::FLOAT8)]).await?;
        let queue = |row: &tokio_postgres::Row| {
            Ok(Unattended {
                queue: row.try_get("queue")?,
                jobs: row.try_get("jobs")?,
                seconds: row.try_get("seconds")?,
            })
        };
        rows.iter().map(queue).collect()
    }
}
