//! The engine's events. An event is emitted after the commit that it reports.
//!
//! An event without a subscriber is never built: a drain of a million jobs then costs one atomic read each.

mod events;
mod job_event;
mod warnings;

pub use events::{ENGINE_EVENTS, Event, ISOLATE_EVENTS, JAVASCRIPT_EVENTS, Kind};
pub use job_event::{Attempt, JobEvent, has_traceparent};
pub use warnings::{Warning, Warnings};

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use serde::Deserialize;
use serde_json::Value;

/// Receives the JSON text of each wanted event, on a thread of the engine.
pub type Sink = Arc<dyn Fn(Kind, String) + Send + Sync>;

/// The events that have listeners, by name; `*` stands for all. Names that the engine does not know are the host's own.
#[derive(Debug, Default, Deserialize)]
pub struct Subscription {
    pub wanted: Vec<String>,
    /// Those of which a listener wants the args, meta and tags of the job.
    pub full: Vec<String>,
}

#[derive(Default)]
pub struct Telemetry {
    wanted: AtomicU64,
    full: AtomicU64,
    sink: RwLock<Option<Sink>>,
}

impl Telemetry {
    pub fn connect(&self, sink: Sink) {
        *self.sink.write() = Some(sink);
    }

    /// Replaces the wanted events.
    pub fn subscribe(&self, Subscription { wanted, full }: &Subscription) {
        self.full.store(mask_of(full), Ordering::Relaxed);
        self.wanted.store(mask_of(wanted), Ordering::Relaxed);
    }

    pub fn wants(&self, kind: Kind) -> bool {
        self.wanted.load(Ordering::Relaxed) & kind.bit() != 0
    }

    pub fn wants_start(&self) -> bool {
        self.wants(Kind::JobStart)
    }

    /// An event that shows a job is wanted.
    pub fn wants_jobs(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) & OF_JOBS != 0
    }

    /// An event that shows a job with its args is wanted.
    pub fn wants_args(&self) -> bool {
        self.full.load(Ordering::Relaxed) & OF_JOBS != 0
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
            sink(kind, build());
        }
    }

    /// Emits an event of an attempt; see [`JobEvent`].
    pub fn emit_job(&self, event: &JobEvent<'_>) {
        let kind = event.kind;
        self.emit_text(kind, || {
            let text = event.text(self.full.load(Ordering::Relaxed) & kind.bit() != 0);
            debug_assert!(
                serde_json::from_str::<Value>(&text).is_ok_and(|mut event| {
                    event.as_object_mut().is_some_and(|event| event.remove("event").is_some())
                        && is_declared(kind, &event)
                }),
                "{}: {text} has a member that the list of events lacks",
                kind.as_str()
            );
            text
        });
    }
}

fn mask_of(names: &[String]) -> u64 {
    let all = names.iter().any(|name| name == "*");
    let kinds = Kind::ALL.iter().filter(|kind| all || names.iter().any(|name| name == kind.as_str()));
    kinds.fold(0, |mask, kind| mask | kind.bit())
}

/// The events that show a job, with its args if a listener wants them.
const OF_JOBS: u64 = Kind::JobStart.bit() | Kind::JobStop.bit() | Kind::JobException.bit() | Kind::JobLost.bit();

/// Every member of the event is in the list of events.
fn is_declared(kind: Kind, event: &Value) -> bool {
    let fields = kind.event().fields;
    event.as_object().is_some_and(|event| event.keys().all(|key| fields.iter().any(|(name, _)| name == key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;
    use serde_json::json;

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
        telemetry.connect(Arc::new(move |_, event| to.lock().push(event)));
        telemetry.emit(Kind::JobStop, || unreachable!("it has no subscriber"));
        let wanted = vec!["job:stop".into(), "thread:exit".into()];
        telemetry.subscribe(&Subscription { wanted, full: vec![] });
        telemetry.emit(Kind::JobStop, || json!({ "state": "success" }));
        telemetry.emit(Kind::JobLost, || unreachable!("it has no subscriber"));
        assert_eq!(*received.lock(), [r#"{"event":"job:stop","state":"success"}"#]);
    }
}
