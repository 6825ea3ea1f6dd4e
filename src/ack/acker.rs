//! The acker: writes acks in batches; completions that arrive while one batch is being written form
//! the next.
//!
//! A batch is retried until it succeeds, so no outcome is lost when the database is away. When an
//! answer was lost, or a job's own transaction may already have written the ack, the acker reads
//! the row to find out. A row locked by another transaction is written separately, so it does not
//! delay the others, and neither does one that the database refuses. Events are emitted after the
//! batch has committed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::aside::Aside;
use super::batch::{AckResult, Batch, PendingAck, Unwritten};
use super::completion::Completion;
use super::pending::Pending;
use super::to_ack;
use crate::metrics::Metrics;
use crate::model::draft::DefaultsByQueue;
use crate::model::outcome::Limits;
use crate::notifier::AfterCommit;
use crate::refusals::Refusals;
use crate::registry::Registry;
use crate::store::Store;
use crate::telemetry::Telemetry;

/// The maximum number of acks in one statement.
const MAX_BATCH: usize = 2000;

/// How long to wait before rows that were locked by another transaction are tried again.
const LOCKED_RETRY: Duration = Duration::from_secs(1);

/// What the acker needs from its engine.
pub struct AckerDeps {
    pub store: Arc<Store>,
    pub telemetry: Arc<Telemetry>,
    pub limits: Limits,
    pub registry: Arc<Registry>,
    pub defaults: DefaultsByQueue,
    pub pending: Pending,
    pub metrics: Arc<Metrics>,
    pub refusals: Arc<Refusals>,
}

pub struct Acker {
    pub(super) deps: AckerDeps,
    pub(super) aside: Aside,
}

/// The executors' completions.
type Inflow = mpsc::UnboundedReceiver<Vec<Completion>>;

impl Acker {
    pub fn new(deps: AckerDeps) -> Self {
        Self { deps, aside: Aside::default() }
    }

    /// Runs until the senders are gone and everything is written that the database does not refuse.
    pub async fn run(self, mut completions: Inflow, after_commit: Arc<impl AfterCommit>) {
        let acker = Arc::new(self);
        let mut inbox = VecDeque::new();
        let mut next = Batch::default();
        let mut written: Vec<AckResult> = vec![];
        let mut aside = JoinSet::new();
        let mut retries = JoinSet::new();
        retries.spawn(acker.clone().write_refused(after_commit.clone()));
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
            let (results, left) = done;
            written = results;
            if !left.is_empty() {
                aside.spawn(acker.clone().write_rest(left, after_commit.clone()));
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
        let AckerDeps { limits, registry, defaults, .. } = &self.deps;
        let ack_of = |outcome| to_ack::ack_of(&job, outcome, limits, registry, defaults);
        let prepared = prepared.map(|it| (Box::new(ack_of(it.outcome)), it.committed));
        let ack = ack_of(outcome);
        PendingAck { job, ack, prepared, started, ended, trace }
    }

    /// Writes what a batch has left: rows that were locked as they become free, and of those that
    /// were refused all that the database accepts.
    async fn write_rest(self: Arc<Self>, left: Unwritten, after_commit: Arc<impl AfterCommit>) {
        let Unwritten { mut locked, refused } = left;
        let some_locked = locked.first().map(|it| it.job.id);
        for (acks, error) in refused {
            locked.extend(self.write_halves(acks, error, &*after_commit).await);
        }
        if let Some(first) = some_locked {
            tracing::warn!(
                jobs = locked.len(),
                first,
                "acks: another transaction has locked the rows of these jobs; writing when it ends"
            );
        }
        while !locked.is_empty() {
            tokio::time::sleep(LOCKED_RETRY).await;
            let still = self.take_locked(&mut locked).await;
            let (written, left) = self.write(locked.into_iter().collect()).await;
            self.report(written, &*after_commit);
            locked = left.locked;
            locked.extend(still);
            for (acks, error) in left.refused {
                locked.extend(self.write_halves(acks, error, &*after_commit).await);
            }
        }
    }
}
