//! Acts on chosen jobs in batches, each a statement of its own, and sets the jobs apart that the database refuses to change.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde_json::Value;

use crate::engine::Engine;
use crate::engine::router::IDS_PER_SIGNAL;
use crate::error::{Error, Result};
use crate::model::draft::check_patch;
use crate::model::job::State;
use crate::notifier::{AfterCommit, Signal};
use crate::refusals::{Halves, Reason};
use crate::store::{ActRefusal, Filter, Touched};

/// The index that unique jobs conflict on.
const UNIQUE_INDEX: &str = "eram_jobs_unique_index";

/// The maximum number of jobs in one statement.
const MAX_BATCH: usize = 1000;

pub(super) enum Act {
    Cancel { reason: Option<String> },
    Retry,
    Delete,
    Update { patch: String, revision: Option<String> },
}

impl Act {
    /// Reads the name of an action, with what it needs.
    pub(super) fn read(name: &str, reason: Option<String>, patch: Option<Value>) -> Result<Option<Self>> {
        Ok(Some(match name {
            "cancel" => Self::Cancel { reason },
            "retry" => Self::Retry,
            "delete" => Self::Delete,
            "update" => Self::Update { patch: check_patch(&patch.unwrap_or(Value::Null))?, revision: None },
            _ => return Ok(None),
        }))
    }

    /// Whether it acts on jobs of a state.
    pub(super) const fn takes(&self, state: State) -> bool {
        match self {
            Self::Cancel { .. } => !state.is_terminal(),
            Self::Retry => !matches!(state, State::Available | State::Executing),
            Self::Delete => !matches!(state, State::Executing),
            Self::Update { .. } => !matches!(state, State::Executing) && !state.is_terminal(),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Cancel { .. } => "cancel",
            Self::Retry => "retry",
            Self::Delete => "delete",
            Self::Update { .. } => "update",
        }
    }
}

impl Engine {
    /// The jobs that were touched, and after them those that were refused. If all were refused, the error of the first.
    pub(super) async fn act(&self, act: &Act, filter: Filter) -> Result<Vec<Touched>> {
        let (done, failed) = self.act_on_all(act, filter).await?;
        match failed.split_first() {
            Some(((_, first), more)) if done.is_empty() => Err(match first.clone() {
                Error::UniqueConflict(text) if !more.is_empty() => {
                    Error::UniqueConflict(format!("{text}; {} other jobs were refused too", more.len()))
                }
                error => error,
            }),
            _ => self.with_refused(done, failed).await,
        }
    }

    /// The jobs that were touched, and the errors of those that were refused.
    pub(super) async fn act_on_all(&self, act: &Act, filter: Filter) -> Result<(Vec<Touched>, Vec<(i64, Error)>)> {
        let mut named = filter.ids.clone().map(|mut ids| {
            ids.sort_unstable();
            ids.dedup();
            ids
        });
        let last = if named.is_some() { 0 } else { self.store.last_job().await? };
        let mut after = 0;
        let mut done: Vec<Touched> = vec![];
        let mut failed = vec![];
        loop {
            let ids = match &mut named {
                Some(ids) => ids.drain(..ids.len().min(MAX_BATCH)).collect(),
                None => self.store.next_job_ids(&filter, after, last, MAX_BATCH).await?,
            };
            let Some(highest) = ids.last() else { return Ok((done, failed)) };
            after = *highest;
            let batch = Filter { ids: Some(ids), ..filter.clone() };
            let (touched, refused) = self.act_in_halves(act, &batch).await?;
            self.follow_up(act, &touched);
            done.extend(touched);
            for (id, error) in refused {
                let one = Filter { ids: Some(vec![id]), ..Filter::default() };
                let error = self.explained(act, &one, error).await?;
                failed.push((id, error));
            }
        }
    }

    /// Acts on a batch; what the database refuses of it, row by row, is returned with the error.
    async fn act_in_halves(&self, act: &Act, batch: &Filter) -> Result<(Vec<Touched>, Vec<(i64, Error)>)> {
        let error = match self.act_on(act, batch).await {
            Ok(touched) => return Ok((touched, vec![])),
            Err(error) if error.is_refusal(false) => error,
            Err(error) => return Err(error),
        };
        let mut touched = vec![];
        let ids = batch.ids.clone().unwrap_or_default();
        let mut halves = Halves::new(ids, error, |_| (), 0);
        while let Some(ids) = halves.next_rows() {
            let answer = self.act_on(act, &Filter { ids: Some(ids.clone()), ..batch.clone() }).await;
            touched.extend(halves.answered(ids, answer, false)?.into_iter().flatten());
        }
        touched.sort_unstable_by_key(|job: &Touched| job.id);
        let (mut refused, _) = halves.finish();
        refused.sort_unstable_by_key(|it| it.row);
        Ok((touched, refused.into_iter().map(|it| (it.row, it.error)).collect()))
    }

    /// The jobs that were touched, and after them those that were refused.
    pub(super) async fn with_refused(&self, mut done: Vec<Touched>, failed: Vec<(i64, Error)>) -> Result<Vec<Touched>> {
        if failed.is_empty() {
            return Ok(done);
        }
        let failed: HashMap<i64, Error> = failed.into_iter().collect();
        let ids: Vec<i64> = failed.keys().copied().collect();
        let mut rows = self.store.name_jobs(&ids).await?;
        for row in &mut rows {
            row.refused = failed.get(&row.id).map(refusal);
        }
        done.extend(rows);
        Ok(done)
    }

    async fn act_on(&self, act: &Act, batch: &Filter) -> Result<Vec<Touched>> {
        match act {
            Act::Cancel { reason } => self.cancel_jobs(batch, reason.as_deref()).await,
            Act::Retry => self.store.retry_jobs(batch).await,
            Act::Delete => self.store.delete_jobs(batch).await,
            Act::Update { patch, revision } => self.store.update_jobs(batch, patch, revision.as_deref()).await,
        }
    }

    async fn cancel_jobs(&self, batch: &Filter, reason: Option<&str>) -> Result<Vec<Touched>> {
        let touched = self.store.cancel_jobs(batch, reason).await?;
        let running: Vec<i64> = touched.iter().filter(|job| job.state == "executing").map(|job| job.id).collect();
        // Notifies the other nodes that run the jobs. A notification holds up to 8000 bytes;
        // heartbeats find requests whose notification is lost.
        for ids in running.chunks(IDS_PER_SIGNAL) {
            self.producers().iter().for_each(|producer| drop(producer.executor.cancel(ids)));
            self.signal(&Signal::Cancel { ids: ids.to_vec() }).await?;
        }
        Ok(touched)
    }

    /// Another node may have requested the cancellation of these jobs. Every role that may connect can say so: the rows decide.
    pub(in crate::engine) async fn look_for_cancels(&self, ids: Vec<i64>) {
        let held: HashSet<i64> = self.producers().iter().flat_map(|producer| producer.executor.holding_ids()).collect();
        let ids: Vec<i64> = ids.into_iter().filter(|id| held.contains(id)).collect();
        if ids.is_empty() {
            return;
        }
        match self.store.cancel_requested(&ids).await {
            Ok(ids) => self.producers().iter().for_each(|producer| drop(producer.executor.cancel(&ids))),
            Err(error) => {
                tracing::warn!(%error, "jobs: cannot read which are cancelled; the next heartbeat tries again");
            }
        }
    }

    /// Names the job that holds the unique key of a job that was to become active again.
    async fn explained(&self, act: &Act, job: &Filter, error: Error) -> Result<Error> {
        let Error::Database { sqlstate, constraint, .. } = &error else { return Ok(error) };
        if sqlstate != "23505" || constraint.as_deref().is_some_and(|it| it != UNIQUE_INDEX) {
            return Ok(error);
        }
        let got = match self.store.find_unique_conflict(job).await? {
            Some((id, rival)) => format!("job {id}, whose key job {rival} has taken"),
            // The conflicting job has ended in the meantime.
            None => "one whose key another job had taken a moment ago".to_owned(),
        };
        let name = act.name();
        Ok(Error::UniqueConflict(format!("jobs.{name}: expected jobs whose unique keys are free, got {got}")))
    }

    /// Wakes the producers and the stager for the jobs as they are now, and the callers that wait for their ends.
    fn follow_up(&self, act: &Act, touched: &[Touched]) {
        let is_gone =
            |job: &&Touched| matches!(act, Act::Delete) || State::parse(&job.state).is_ok_and(State::is_terminal);
        if self.router.awaits_ends() {
            let ended: Vec<i64> = touched.iter().filter(is_gone).map(|job| job.id).collect();
            self.router.ended(&ended);
        }
        let mut queues: Vec<String> =
            touched.iter().filter(|job| job.state == "available").map(|job| job.queue.clone()).collect();
        queues.sort_unstable();
        queues.dedup();
        if !queues.is_empty() {
            self.router.available(queues);
        }
        if touched.iter().any(|job| job.state == "scheduled" || job.state == "retryable") {
            self.router.waiting(Duration::ZERO);
        }
    }
}

fn refusal(error: &Error) -> ActRefusal {
    let Reason { sqlstate, constraint, message } = Reason::of(error);
    ActRefusal { code: error.code(), sqlstate, constraint, message }
}
