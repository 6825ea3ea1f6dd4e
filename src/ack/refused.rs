//! Acks that the database refuses, because a trigger or constraint of the application does. A batch
//! is written in halves; what is refused alone is set aside and tried again ever more slowly. Its
//! job did run: the claim stays, and with it the fence. Memory is bounded, because a queue with too
//! many unwritten outcomes claims nothing more.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::json;

use super::acker::Acker;
use super::batch::{AckResult, Batch, PendingAck, Unwritten};
use crate::error::Error;
use crate::notifier::AfterCommit;
use crate::refusals::{Halves, JobName, Part, RefusedRow};
use crate::store::AckRow;

impl Acker {
    /// Writes a batch that was refused in halves, and sets aside what is refused. Returns the acks
    /// whose rows turn out to be locked.
    pub(super) async fn write_halves(
        &self,
        acks: Vec<PendingAck>,
        error: Error,
        after_commit: &impl AfterCommit,
    ) -> Vec<PendingAck> {
        let _one = self.aside.search.lock().await;
        let class = |it: &PendingAck| (it.job.queue.clone(), it.job.worker.clone());
        // A single ack is tried once more, without its texts.
        let halves = match acks.len() {
            1 => Halves::again(acks),
            _ => Halves::new(acks, error, class, self.deps.refusals.in_a_row(Part::Ack)),
        };
        self.search(halves, after_commit).await.0
    }

    /// Tries the acks that are set aside again, as they are due. Never ends.
    pub(super) async fn write_refused(self: Arc<Self>, after_commit: Arc<impl AfterCommit>) {
        loop {
            self.deps.refusals.until_due(Part::Ack).await;
            let due = self.deps.refusals.due(Part::Ack);
            let acks: Vec<PendingAck> = {
                let mut aside = self.aside.acks.lock();
                let acks: Vec<_> = due.iter().filter_map(|it| aside.remove(&it.id)).collect();
                self.deps.pending.take_back(acks.iter().map(|it| (it.job.id, &*it.job.queue)));
                acks
            };
            let _one = self.aside.search.lock().await;
            let (locked, some_written) = self.search(Halves::again(acks), &*after_commit).await;
            self.deps.refusals.looked(Part::Ack, some_written);
            // As if the database had refused them: they are tried again later.
            let locked = locked.into_iter().map(|row| RefusedRow {
                row,
                error: Error::database("55P03", "another transaction has locked the row"),
                alone: true,
            });
            self.set_aside(locked.collect(), 0, &*after_commit);
        }
    }

    /// Returns the acks whose rows are locked, and whether some were written.
    async fn search(&self, mut halves: Halves<PendingAck>, after_commit: &impl AfterCommit) -> (Vec<PendingAck>, bool) {
        let mut locked = vec![];
        let mut some_written = false;
        while let Some(acks) = halves.next_rows() {
            let (written, left) = match <[PendingAck; 1]>::try_from(acks) {
                Ok([one]) => self.write_one(one).await,
                Err(several) => self.write(several.into_iter().collect()).await,
            };
            let ids: Vec<i64> = written.iter().map(|(it, _)| it.job.id).collect();
            self.report(written, after_commit);
            self.deps.refusals.forget(Part::Ack, &ids);
            some_written |= !ids.is_empty();
            if left.refused.is_empty() || !ids.is_empty() {
                halves.accepted();
            }
            locked.extend(left.locked);
            for (acks, error) in left.refused {
                halves.refuse(acks, error);
            }
        }
        let (refused, in_a_row) = halves.finish();
        self.set_aside(refused, in_a_row, after_commit);
        (locked, some_written)
    }

    /// Writes one ack; if it is refused, without its texts, which the database may have refused.
    async fn write_one(&self, one: PendingAck) -> (Vec<AckResult>, Unwritten) {
        let row = one.row();
        let (written, mut left) = self.write(Batch::from_iter([one])).await;
        let has_texts = [&row.error, &row.result, &row.counts, &row.logs].into_iter().any(Option::is_some);
        let Some((mut acks, error)) = left.refused.pop() else { return (written, left) };
        if has_texts {
            let bare = AckRow {
                error: row
                    .error
                    .map(|_| json!({ "name": "AckError", "kind": "error", "message": error.to_string() }).to_string()),
                result: None,
                counts: None,
                logs: None,
                ..row
            };
            if let Ok(became) = self.deps.store.ack_jobs(&[bare]).await {
                tracing::error!(job = row.id, %error, "ack: the database refuses it; written without its texts");
                let state = became.into_iter().next().map(|(_, state)| Cow::Owned(state));
                return match (acks.pop(), state) {
                    (Some(ack), Some(state)) => (vec![(ack, Some(state))], left),
                    (ack, _) => (self.look_up(ack.into_iter().collect()).await, left),
                };
            }
        }
        left.refused.push((acks, error));
        (written, left)
    }

    fn set_aside(&self, refused: Vec<RefusedRow<PendingAck>>, in_a_row: u32, after_commit: &impl AfterCommit) {
        if refused.is_empty() {
            return;
        }
        let mut names = Vec::with_capacity(refused.len());
        let mut void: Vec<AckResult> = vec![];
        {
            let mut aside = self.aside.acks.lock();
            for RefusedRow { row: ack, error, alone } in refused {
                let job = JobName {
                    id: ack.job.id,
                    queue: Some(ack.job.queue.to_string()),
                    worker: Some(ack.job.worker.to_string()),
                };
                names.push(RefusedRow { row: job, error, alone });
                // The job was claimed again since: of two acks the newer holds, if any does.
                void.extend(aside.insert(ack.job.id, ack).map(|older| (older, None)));
            }
            self.deps.pending.take_back(void.iter().map(|(it, _)| (it.job.id, &*it.job.queue)));
            self.deps
                .pending
                .set_aside(names.iter().map(|it| (it.row.id, Arc::from(it.row.queue.clone().unwrap_or_default()))));
        }
        self.report(void, after_commit);
        self.deps.refusals.set_aside(Part::Ack, &names, in_a_row);
    }
}
