//! Reads the settled runs that a thread reports: JSON text in, outcomes out.
//!
//! ```json
//! [{ "run": 7, "outcome": "completed", "result": …, "result_error": "…" },
//!  { "run": 8, "outcome": "failed", "error": { … }, "delay": 30 },
//!  { "run": 9, "outcome": "cancelled", "reason": "…" },
//!  { "run": 10, "outcome": "discarded", "reason": "…", "error": { … } },
//!  { "run": 11, "outcome": "snoozed", "seconds": 60 },
//!  { "run": 12, "outcome": "released", "begun": false }]
//! ```
//! `begun` defaults to true. Each may have `logs`, a list of lines. Results and logs stay text throughout. An element without an
//! outcome says what a run of the same exchange has used: `{ "run": 7, "cpu_us": 1500, "heap_delta": -4096 }`.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ErrorEntry, Kind, Outcome};
use crate::error::{Error, Result};
use crate::model::json::sanitise_json;

#[derive(Deserialize)]
struct Detail<'a> {
    run: u64,
    outcome: Option<Word>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    result_error: Option<String>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    delay: Option<f64>,
    reason: Option<String>,
    seconds: Option<f64>,
    begun: Option<bool>,
    #[serde(borrow)]
    logs: Option<&'a RawValue>,
    cpu_us: Option<u64>,
    heap_delta: Option<i64>,
}

/// What a run has used, as far as its isolate could say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// CPU time in microseconds.
    pub cpu_us: Option<u64>,
    /// Bytes by which the heap grew.
    pub heap_delta: i64,
}

/// What an isolate reports beside plain successes.
#[derive(Debug, Default)]
pub struct Details {
    pub settled: Vec<SettledRun>,
    /// By run, also of plain successes.
    pub usage: HashMap<u64, Usage>,
}

/// A run that its isolate has settled.
#[derive(Debug, Clone, PartialEq)]
pub struct SettledRun {
    pub run: u64,
    pub outcome: Outcome,
    /// JSON text of the lines that it logged.
    pub logs: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Completed,
    Failed,
    Cancelled,
    Discarded,
    Snoozed,
    Released,
}

/// The settled runs, in the given order. The text comes from EramJS's own
/// threads, so a text of another shape is a bug: `Error::Internal`.
pub fn parse_details(text: &str) -> Result<Details> {
    // Once for the whole text: serde_json rejects a lone surrogate in every string that it decodes.
    let text = sanitise_json(text);
    let details: Vec<Detail> = serde_json::from_str(&text).map_err(|e| {
        Error::Internal(format!("exchange: expected an array of settled runs, got a text that is none ({e})"))
    })?;
    let mut all = Details::default();
    for mut detail in details {
        let (run, logs) = (detail.run, detail.logs.map(|raw| raw.get().to_owned()));
        match (detail.outcome.take(), detail.heap_delta) {
            (Some(outcome), _) => all.settled.push(SettledRun { run, logs, outcome: detail.into_outcome(outcome) }),
            (None, Some(heap_delta)) => drop(all.usage.insert(run, Usage { cpu_us: detail.cpu_us, heap_delta })),
            (None, None) => {
                return Err(Error::Internal(format!(
                    "exchange: expected an outcome of run {run}, or what it used, got neither"
                )));
            }
        }
    }
    Ok(all)
}

impl Detail<'_> {
    fn into_outcome(self, outcome: Word) -> Outcome {
        let error = self.error.map(|raw| ErrorEntry::from_json(raw.get()));
        let reason = self.reason.unwrap_or_default();
        match outcome {
            Word::Completed => Outcome::Completed {
                result: self.result.map(|raw| raw.get().to_owned()),
                result_error: self.result_error,
            },
            Word::Failed => Outcome::Failed {
                error: error.unwrap_or_else(|| ErrorEntry::new(Kind::Error, "Error", reason)),
                delay: self.delay,
            },
            Word::Cancelled => Outcome::Cancelled { reason },
            Word::Discarded => Outcome::Discarded { reason, error },
            Word::Snoozed => Outcome::Snoozed { seconds: self.seconds.unwrap_or(0.0) },
            Word::Released => Outcome::Released { begun: self.begun.unwrap_or(true) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Outcome {
        let mut all = parse_details(&format!("[{text}]")).unwrap().settled;
        assert_eq!(all.len(), 1);
        let settled = all.remove(0);
        assert_eq!((settled.run, settled.logs), (7, None));
        settled.outcome
    }

    #[test]
    fn every_word_is_read() {
        let error = ErrorEntry::new(Kind::Error, "E", "m");
        for (text, outcome) in [
            (r#"{"run":7,"outcome":"completed"}"#, Outcome::done()),
            (r#"{"run":7,"outcome":"completed","result":null}"#, Outcome::done()),
            (
                r#"{"run":7,"outcome":"completed","result":{"n":1e400, "s":"x"},"result_error":null}"#,
                Outcome::Completed { result: Some(r#"{"n":1e400, "s":"x"}"#.to_owned()), result_error: None },
            ),
            (
                r#"{"run":7,"outcome":"completed","result_error":"it is a cycle"}"#,
                Outcome::Completed { result: None, result_error: Some("it is a cycle".to_owned()) },
            ),
            (
                r#"{"run":7,"outcome":"failed","error":{"name":"E","message":"m"},"delay":null}"#,
                Outcome::Failed { error: error.clone(), delay: None },
            ),
            (
                r#"{"run":7,"outcome":"failed","error":{"name":"E","message":"m"},"delay":30}"#,
                Outcome::Failed { error: error.clone(), delay: Some(30.0) },
            ),
            (
                r#"{"run":7,"outcome":"cancelled","reason":"no need"}"#,
                Outcome::Cancelled { reason: "no need".to_owned() },
            ),
            (
                r#"{"run":7,"outcome":"discarded","reason":"r","error":{"name":"E","message":"m"}}"#,
                Outcome::Discarded { reason: "r".to_owned(), error: Some(error) },
            ),
            (r#"{"run":7,"outcome":"discarded"}"#, Outcome::Discarded { reason: String::new(), error: None }),
            (r#"{"run":7,"outcome":"snoozed","seconds":60}"#, Outcome::Snoozed { seconds: 60.0 }),
            (r#"{"run":7,"outcome":"released"}"#, Outcome::Released { begun: true }),
            (r#"{"run":7,"outcome":"released","begun":false}"#, Outcome::Released { begun: false }),
        ] {
            assert_eq!(only(text), outcome, "{text}");
        }
    }

    #[test]
    fn bad_escapes_do_not_stop_the_others() {
        let all = parse_details(
            r#"[{"run":1,"outcome":"cancelled","reason":"\ud800\u0000"},{"run":2,"outcome":"completed","result":"\ud800"}]"#,
        )
        .unwrap()
        .settled;
        assert_eq!(all[0].outcome, Outcome::Cancelled { reason: "\u{fffd}\u{fffd}".to_owned() });
        assert_eq!(all[1].outcome, Outcome::Completed { result: Some(r#""\ufffd""#.to_owned()), result_error: None });
    }

    #[test]
    fn a_result_of_any_depth_is_handed_on() {
        let deep = "[".repeat(50_000) + &"]".repeat(50_000);
        let outcome = only(&format!(r#"{{"run":7,"outcome":"completed","result":{deep}}}"#));
        assert_eq!(outcome, Outcome::Completed { result: Some(deep), result_error: None });
    }

    #[test]
    fn what_a_run_logged_stays_text() {
        let all =
            parse_details(r#"[{"run":7,"outcome":"completed","logs":[{"level":"info", "message":"a"}]}]"#).unwrap();
        assert_eq!(all.settled[0].logs.as_deref(), Some(r#"[{"level":"info", "message":"a"}]"#));
    }

    #[test]
    fn another_shape_is_a_broken_promise() {
        for text in [
            "",
            "{}",
            r#"[{"outcome":"completed"}]"#,
            r#"[{"run":1}]"#,
            r#"[{"run":1,"outcome":"done"}]"#,
            r#"[{"run":-1,"outcome":"released"}]"#,
        ] {
            assert_eq!(parse_details(text).unwrap_err().code(), "ERAM_INTERNAL", "{text}");
        }
        assert_eq!(parse_details("[]").unwrap().settled, []);
    }

    #[test]
    fn what_a_run_used_stands_beside_its_outcome() {
        let text = r#"[{"run":1,"heap_delta":-5,"cpu_us":7},{"run":2,"outcome":"completed"},{"run":2,"heap_delta":0}]"#;
        let Details { settled, usage } = parse_details(text).unwrap();
        assert_eq!(settled.iter().map(|it| it.run).collect::<Vec<_>>(), [2]);
        assert_eq!(usage.get(&1), Some(&Usage { cpu_us: Some(7), heap_delta: -5 }));
        assert_eq!(usage.get(&2), Some(&Usage { cpu_us: None, heap_delta: 0 }));
    }
}
