//! The overview of the cluster in SQL: producers, and counts of jobs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use tokio_postgres::types::Type;

use super::Store;
use super::peers::Lease;
use crate::error::{Error, Result};

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

/// How many jobs there are.
#[derive(Debug)]
pub struct Counted {
    /// When it was so.
    pub at: Value,
    pub counts: Vec<Count>,
    /// Whether finished and suspended jobs were counted.
    pub is_exact: bool,
    /// Estimates by state, instead.
    pub estimates: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Statistics {
    at: Value,
    pages: i64,
    states: Option<BTreeMap<String, f64>>,
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
        Ok((self.count(queues, percent, MAX_COUNTED + 1).await?, pages > MAX_SAMPLED_PAGES))
    }

    /// Counts by queue and state: of waiting jobs up to `most`, of finished ones in a share of the table's pages.
    async fn count(&self, queues: &[String], percent: f64, most: i64) -> Result<Vec<Count>> {
        let params = [(&queues as _, Type::TEXT_ARRAY), (&percent as _, Type::FLOAT8), (&most as _, Type::INT8)];
        let count = |row: &tokio_postgres::Row| {
            Ok(Count { queue: row.try_get("queue")?, state: row.try_get("state")?, jobs: row.try_get("jobs")? })
        };
        self.query(&self.sql.count_jobs, &params).await?.iter().map(count).collect()
    }

    /// Counts of waiting jobs by queue and state, up to `most` available ones in each queue and as many others in all.
    /// Finished and suspended ones are counted where the table is small, and else estimated.
    pub async fn count_states(&self, queues: &[String], most: i64) -> Result<Counted> {
        let rows = self.query(&self.sql.table_statistics, &[(&self.prefix, Type::TEXT)]).await?;
        let row = rows.first().ok_or_else(|| Error::Internal("table_statistics: expected a row, got none".into()))?;
        let statistics: Statistics = serde_json::from_str(row.try_get("statistics")?)
            .map_err(|e| Error::Internal(format!("table_statistics: {e}")))?;
        let is_small = statistics.pages <= MAX_SAMPLED_PAGES;
        #[expect(clippy::cast_precision_loss, reason = "a share of pages")]
        let percent = match &statistics.states {
            _ if is_small => 100.0,
            Some(_) => 0.0,
            None => 100.0 * MAX_SAMPLED_PAGES as f64 / statistics.pages as f64,
        };
        let counts = self.count(queues, percent, most + 1).await?;
        let Statistics { at, states, .. } = statistics;
        Ok(Counted { at, counts, is_exact: is_small, estimates: states.filter(|_| !is_small).unwrap_or_default() })
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
