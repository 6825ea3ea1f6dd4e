//! Whether this engine works: facts in memory, and on request one question to the database.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::Engine;
use crate::error::Result;

/// The number of heartbeat intervals without any answer of the database after which an engine with
/// queues counts as cut off from it.
const MAX_SILENT_INTERVALS: u32 = 4;

/// How long the database may take to answer a deep check.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// What an engine knows of its own health.
#[derive(Debug, Serialize)]
pub struct EngineHealth {
    /// Whether it has begun to fetch jobs, or to take enqueues.
    pub opened: bool,
    pub stopping: bool,
    /// Tasks that ended although the engine runs: each is a bug.
    pub ended_tasks: Vec<String>,
    /// Why the engine serves no queue; `None` if it may serve queues.
    pub queues_disabled: Option<String>,
    pub database: DatabaseHealth,
    /// Whether notifications arrive; `None` where the engine is not to listen.
    pub listening: Option<bool>,
    pub warnings: Vec<RaisedWarning>,
    /// The queues that it serves.
    pub queues: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct DatabaseHealth {
    pub ok: bool,
    /// Milliseconds since it last answered a statement.
    pub age_ms: u64,
}

/// A warning that lasts.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct RaisedWarning {
    pub warning: &'static str,
    pub subject: String,
}

impl Engine {
    /// The health as memory shows it, without a statement.
    pub fn health(&self) -> EngineHealth {
        // While the engine sleeps nothing asks the database, and the connection that listens tells.
        let age = self.store.contact.age().min(self.idle.awake_for().unwrap_or(Duration::MAX));
        let listening = self.notifier.as_ref().map(|notifier| notifier.is_listening());
        // An engine without queues sends no heartbeats, so it only knows how its last statement ended.
        let reachable = if self.idle.is_asleep() {
            listening == Some(true)
        } else if self.router.producers.is_empty() {
            !self.store.contact.is_away()
        } else {
            age <= self.config.heartbeat_interval * MAX_SILENT_INTERVALS
        };
        let raised = self.warnings.all().into_iter();
        EngineHealth {
            opened: self.opened.load(std::sync::atomic::Ordering::Acquire),
            stopping: self.is_stopping(),
            ended_tasks: self.ended_tasks(),
            queues_disabled: self.queues_disabled().map(str::to_owned),
            database: DatabaseHealth { ok: reachable, age_ms: u64::try_from(age.as_millis()).unwrap_or(u64::MAX) },
            listening,
            warnings: raised.map(|(kind, subject)| RaisedWarning { warning: kind.as_str(), subject }).collect(),
            queues: self.router.producers.queues(),
        }
    }

    /// Asks the database for an answer: `{ ok, ms }`, or `{ ok, ms, message }`.
    pub async fn probe(&self) -> Value {
        let begun = Instant::now();
        let answer = self.store.probe(PROBE_TIMEOUT).await;
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        match answer {
            Ok(()) => json!({ "ok": true, "ms": ms }),
            Err(error) => json!({ "ok": false, "ms": ms, "message": error.to_string() }),
        }
    }

    /// The load of each known queue, by name.
    pub async fn backlog(&self) -> Result<Vec<crate::store::Backlog>> {
        let (queues, _) = self.store.known_queues().await?;
        self.store.backlog(&queues).await
    }

    /// The tasks that ended on their own: by a panic, as none returns while the engine runs.
    fn ended_tasks(&self) -> Vec<String> {
        if self.is_stopping() {
            return vec![];
        }
        let mut ended = self.router.producers.ended();
        let finished = |task: &Option<JoinHandle<()>>| task.as_ref().is_some_and(JoinHandle::is_finished);
        if finished(&self.acker.lock()) {
            ended.push("acker".to_owned());
        }
        if finished(&self.peering.lock()) {
            ended.push("leader election".to_owned());
        }
        let tasks = self.tasks.lock();
        ended.extend(tasks.iter().filter(|(_, task)| task.is_finished()).map(|(name, _)| (*name).to_owned()));
        // A stop may have begun in the meantime, which ends them.
        if self.is_stopping() { vec![] } else { ended }
    }
}
