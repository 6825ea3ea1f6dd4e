//! Verdicts, and those that go to the server together.

use std::borrow::Cow;
use std::time::Instant;

use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::to_ack;
use crate::model::job::{Job, State};
use crate::model::outcome::Ack;
use crate::store::{AckRow, Claimed};

/// An attempt with its verdict.
pub(super) struct Verdict {
    pub job: Box<Job>,
    pub ack: Ack,
    /// What the job's own transaction may have written instead, and whether the driver said that it has committed.
    pub handed: Option<(Box<Ack>, bool)>,
    pub started: Option<Instant>,
    pub ended: Instant,
}

/// A verdict with the state that the row is in now; `None`: the claim was lost.
pub(super) type Written = (Verdict, Option<Cow<'static, str>>);

/// Verdicts that go to the server together, by the way in which they do.
#[derive(Default)]
pub(super) struct Batch {
    /// The driver said that the job's own transaction has committed: only looked at.
    pub committed: Vec<Verdict>,
    pub plain: Vec<Verdict>,
    pub told: Vec<Verdict>,
}

impl Batch {
    pub fn push(&mut self, verdict: Verdict) {
        let line = if verdict.is_committed() {
            &mut self.committed
        } else if is_plain(&verdict.ack) {
            &mut self.plain
        } else {
            &mut self.told
        };
        line.push(verdict);
    }

    pub fn len(&self) -> usize {
        self.committed.len() + self.plain.len() + self.told.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FromIterator<Verdict> for Batch {
    fn from_iter<T: IntoIterator<Item = Verdict>>(verdicts: T) -> Self {
        let mut batch = Self::default();
        verdicts.into_iter().for_each(|it| batch.push(it));
        batch
    }
}

impl Verdict {
    fn is_committed(&self) -> bool {
        self.handed.as_ref().is_some_and(|(_, committed)| *committed)
    }

    pub fn row(&self) -> AckRow {
        to_ack::ack_row(&self.job, &self.ack)
    }
}

/// Nothing to store: `eram_complete_jobs` says it all.
pub(super) fn is_plain(ack: &Ack) -> bool {
    ack.state == State::Completed && ack.result.is_none() && ack.meta.is_none()
}

/// The ids by the claim that they belong to. Jobs of one claim share the list that names its producer.
pub(super) fn by_claim(batch: &[Verdict]) -> Vec<Claimed> {
    let mut places: FxHashMap<(i64, *const String), usize> = FxHashMap::default();
    let mut claims: Vec<Claimed> = vec![];
    for Verdict { job, .. } in batch {
        let place = *places.entry((job.attempted_at, job.attempted_by.as_ptr())).or_insert_with(|| {
            claims.push(Claimed { at: job.attempted_at, producer: to_ack::producer_of(job), ids: vec![] });
            claims.len() - 1
        });
        claims[place].ids.push(job.id);
    }
    claims
}

pub(super) fn claims(batch: &[Verdict]) -> (Vec<i64>, Vec<i64>, Vec<Uuid>) {
    (
        batch.iter().map(|it| it.job.id).collect(),
        batch.iter().map(|it| it.job.attempted_at).collect(),
        batch.iter().map(|it| to_ack::producer_of(&it.job)).collect(),
    )
}
