//! Hands back what a fetch without an answer may have claimed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use uuid::Uuid;

use super::Producer;
use super::step::Reclaimed;
use crate::error::Result;
use crate::refusals::{JobName, Part, Rows};
use crate::store::{Choice, NamedJob, Store};

/// What the database shows as claimed for a producer, and it does not know.
struct UnknownClaims<'a> {
    store: &'a Store,
    queue: &'a str,
    producer: Uuid,
    known: &'a [i64],
    freed: AtomicU64,
}

impl Rows for UnknownClaims<'_> {
    type Done = u64;

    async fn write(&self, mut choice: Choice) -> Result<u64> {
        choice.except.extend(self.known);
        self.store.reclaim_jobs(self.producer, &choice).await
    }

    async fn candidates(&self, mut except: Vec<i64>) -> Result<Vec<NamedJob>> {
        except.extend(self.known);
        self.store.unknown_claims(self.producer, &except).await
    }

    fn takes(&self, job: &JobName) -> bool {
        job.queue.as_deref() == Some(self.queue)
    }

    fn report(&self, freed: u64) -> bool {
        self.freed.fetch_add(freed, Ordering::Relaxed);
        freed > 0
    }
}

impl Producer {
    /// The jobs that this producer knows are those its executor holds, those whose acks are set aside, and those settled but not
    /// yet acked; so it waits until none of the last are left.
    pub(super) async fn reclaim(&self) -> Reclaimed {
        // Before the outcomes are counted: a job that has left the executor since is among them.
        let mut known = self.executor.holding_ids();
        let Some(aside) = self.deps.pending.aside(&self.config.name) else { return Reclaimed::Unwritten };
        known.extend(aside);
        match self.hand_back_unknown(&known).await {
            Ok(freed) => {
                if freed > 0 {
                    tracing::info!(
                        queue = self.config.name,
                        freed,
                        "producer: handed back jobs of a fetch whose answer was lost"
                    );
                }
                Reclaimed::Done
            }
            Err(_) => Reclaimed::Failed,
        }
    }

    /// Hands back all claims but the known; those that the database refuses to change are set aside. Returns the number of the others.
    async fn hand_back_unknown(&self, known: &[i64]) -> Result<u64> {
        let (store, queue) = (&*self.deps.store, &*self.config.name);
        let claims = UnknownClaims { store, queue, producer: self.uuid(), known, freed: AtomicU64::new(0) };
        self.deps.refusals.write(Part::Reclaim, &claims).await?;
        Ok(claims.freed.into_inner())
    }

    /// After the producer has stopped, and no fetch is in flight: hands back what it may have claimed. Returns whether nothing is left.
    pub async fn hand_back_rest(&self) -> Result<bool> {
        let refusals = &self.deps.refusals;
        let has_refused = || !refusals.ids_of(Part::Reclaim, &self.config.name).is_empty();
        if self.has_unknown_claims() || has_refused() {
            refusals.hurry(Part::Reclaim);
            self.hand_back_unknown(&[]).await?;
        }
        Ok(!has_refused())
    }

    /// When claims that the database refused to hand back are to be tried again.
    pub(super) fn reclaims_at(&self) -> Option<Instant> {
        self.deps.refusals.due_at_of(Part::Reclaim, &self.config.name)
    }
}
