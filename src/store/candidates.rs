//! The rows that a statement would take: of these, those that the database refuses are found.

use tokio_postgres::types::Type;

use super::choice::{NamedJob, named};
use super::jobs::{UNOWNED_PAGE, UnownedJobs};
use super::pruning::ages;
use super::queues::Purge;
use super::{Param, Store};
use crate::error::Result;
use crate::model::config::MaxAge;

impl Store {
    /// The jobs that staging would take: those that are due, or all that wait in `queue`.
    pub async fn due_jobs(&self, limit: i64, queue: Option<&str>, except: &[i64]) -> Result<Vec<NamedJob>> {
        let params: [Param<'_>; 3] = [(&limit, Type::INT8), (&except, Type::INT8_ARRAY), (&queue, Type::TEXT)];
        named(&self.query(&self.sql.due_jobs, &params).await?)
    }

    /// The jobs that the producer has claimed by the database, without those that it knows.
    pub async fn unknown_claims(&self, producer: uuid::Uuid, known: &[i64]) -> Result<Vec<NamedJob>> {
        let params: [Param<'_>; 2] = [(&producer, Type::UUID), (&known, Type::INT8_ARRAY)];
        named(&self.query(&self.sql.unknown_claims, &params).await?)
    }

    /// The jobs that the next batch of a purge would take.
    pub async fn purgeable_jobs(&self, purge: &Purge) -> Result<Vec<NamedJob>> {
        named(&self.query(&self.sql.purgeable_jobs, &purge.place()).await?)
    }

    /// The available jobs that have no attempt left.
    pub async fn exhausted_jobs(&self, limit: i64, except: &[i64]) -> Result<Vec<NamedJob>> {
        named(&self.query(&self.sql.exhausted_jobs, &[(&limit, Type::INT8), (&except, Type::INT8_ARRAY)]).await?)
    }

    /// The executing jobs of lost producers, and with `unowned` also those whose producer has no row.
    pub async fn orphan_jobs(&self, unowned: Option<UnownedJobs>, except: &[i64]) -> Result<Vec<NamedJob>> {
        let (seconds, after) = (unowned.map_or(0.0, |it| it.seconds), unowned.map_or(i64::MAX, |it| it.after));
        let params: [Param<'_>; 4] =
            [(&seconds, Type::FLOAT8), (&after, Type::INT8), (&UNOWNED_PAGE, Type::INT8), (&except, Type::INT8_ARRAY)];
        named(&self.query(&self.sql.orphan_jobs, &params).await?)
    }

    /// Of the `limit` jobs after `after`, those that ended too long ago.
    pub async fn prunable_jobs(
        &self,
        after: i64,
        limit: i64,
        max_age: &MaxAge,
        except: &[i64],
    ) -> Result<Vec<NamedJob>> {
        let [completed, cancelled, discarded] = ages(max_age);
        let params: [Param<'_>; 6] = [
            (&after, Type::INT8),
            (&limit, Type::INT8),
            (&completed, Type::FLOAT8),
            (&cancelled, Type::FLOAT8),
            (&discarded, Type::FLOAT8),
            (&except, Type::INT8_ARRAY),
        ];
        named(&self.query(&self.sql.prunable_jobs, &params).await?)
    }
}
