//! The engine's events. An event is emitted after the commit that it reports.
//!
//! An event without a subscriber is never built: a drain of a million jobs then costs one atomic read each.

mod events;
mod warnings;

pub use events::{ENGINE_EVENTS, Event, ISOLATE_EVENTS, JAVASCRIPT_EVENTS, Kind};
pub use warnings::{Warning, Warnings};

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use serde_json::{Value, json};

use crate::model::job::Job;

/// Receives the JSON text of each wanted event, on a thread of the engine.
pub type Sink = Arc<dyn Fn(String) + Send + Sync>;

#[derive(Default)]
pub struct Telemetry {
    wanted: AtomicU64,
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
        self.wanted.store(mask.fold(0, |mask, kind| mask | kind.bit()), Ordering::Relaxed);
    }

    pub fn wants(&self, kind: Kind) -> bool {
        self.wanted.load(Ordering::Relaxed) & kind.bit() != 0
    }

    pub fn wants_start(&self) -> bool {
        self.wants(Kind::JobStart)
    }

    /// An event that shows a job's args is wanted.
    pub fn wants_jobs(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) & OF_JOBS != 0
    }

    /// `build` gives the members beside `event`; it is not called unless the event is wanted.
    pub fn emit(&self, kind: Kind, build: impl FnOnce() -> Value) {
        if !self.wants(kind) {
            return;
        }
        self.emit_text(kind, || {
            let mut event = build();
            debug_assert!(
                is_declared(kind, &event),
                "{}: {event} has a member that the list of events lacks",
                kind.as_str()
            );
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

/// The events that show a job's args.
const OF_JOBS: u64 = Kind::JobStart.bit() | Kind::JobStop.bit() | Kind::JobException.bit() | Kind::JobLost.bit();

/// Every member of the event is in the list of events.
fn is_declared(kind: Kind, event: &Value) -> bool {
    let fields = kind.event().fields;
    event.as_object().is_some_and(|event| event.keys().all(|key| fields.iter().any(|(name, _)| name == key)))
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
    fn a_member_that_is_not_in_the_list_is_found() {
        assert!(is_declared(Kind::JobLost, &json!({ "state": "success" })));
        assert!(!is_declared(Kind::JobLost, &json!({ "state": "success", "id": 1 })));
    }

    #[test]
    fn an_event_is_built_only_for_those_who_want_it() {
        let received = Arc::new(Mutex::new(vec![]));
        let telemetry = Telemetry::default();
        let to = received.clone();
        telemetry.connect(Arc::new(move |event| to.lock().push(event)));
        telemetry.emit(Kind::JobStop, || unreachable!("it has no subscriber"));
        telemetry.subscribe(&["job:stop".into(), "thread:exit".into()]);
        telemetry.emit(Kind::JobStop, || json!({ "state": "success" }));
        telemetry.emit(Kind::JobLost, || unreachable!("it has no subscriber"));
        assert_eq!(*received.lock(), [r#"{"event":"job:stop","state":"success"}"#]);
    }
}
