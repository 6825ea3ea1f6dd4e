//! An event of a job as nodes report it to each other: without what may be large. Any role of the database can send a notification,
//! so a received event is checked before it is shown, and nothing else is done with it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::model::config::CLUSTER_EVENTS;
use crate::model::job::State;
use crate::model::outcome::EventState;

/// The maximum length of a name, in bytes: of a class, a queue, a node, an error.
const MAX_NAME_BYTES: usize = 255;
/// The maximum length of the message of an error, in bytes; longer ones are cut.
const MAX_MESSAGE_BYTES: usize = 500;
/// The largest integer that JavaScript represents exactly.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;
/// The last millisecond since 1970 of a `Date`.
const MAX_DATE: i64 = 8_640_000_000_000_000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterEvent {
    event: String,
    job: ClusterJob,
    #[serde(flatten)]
    end: End,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ClusterJob {
    id: i64,
    worker: String,
    queue: String,
    attempt: i32,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_attempts: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inserted_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempted_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempted_by: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
}

/// How the attempt ended, if the event is about that.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct End {
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ClusterError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heap_delta_bytes: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ClusterError {
    name: String,
    message: String,
}

impl ClusterEvent {
    /// Of the JSON text of an event of this engine; `None` if it cannot be reported to other nodes.
    pub fn of(text: &str) -> Option<Self> {
        let mut event: Self = serde_json::from_str(text).ok()?;
        if let Some(ClusterError { name, message }) = &mut event.end.error {
            cut(name, MAX_NAME_BYTES);
            cut(message, MAX_MESSAGE_BYTES);
        }
        event.is_valid().then_some(event)
    }

    /// What a notification holds, if it is the event of a node.
    pub fn received(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(Self::is_valid)
    }

    /// The index of its kind in [`CLUSTER_EVENTS`].
    pub fn kind(&self) -> Option<&'static str> {
        CLUSTER_EVENTS.into_iter().find(|kind| *kind == self.event)
    }

    /// Its JSON text in a notification.
    pub fn text(&self) -> String {
        json!(self).to_string()
    }

    /// Its JSON text for listeners; `scope`: whether it is of this engine (`local`) or of another (`cluster`).
    pub fn shown(&self, node: &str, scope: &str) -> String {
        let mut shown = json!({ "event": self.event, "job": self.job, "node": node, "scope": scope });
        if let Some(shown) = shown.as_object_mut() {
            self.show_end(shown);
        }
        shown.to_string()
    }

    fn show_end(&self, shown: &mut Map<String, Value>) {
        let End { state, error, delay, run_ms, queue_ms, cpu_ms, heap_delta_bytes } = &self.end;
        let members = [
            ("state", json!(state)),
            ("error", json!(error)),
            ("result", Value::Null),
            ("delay", json!(delay)),
            ("run_ms", json!(run_ms)),
            ("queue_ms", json!(queue_ms)),
            ("cpu_ms", json!(cpu_ms)),
            ("heap_delta_bytes", json!(heap_delta_bytes)),
        ];
        let declared: &[&str] = match self.event.as_str() {
            "job:stop" | "job:exception" => {
                &["state", "error", "result", "delay", "run_ms", "queue_ms", "cpu_ms", "heap_delta_bytes"]
            }
            "job:lost" => &["state"],
            "job:discarded" => &["error"],
            _ => &[],
        };
        let members = members.into_iter().filter(|(name, _)| declared.contains(name));
        shown.extend(members.map(|(name, value)| (name.to_owned(), value)));
    }

    fn is_valid(&self) -> bool {
        let Self { job, end, .. } = self;
        let is_name = |name: &str| (1..=MAX_NAME_BYTES).contains(&name.len());
        let is_date = |at: &Option<i64>| at.is_none_or(|at| (-MAX_DATE..=MAX_DATE).contains(&at));
        let is_count = |count: i64| (0..=MAX_SAFE_INTEGER).contains(&count);
        let ended = matches!(self.event.as_str(), "job:stop" | "job:exception" | "job:lost");
        self.kind().is_some()
            && (1..=MAX_SAFE_INTEGER).contains(&job.id)
            && is_name(&job.worker)
            && is_name(&job.queue)
            && State::parse(&job.state).is_ok()
            && job.attempt >= 0
            && [&job.inserted_at, &job.scheduled_at, &job.attempted_at].into_iter().all(is_date)
            && job.attempted_by.iter().flatten().all(|by| by.len() <= MAX_NAME_BYTES)
            && job.traceparent.as_ref().is_none_or(|it| it.len() <= MAX_NAME_BYTES)
            && end.state.as_deref().map_or(!ended, EventState::is_name)
            && end
                .error
                .as_ref()
                .is_none_or(|it| it.name.len() <= MAX_NAME_BYTES && it.message.len() <= MAX_MESSAGE_BYTES)
            && [end.delay, end.run_ms, end.cpu_ms].iter().flatten().all(|it| it.is_finite())
            && end.queue_ms.is_none_or(is_count)
            && end.heap_delta_bytes.is_none_or(|it| it.unsigned_abs() <= MAX_SAFE_INTEGER.unsigned_abs())
    }
}

fn cut(text: &mut String, most: usize) {
    text.truncate(boundary(text, most));
}

/// The length of the beginning of a text that has at most so many bytes.
pub(super) fn boundary(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop() -> Value {
        json!({
            "event": "job:stop",
            "job": {
                "id": 5, "worker": "Mail", "queue": "mail", "attempt": 1, "max_attempts": 20, "priority": 0, "state": "completed",
                "inserted_at": 1_704_067_100_000_i64, "scheduled_at": 1_704_067_100_000_i64, "attempted_at": 1_704_067_200_000_i64,
                "attempted_by": ["node", "uuid"], "traceparent": "00-a-b-01",
            },
            "state": "success", "result": { "big": true }, "error": null, "delay": null, "run_ms": 1.5, "queue_ms": 7,
            "cpu_ms": 0.5, "heap_delta_bytes": -100,
        })
    }

    #[test]
    fn an_event_arrives_as_it_was_but_for_what_may_be_large() {
        let mut given = stop();
        given["job"]["args"] = json!({ "secret": true });
        let sent = ClusterEvent::of(&given.to_string()).expect("an event").text();
        assert!(!sent.contains("secret") && !sent.contains("big"), "{sent}");
        let shown = ClusterEvent::received(&sent).expect("the event").shown("w1", "cluster");
        let mut expected = stop();
        expected["result"] = Value::Null;
        expected["node"] = json!("w1");
        expected["scope"] = json!("cluster");
        assert_eq!(serde_json::from_str::<Value>(&shown).expect("JSON"), expected);
    }

    #[test]
    fn an_error_is_its_name_and_the_beginning_of_its_message() {
        let mut given = stop();
        given["event"] = json!("job:exception");
        given["state"] = json!("failure");
        given["error"] = json!({ "name": "Error", "message": "ä".repeat(400), "stack": "at" });
        let sent = ClusterEvent::of(&given.to_string()).expect("an event");
        assert_eq!(sent.end.error, Some(ClusterError { name: "Error".into(), message: "ä".repeat(250) }));
    }

    #[test]
    fn a_job_that_was_rescued_has_fewer_members() {
        let given = json!({
            "event": "job:rescued", "job": { "id": 1, "worker": "A", "queue": "a", "attempt": 1, "state": "available" },
        });
        let event =
            ClusterEvent::received(&ClusterEvent::of(&given.to_string()).expect("an event").text()).expect("it");
        let mut expected = given;
        expected["node"] = json!("n");
        expected["scope"] = json!("local");
        assert_eq!(serde_json::from_str::<Value>(&event.shown("n", "local")).expect("JSON"), expected);
    }

    #[test]
    fn what_no_node_sends_is_refused() {
        assert!(ClusterEvent::received(&stop().to_string()).is_some());
        for (path, value) in [
            ("/event", json!("leader:lost")),
            ("/event", json!(1)),
            ("/job", json!(null)),
            ("/job/id", json!(0)),
            ("/job/id", json!("5")),
            ("/job/id", json!(1_u64 << 54)),
            ("/job/id", json!(1.5)),
            ("/job/worker", json!("")),
            ("/job/queue", json!("x".repeat(256))),
            ("/job/state", json!("done")),
            ("/job/attempt", json!(-1)),
            ("/job/attempt", json!(1_u64 << 40)),
            ("/job/inserted_at", json!(i64::MAX)),
            ("/job/attempted_by", json!("node")),
            ("/job/attempted_by", json!(["x".repeat(256)])),
            ("/job/traceparent", json!(5)),
            ("/state", json!("won")),
            ("/state", json!(null)),
            ("/error", json!("no")),
            ("/error", json!({ "name": "Error", "message": "x".repeat(501) })),
            ("/delay", json!("soon")),
            ("/queue_ms", json!(-1)),
        ] {
            let mut event = stop();
            *event.pointer_mut(path).expect("a member") = value;
            assert_eq!(ClusterEvent::received(&event.to_string()), None, "{path}: {event}");
        }
        for text in ["", "null", "[]", "{", "5", "\"job:stop\""] {
            assert_eq!(ClusterEvent::received(text), None, "{text}");
        }
    }
}
