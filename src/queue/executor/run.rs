//! One attempt of one job in one environment, from its dispatch to its settling.

use std::time::Instant;

use crate::ack::{Handed, Said, Settled};
use crate::model::job::Job;
use crate::model::outcome::{ErrorEntry, Kind, Outcome};

/// A claimed job that no environment has taken yet.
pub struct Ready {
    pub job: Box<Job>,
    /// The crossing text, without the run's number.
    pub tail: String,
    pub since: Instant,
    /// A suspect: nobody else may be in its process while it runs.
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

/// A job that an environment has taken and not settled.
pub struct Run {
    pub job: Box<Job>,
    pub slot: u32,
    pub started: Instant,
    /// Set when it was asked to stop, and when.
    pub abort: Option<(Abort, Instant)>,
    /// What the job's own transaction was given to write as its last statement; whether it commits is not yet known.
    pub handed: Option<Outcome>,
    /// Nobody else is in its process.
    pub alone: bool,
}

impl Run {
    /// The run is over; without `said`, as `given_up` decides.
    pub fn settle(self, said: Said, ended: Instant) -> Settled {
        let committed = said == Said::Committed;
        let outcome = match (said, &self.handed) {
            (Said::Ended(outcome), _) => self.judged(outcome),
            (Said::Committed, Some(handed)) => handed.clone(),
            (Said::Committed, None) => Outcome::done(),
        };
        let handed = self.handed.map(|outcome| Handed { outcome, committed });
        Settled { job: self.job, outcome, started: Some(self.started), ended, handed }
    }

    /// What is recorded for a run that had to be given up after it was asked to stop.
    pub fn given_up(&self) -> Outcome {
        match self.abort {
            Some((Abort::Timeout, _)) => self.timed_out(None),
            Some((Abort::Cancelled, _)) => Outcome::Cancelled { reason: "cancelled while running".into() },
            Some((Abort::Shutdown, _)) | None => Outcome::Released { begun: true },
        }
    }

    /// What the environment said, seen in the light of an abort: a job that throws because it was aborted did not fail.
    fn judged(&self, said: Outcome) -> Outcome {
        match (&said, self.abort) {
            // The wait before the retry may be the class's own.
            (Outcome::Failed { delay, .. }, Some((Abort::Timeout, _))) => self.timed_out(*delay),
            (Outcome::Failed { .. }, Some(_)) => self.given_up(),
            _ => said,
        }
    }

    fn timed_out(&self, delay: Option<f64>) -> Outcome {
        let limit = self.job.timeout.unwrap_or(0);
        let message = format!("{}: expected to end within {limit} ms", self.job.worker);
        Outcome::Failed { error: ErrorEntry::new(Kind::Timeout, "TimeoutError", message), delay }
    }
}
