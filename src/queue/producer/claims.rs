//! A fetch of which the database may refuse some rows: those are left out of the next ones.

use parking_lot::Mutex;

use crate::error::Result;
use crate::model::job::Job;
use crate::refusals::{JobName, Part, Refusals, Rows};
use crate::store::{Choice, FetchRequest, NamedJob, Store};

/// What one fetch claims.
struct Claims<'a> {
    store: &'a Store,
    refusals: &'a Refusals,
    request: &'a FetchRequest,
    jobs: Mutex<Vec<Job>>,
}

/// Claims jobs, all but those that are set aside, and these as they are due.
pub async fn fetch(store: &Store, refusals: &Refusals, request: &FetchRequest) -> Result<Vec<Job>> {
    let claims = Claims { store, refusals, request, jobs: Mutex::default() };
    let done = refusals.write(Part::Claim, &claims).await;
    let mut jobs = claims.jobs.into_inner();
    match done {
        // After a lost answer, what was claimed before it is handed back with the rest.
        Err(error) if jobs.is_empty() || error.is_away() => Err(error),
        _ => {
            jobs.sort_unstable_by_key(|job| (job.priority, job.scheduled_at, job.id));
            Ok(jobs)
        }
    }
}

impl Claims<'_> {
    /// The jobs of the queue that are set aside.
    fn held(&self) -> Vec<i64> {
        self.refusals.ids_of(Part::Claim, &self.request.claim.queue)
    }
}

impl Rows for Claims<'_> {
    type Done = Vec<Job>;

    async fn write(&self, choice: Choice) -> Result<Vec<Job>> {
        if let Some(ids) = choice.only {
            return self.store.claim_jobs(self.request, &ids).await;
        }
        let held = self.held();
        if held.is_empty() {
            return self.store.fetch_jobs(self.request).await;
        }
        let next = self.store.claimable_jobs(self.request, &held).await?;
        if next.is_empty() {
            return Ok(vec![]);
        }
        let ids: Vec<i64> = next.into_iter().map(|job| job.id).collect();
        self.store.claim_jobs(self.request, &ids).await
    }

    async fn candidates(&self, _: Vec<i64>) -> Result<Vec<NamedJob>> {
        self.store.claimable_jobs(self.request, &self.held()).await
    }

    fn report(&self, jobs: Vec<Job>) -> bool {
        let some = !jobs.is_empty();
        self.jobs.lock().extend(jobs);
        some
    }

    fn takes(&self, job: &JobName) -> bool {
        job.queue.as_deref() == Some(self.request.claim.queue.as_str())
    }
}
