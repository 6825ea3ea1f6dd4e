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
//! `begun` defaults to true. Each may have `logs`, a list of lines. Results and logs stay text throughout.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ErrorEntry, Kind, Outcome};
use crate::error::{Error, Result};
use crate::model::json::sanitise_json;

#[derive(Deserialize)]
struct Detail<'a> {
    run: u64,
    outcome: Word,
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
}

/// A run that its isolate has settled.
#[derive(Debug, Clone, PartialEq)]
pub struct SettledRun {
    pub run: u64,
    pub outcome: Outcome,
    /// JSON text of the lines that it logged.
    pub logs: Option<String>,
}

#[derive(Deserialize)]
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
pub fn parse_details(text: &str) -> Result<Vec<SettledRun>> {
    // Once for the whole text: serde_json rejects a lone surrogate in every string that it decodes.
    let text = sanitise_json(text);
    let details: Vec<Detail> = serde_json::from_str(&text).map_err(|e| {
        Error::Internal(format!("exchange: expected an array of settled runs, got a text that is none ({e})"))
    })?;
    let settled = |detail: Detail<'_>| SettledRun {
        run: detail.run,
        logs: detail.logs.map(|raw| raw.get().to_owned()),
        outcome: detail.into_outcome(),
    };
    Ok(details.into_iter().map(settled).collect())
}

impl Detail<'_> {
    fn into_outcome(self) -> Outcome {
        let error = self.error.map(|raw| ErrorEntry::from_json(raw.get()));
        let reason = self.reason.unwrap_or_default();
        match self.outcome {
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
        let mut all = parse_details(&format!("[{text}]")).unwrap();
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
        .unwrap();
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
        assert_eq!(all[0].logs.as_deref(), Some(r#"[{"level":"info", "message":"a"}]"#));
    }

    #[test]
    fn another_shape_is_a_broken_promise() {
        for text in [
            "",
            "{}",
            r#"[{"outcome":"completed"}]"#,
            r#"[{"run":1,"outcome":"done"}]"#,
            r#"[{"run":-1,"outcome":"released"}]"#,
        ] {
            assert_eq!(parse_details(text).unwrap_err().code(), "ERAM_INTERNAL", "{text}");
        }
        assert_eq!(parse_details("[]").unwrap(), []);
    }
}
