//! What people ask of a running engine.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Engine, Target};
use crate::error::{Error, Result};
use crate::notifier::Signal;
use crate::store::{Filter, Touched};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    #[serde(default)]
    filter: Filter,
    id: Option<i64>,
    reason: Option<String>,
    patch: Option<Value>,
    limit: Option<i64>,
    offset: Option<i64>,
    before: Option<i64>,
}

impl Engine {
    pub fn status(&self) -> Value {
        let queues: BTreeMap<String, Value> =
            self.producers().iter().map(|it| (it.config.name.clone(), self.check_queue(&it.config.name))).collect();
        json!({
            "name": self.config.name, "node": self.config.node, "prefix": self.config.prefix, "version": self.config.version,
            "environment": self.config.environment, "refused": self.refused(),
            "listening": self.notifier.as_ref().is_some_and(|notifier| notifier.is_listening()),
            "connections": self.store.connections() + usize::from(self.notifier.is_some()),
            "unwritten": self.pending.count(), "queues": queues,
        })
    }

    /// Runs the queue on this node until nothing in it can be run: with `with_scheduled` also what is not due yet. Says what
    /// became of the attempts meanwhile.
    pub async fn drain(&self, target: &Target) -> Result<Value> {
        self.may_run("drain")?;
        let producer = self.producer(&target.queue)?;
        if producer.is_paused() {
            return Err(Error::Config(format!("drain: expected a queue that is not paused, got {:?}", target.queue)));
        }
        let before = self.tally.of(&target.queue);
        let work = async {
            loop {
                if target.with_scheduled {
                    self.store.stage_jobs(i64::MAX, Some(&target.queue)).await?;
                }
                producer.nudge();
                let counts = self.tally.of(&target.queue);
                // In the order in which a job passes: one that is under way is in one of these places, or was counted meanwhile.
                let quiet = || !producer.is_fetching() && producer.executor.is_idle() && self.pending.count() == 0;
                let workers: Vec<String> = producer.claimable().into_iter().map(|(name, _)| name).collect();
                if quiet()
                    && !self.store.has_waiting(&target.queue, target.with_scheduled, &workers, &producer.pins()).await?
                    && quiet()
                    && self.tally.of(&target.queue) == counts
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
                Error::Unavailable(format!("drain: expected {:?} to be empty within {ms} ms, it is not", target.queue))
            })??,
        }
        Ok(self.tally.of(&target.queue).since(before).to_json())
    }

    /// `find`, `list`, `cancel`, `retry`, `delete` or `update`; options and answer are JSON.
    pub async fn jobs(&self, action: &str, options: &str) -> Result<String> {
        let act: Act = serde_json::from_str(options).map_err(|e| Error::Config(format!("jobs.{action}: {e}")))?;
        if matches!(action, "cancel" | "retry" | "delete" | "update") && act.filter.is_empty() {
            return Err(Error::Config(format!(
                "jobs.{action}: expected a filter that means some jobs, got one that means all of them"
            )));
        }
        let touched = match action {
            "find" => {
                let id = act.id.ok_or_else(|| Error::Config("jobs.find: expected an id, got none".into()))?;
                return Ok(self.store.find_job(id).await?.unwrap_or_else(|| "null".into()));
            }
            "list" => {
                let rows = self
                    .store
                    .list_jobs(&act.filter, act.before, act.limit.unwrap_or(100), act.offset.unwrap_or(0))
                    .await?;
                return Ok(format!("[{}]", rows.join(",")));
            }
            "cancel" => self.cancel_jobs(&act).await?,
            "retry" => self.store.retry_jobs(&act.filter).await.map_err(taken)?,
            "delete" => self.store.delete_jobs(&act.filter).await?,
            "update" => {
                let patch = crate::draft::check_patch(&act.patch.unwrap_or(Value::Null))?;
                self.store.update_jobs(&act.filter, &patch).await?
            }
            other => return Err(Error::Internal(format!("jobs: expected a known action, got {other:?}"))),
        };
        self.follow_up(&touched);
        Ok(json!(touched).to_string())
    }

    async fn cancel_jobs(&self, act: &Act) -> Result<Vec<Touched>> {
        let touched = self.store.cancel_jobs(&act.filter, act.reason.as_deref()).await?;
        let running: Vec<i64> = touched.iter().filter(|job| job.state == "executing").map(|job| job.id).collect();
        // Those that run elsewhere; a notification holds 8000 bytes, and what it misses the heartbeat finds.
        for ids in running.chunks(500) {
            self.producers().iter().for_each(|producer| drop(producer.executor.cancel(ids)));
            self.signal(&Signal::Cancel { ids: ids.to_vec() }).await?;
        }
        Ok(touched)
    }

    /// Wakes whoever must look at the jobs as they are now.
    fn follow_up(&self, touched: &[Touched]) {
        use crate::afterwards::Afterwards;
        let mut queues: Vec<String> =
            touched.iter().filter(|job| job.state == "available").map(|job| job.queue.clone()).collect();
        queues.sort_unstable();
        queues.dedup();
        if !queues.is_empty() {
            self.wakes.available(queues);
        }
        if touched.iter().any(|job| job.state == "scheduled" || job.state == "retryable") {
            self.wakes.waiting();
        }
    }
}

/// A finished job cannot run again while another has its unique key.
fn taken(error: Error) -> Error {
    match error {
        Error::Database { sqlstate, .. } if sqlstate == "23505" => Error::Conflict(
            "jobs.retry: expected jobs whose unique keys are free, got one whose key another job has taken; none was retried".into(),
        ),
        other => other,
    }
}
