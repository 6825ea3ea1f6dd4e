//! Purges a queue: deletes or cancels all jobs that wait in it.

use super::queues::known;
use super::{Engine, Purged, Target};
use crate::error::{Error, Result};
use crate::refusals::{Halves, JobName, Part};
use crate::store::Purge;

/// The number of refused jobs that a purge passes over. Beyond that it fails.
const MAX_REFUSED: usize = 100_000;

impl Engine {
    /// Deletes or cancels the jobs that wait in a queue now; returns their number, and that of those which the database refuses
    /// to change.
    pub async fn purge(&self, target: &Target) -> Result<Purged> {
        self.may_run("purge")?;
        let (mut queues, _) = self.store.known_queues().await?;
        queues.extend(self.producers().iter().map(|producer| producer.config.name.clone()));
        known("queue", &target.queue, &queues, "")?;
        let mut purge = Purge::new(target.queue.clone(), target.cancel, self.store.last_job().await?);
        let mut in_a_row = 0;
        loop {
            match self.store.purge_jobs(&mut purge).await {
                Ok(true) => in_a_row = 0,
                Ok(false) => break,
                Err(error) if error.is_refusal(false) && purge.refused.len() < MAX_REFUSED => {
                    in_a_row = self.purge_in_halves(&mut purge, error, in_a_row).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Purged { purged: purge.count, refused: purge.refused.len() })
    }

    /// Purges a batch of which the database refuses some, and leaves out those from then on. Returns how many statements were
    /// refused last in a row.
    async fn purge_in_halves(&self, purge: &mut Purge, error: Error, before: u32) -> Result<u32> {
        let names: Vec<JobName> = self.store.purgeable_jobs(purge).await?.into_iter().map(JobName::from).collect();
        if names.is_empty() {
            return Err(error);
        }
        let mut halves = Halves::new(names, error, |job| job.worker.clone(), before);
        while let Some(jobs) = halves.next_rows() {
            let answer = self.store.purge_only(purge, jobs.iter().map(|job| job.id).collect()).await;
            halves.answered(jobs, answer, true)?;
        }
        let (refused, in_a_row) = halves.finish();
        self.refusals.report(Part::Purge, &refused);
        purge.refused.extend(refused.iter().map(|it| it.row.id));
        Ok(in_a_row)
    }
}
