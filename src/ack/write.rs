//! The statements of the acker, and what the database makes of a batch.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Instant;

use serde_json::json;

use super::acker::Acker;
use super::batch::{AckResult, Batch, PendingAck, Unwritten, by_claim, claims};
use crate::error::Error;
use crate::model::job::State;
use crate::model::outcome::Ack;
use crate::refusals::{MAX_COLLISIONS, Part};
use crate::retry_delay::RetryDelay;
use crate::store::AckRow;
use crate::telemetry::Kind;

/// What a statement has done when it ends well.
enum Answer {
    /// How many claims still held.
    Completed(u64),
    Acked(Vec<(i64, String)>),
}

impl Acker {
    /// Retries until the batch is written, however long the database is away.
    pub(super) async fn write(&self, batch: Batch) -> (Vec<AckResult>, Unwritten) {
        let begun = Instant::now();
        let Batch { committed, mut plain, mut detailed } = batch;
        let mut written = vec![];
        for missing in self.verify(committed, &mut written).await {
            if missing.is_plain() { &mut plain } else { &mut detailed }.push(missing);
        }
        let (completed, others) = tokio::join!(self.write_line(plain, true), self.write_line(detailed, false));
        let mut left = Unwritten::default();
        for (results, unwritten) in [completed, others] {
            written.extend(results);
            left.locked.extend(unwritten.locked);
            left.refused.extend(unwritten.refused);
        }
        let elapsed = begun.elapsed();
        self.deps.metrics.acked(elapsed);
        if !written.is_empty() {
            self.deps.telemetry.emit(
                Kind::AckFlush,
                || json!({ "jobs": written.len(), "elapsed_ms": elapsed.as_secs_f64() * 1_000.0 }),
            );
        }
        (written, left)
    }

    /// Writes acks that need the same statement.
    async fn write_line(&self, mut batch: Vec<PendingAck>, plain: bool) -> (Vec<AckResult>, Unwritten) {
        let mut left = Unwritten::default();
        let mut retry_delay = RetryDelay::default();
        let mut uncertain = false;
        let mut collisions = 0;
        let answer = loop {
            if batch.is_empty() {
                return (vec![], left);
            }
            let error = match self.send(&batch, plain).await {
                Ok(answer) => break answer,
                Err(error) => error,
            };
            collisions += u32::from(error.is_refusal(true));
            if error.is_locked() {
                let before = left.locked.len();
                left.locked.extend(self.take_locked(&mut batch).await);
                if left.locked.len() > before {
                    continue;
                }
                // What is locked is another row, perhaps one that a trigger changes.
                collisions = MAX_COLLISIONS;
            }
            if error.is_refusal(collisions >= MAX_COLLISIONS) {
                left.refused.push((batch, error));
                return (vec![], left);
            }
            uncertain = true;
            retry_delay.wait("acks", &error).await;
        };
        let written = match answer {
            Answer::Completed(written) if !uncertain && usize::try_from(written) == Ok(batch.len()) => {
                batch.into_iter().map(|it| (it, Some(Cow::Borrowed("completed")))).collect()
            }
            Answer::Acked(written) if !uncertain && written.len() == batch.len() => {
                let states: HashMap<i64, String> = written.into_iter().collect();
                let with_state = |it: PendingAck| {
                    let state = states.get(&it.job.id).cloned().map(Cow::Owned);
                    (it, state)
                };
                batch.into_iter().map(with_state).collect()
            }
            _ => self.look_up(batch).await,
        };
        self.deps.refusals.accepted(Part::Ack);
        (written, left)
    }

    async fn send(&self, batch: &[PendingAck], plain: bool) -> Result<Answer, Error> {
        if plain {
            return self.deps.store.complete_jobs(&by_claim(batch)).await.map(Answer::Completed);
        }
        let rows: Vec<AckRow> = batch.iter().map(PendingAck::row).collect();
        self.deps.store.ack_jobs(&rows).await.map(Answer::Acked)
    }

    /// Takes the acks whose rows are locked out of the batch. A row that no longer exists counts as
    /// locked; a later write checks it again.
    pub(super) async fn take_locked(&self, batch: &mut Vec<PendingAck>) -> Vec<PendingAck> {
        let ids: Vec<i64> = batch.iter().map(|it| it.job.id).collect();
        // If the look-up fails, the write itself will show which rows are locked.
        let Ok(free) = self.deps.store.unlocked_jobs(&ids).await else { return vec![] };
        let (free, locked) = std::mem::take(batch).into_iter().partition(|it| free.contains(&it.job.id));
        *batch = free;
        locked
    }

    /// Checks that the acks reported as committed are in the database. Returns those that are not,
    /// to be written like any other.
    async fn verify(&self, batch: Vec<PendingAck>, written: &mut Vec<AckResult>) -> Vec<PendingAck> {
        if batch.is_empty() {
            return batch;
        }
        let states = self.states(&batch).await;
        let (missing, there): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|it| states.get(&it.job.id).is_some_and(|state| state == State::Executing.as_str()));
        for it in &missing {
            tracing::error!(
                job = it.job.id,
                worker = &*it.job.worker,
                "transaction: the driver reported a commit, but the job is still executing; does the transaction belong to this database?"
            );
        }
        // A row in a later state (after a retry, for instance) was acked before.
        written.extend(there.into_iter().map(|it| {
            let state = Cow::Borrowed(it.ack.state.as_str());
            (it, Some(state))
        }));
        missing
    }

    /// Reads the rows of acks that changed nothing, or whose answer was lost, to find out whether
    /// the acks were written.
    pub(super) async fn look_up(&self, batch: Vec<PendingAck>) -> Vec<AckResult> {
        if batch.is_empty() {
            return vec![];
        }
        let states = self.states(&batch).await;
        batch
            .into_iter()
            .map(|mut it| {
                let Some(state) = states.get(&it.job.id) else { return (it, None) };
                // A cancel may have taken precedence over the ack.
                let is_made_by =
                    |ack: &Ack| state == ack.state.as_str() || (state == "cancelled" && ack.state.is_incomplete());
                if !is_made_by(&it.ack) {
                    match it.prepared.take() {
                        Some((prepared, _)) if is_made_by(&prepared) => it.ack = *prepared,
                        _ => return (it, None),
                    }
                }
                let state = Cow::Owned(state.clone());
                (it, Some(state))
            })
            .collect()
    }

    /// The states of the rows whose last claim is the claim of their ack.
    async fn states(&self, batch: &[PendingAck]) -> HashMap<i64, String> {
        let (ids, at, producers) = claims(batch);
        let mut retry_delay = RetryDelay::default();
        loop {
            match self.deps.store.find_claims(&ids, &at, &producers).await {
                Ok(found) => return found.into_iter().collect(),
                Err(error) => retry_delay.wait("acks", &error).await,
            }
        }
    }
}
