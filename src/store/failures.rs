//! Failed attempts, in SQL.

use tokio_postgres::types::Type;

use super::types::Micros;
use super::{Param, Store};
use crate::error::Result;
use crate::model::failures::{FailedJob, Failure};

/// Where a part ends: the time, the job and the number of its last attempt.
#[derive(Debug, Clone, Copy)]
pub struct FailedBefore {
    pub at: i64,
    pub job: i64,
    pub nth: i32,
}

impl FailedBefore {
    /// Before which all attempts are.
    pub const END: Self = Self { at: i64::MAX, job: i64::MAX, nth: i32::MAX };
}

impl Store {
    /// Up to `limit` failed attempts since `from`, the newest first, and where they end; `None` where no more are left.
    pub async fn failed_attempts(
        &self,
        from: i64,
        before: FailedBefore,
        limit: i64,
        queue: Option<&str>,
        worker: Option<&str>,
    ) -> Result<(Vec<Failure>, Option<FailedBefore>)> {
        let (from, at) = (Micros(from), Micros(before.at));
        let params: [Param<'_>; 7] = [
            (&from, Type::TIMESTAMPTZ),
            (&at, Type::TIMESTAMPTZ),
            (&before.job, Type::INT8),
            (&before.nth, Type::INT4),
            (&limit, Type::INT8),
            (&queue, Type::TEXT),
            (&worker, Type::TEXT),
        ];
        let rows = self.query(&self.sql.failed_attempts, &params).await?;
        let mut failures = Vec::with_capacity(rows.len());
        let mut last = None;
        for row in &rows {
            let (job, nth): (i64, i32) = (row.try_get("job_id")?, row.try_get("nth")?);
            let at = row.try_get::<_, Micros>("ended_at")?.0;
            last = Some(FailedBefore { at, job, nth });
            let worker: Option<String> = row.try_get("worker")?;
            let of = match worker {
                None => None,
                Some(worker) => Some(FailedJob {
                    worker,
                    queue: row.try_get("queue")?,
                    state: row.try_get("state")?,
                    line: row.try_get("line")?,
                    fingerprint: row.try_get("fingerprint")?,
                    message: row.try_get("message")?,
                }),
            };
            failures.push(Failure { job, at, of });
        }
        let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows == limit);
        Ok((failures, last.filter(|_| is_full)))
    }
}
