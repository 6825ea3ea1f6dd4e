//! Pruning in SQL: deletes jobs by age.

use std::time::Duration;

use tokio_postgres::types::Type;

use super::Store;
use super::peers::{Lease, LeaseParams};
use crate::error::Result;
use crate::model::config::MaxAge;

/// What became of one page of jobs, or of several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The last job of the page; `None` when it was empty.
    pub last: Option<i64>,
    pub looked_at: i64,
    /// There is nothing to delete after it.
    pub ended: bool,
    pub completed: i64,
    pub cancelled: i64,
    pub discarded: i64,
}

impl Pruned {
    pub const fn deleted(&self) -> i64 {
        self.completed + self.cancelled + self.discarded
    }

    pub const fn add(&mut self, page: &Self) {
        self.completed += page.completed;
        self.cancelled += page.cancelled;
        self.discarded += page.discarded;
    }
}

impl Store {
    /// Looks at the `limit` jobs after `after`, and deletes those that ended too long ago, those left out that are set aside.
    pub async fn prune_jobs(
        &self,
        after: i64,
        limit: i64,
        max_age: &MaxAge,
        lease: Option<&Lease>,
        except: &[i64],
    ) -> Result<Pruned> {
        let [completed, cancelled, discarded] = ages(max_age);
        let lease = LeaseParams::of(lease);
        let mut params = lease.after([
            (&after as _, Type::INT8),
            (&limit as _, Type::INT8),
            (&completed as _, Type::FLOAT8),
            (&cancelled as _, Type::FLOAT8),
            (&discarded as _, Type::FLOAT8),
        ]);
        params.push((&except, Type::INT8_ARRAY));
        let rows = self.query(&self.sql.prune_jobs, &params).await?;
        let Some(row) = rows.first() else { return Ok(Pruned::default()) };
        Ok(Pruned {
            last: row.try_get("last")?,
            looked_at: row.try_get("looked_at")?,
            ended: row.try_get("ended")?,
            completed: row.try_get("completed")?,
            cancelled: row.try_get("cancelled")?,
            discarded: row.try_get("discarded")?,
        })
    }

    /// Deletes those of these jobs that ended too long ago.
    pub async fn prune_chosen(&self, ids: &[i64], max_age: &MaxAge, lease: Option<&Lease>) -> Result<Pruned> {
        let [completed, cancelled, discarded] = ages(max_age);
        let lease = LeaseParams::of(lease);
        let params = lease.after([
            (&ids as _, Type::INT8_ARRAY),
            (&completed as _, Type::FLOAT8),
            (&cancelled as _, Type::FLOAT8),
            (&discarded as _, Type::FLOAT8),
        ]);
        let rows = self.query(&self.sql.prune_chosen, &params).await?;
        let Some(row) = rows.first() else { return Ok(Pruned::default()) };
        Ok(Pruned {
            completed: row.try_get("completed")?,
            cancelled: row.try_get("cancelled")?,
            discarded: row.try_get("discarded")?,
            ..Pruned::default()
        })
    }
}

/// The ages in seconds: of completed, cancelled and discarded jobs.
pub(super) fn ages(max_age: &MaxAge) -> [f64; 3] {
    [max_age.completed, max_age.cancelled, max_age.discarded].map(|age: Duration| age.as_secs_f64())
}
