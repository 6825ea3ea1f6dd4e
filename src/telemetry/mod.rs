//! The engine's events. An event is emitted after the commit that it reports.
//!
//! An event without a subscriber is never built: a drain of a million jobs then costs one atomic read each.

mod cluster;
mod events;
mod job_event;
mod warnings;

pub use cluster::{Cluster, Unsent};
pub use events::{ENGINE_EVENTS, Event, ISOLATE_EVENTS, JAVASCRIPT_EVENTS, Kind};
pub use job_event::{Attempt, JobEvent, has_traceparent};
pub use warnings::{Warning, Warnings};

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use serde::Deserialize;
use serde_json::Value;

/// Receives the kind and the JSON text of each wanted event, on a thread of the engine.
pub type Sink = Arc<dyn Fn(&'static str, String) + Send + Sync>;

/// The events that have listeners, by name; `*` stands for all. Names that the engine does not know are the host's own.
#[derive(Debug, Default, Deserialize)]
pub struct Subscription {
    pub wanted: Vec<String>,
    /// Those of which a listener wants the args, meta and tags of the job.
    pub full: Vec<String>,
    /// Those of all nodes.
    #[serde(default)]
    pub cluster: Vec<String>,
}

#[derive(Default)]
pub struct Telemetry {
    /// Those that are built: with a listener here, or for other nodes.
    wanted: AtomicU64,
    /// Those with a listener here.
    listened: AtomicU64,
    full: AtomicU64,
    sink: RwLock<Option<Sink>>,
    cluster: Option<Cluster>,
}

impl Telemetry {
    /// Events that nodes report to each other go through `cluster`.
    pub fn new(cluster: Cluster) -> Self {
        Self { wanted: AtomicU64::new(cluster.wanted()), cluster: Some(cluster), ..Self::default() }
    }

    /// What waits to be sent to the other nodes; `None` if this engine sends nothing.
    pub fn unsent(&self) -> Option<&Unsent> {
        self.cluster.as_ref().filter(|cluster| cluster.publishes()).map(|cluster| &cluster.unsent)
    }

    pub fn connect(&self, sink: Sink) {
        *self.sink.write() = Some(sink);
    }

    /// Replaces the wanted events.
    pub fn subscribe(&self, Subscription { wanted, full, cluster }: &Subscription) {
        let shared = self.cluster.as_ref().map_or(0, |it| {
            it.listen(cluster);
            it.wanted()
        });
        self.full.store(mask_of(full), Ordering::Relaxed);
        self.listened.store(mask_of(wanted), Ordering::Relaxed);
        self.wanted.store(mask_of(wanted) | shared, Ordering::Relaxed);
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
        let text = build();
        if let Some(shared) = self.cluster.as_ref().and_then(|cluster| cluster.share(kind, &text)) {
            self.pass(kind.as_str(), shared);
        }
        if self.listened.load(Ordering::Relaxed) & kind.bit() != 0 {
            self.pass(kind.as_str(), text);
        }
    }

    fn pass(&self, kind: &'static str, text: String) {
        if let Some(sink) = self.sink.read().as_ref() {
            sink(kind, text);
        }
    }

    /// Whether a listener wants events of other nodes.
    pub fn wants_cluster(&self) -> bool {
        self.cluster.as_ref().is_some_and(Cluster::is_heard)
    }

    /// Shows the events in a message of another node to the listeners that want them.
    pub fn receive(&self, text: &str) {
        let Some(cluster) = &self.cluster else { return };
        for (kind, text) in cluster.receive(text) {
            self.pass(kind, text);
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
    fn every_event_for_other_nodes_is_one_of_the_engine() {
        for name in crate::model::config::CLUSTER_EVENTS {
            assert!(Kind::ALL.iter().any(|kind| kind.as_str() == name), "{name}");
        }
    }

    #[test]
    fn an_event_for_other_nodes_is_built_without_a_listener_and_only_listeners_of_the_cluster_receive_theirs() {
        let received = Arc::new(Mutex::new(vec![]));
        let telemetry = |id: &str, published: &[&str]| {
            let published: Vec<String> = published.iter().map(|&it| it.to_owned()).collect();
            Telemetry::new(Cluster::new(id, &format!("node-{id}"), &published))
        };
        let (near, far) = (telemetry("1", &["job:rescued"]), telemetry("2", &[]));
        let to = received.clone();
        far.connect(Arc::new(move |kind, event| {
            let event: Value = serde_json::from_str(&event).expect("JSON");
            to.lock().push((kind, event["node"].clone(), event["scope"].clone()));
        }));
        let job = || json!({ "job": { "id": 1, "worker": "A", "queue": "a", "attempt": 1, "state": "available" } });
        let send = |sender: &Telemetry| {
            sender.emit(Kind::JobRescued, job);
            sender.emit(Kind::JobStop, || unreachable!("it is not for other nodes"));
            sender.unsent().and_then(Unsent::take).expect("a notification").text
        };
        far.receive(&send(&near));
        assert_eq!(*received.lock(), []);
        let cluster = vec!["job:rescued".to_owned()];
        far.subscribe(&Subscription { cluster, ..Subscription::default() });
        far.receive(&send(&near));
        far.emit(Kind::JobRescued, job);
        assert!(far.unsent().is_none());
        let expected = [("node-1", "cluster"), ("node-2", "local")];
        assert_eq!(*received.lock(), expected.map(|(node, scope)| ("job:rescued", node.into(), scope.into())));
        received.lock().clear();
        // Its own, and what no node sends.
        let own = send(&telemetry("2", &["job:rescued"]));
        for text in [own.as_str(), "", "5", "{}", r#"{"from":"1","node":"n","events":[{}, 5, null],"dropped":0}"#] {
            far.receive(text);
        }
        assert_eq!(*received.lock(), []);
        far.receive(r#"{"from":"1","node":"n","events":[],"dropped":3}"#);
        assert_eq!(*received.lock(), [("events:dropped", "n".into(), Value::Null)]);
    }

    #[test]
    fn an_event_is_built_only_for_those_who_want_it() {
        let received = Arc::new(Mutex::new(vec![]));
        let telemetry = Telemetry::default();
        let to = received.clone();
        telemetry.connect(Arc::new(move |_, event| to.lock().push(event)));
        telemetry.emit(Kind::JobStop, || unreachable!("it has no subscriber"));
        let wanted = vec!["job:stop".into(), "thread:exit".into()];
        telemetry.subscribe(&Subscription { wanted, ..Subscription::default() });
        telemetry.emit(Kind::JobStop, || json!({ "state": "success" }));
        telemetry.emit(Kind::JobLost, || unreachable!("it has no subscriber"));
        assert_eq!(*received.lock(), [r#"{"event":"job:stop","state":"success"}"#]);
    }
}
