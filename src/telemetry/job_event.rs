//! The events of attempts, written as text: there may be one for every job, and most of what they show is JSON already.

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use super::Kind;
use crate::model::job::Job;
use crate::model::json_text::{push_list, push_number, push_text};
use crate::model::outcome::Usage;

/// An event of an attempt.
pub struct JobEvent<'a> {
    pub kind: Kind,
    job: &'a Job,
    /// The state of the job.
    state: &'a str,
    end: Option<End<'a>>,
}

enum End<'a> {
    Lost(&'a str),
    Attempt(Attempt<'a>),
}

/// How an attempt ended.
pub struct Attempt<'a> {
    pub state: &'a str,
    /// JSON text.
    pub result: Option<&'a str>,
    /// JSON text.
    pub error: Option<&'a str>,
    /// Seconds until the job is due again.
    pub delay: Option<f64>,
    /// `None` if it did not begin.
    pub run: Option<Duration>,
    /// `None` if it was not measured.
    pub usage: Option<Usage>,
}

impl<'a> JobEvent<'a> {
    pub const fn start(job: &'a Job) -> Self {
        Self { kind: Kind::JobStart, job, state: "executing", end: None }
    }

    pub const fn lost(job: &'a Job, state: &'a str) -> Self {
        Self { kind: Kind::JobLost, job, state: "executing", end: Some(End::Lost(state)) }
    }

    pub const fn ended(kind: Kind, job: &'a Job, state: &'a str, attempt: Attempt<'a>) -> Self {
        Self { kind, job, state, end: Some(End::Attempt(attempt)) }
    }

    /// Its JSON text; `full`: with the args, meta and tags of the job.
    pub(super) fn text(&self, full: bool) -> String {
        let job = self.job;
        let payload = if full { job.args.len() + job.meta.as_ref().map_or(0, String::len) } else { 0 };
        let mut out = String::with_capacity(payload + 512);
        out.push_str(r#"{"event":"#);
        push_text(&mut out, self.kind.as_str());
        out.push_str(r#","job":"#);
        push_job(&mut out, job, self.state, full);
        match &self.end {
            None => {}
            Some(End::Lost(state)) => push_member(&mut out, "state", |out| push_text(out, state)),
            Some(End::Attempt(attempt)) => push_attempt(&mut out, attempt, job),
        }
        out.push('}');
        out
    }
}

/// Whether [`traceparent`] may find one.
pub fn has_traceparent(meta: &str) -> bool {
    meta.contains(r#""traceparent""#)
}

/// The trace that the job continues: `meta.trace.traceparent`.
fn traceparent(meta: Option<&str>) -> Option<String> {
    let meta: Value = serde_json::from_str(meta.filter(|meta| has_traceparent(meta))?).ok()?;
    Some(meta.pointer("/trace/traceparent")?.as_str()?.to_owned())
}

fn push_job(out: &mut String, job: &Job, state: &str, full: bool) {
    out.push_str(r#"{"id":"#);
    push_number(out, job.id);
    push_member(out, "worker", |out| push_text(out, &job.worker));
    push_member(out, "queue", |out| push_text(out, &job.queue));
    push_member(out, "attempt", |out| push_number(out, job.attempt));
    push_member(out, "max_attempts", |out| push_number(out, job.max_attempts));
    push_member(out, "priority", |out| push_number(out, job.priority));
    push_member(out, "state", |out| push_text(out, state));
    for (name, at) in
        [("inserted_at", job.inserted_at), ("scheduled_at", job.scheduled_at), ("attempted_at", job.attempted_at)]
    {
        push_member(out, name, |out| push_number(out, at / 1000));
    }
    push_member(out, "attempted_by", |out| push_list(out, &job.attempted_by, push_text));
    if let Some(parent) = traceparent(job.meta.as_deref()) {
        push_member(out, "traceparent", |out| push_text(out, &parent));
    }
    if full {
        // Empty if the job was dispatched before a listener wanted args.
        push_member(out, "args", |out| out.push_str(if job.args.is_empty() { "null" } else { &job.args }));
        push_member(out, "meta", |out| out.push_str(job.meta.as_deref().unwrap_or("{}")));
        push_member(out, "tags", |out| push_list(out, &job.tags, push_text));
    }
    out.push('}');
}

fn push_attempt(out: &mut String, attempt: &Attempt<'_>, job: &Job) {
    push_member(out, "state", |out| push_text(out, attempt.state));
    push_member(out, "result", |out| out.push_str(attempt.result.unwrap_or("null")));
    push_member(out, "error", |out| out.push_str(attempt.error.unwrap_or("null")));
    push_member(out, "delay", |out| push_float(out, attempt.delay));
    push_member(out, "run_ms", |out| push_float(out, attempt.run.map(|run| run.as_secs_f64() * 1000.0)));
    push_member(out, "queue_ms", |out| push_number(out, job.waited() / 1000));
    let cpu = attempt.usage.and_then(|usage| usage.cpu_us);
    #[expect(clippy::cast_precision_loss, reason = "microseconds of one attempt")]
    push_member(out, "cpu_ms", |out| push_float(out, cpu.map(|micros| micros as f64 / 1000.0)));
    push_member(out, "heap_delta_bytes", |out| match attempt.usage {
        Some(usage) => push_number(out, usage.heap_delta),
        None => out.push_str("null"),
    });
}

fn push_member(out: &mut String, name: &str, push: impl FnOnce(&mut String)) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":");
    push(out);
}

fn push_float(out: &mut String, number: Option<f64>) {
    match number.filter(|number| number.is_finite()) {
        Some(number) => write!(out, "{number}").expect("a String takes any text"),
        None => out.push_str("null"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::job;
    use serde_json::json;

    fn parsed(event: &JobEvent<'_>, full: bool) -> Value {
        serde_json::from_str(&event.text(full)).expect("an event is JSON")
    }

    fn traced() -> Job {
        let meta = Some(r#"{"trace": {"traceparent": "00-a-b-01"}, "big": 1}"#.to_owned());
        Job { args: r#"{"to": "ada"}"#.to_owned(), meta, tags: vec!["a\"b".to_owned()], ..job::sample(1, 3) }
    }

    #[test]
    fn a_brief_event_has_no_args_and_a_full_one_has() {
        let job = traced();
        let brief = parsed(&JobEvent::start(&job), false);
        let mut expected = json!({
            "id": 1, "worker": "Sample", "queue": "default", "attempt": 1, "max_attempts": 3, "priority": 0,
            "state": "executing", "inserted_at": 1_704_067_100_000_i64, "scheduled_at": 1_704_067_100_000_i64,
            "attempted_at": 1_704_067_200_000_i64, "attempted_by": ["node", "uuid"], "traceparent": "00-a-b-01",
        });
        assert_eq!(brief, json!({ "event": "job:start", "job": expected }));
        expected["args"] = json!({ "to": "ada" });
        expected["meta"] = json!({ "trace": { "traceparent": "00-a-b-01" }, "big": 1 });
        expected["tags"] = json!(["a\"b"]);
        assert_eq!(parsed(&JobEvent::start(&job), true), json!({ "event": "job:start", "job": expected }));
    }

    #[test]
    fn an_end_shows_how_the_attempt_ended() {
        let job = job::sample(1, 3);
        let attempt = Attempt {
            state: "failure",
            result: None,
            error: Some(r#"{"name": "Error"}"#),
            delay: Some(2.5),
            run: Some(Duration::from_micros(1500)),
            usage: Some(Usage { cpu_us: Some(700), heap_delta: -8 }),
        };
        let event = parsed(&JobEvent::ended(Kind::JobException, &job, "retryable", attempt), false);
        assert_eq!(event["job"]["state"], "retryable");
        let end = [
            &event["state"],
            &event["result"],
            &event["error"],
            &event["delay"],
            &event["run_ms"],
            &event["queue_ms"],
            &event["cpu_ms"],
            &event["heap_delta_bytes"],
        ];
        let expected = json!(["failure", null, { "name": "Error" }, 2.5, 1.5, 100_000, 0.7, -8]);
        assert_eq!(json!(end), expected);
        let lost = parsed(&JobEvent::lost(&job, "success"), false);
        assert_eq!([&lost["event"], &lost["state"], &lost["job"]["state"]], ["job:lost", "success", "executing"]);
    }

    #[test]
    fn a_traceparent_elsewhere_in_meta_is_not_the_trace_of_the_job() {
        for meta in [r#"{"traceparent": "x"}"#, r#"{"trace": {"traceparent": 1}}"#, r#"{"trace": ["traceparent"]}"#] {
            assert_eq!(traceparent(Some(meta)), None, "{meta}");
        }
        assert_eq!(traceparent(None), None);
    }
}
