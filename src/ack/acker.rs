//! Writes outcomes to the database: what piles up while one batch is on its way forms the next.
//!
//! No outcome is dropped for want of a database: a batch is tried until it gets through. An ack whose answer was lost is told
//! from one that came too late by looking at the row; so is one that the job's own transaction may have written already. A row
//! that somebody has locked is set aside and holds up no other. Events fire when the batch has committed.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::batch::{Batch, Verdict, Written, by_claim, claims, is_plain};
use super::completion::Settled;
use super::counters::Tally;
use super::pending::Pending;
use super::to_ack;
use crate::model::job::State;
use crate::model::outcome::{Ack, Limits};
use crate::notifier::Afterwards;
use crate::retry_delay::Patience;
use crate::store::{AckRow, Store};
use crate::telemetry::Telemetry;

/// The most acks in one statement.
const BATCH: usize = 2000;

/// How often rows that somebody holds are looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub struct Acker {
    store: Arc<Store>,
    pub(super) telemetry: Arc<Telemetry>,
    limits: Limits,
    pub(super) pending: Pending,
    pub(super) tally: Tally,
}

/// Where what was settled comes from.
type Inflow = mpsc::UnboundedReceiver<Vec<Settled>>;

/// A batch that the server has had.
struct Done {
    written: Vec<Written>,
    /// Those whose rows somebody holds.
    held: Vec<Verdict>,
}

impl Acker {
    pub fn new(store: Arc<Store>, telemetry: Arc<Telemetry>, limits: Limits, pending: Pending, tally: Tally) -> Self {
        Self { store, telemetry, limits, pending, tally }
    }

    /// Works until the senders are gone and everything is written.
    pub async fn run(self, mut settled: Inflow, afterwards: Arc<impl Afterwards>) {
        let acker = Arc::new(self);
        let mut inbox = VecDeque::new();
        let mut next = Batch::default();
        let mut written: Vec<Written> = vec![];
        let mut aside = JoinSet::new();
        loop {
            acker.fill(&mut next, &mut settled, &mut inbox);
            let told = std::mem::take(&mut written);
            if next.is_empty() {
                acker.report(told, &*afterwards);
                match settled.recv().await {
                    Some(more) => inbox.push_back(more.into_iter()),
                    None => break,
                }
                continue;
            }
            let batch = std::mem::take(&mut next);
            // While the server has this batch, the last one is told of and the next one is got ready.
            let meanwhile = async {
                acker.report(told, &*afterwards);
                acker.fill(&mut next, &mut settled, &mut inbox);
            };
            let (done, ()) = tokio::join!(acker.write(batch), meanwhile);
            written = done.written;
            if !done.held.is_empty() {
                aside.spawn(acker.clone().write_held(done.held, afterwards.clone()));
            }
            while aside.try_join_next().is_some() {}
        }
        while aside.join_next().await.is_some() {}
    }

    /// Judges what has come, until the batch is full.
    fn fill(&self, batch: &mut Batch, settled: &mut Inflow, inbox: &mut VecDeque<std::vec::IntoIter<Settled>>) {
        while batch.len() < BATCH {
            match inbox.front_mut().map(Iterator::next) {
                Some(Some(it)) => batch.push(self.judge(it)),
                Some(None) => drop(inbox.pop_front()),
                None => match settled.try_recv() {
                    Ok(more) => inbox.push_back(more.into_iter()),
                    Err(_) => return,
                },
            }
        }
    }

    fn judge(&self, settled: Settled) -> Verdict {
        let Settled { job, outcome, started, ended, handed } = settled;
        let handed = handed.map(|it| (Box::new(to_ack::ack_of(&job, it.outcome, &self.limits)), it.committed));
        let ack = to_ack::ack_of(&job, outcome, &self.limits);
        Verdict { job, ack, handed, started, ended }
    }

    /// Tries until the batch is written, however long the database is away.
    async fn write(&self, batch: Batch) -> Done {
        let Batch { committed, mut plain, mut told } = batch;
        let mut written = vec![];
        for missing in self.verify(committed, &mut written).await {
            if is_plain(&missing.ack) { &mut plain } else { &mut told }.push(missing);
        }
        let (completed, others) = tokio::join!(self.write_plain(&mut plain), self.write_told(&mut told));
        written.extend(completed);
        written.extend(others);
        plain.append(&mut told);
        Done { written, held: plain }
    }

    /// Goes on with rows that somebody holds, as they become free.
    async fn write_held(self: Arc<Self>, mut held: Vec<Verdict>, afterwards: Arc<impl Afterwards>) {
        tracing::warn!(
            jobs = held.len(),
            first = held.first().map(|it| it.job.id),
            "acks: another transaction has locked the rows of these jobs; writing when it ends"
        );
        while !held.is_empty() {
            tokio::time::sleep(LOOK_AGAIN).await;
            let still = self.set_aside(&mut held).await;
            let done = self.write(held.into_iter().collect()).await;
            self.report(done.written, &*afterwards);
            held = done.held;
            held.extend(still);
        }
    }

    /// Writes the batch and empties it, but for those whose rows somebody holds.
    async fn write_plain(&self, batch: &mut Vec<Verdict>) -> Vec<Written> {
        let mut held = vec![];
        let mut patience = Patience::default();
        let mut unsure = false;
        let written = loop {
            if batch.is_empty() {
                *batch = held;
                return vec![];
            }
            match self.store.complete_jobs(&by_claim(batch)).await {
                Ok(written) => break written,
                Err(error) if error.is_locked() => held.extend(self.set_aside(batch).await),
                Err(error) => {
                    unsure = true;
                    patience.wait("acks", &error).await;
                }
            }
        };
        let batch = std::mem::replace(batch, held);
        if !unsure && usize::try_from(written) == Ok(batch.len()) {
            return batch.into_iter().map(|it| (it, Some(Cow::Borrowed("completed")))).collect();
        }
        self.look_up(batch).await
    }

    /// As [`Self::write_plain`].
    async fn write_told(&self, batch: &mut Vec<Verdict>) -> Vec<Written> {
        let mut held = vec![];
        let mut patience = Patience::default();
        let mut unsure = false;
        let written = loop {
            if batch.is_empty() {
                *batch = held;
                return vec![];
            }
            let rows: Vec<AckRow> = batch.iter().map(Verdict::row).collect();
            match self.store.ack_jobs(&rows).await {
                Ok(written) => break written,
                Err(error) if error.is_locked() => held.extend(self.set_aside(batch).await),
                Err(error) if error.is_transient() => {
                    unsure = true;
                    patience.wait("acks", &error).await;
                }
                Err(error) => {
                    tracing::error!(%error, "acks: the batch was refused; writing one by one");
                    let written = self.write_singly(batch).await;
                    batch.append(&mut held);
                    return written;
                }
            }
        };
        let batch = std::mem::replace(batch, held);
        if unsure || written.len() < batch.len() {
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

    /// The server refuses something in the batch. What it is must not hold up the others, nor its own job: without its texts,
    /// any ack can be written.
    async fn write_singly(&self, batch: &mut Vec<Verdict>) -> Vec<Written> {
        let mut done = vec![];
        let mut held = vec![];
        let mut unseen = vec![];
        for verdict in batch.drain(..) {
            let mut row = verdict.row();
            let mut patience = Patience::default();
            let mut bare = false;
            let state = loop {
                match self.store.ack_jobs(std::slice::from_ref(&row)).await {
                    Ok(written) => break Some(written.into_iter().next().map(|(_, state)| state)),
                    Err(error) if error.is_locked() => break None,
                    Err(error) if error.is_transient() || bare => patience.wait("acks", &error).await,
                    Err(error) => {
                        tracing::error!(job = verdict.job.id, %error, "ack: refused by the database; written without its texts");
                        bare = true;
                        row = AckRow {
                            error: row.error.map(|_| {
                                json!({ "name": "AckError", "kind": "error", "message": error.to_string() }).to_string()
                            }),
                            result: None,
                            counts: None,
                            ..row
                        };
                    }
                }
            };
            match state {
                Some(Some(state)) => done.push((verdict, Some(Cow::Owned(state)))),
                Some(None) => unseen.push(verdict),
                None => held.push(verdict),
            }
        }
        *batch = held;
        done.extend(self.look_up(unseen).await);
        done
    }

    /// Takes out of the batch what somebody holds. What is not there any more counts as held: it costs another look.
    async fn set_aside(&self, batch: &mut Vec<Verdict>) -> Vec<Verdict> {
        let ids: Vec<i64> = batch.iter().map(|it| it.job.id).collect();
        // When it cannot be told, the write will show.
        let Ok(free) = self.store.free_jobs(&ids).await else { return vec![] };
        let (free, held) = std::mem::take(batch).into_iter().partition(|it| free.contains(&it.job.id));
        *batch = free;
        held
    }

    /// Looks whether what the drivers said was committed is there. Gives back what is not, to be written as any other.
    async fn verify(&self, batch: Vec<Verdict>, written: &mut Vec<Written>) -> Vec<Verdict> {
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
                "transaction: the driver said that it has committed, and the job is still executing; is it a transaction of this database?"
            );
        }
        // A row that has gone on since, by a retry for instance, was written before it could.
        written.extend(there.into_iter().map(|it| {
            let state = Cow::Borrowed(it.ack.state.as_str());
            (it, Some(state))
        }));
        missing
    }

    /// Some acks changed nothing, or it is not known whether they did: the rows tell.
    async fn look_up(&self, batch: Vec<Verdict>) -> Vec<Written> {
        if batch.is_empty() {
            return vec![];
        }
        let states = self.states(&batch).await;
        batch
            .into_iter()
            .map(|mut it| {
                let Some(state) = states.get(&it.job.id) else { return (it, None) };
                // A cancel may have won over what the ack wanted.
                let is_made_by =
                    |ack: &Ack| state == ack.state.as_str() || (state == "cancelled" && ack.state.is_incomplete());
                if !is_made_by(&it.ack) {
                    match it.handed.take() {
                        Some((handed, _)) if is_made_by(&handed) => it.ack = *handed,
                        _ => return (it, None),
                    }
                }
                let state = Cow::Owned(state.clone());
                (it, Some(state))
            })
            .collect()
    }

    /// The states of rows whose last claim is that of the verdict.
    async fn states(&self, batch: &[Verdict]) -> HashMap<i64, String> {
        let (ids, at, producers) = claims(batch);
        let mut patience = Patience::default();
        loop {
            match self.store.find_claims(&ids, &at, &producers).await {
                Ok(found) => return found.into_iter().collect(),
                Err(error) => patience.wait("acks", &error).await,
            }
        }
    }
}
