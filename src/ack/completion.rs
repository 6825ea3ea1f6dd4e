//! An attempt that is over, on its way from the executor to the acker.

use std::time::Instant;

use crate::model::job::Job;
use crate::model::outcome::Outcome;

/// What an environment says of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// What it came to.
    Ended(Outcome),
    /// The transaction has committed, and with it the outcome that was handed out.
    Committed,
}

impl From<Outcome> for Said {
    fn from(outcome: Outcome) -> Self {
        Self::Ended(outcome)
    }
}

/// An outcome that a job's own transaction wrote, or may have written.
#[derive(Debug, Clone, PartialEq)]
pub struct Handed {
    pub outcome: Outcome,
    /// The driver said that the transaction has committed.
    pub committed: bool,
}

/// An attempt that is over, ready to be acked.
pub struct Settled {
    pub job: Box<Job>,
    pub outcome: Outcome,
    /// `None`: never begun.
    pub started: Option<Instant>,
    pub ended: Instant,
    /// Set for a job with a transaction of its own that came as far as its last statement.
    pub handed: Option<Handed>,
}

impl Settled {
    /// A claimed job that was never begun.
    pub fn unbegun(job: Box<Job>, outcome: Outcome, ended: Instant) -> Self {
        Self { job, outcome, started: None, ended, handed: None }
    }
}
