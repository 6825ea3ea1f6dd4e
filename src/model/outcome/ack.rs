//! The state machine: from an outcome to what the ack writes and which event reports it.

use serde_json::json;

use super::{ErrorEntry, Kind, Outcome};
use crate::model::backoff::Backoff;
use crate::model::job::{Job, State};
use crate::model::json::{oversize, sanitise_json};
use crate::model::read::MAX_DURATION;

/// The limits on what is stored of an outcome, in bytes of JSON, and on crashes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The maximum size of a result in bytes; a longer result is not stored, and
    /// `meta.result_error` is set.
    pub max_result_bytes: usize,
    /// The maximum size of an error entry in bytes; a longer entry is cut.
    pub max_error_bytes: usize,
    /// The number of crashes without other jobs in the isolate after which a job is discarded.
    pub max_crashes: i16,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_result_bytes: 64 * 1_024, max_error_bytes: 8 * 1_024, max_crashes: 3 }
    }
}

/// What one ack writes. The statement adds the counters to those of the row, so that concurrent
/// edits of `meta` survive.
#[derive(Debug, Clone, PartialEq)]
pub struct Ack {
    pub state: State,
    /// Seconds from the database's current time to `scheduled_at`; `None` leaves `scheduled_at`
    /// unchanged.
    pub delay: Option<f64>,
    /// JSON text to append to `errors`, without `at`.
    pub error: Option<String>,
    /// JSON text of the result.
    pub result: Option<String>,
    /// 0, or −1 if the attempt does not count.
    pub attempt_delta: i16,
    /// Added to `meta.snoozed`.
    pub snoozed: u32,
    /// Added to `meta.interrupted`.
    pub interrupted: u32,
    /// Whether the isolate died while it ran the job; counted apart from errors.
    pub crashed: bool,
    /// JSON text of an object to merge into `meta`: `{ "result_error": "…" }`.
    pub meta: Option<String>,
    pub event: EventName,
    pub event_state: EventState,
}

/// Which event reports the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventName {
    Stop,
    Exception,
}

impl EventName {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "job:stop",
            Self::Exception => "job:exception",
        }
    }
}

/// The result of the attempt, as its event shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventState {
    Success,
    Failure,
    Discard,
    Cancelled,
    Snoozed,
    Released,
}

impl EventState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Discard => "discard",
            Self::Cancelled => "cancelled",
            Self::Snoozed => "snoozed",
            Self::Released => "released",
        }
    }

    /// Whether a text is the name of one.
    pub fn is_name(name: &str) -> bool {
        [Self::Success, Self::Failure, Self::Discard, Self::Cancelled, Self::Snoozed, Self::Released]
            .iter()
            .any(|state| state.as_str() == name)
    }
}

impl Ack {
    const fn new(state: State, event: EventName, event_state: EventState) -> Self {
        Self {
            state,
            delay: None,
            error: None,
            result: None,
            attempt_delta: 0,
            snoozed: 0,
            interrupted: 0,
            crashed: false,
            meta: None,
            event,
            event_state,
        }
    }
}

impl Outcome {
    /// The ack of this outcome for the job. `rand`, from 0 to 1, spreads retries; `backoff` is only
    /// called for a retry.
    pub fn into_ack(self, job: &Job, rand: f64, backoff: impl FnOnce() -> Backoff, limits: &Limits) -> Ack {
        let entry = |error: &ErrorEntry| Some(error.to_json(job, limits.max_error_bytes));
        let failed = move |error: &ErrorEntry, delay: Option<f64>, is_last: bool| {
            let mut ack = if is_last || job.is_last_attempt() {
                Ack::new(State::Discarded, EventName::Exception, EventState::Discard)
            } else {
                let wait =
                    delay.map_or_else(|| backoff().delay(job.attempt, job.max_attempts, rand).as_secs_f64(), clamped);
                Ack { delay: Some(wait), ..Ack::new(State::Retryable, EventName::Exception, EventState::Failure) }
            };
            ack.error = entry(error);
            ack
        };
        match self {
            Self::Completed { result, result_error } => {
                let (result, note) = stored(result, limits.max_result_bytes);
                let meta = result_error.or(note).map(|note| meta_of(&note));
                Ack { result, meta, ..Ack::new(State::Completed, EventName::Stop, EventState::Success) }
            }
            Self::Failed { error, delay } => failed(&error, delay, false),
            Self::Crashed { reason, code, alone } => {
                let is_last = alone && job.crashes.saturating_add(1) >= limits.max_crashes;
                let error = ErrorEntry { code, ..ErrorEntry::new(Kind::Crash, "ThreadCrash", reason) };
                Ack { crashed: true, ..failed(&error, None, is_last) }
            }
            Self::Cancelled { reason } => {
                let error = entry(&ErrorEntry::new(Kind::Cancelled, "CancelJob", reason));
                Ack { error, ..Ack::new(State::Cancelled, EventName::Stop, EventState::Cancelled) }
            }
            Self::Discarded { reason, error } => {
                let error = error.unwrap_or_else(|| ErrorEntry::new(Kind::Discarded, "DiscardJob", reason));
                Ack { error: entry(&error), ..Ack::new(State::Discarded, EventName::Stop, EventState::Discard) }
            }
            Self::Snoozed { seconds } => Ack {
                delay: Some(clamped(seconds)),
                attempt_delta: -1,
                snoozed: 1,
                ..Ack::new(State::Scheduled, EventName::Stop, EventState::Snoozed)
            },
            Self::Released { begun } => Ack {
                attempt_delta: -1,
                interrupted: u32::from(begun),
                ..Ack::new(State::Available, EventName::Stop, EventState::Released)
            },
        }
    }
}

/// Limits a delay that a job requested to 100 years, so that the server can add it to the current
/// time.
fn clamped(seconds: f64) -> f64 {
    if seconds.is_nan() { 0.0 } else { seconds.clamp(0.0, MAX_DURATION.as_secs_f64()) }
}

/// The result as it is stored, or why it is not.
fn stored(result: Option<String>, most: usize) -> (Option<String>, Option<String>) {
    let Some(text) = result else { return (None, None) };
    if text.len() > most {
        return (
            None,
            Some(format!("result: expected at most {most} bytes of JSON (max_result_bytes), got {}", text.len())),
        );
    }
    match oversize(&text) {
        Some(found) => (None, Some(format!("result: expected what PostgreSQL can store as jsonb, got {}", found.what))),
        None => (Some(sanitise_json(&text).into_owned()), None),
    }
}

fn meta_of(note: &str) -> String {
    const MAX_REASON_CHARS: usize = 500;
    let note: String = note.chars().take(MAX_REASON_CHARS).collect();
    sanitise_json(&json!({ "result_error": note }).to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::job::sample;

    fn ack(outcome: Outcome, attempt: i32) -> Ack {
        outcome.into_ack(&sample(attempt, 3), 0.0, || Backoff::Oban, &Limits::default())
    }

    fn failed(delay: Option<f64>) -> Outcome {
        Outcome::Failed { error: ErrorEntry::new(Kind::Error, "E", "m"), delay }
    }

    fn completed(result: &str) -> Outcome {
        Outcome::Completed { result: Some(result.to_owned()), result_error: None }
    }

    #[test]
    fn the_state_machine() {
        use {EventName::*, EventState::*};
        let text = || "r".to_owned();
        let cancelled = Outcome::Cancelled { reason: text() };
        let discarded = Outcome::Discarded { reason: text(), error: None };
        let crashed = Outcome::Crashed { reason: text(), code: None, alone: true };
        let snoozed = Outcome::Snoozed { seconds: 60.0 };
        let [begun, waiting] = [true, false].map(|begun| Outcome::Released { begun });
        #[rustfmt::skip]
        let table = [
            // outcome, attempt of 3,      state             delay        attempt snoozed interrupted crashed, error kind, event
            (Outcome::done(),       1, State::Completed, None,        0, 0, 0, false, None,              Stop, Success),
            (Outcome::done(),       3, State::Completed, None,        0, 0, 0, false, None,              Stop, Success),
            (failed(None),          1, State::Retryable, Some(17.0),  0, 0, 0, false, Some("error"),     Exception, Failure),
            (failed(None),          2, State::Retryable, Some(19.0),  0, 0, 0, false, Some("error"),     Exception, Failure),
            (failed(Some(5.5)),     2, State::Retryable, Some(5.5),   0, 0, 0, false, Some("error"),     Exception, Failure),
            (failed(None),          3, State::Discarded, None,        0, 0, 0, false, Some("error"),     Exception, Discard),
            (failed(Some(5.5)),     3, State::Discarded, None,        0, 0, 0, false, Some("error"),     Exception, Discard),
            (failed(None),          4, State::Discarded, None,        0, 0, 0, false, Some("error"),     Exception, Discard),
            (crashed.clone(),       1, State::Retryable, Some(17.0),  0, 0, 0, true,  Some("crash"),     Exception, Failure),
            (crashed,               3, State::Discarded, None,        0, 0, 0, true,  Some("crash"),     Exception, Discard),
            (cancelled.clone(),     1, State::Cancelled, None,        0, 0, 0, false, Some("cancelled"), Stop, Cancelled),
            (cancelled,             3, State::Cancelled, None,        0, 0, 0, false, Some("cancelled"), Stop, Cancelled),
            (discarded,             1, State::Discarded, None,        0, 0, 0, false, Some("discarded"), Stop, Discard),
            (snoozed.clone(),       1, State::Scheduled, Some(60.0), -1, 1, 0, false, None,              Stop, Snoozed),
            (snoozed,               3, State::Scheduled, Some(60.0), -1, 1, 0, false, None,              Stop, Snoozed),
            (begun,                 3, State::Available, None,       -1, 0, 1, false, None,              Stop, Released),
            (waiting,               3, State::Available, None,       -1, 0, 0, false, None,              Stop, Released),
        ];
        for (outcome, attempt, state, delay, attempt_delta, snoozed, interrupted, crashed, kind, event, event_state) in
            table
        {
            let case = format!("{outcome:?} at attempt {attempt}");
            let mut got = ack(outcome, attempt);
            let entry: Option<Value> = got.error.take().map(|text| serde_json::from_str(&text).unwrap());
            assert_eq!(entry.as_ref().map(|it| it["kind"].as_str().unwrap()), kind, "{case}");
            assert_eq!(entry.map(|it| it["attempt"].as_i64().unwrap()), kind.map(|_| i64::from(attempt)), "{case}");
            let expected =
                Ack { delay, attempt_delta, snoozed, interrupted, crashed, ..Ack::new(state, event, event_state) };
            assert_eq!(got, expected, "{case}");
        }
    }

    #[test]
    fn outcomes_mean_what_the_table_of_both_languages_says() {
        let file = include_str!("../../../__test__/support/fixtures/outcomes.json");
        let rows: Vec<Value> = serde_json::from_str(file).unwrap();
        assert!(rows.len() > 30);
        for row in rows {
            let mut detail = row["outcome"].clone();
            detail["run"] = 1.into();
            let outcome =
                crate::model::outcome::parse_details(&json!([detail]).to_string()).unwrap().settled.remove(0).outcome;
            let number = |key: &str| i32::try_from(row[key].as_i64().unwrap()).unwrap();
            let backoff =
                || if row["backoff"].is_null() { Backoff::Oban } else { Backoff::parse(&row["backoff"]).unwrap() };
            let job = sample(number("attempt"), number("max_attempts"));
            let got = outcome.into_ack(&job, 0.0, backoff, &Limits::default());
            let text = |key: &str| row[key].as_str().unwrap();
            assert_eq!((got.state.as_str(), got.event_state.as_str()), (text("state"), text("event")), "{row}");
            assert_eq!(got.delay, row["delay"].as_f64(), "{row}");
        }
    }

    #[test]
    fn a_job_that_crashes_alone_for_the_third_time_is_discarded() {
        for (crashes, alone, state) in [
            (0, true, State::Retryable),
            (1, true, State::Retryable),
            (2, true, State::Discarded),
            (2, false, State::Retryable),
            (9, false, State::Retryable),
        ] {
            let job = Job { crashes, ..sample(1, 20) };
            let outcome = Outcome::Crashed { reason: "exit code 1".to_owned(), code: None, alone };
            let got = outcome.into_ack(&job, 0.0, || Backoff::Oban, &Limits::default());
            assert_eq!((got.state, got.crashed), (state, true), "{crashes} crashes, alone: {alone}");
        }
    }

    #[test]
    fn a_discarded_job_keeps_the_error_it_brought() {
        let error = ErrorEntry::new(Kind::Error, "TypeError", "m");
        let got = ack(Outcome::Discarded { reason: "r".to_owned(), error: Some(error) }, 1);
        assert!(got.error.unwrap().contains("TypeError"));
    }

    #[test]
    fn waits_stay_within_what_a_timestamp_holds() {
        let most = MAX_DURATION.as_secs_f64();
        for (asked, given) in [(-5.0, 0.0), (f64::NAN, 0.0), (0.25, 0.25), (1e300, most), (f64::INFINITY, most)] {
            assert_eq!(ack(failed(Some(asked)), 1).delay, Some(given));
            assert_eq!(ack(Outcome::Snoozed { seconds: asked }, 1).delay, Some(given));
        }
    }

    #[test]
    fn a_result_is_stored_or_its_absence_explained() {
        let fits = "x".repeat(64 * 1_024 - 2);
        let long = "x".repeat(64 * 1_024 - 1);
        let deep = "[".repeat(600) + &"]".repeat(600);
        for (result, stored, note) in [
            (r#"{"sent":true}"#, Some(r#"{"sent":true}"#), None),
            (r#""a\u0000\ud800""#, Some(r#""a\ufffd\ufffd""#), None),
            (&format!("{fits:?}"), Some(format!("{fits:?}").as_str()), None),
            (
                &format!("{long:?}"),
                None,
                Some("result: expected at most 65536 bytes of JSON (max_result_bytes), got 65537"),
            ),
            (
                &deep,
                None,
                Some("result: expected what PostgreSQL can store as jsonb, got more than 512 levels of nesting"),
            ),
        ] {
            let got = ack(completed(result), 1);
            assert_eq!((got.state, got.result.as_deref()), (State::Completed, stored));
            assert_eq!(got.meta, note.map(|note| format!("{{\"result_error\":{note:?}}}")));
        }
    }

    #[test]
    fn the_threads_own_note_wins_and_is_cut() {
        let outcome = Outcome::Completed { result: None, result_error: Some("é\0".repeat(1_000)) };
        let meta: Value = serde_json::from_str(&ack(outcome, 1).meta.unwrap()).unwrap();
        let note = meta["result_error"].as_str().unwrap();
        assert_eq!(note.chars().count(), 500);
        assert!(!note.contains('\0'));
    }
}
