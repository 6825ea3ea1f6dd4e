//! An attempt that is over, on its way from the executor to the acker.

use std::fmt;
use std::time::Instant;

use crate::model::draft::Isolation;
use crate::model::job::Job;
use crate::model::outcome::{Outcome, Usage};

/// How a run ended, as its isolate reports it.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEnd {
    /// The job's code ended with this outcome.
    Outcome(Outcome),
    /// The job's own transaction committed, and with it the prepared outcome.
    Committed,
}

impl From<Outcome> for RunEnd {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
    }
}

/// An outcome that a job's own transaction wrote, or may have written.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparedOutcome {
    pub outcome: Outcome,
    /// The driver reported the commit.
    pub committed: bool,
}

/// What the history keeps of a run besides its outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The thread or process that ran it; `None` if the job never began.
    pub isolate: Option<Isolate>,
    /// JSON text of the lines that it logged, if its class or queue stores them.
    pub logs: Option<String>,
    /// What it used; `None` if that was not measured.
    pub usage: Option<Usage>,
}

/// An isolate: its kind, and the number of its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Isolate(pub Isolation, pub u32);

impl fmt::Display for Isolate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(isolation, slot) = self;
        write!(f, "{} {slot}", isolation.as_str())
    }
}

/// An attempt that is over, ready to be acked.
pub struct Completion {
    pub job: Box<Job>,
    pub outcome: Outcome,
    /// `None` if the job never began.
    pub started: Option<Instant>,
    pub ended: Instant,
    /// Set for a job with its own transaction that reached its last statement.
    pub prepared: Option<PreparedOutcome>,
    pub trace: Trace,
}

impl Completion {
    /// A claimed job that was never begun.
    pub fn unbegun(job: Box<Job>, outcome: Outcome, ended: Instant) -> Self {
        Self { job, outcome, started: None, ended, prepared: None, trace: Trace::default() }
    }
}
