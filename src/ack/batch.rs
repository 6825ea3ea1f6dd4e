//! Acks with their attempts, and the batch that goes to the server in one round trip.

use std::borrow::Cow;
use std::time::Instant;

use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::completion::Trace;
use super::to_ack;
use crate::error::Error;
use crate::metrics::Attempt;
use crate::model::job::{Job, State};
use crate::model::outcome::Ack;
use crate::store::{AckRow, ClaimedJobs};

/// An attempt with the ack to be written.
pub(super) struct PendingAck {
    pub job: Box<Job>,
    pub ack: Ack,
    /// The ack that the job's own transaction may have written instead, and whether the driver
    /// reported the commit.
    pub prepared: Option<(Box<Ack>, bool)>,
    pub started: Option<Instant>,
    pub ended: Instant,
    pub trace: Trace,
}

/// An ack with the state that the row is in now; `None`: the claim was lost.
pub(super) type AckResult = (PendingAck, Option<Cow<'static, str>>);

/// The acks of one round trip, by the statement that they need.
#[derive(Default)]
pub(super) struct Batch {
    /// Committed by the job's own transaction, according to the driver: only verified.
    pub committed: Vec<PendingAck>,
    pub plain: Vec<PendingAck>,
    pub detailed: Vec<PendingAck>,
}

impl Batch {
    pub fn push(&mut self, pending_ack: PendingAck) {
        let line = if pending_ack.is_committed() {
            &mut self.committed
        } else if pending_ack.is_plain() {
            &mut self.plain
        } else {
            &mut self.detailed
        };
        line.push(pending_ack);
    }

    pub fn len(&self) -> usize {
        self.committed.len() + self.plain.len() + self.detailed.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Acks that a write has left.
#[derive(Default)]
pub(super) struct Unwritten {
    /// Their rows are locked by another transaction.
    pub locked: Vec<PendingAck>,
    /// The database refused the statement, because of one of them at least.
    pub refused: Vec<(Vec<PendingAck>, Error)>,
}

impl Unwritten {
    pub fn is_empty(&self) -> bool {
        self.locked.is_empty() && self.refused.is_empty()
    }
}

impl FromIterator<PendingAck> for Batch {
    fn from_iter<T: IntoIterator<Item = PendingAck>>(acks: T) -> Self {
        let mut batch = Self::default();
        acks.into_iter().for_each(|it| batch.push(it));
        batch
    }
}

impl PendingAck {
    fn is_committed(&self) -> bool {
        self.prepared.as_ref().is_some_and(|(_, committed)| *committed)
    }

    /// The attempt, to be counted.
    pub fn attempt(&self, acked: bool) -> Attempt<'_> {
        let Self { job, ack, started, ended, trace, .. } = self;
        Attempt {
            queue: &job.queue,
            worker: &job.worker,
            state: acked.then_some(ack.event_state),
            run: started.map(|started| ended.duration_since(started)),
            wait: job.waited(),
            cpu: trace.usage.and_then(|usage| usage.cpu_us),
        }
    }

    pub fn row(&self) -> AckRow {
        to_ack::ack_row(&self.job, &self.ack, &self.trace)
    }

    /// A success with nothing to store: `eram_complete_jobs` suffices.
    pub fn is_plain(&self) -> bool {
        let Self { ack, trace, .. } = self;
        ack.state == State::Completed && ack.result.is_none() && ack.meta.is_none() && trace.logs.is_none()
    }
}

/// The ids by the claim that they belong to. Jobs of one claim share the list that names its
/// producer.
pub(super) fn by_claim(batch: &[PendingAck]) -> Vec<ClaimedJobs> {
    let mut groups: FxHashMap<(i64, *const String), usize> = FxHashMap::default();
    let mut claims: Vec<ClaimedJobs> = vec![];
    for PendingAck { job, .. } in batch {
        let group = *groups.entry((job.attempted_at, job.attempted_by.as_ptr())).or_insert_with(|| {
            claims.push(ClaimedJobs { at: job.attempted_at, producer: to_ack::producer_of(job), ids: vec![] });
            claims.len() - 1
        });
        claims[group].ids.push(job.id);
    }
    claims
}

pub(super) fn claims(batch: &[PendingAck]) -> (Vec<i64>, Vec<i64>, Vec<Uuid>) {
    (
        batch.iter().map(|it| it.job.id).collect(),
        batch.iter().map(|it| it.job.attempted_at).collect(),
        batch.iter().map(|it| to_ack::producer_of(&it.job)).collect(),
    )
}
