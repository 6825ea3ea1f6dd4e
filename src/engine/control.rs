//! Operations on a running engine: pause, scale, drain.

use std::time::Duration;

use super::{Engine, EngineStatus, Target};
use crate::ack::Counts;
use crate::error::{Error, Result};
use crate::telemetry::Kind;

impl Engine {
    pub fn status(&self) -> EngineStatus {
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
            unwritten: self.pending.count(),
            queues: self.producers().iter().map(|it| (it.config.name.clone(), self.check(it))).collect(),
        }
    }

    /// Runs the queue on this node until nothing in it can be run: with `with_scheduled` also what is not due yet. Says what
    /// became of the attempts meanwhile.
    pub async fn drain(&self, target: &Target) -> Result<Counts> {
        self.may_run("drain")?;
        let producer = self.producer(&target.queue)?;
        if producer.is_paused() {
            return Err(Error::Config(format!("drain: expected a queue that is not paused, got {:?}", target.queue)));
        }
        let before = self.counters.of(&target.queue);
        let work = async {
            loop {
                if target.with_scheduled {
                    let staged = self.store.stage_jobs(i64::MAX, Some(&target.queue), None).await?;
                    for event in staged.iter().flat_map(|it| &it.discarded) {
                        self.telemetry.emit(Kind::JobDiscarded, || event.clone());
                    }
                }
                producer.wake();
                let counts = self.counters.of(&target.queue);
                // In the order in which a job passes: one that is under way is in one of these states, or was counted meanwhile.
                let quiet = || !producer.is_fetching() && producer.executor.is_idle() && self.pending.count() == 0;
                let workers: Vec<String> = producer.claimable().into_iter().map(|(name, _)| name).collect();
                if quiet()
                    && !self.store.has_waiting(&target.queue, target.with_scheduled, &workers, &producer.pins()).await?
                    && quiet()
                    && self.counters.of(&target.queue) == counts
                {
                    return Ok::<(), Error>(());
                }
                tokio::select! {
                    () = self.pending.flushed(), if self.pending.count() > 0 => {}
                    () = tokio::time::sleep(Duration::from_millis(10)) => {}
                }
            }
        };
        match target.timeout {
            None => work.await?,
            Some(limit) => tokio::time::timeout(limit, work).await.map_err(|_| {
                let ms = limit.as_millis();
                Error::Timeout(format!("drain: expected {:?} to be empty within {ms} ms, it is not", target.queue))
            })??,
        }
        Ok(self.counters.of(&target.queue).since(before))
    }
}
