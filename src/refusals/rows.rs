//! Writes rows of which the database may refuse some: all but those set aside in one statement; if that
//! is refused, in halves; and those set aside as they are due.

use std::future::Future;

use super::{Halves, JobName, Part, Refusals, RefusedRow};
use crate::error::Result;
use crate::store::{Choice, NamedJob};

/// The number of rows that a part sets aside at most. Beyond that its statement fails as a whole.
const MAX_ASIDE: usize = 100_000;

/// What a part writes, by one statement.
pub trait Rows: Sync {
    type Done: Send;

    /// Writes the chosen rows: all that the database accepts of them, or none.
    fn write(&self, choice: Choice) -> impl Future<Output = Result<Self::Done>> + Send;

    /// The rows that the statement would write, without these.
    fn candidates(&self, except: Vec<i64>) -> impl Future<Output = Result<Vec<NamedJob>>> + Send;

    /// Whether a job that is set aside is one of these rows.
    fn takes(&self, _: &JobName) -> bool {
        true
    }

    /// Reports what was written; returns whether that is anything.
    fn report(&self, done: Self::Done) -> bool;
}

impl From<NamedJob> for JobName {
    fn from(job: NamedJob) -> Self {
        Self { id: job.id, queue: Some(job.queue), worker: Some(job.worker) }
    }
}

impl Refusals {
    /// Returns whether anything was written.
    pub async fn write<R: Rows>(&self, part: Part, rows: &R) -> Result<bool> {
        let mut some = self.write_due(part, rows).await?;
        let except = self.ids(part);
        match rows.write(Choice::except(except.clone())).await {
            Ok(done) => {
                self.accepted(part);
                some |= rows.report(done);
            }
            Err(error) if except.len() < MAX_ASIDE && self.is_refusal(part, &error) => {
                let names: Vec<JobName> = rows.candidates(except).await?.into_iter().map(JobName::from).collect();
                if names.is_empty() {
                    return Err(error);
                }
                let class = |it: &JobName| (it.queue.clone(), it.worker.clone());
                let halves = Halves::new(names, error, class, self.in_a_row(part));
                some |= self.search(part, rows, halves).await?;
            }
            Err(error) => return Err(error),
        }
        Ok(some)
    }

    /// Tries rows again that are set aside.
    pub async fn write_due<R: Rows>(&self, part: Part, rows: &R) -> Result<bool> {
        let mut due = self.due(part);
        due.retain(|job| rows.takes(job));
        if due.is_empty() {
            return Ok(false);
        }
        let some = self.search(part, rows, Halves::again(due)).await?;
        self.looked(part, some);
        Ok(some)
    }

    /// Ends early, with the error, when the database is away.
    async fn search<R: Rows>(&self, part: Part, rows: &R, mut halves: Halves<JobName>) -> Result<bool> {
        let mut some = false;
        let mut fault = None;
        while let Some(names) = halves.next_rows() {
            let ids: Vec<i64> = names.iter().map(|it| it.id).collect();
            let answer = rows.write(Choice::only(ids.clone())).await;
            match halves.answered(names, answer, true) {
                Ok(None) => {}
                Ok(Some(done)) => {
                    self.forget(part, &ids);
                    some |= rows.report(done);
                }
                Err(error) => {
                    fault = Some(error);
                    break;
                }
            }
        }
        let (mut refused, in_a_row): (Vec<RefusedRow<JobName>>, u32) = halves.finish();
        if fault.is_some() {
            refused.retain(|it| it.alone);
        }
        self.set_aside(part, &refused, in_a_row);
        fault.map_or(Ok(some), Err)
    }
}
