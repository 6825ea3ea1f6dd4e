//! The engine's events. An event is emitted after the commit that it reports.
//!
//! An event without a subscriber is never built: a drain of a million jobs then costs one atomic read each.

mod warnings;

pub use warnings::{Warning, Warnings};

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::RwLock;
use serde_json::{Value, json};

use crate::model::job::Job;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// The kinds of event. The text is the event's name in JavaScript.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $($(#[$doc])* $name),* }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

kinds! {
    /// An isolate took the job.
    JobStart = "job:start",
    /// An attempt ended without failure: success, snoozed, cancelled, discarded, or released.
    JobStop = "job:stop",
    /// An attempt failed; the job will be retried or is discarded.
    JobException = "job:exception",
    /// The attempt ended, but its claim was gone: nothing was written.
    JobLost = "job:lost",
    /// A job of a lost node was freed.
    JobRescued = "job:rescued",
    JobDiscarded = "job:discarded",
    /// Jobs wait that no node can run.
    JobUnhandled = "job:unhandled",
    /// The queue was paused, resumed or given another limit.
    QueueUpdate = "queue:update",
    /// The queue stopped, with the jobs it had to release.
    QueueShutdown = "queue:shutdown",
    /// Due jobs became available.
    StagerStop = "stager:stop",
    /// A tick of a cron entry inserted a job, or found the unique job that prevents it.
    CronInsert = "cron:insert",
    /// Ticks of a cron entry were missed, because no node was running.
    CronMissed = "cron:missed",
    /// A cron entry cannot be ticked; the others go on.
    CronException = "cron:exception",
    /// Notifications started or stopped arriving.
    NotifierSwitch = "notifier:switch",
    /// The database went away or came back.
    DatabaseSwitch = "database:switch",
    /// Another node gave this one up; its claims are void.
    ProducerLost = "producer:lost",
    /// The engine may only enqueue: the database belongs to another environment.
    EngineRefused = "engine:refused",
    /// A problem of the cluster appeared or was resolved; see [`Warning`].
    Warning = "warning",
    /// Jobs that ended long ago were deleted.
    PrunerStop = "pruner:stop",
    /// The search indexes were rebuilt, or not.
    ReindexerStop = "reindexer:stop",
    /// This node leads from now on.
    LeaderElected = "leader:elected",
    /// This node no longer leads.
    LeaderLost = "leader:lost",
    /// A message on a channel that was listened to.
    Message = "message",
}

/// Receives the JSON text of each wanted event, on a thread of the engine.
pub type Sink = Arc<dyn Fn(String) + Send + Sync>;

#[derive(Default)]
pub struct Telemetry {
    wanted: AtomicU32,
    sink: RwLock<Option<Sink>>,
}

impl Telemetry {
    pub fn connect(&self, sink: Sink) {
        *self.sink.write() = Some(sink);
    }

    /// Replaces the wanted events; `*` stands for all. Names that the engine does not know are the host's own.
    pub fn subscribe(&self, names: &[String]) {
        let all = names.iter().any(|name| name == "*");
        let mask = Kind::ALL.iter().filter(|kind| all || names.iter().any(|name| name == kind.as_str()));
        self.wanted.store(mask.fold(0, |mask, kind| mask | bit(*kind)), Ordering::Relaxed);
    }

    pub fn wants(&self, kind: Kind) -> bool {
        self.wanted.load(Ordering::Relaxed) & bit(kind) != 0
    }

    pub fn wants_start(&self) -> bool {
        self.wants(Kind::JobStart)
    }

    /// An event that shows a job's args is wanted.
    pub fn wants_jobs(&self) -> bool {
        let about = bit(Kind::JobStart) | bit(Kind::JobStop) | bit(Kind::JobException) | bit(Kind::JobLost);
        self.wanted.load(Ordering::Relaxed) & about != 0
    }

    /// `build` gives the members beside `event`; it is not called unless the event is wanted.
    pub fn emit(&self, kind: Kind, build: impl FnOnce() -> Value) {
        if !self.wants(kind) {
            return;
        }
        self.emit_text(kind, || {
            let mut event = build();
            event["event"] = Value::from(kind.as_str());
            event.to_string()
        });
    }

    /// Like [`Telemetry::emit`], for an event that is already text.
    pub fn emit_text(&self, kind: Kind, build: impl FnOnce() -> String) {
        if !self.wants(kind) {
            return;
        }
        if let Some(sink) = self.sink.read().as_ref() {
            sink(build());
        }
    }

    pub fn job_start(&self, job: &Job) {
        self.emit(Kind::JobStart, || json!({ "job": job_json(job, None) }));
    }
}

const fn bit(kind: Kind) -> u32 {
    1 << kind as u32
}

/// A job as events show it, with its present state.
pub fn job_json(job: &Job, state: Option<&str>) -> Value {
    let raw = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    json!({
        "id": job.id, "worker": &*job.worker, "queue": &*job.queue, "attempt": job.attempt, "max_attempts": job.max_attempts,
        "priority": job.priority, "args": raw(&job.args), "meta": raw(job.meta.as_deref().unwrap_or("{}")), "tags": job.tags,
        "state": state.unwrap_or("executing"), "inserted_at": job.inserted_at / 1000, "scheduled_at": job.scheduled_at / 1000,
        "attempted_at": job.attempted_at / 1000, "attempted_by": &*job.attempted_by,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;

    #[test]
    fn an_event_is_built_only_for_those_who_want_it() {
        let received = Arc::new(Mutex::new(vec![]));
        let telemetry = Telemetry::default();
        let to = received.clone();
        telemetry.connect(Arc::new(move |event| to.lock().push(event)));
        telemetry.emit(Kind::JobStop, || unreachable!("it has no subscriber"));
        telemetry.subscribe(&["job:stop".into(), "thread:exit".into()]);
        telemetry.emit(Kind::JobStop, || json!({ "id": 1 }));
        telemetry.emit(Kind::JobLost, || unreachable!("it has no subscriber"));
        assert_eq!(*received.lock(), [r#"{"event":"job:stop","id":1}"#]);
    }
}
