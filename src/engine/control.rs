//! Operations on a running engine: its status, drain, `run_once`.

use std::time::Duration;

use serde::Serialize;

use super::{Engine, EngineStatus, Target};
use crate::error::{Error, Result};
use crate::metrics::AttemptCounts;
use crate::model::read::{MAX_DURATION, Owner, Reader, Unit};
use crate::plugins::Staging;
use crate::queue::producer::Producer;
use crate::refusals::Part;
use crate::store::Staged;
use crate::telemetry::Kind;

/// How long a drain waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Due jobs that one statement makes available.
const STAGED_AT_ONCE: i64 = 5_000;

/// The number of refused jobs that a status lists.
const MAX_REFUSALS: usize = 100;

/// What a run of everything that is runnable has done.
#[derive(Debug, Serialize)]
pub struct RunOnce {
    #[serde(flatten)]
    pub counts: AttemptCounts,
    /// Whether nothing was left that this engine could run.
    pub drained: bool,
}

/// Reads the options of a run, a JSON object: its `budget`, in milliseconds or as a duration.
pub fn read_budget(options: &str) -> Result<Option<Duration>> {
    let value = Owner::Config.parse("runOnce", options)?;
    let reader = Reader::new(Owner::Config, "runOnce", &value);
    reader.only(&["budget"])?;
    reader.duration("budget", Unit::Milliseconds, Duration::from_millis(1)..=MAX_DURATION)
}

impl Engine {
    pub fn status(&self) -> EngineStatus {
        let (refused_jobs, refused) = self.refusals.list(MAX_REFUSALS);
        EngineStatus {
            name: self.config.name.clone(),
            node: self.config.node.clone(),
            prefix: self.config.prefix.clone(),
            version: self.config.version.clone(),
            environment: self.config.environment.clone(),
            queues_disabled: self.queues_disabled().map(str::to_owned),
            listening: self.notifier.as_ref().is_some_and(|notifier| notifier.is_listening()),
            connections: self.store.connections() + usize::from(self.notifier.is_some()),
            leading: self.peer.lease().is_some(),
            asleep: self.idle.is_asleep(),
            unwritten: self.pending.unwritten(),
            refused_jobs,
            refused,
            queues: self.producers().iter().map(|it| (it.config.name.clone(), self.check(it))).collect(),
        }
    }

    /// Runs the queue on this node until it has no job left that can run; `with_scheduled` includes
    /// jobs that are not yet due. Returns the results of the attempts in the meantime.
    pub async fn drain(&self, target: &Target) -> Result<AttemptCounts> {
        self.may_run("drain")?;
        self.checked.access.may_run("drain")?;
        let producer = self.producer(&target.queue)?;
        if producer.is_paused() {
            return Err(Error::Config(format!("drain: expected a queue that is not paused, got {:?}", target.queue)));
        }
        let before = self.metrics.attempts_of(Some(&target.queue));
        let work = async {
            loop {
                if target.with_scheduled {
                    while self.stage(Some(&target.queue)).await? {}
                }
                let counts = self.metrics.attempts_of(Some(&target.queue));
                if self.is_drained(&producer, target.with_scheduled).await?
                    && self.metrics.attempts_of(Some(&target.queue)) == counts
                {
                    return Ok::<(), Error>(());
                }
                self.something_ends().await;
            }
        };
        match target.timeout {
            None => work.await?,
            Some(limit) => tokio::time::timeout(limit, work).await.map_err(|_| {
                let ms = limit.as_millis();
                Error::Timeout(format!("drain: expected {:?} to be empty within {ms} ms, it is not", target.queue))
            })??,
        }
        Ok(self.metrics.attempts_of(Some(&target.queue)).since(before))
    }

    /// Runs what is runnable in all queues of this node, due jobs included, until nothing is or the
    /// budget is over.
    pub async fn run_once(&self, budget: Option<Duration>) -> Result<RunOnce> {
        self.may_run("runOnce")?;
        self.checked.access.may_run("runOnce")?;
        if self.producers().is_empty() {
            let message = "runOnce: expected an engine that serves queues, got one without; pass queues to start()";
            return Err(Error::Config(message.to_owned()));
        }
        let before = self.metrics.attempts_of(None);
        let work = async {
            loop {
                let counts = self.metrics.attempts_of(None);
                // A job of one queue may enqueue into another, so all have to be drained at the
                // same time.
                if self.are_drained().await?
                    && !self.stage(None).await?
                    && self.are_drained().await?
                    && self.metrics.attempts_of(None) == counts
                {
                    return Ok::<(), Error>(());
                }
                self.something_ends().await;
            }
        };
        let drained = match budget {
            None => work.await.map(|()| true)?,
            Some(budget) => match tokio::time::timeout(budget, work).await {
                Ok(done) => done.map(|()| true)?,
                Err(_) => false,
            },
        };
        Ok(RunOnce { counts: self.metrics.attempts_of(None).since(before), drained })
    }

    /// Makes due jobs available, or all that wait in a queue; returns whether there were any. The
    /// leader, which otherwise does this, may be a node that has ended and still has its lease.
    async fn stage(&self, queue: Option<&str>) -> Result<bool> {
        let report = |staged: Vec<Staged>| self.report_staged(&staged);
        let staging = Staging { store: &self.store, limit: STAGED_AT_ONCE, queue, lease: None, report };
        self.refusals.write(Part::Stage, &staging).await
    }

    async fn are_drained(&self) -> Result<bool> {
        for producer in self.producers().iter().filter(|it| !it.is_paused()) {
            if !self.is_drained(producer, false).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether nothing in a queue is running here, and nothing could run; with `with_scheduled`,
    /// jobs that are not due count too. Wakes the producer.
    async fn is_drained(&self, producer: &Producer, with_scheduled: bool) -> Result<bool> {
        producer.wake();
        // Checked in the order in which a job passes through these states: a job in progress is
        // either in one of them or has been counted in the meantime.
        let quiet = || !producer.is_fetching() && producer.executor.is_idle() && self.pending.count() == 0;
        if !quiet() {
            return Ok(false);
        }
        let workers: Vec<String> = producer.claimable().into_iter().map(|(name, _)| name).collect();
        let queue = &producer.config.name;
        // What the database refuses to stage or to claim cannot run.
        let refused: Vec<i64> =
            [Part::Stage, Part::Claim].into_iter().flat_map(|part| self.refusals.ids_of(part, queue)).collect();
        let pins = producer.pins();
        Ok(!self.store.has_waiting(queue, with_scheduled, &workers, &pins, &refused).await? && quiet())
    }

    /// Waits until outcomes are written, or a little.
    async fn something_ends(&self) {
        tokio::select! {
            () = self.pending.flushed(), if self.pending.count() > 0 => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }

    fn report_staged(&self, staged: &[Staged]) {
        for event in staged.iter().flat_map(|it| &it.discarded) {
            self.telemetry.emit(Kind::JobDiscarded, || event.clone());
        }
    }
}
