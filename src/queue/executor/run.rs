//! A run: one attempt of a job in one isolate, from dispatch to completion.

use std::time::Instant;

use serde_json::Value;

use crate::ack::{Completion, Isolate, PreparedOutcome, RunEnd, Trace};
use crate::model::draft::Isolation;
use crate::model::job::Job;
use crate::model::outcome::{ErrorEntry, Kind, Outcome, Usage};

/// The code of the error of a run that had to be given up.
const GIVEN_UP: &str = "GIVEN_UP";

/// A claimed job that no isolate has taken yet.
pub struct Ready {
    pub job: Box<Job>,
    /// The row as JSON text, without the run's number.
    pub tail: String,
    pub since: Instant,
    /// Quarantined: no other job may be in its process while it runs.
    pub alone: bool,
}

/// Why a running job is asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abort {
    Timeout,
    Cancelled,
    Shutdown,
}

impl Abort {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Shutdown => "shutdown",
        }
    }
}

/// A job that an isolate has taken and not settled.
pub struct Run {
    pub job: Box<Job>,
    pub slot: u32,
    pub isolation: Isolation,
    pub started: Instant,
    /// Set when it was asked to stop, and when.
    pub abort: Option<(Abort, Instant)>,
    /// The outcome that the job's own transaction writes as its last statement; whether it commits is not yet known.
    pub prepared: Option<Outcome>,
    /// No other job is in its process.
    pub alone: bool,
}

impl Run {
    /// The run is over.
    pub fn settle(self, end: RunEnd, logs: Option<String>, usage: Option<Usage>, ended: Instant) -> Completion {
        let committed = end == RunEnd::Committed;
        let trace = Trace { isolate: Some(self.isolate()), logs, usage };
        let outcome = match (end, &self.prepared) {
            (RunEnd::Outcome(outcome), _) => self.judged(outcome),
            (RunEnd::Committed, Some(prepared)) => prepared.clone(),
            (RunEnd::Committed, None) => Outcome::done(),
        };
        let prepared = self.prepared.map(|outcome| PreparedOutcome { outcome, committed });
        Completion { job: self.job, outcome, started: Some(self.started), ended, prepared, trace }
    }

    pub fn isolate(&self) -> Isolate {
        Isolate(self.isolation, self.slot)
    }

    /// The outcome of a run that had to be given up after it was asked to stop.
    pub fn given_up(&self) -> Outcome {
        match self.abort {
            Some((Abort::Timeout, _)) => self.timed_out(None, Some(GIVEN_UP.into())),
            Some((Abort::Cancelled, _)) => Outcome::Cancelled { reason: "cancelled while running".into() },
            Some((Abort::Shutdown, _)) | None => Outcome::Released { begun: true },
        }
    }

    /// The outcome that the isolate reported, corrected for an abort: a job that throws because it was aborted did not fail.
    fn judged(&self, end: Outcome) -> Outcome {
        match (&end, self.abort) {
            // The wait before the retry may be the class's own.
            (Outcome::Failed { delay, error }, Some((Abort::Timeout, _))) => {
                self.timed_out(*delay, error.code.clone().filter(|code| code == GIVEN_UP))
            }
            (Outcome::Failed { .. }, Some(_)) => self.given_up(),
            _ => end,
        }
    }

    fn timed_out(&self, delay: Option<f64>, code: Option<Value>) -> Outcome {
        let limit = self.job.timeout.unwrap_or(0);
        let message = format!("{}: expected to end within {limit} ms", self.job.worker);
        let error = ErrorEntry { code, ..ErrorEntry::new(Kind::Timeout, "TimeoutError", message) };
        Outcome::Failed { error, delay }
    }
}
