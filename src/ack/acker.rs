//! The acker: writes acks in batches; completions that arrive while one batch is being written form
//! the next.
//!
//! A batch is retried until it succeeds, so no outcome is lost when the database is away. When an
//! answer was lost, or a job's own transaction may already have written the ack, the acker reads
//! the row to find out. A row locked by another transaction is written separately, so it does not
//! delay the others. Events are emitted after the batch has committed.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::batch::{AckResult, Batch, PendingAck, by_claim, claims};
use super::completion::Completion;
use super::pending::Pending;
use super::to_ack;
use crate::metrics::Metrics;
use crate::model::draft::DefaultsByQueue;
use crate::model::job::State;
use crate::model::outcome::{Ack, Limits};
use crate::notifier::AfterCommit;
use crate::registry::Registry;
use crate::retry_delay::RetryDelay;
use crate::store::{AckRow, Store};
use crate::telemetry::Telemetry;

/// The maximum number of acks in one statement.
const MAX_BATCH: usize = 2000;

/// How long to wait before rows that were locked by another transaction are tried again.
const LOCKED_RETRY: Duration = Duration::from_secs(1);

pub struct Acker {
    store: Arc<Store>,
    pub(super) telemetry: Arc<Telemetry>,
    limits: Limits,
    registry: Arc<Registry>,
    defaults: DefaultsByQueue,
    pub(super) pending: Pending,
    pub(super) metrics: Arc<Metrics>,
}

/// The executors' completions.
type Inflow = mpsc::UnboundedReceiver<Vec<Completion>>;

/// What the database made of a batch.
struct BatchResult {
    written: Vec<AckResult>,
    /// Acks whose rows are locked by another transaction.
    locked: Vec<PendingAck>,
}

impl Acker {
    pub fn new(
        store: Arc<Store>,
        telemetry: Arc<Telemetry>,
        limits: Limits,
        registry: Arc<Registry>,
        defaults: DefaultsByQueue,
        pending: Pending,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { store, telemetry, limits, registry, defaults, pending, metrics }
    }

    /// Runs until the senders are gone and everything is written.
    pub async fn run(self, mut completions: Inflow, after_commit: Arc<impl AfterCommit>) {
        let acker = Arc::new(self);
        let mut inbox = VecDeque::new();
        let mut next = Batch::default();
        let mut written: Vec<AckResult> = vec![];
        let mut aside = JoinSet::new();
        loop {
            acker.fill(&mut next, &mut completions, &mut inbox);
            let reportable = std::mem::take(&mut written);
            if next.is_empty() {
                acker.report(reportable, &*after_commit);
                match completions.recv().await {
                    Some(more) => inbox.push_back(more.into_iter()),
                    None => break,
                }
                continue;
            }
            let batch = std::mem::take(&mut next);
            // While the server works on this batch, report the previous results and collect the
            // next batch.
            let meanwhile = async {
                acker.report(reportable, &*after_commit);
                acker.fill(&mut next, &mut completions, &mut inbox);
            };
            let (done, ()) = tokio::join!(acker.write(batch), meanwhile);
            written = done.written;
            if !done.locked.is_empty() {
                aside.spawn(acker.clone().write_locked(done.locked, after_commit.clone()));
            }
            while aside.try_join_next().is_some() {}
        }
        while aside.join_next().await.is_some() {}
    }

    /// Turns the completions received so far into acks, until the batch is full.
    fn fill(&self, batch: &mut Batch, completions: &mut Inflow, inbox: &mut VecDeque<std::vec::IntoIter<Completion>>) {
        while batch.len() < MAX_BATCH {
            match inbox.front_mut().map(Iterator::next) {
                Some(Some(it)) => batch.push(self.to_pending_ack(it)),
                Some(None) => drop(inbox.pop_front()),
                None => match completions.try_recv() {
                    Ok(more) => inbox.push_back(more.into_iter()),
                    Err(_) => return,
                },
            }
        }
    }

    fn to_pending_ack(&self, completion: Completion) -> PendingAck {
        let Completion { job, outcome, started, ended, prepared, trace } = completion;
        let ack_of = |outcome| to_ack::ack_of(&job, outcome, &self.limits, &self.registry, &self.defaults);
        let prepared = prepared.map(|it| (Box::new(ack_of(it.outcome)), it.committed));
        let ack = ack_of(outcome);
        PendingAck { job, ack, prepared, started, ended, trace }
    }

    /// Retries until the batch is written, however long the database is away.
    async fn write(&self, batch: Batch) -> BatchResult {
        let begun = Instant::now();
        let Batch { committed, mut plain, mut detailed } = batch;
        let mut written = vec![];
        for missing in self.verify(committed, &mut written).await {
            if missing.is_plain() { &mut plain } else { &mut detailed }.push(missing);
        }
        let (completed, others) = tokio::join!(self.write_plain(&mut plain), self.write_detailed(&mut detailed));
        written.extend(completed);
        written.extend(others);
        plain.append(&mut detailed);
        self.metrics.acked(begun.elapsed());
        BatchResult { written, locked: plain }
    }

    /// Writes rows that were locked, as they become free.
    async fn write_locked(self: Arc<Self>, mut locked: Vec<PendingAck>, after_commit: Arc<impl AfterCommit>) {
        tracing::warn!(
            jobs = locked.len(),
            first = locked.first().map(|it| it.job.id),
            "acks: another transaction has locked the rows of these jobs; writing when it ends"
        );
        while !locked.is_empty() {
            tokio::time::sleep(LOCKED_RETRY).await;
            let still = self.take_locked(&mut locked).await;
            let done = self.write(locked.into_iter().collect()).await;
            self.report(done.written, &*after_commit);
            locked = done.locked;
            locked.extend(still);
        }
    }

    /// Writes the batch; what is left in it afterwards are the acks whose rows are locked.
    async fn write_plain(&self, batch: &mut Vec<PendingAck>) -> Vec<AckResult> {
        let mut locked = vec![];
        let mut retry_delay = RetryDelay::default();
        let mut uncertain = false;
        let written = loop {
            if batch.is_empty() {
                *batch = locked;
                return vec![];
            }
            match self.store.complete_jobs(&by_claim(batch)).await {
                Ok(written) => break written,
                Err(error) if error.is_locked() => locked.extend(self.take_locked(batch).await),
                Err(error) => {
                    uncertain = true;
                    retry_delay.wait("acks", &error).await;
                }
            }
        };
        let batch = std::mem::replace(batch, locked);
        if !uncertain && usize::try_from(written) == Ok(batch.len()) {
            return batch.into_iter().map(|it| (it, Some(Cow::Borrowed("completed")))).collect();
        }
        self.look_up(batch).await
    }

    /// Like [`Self::write_plain`], for acks with details.
    async fn write_detailed(&self, batch: &mut Vec<PendingAck>) -> Vec<AckResult> {
        let mut locked = vec![];
        let mut retry_delay = RetryDelay::default();
        let mut uncertain = false;
        let written = loop {
            if batch.is_empty() {
                *batch = locked;
                return vec![];
            }
            let rows: Vec<AckRow> = batch.iter().map(PendingAck::row).collect();
            match self.store.ack_jobs(&rows).await {
                Ok(written) => break written,
                Err(error) if error.is_locked() => locked.extend(self.take_locked(batch).await),
                Err(error) if error.is_transient() => {
                    uncertain = true;
                    retry_delay.wait("acks", &error).await;
                }
                Err(error) => {
                    tracing::error!(%error, "acks: the database rejected the batch; writing its acks one by one");
                    let written = self.write_singly(batch).await;
                    batch.append(&mut locked);
                    return written;
                }
            }
        };
        let batch = std::mem::replace(batch, locked);
        if uncertain || written.len() < batch.len() {
            return self.look_up(batch).await;
        }
        let states: HashMap<i64, String> = written.into_iter().collect();
        batch
            .into_iter()
            .map(|it| {
                let state = states.get(&it.job.id).cloned().map(Cow::Owned);
                (it, state)
            })
            .collect()
    }

    /// Writes the acks one by one after the server rejected the batch. An ack that is rejected by
    /// itself is written without its texts, which always works.
    async fn write_singly(&self, batch: &mut Vec<PendingAck>) -> Vec<AckResult> {
        let mut done = vec![];
        let mut locked = vec![];
        let mut unseen = vec![];
        for pending_ack in batch.drain(..) {
            let mut row = pending_ack.row();
            let mut retry_delay = RetryDelay::default();
            let mut bare = false;
            let state = loop {
                match self.store.ack_jobs(std::slice::from_ref(&row)).await {
                    Ok(written) => break Some(written.into_iter().next().map(|(_, state)| state)),
                    Err(error) if error.is_locked() => break None,
                    Err(error) if error.is_transient() || bare => retry_delay.wait("acks", &error).await,
                    Err(error) => {
                        tracing::error!(job = pending_ack.job.id, %error, "ack: rejected by the database; writing it without its texts");
                        bare = true;
                        row = AckRow {
                            error: row.error.map(|_| {
                                json!({ "name": "AckError", "kind": "error", "message": error.to_string() }).to_string()
                            }),
                            result: None,
                            counts: None,
                            logs: None,
                            ..row
                        };
                    }
                }
            };
            match state {
                Some(Some(state)) => done.push((pending_ack, Some(Cow::Owned(state)))),
                Some(None) => unseen.push(pending_ack),
                None => locked.push(pending_ack),
            }
        }
        *batch = locked;
        done.extend(self.look_up(unseen).await);
        done
    }

    /// Takes the acks whose rows are locked out of the batch. A row that no longer exists counts as
    /// locked; a later write checks it again.
    async fn take_locked(&self, batch: &mut Vec<PendingAck>) -> Vec<PendingAck> {
        let ids: Vec<i64> = batch.iter().map(|it| it.job.id).collect();
        // If the look-up fails, the write itself will show which rows are locked.
        let Ok(free) = self.store.unlocked_jobs(&ids).await else { return vec![] };
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
    async fn look_up(&self, batch: Vec<PendingAck>) -> Vec<AckResult> {
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
            match self.store.find_claims(&ids, &at, &producers).await {
                Ok(found) => return found.into_iter().collect(),
                Err(error) => retry_delay.wait("acks", &error).await,
            }
        }
    }
}
