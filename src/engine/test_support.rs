//! What the testing kit asks of an engine: its statements, ticks of plugins, and what an outcome means for a job.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Engine;
use crate::ack::{Trace, ack_of, ack_row};
use crate::error::{Error, Result};
use crate::model::draft::DefaultsByQueue;
use crate::model::job::Job;
use crate::model::outcome::{Limits, SettledRun, parse_details};
use crate::registry::Registry;
use crate::store::{AckRow, TestStatement};

/// A claimed job, as much of it as its ack needs.
#[derive(Debug, Deserialize)]
struct ClaimedJob {
    id: i64,
    worker: String,
    queue: String,
    attempt: i32,
    max_attempts: i32,
    crashes: i16,
    /// Microseconds since 1970.
    claimed_at: i64,
    attempted_by: [String; 2],
    backoff: Option<Value>,
}

/// What an outcome means for a job.
#[derive(Debug, Serialize)]
struct Judgement {
    state: &'static str,
    /// Seconds to the next attempt.
    delay: Option<f64>,
    /// The event's word for the attempt.
    event: &'static str,
    /// The text for `eram_ack_job`.
    ack: String,
}

/// Judges an outcome, one element of the details of `exchange`, without an engine.
pub fn judge(registry: &Registry, job: &str, detail: &str) -> Result<String> {
    let shape = |error| Error::Internal(format!("judge: expected a claimed job, got {error}"));
    let job: Job = serde_json::from_str::<ClaimedJob>(job).map_err(shape)?.into();
    let settled = parse_details(&format!("[{detail}]"))?.settled.into_iter().next();
    let SettledRun { outcome, logs, .. } =
        settled.ok_or_else(|| Error::Internal("judge: expected an outcome, got none".to_owned()))?;
    let ack = ack_of(&job, outcome, &Limits::default(), registry, &DefaultsByQueue::default());
    let row: AckRow = ack_row(&job, &ack, &Trace { isolate: None, logs, usage: None });
    let text = |it: serde_json::Result<String>| it.map_err(|error| Error::Internal(format!("judge: {error}")));
    text(serde_json::to_string(&Judgement {
        state: ack.state.as_str(),
        delay: ack.delay,
        event: ack.event_state.as_str(),
        ack: text(serde_json::to_string(&row))?,
    }))
}

impl From<ClaimedJob> for Job {
    fn from(job: ClaimedJob) -> Self {
        Self {
            id: job.id,
            worker: job.worker.into(),
            queue: job.queue.into(),
            attempt: job.attempt,
            max_attempts: job.max_attempts,
            priority: 0,
            args: "{}".to_owned(),
            meta: None,
            tags: vec![],
            errors: vec![],
            inserted_at: job.claimed_at,
            scheduled_at: job.claimed_at,
            attempted_at: job.claimed_at,
            attempted_by: Arc::from(job.attempted_by),
            timeout: None,
            backoff: job.backoff.map(|it| it.to_string()),
            crashes: job.crashes,
        }
    }
}

impl Engine {
    /// Runs a statement of the testing kit on the engine's connections.
    pub async fn testing(&self, statement: &str, text: &str) -> Result<Option<String>> {
        self.may_test(statement)?;
        self.store.testing(TestStatement::named(statement)?, text).await
    }

    /// Runs one tick of each of these plugins now, in this order.
    pub async fn tick(&self, plugins: &[String]) -> Result<()> {
        self.may_test("tick")?;
        for name in plugins {
            self.plugins.tick(name, self.plugin_context()).await?;
        }
        Ok(())
    }

    fn may_test(&self, what: &str) -> Result<()> {
        if self.config.testing.is_some() || what == "find" {
            return Ok(());
        }
        let name = &self.config.name;
        Err(Error::Config(format!("{what}: expected an engine that was started with testing, got engine {name:?}")))
    }
}
