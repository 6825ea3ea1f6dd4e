//! A job as a fetch returns it, and the eight states a job can be in.
//!
//! ```text
//!              ┌────────────── snooze ──────────────┐
//!  scheduled ──┤                                    │
//!              ├─ due ─► available ─ fetch ─► executing ──► completed
//!  retryable ──┘             ▲                    │ ├──► cancelled
//!      ▲                     └───── released ─────┤ └──► discarded
//!      └──────────────── failed ──────────────────┘
//! ```
//! `suspended` jobs wait for a person or a program to make them `available`; no stager or fetch
//! touches them. [`crate::model::outcome`] decides how a job leaves `executing`.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};

/// The largest id that JavaScript holds as a number: 2^53 − 1.
pub const MAX_ID: i64 = (1 << 53) - 1;

/// The state of a job, named as in the SQL type `eram_job_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Put aside; never staged or fetched.
    Suspended,
    /// Waits for its due time, after an enqueue with one or after a snooze.
    Scheduled,
    /// May be fetched.
    Available,
    /// Claimed by a producer.
    Executing,
    /// Failed and waits for its next attempt.
    Retryable,
    /// Done.
    Completed,
    /// Given up: out of attempts, or by its own decision.
    Discarded,
    /// Cancelled by itself or from outside.
    Cancelled,
}

impl State {
    /// Every state, in the order in which lists and messages name them.
    pub const ALL: [Self; 8] = [
        Self::Suspended,
        Self::Scheduled,
        Self::Available,
        Self::Executing,
        Self::Retryable,
        Self::Completed,
        Self::Discarded,
        Self::Cancelled,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::Scheduled => "scheduled",
            Self::Available => "available",
            Self::Executing => "executing",
            Self::Retryable => "retryable",
            Self::Completed => "completed",
            Self::Discarded => "discarded",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the name of a state; `Error::Job` lists the eight states.
    pub fn parse(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            Error::Job(format!("state: expected one of {known}, got {name:?}"))
        })
    }

    /// Whether the job is over: only a retry makes it run again, and the pruner may delete it.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Discarded | Self::Cancelled)
    }

    /// Whether the job is running or still to be run.
    pub const fn is_incomplete(self) -> bool {
        !self.is_terminal()
    }

    /// Whether the job waits for its `scheduled_at`.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Scheduled | Self::Retryable)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One claimed row. JSON columns stay the text that the server sent: the engine passes them on and
/// never parses them.
///
/// Instants are microseconds since the Unix epoch. The ack is fenced by the exact `attempted_at`,
/// which a JavaScript `Date` would truncate to milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub id: i64,
    /// The name of the job class; like the queue, shared by the jobs of a fetch.
    pub worker: Arc<str>,
    pub queue: Arc<str>,
    /// The number of this attempt, from 1: the claim has already counted it.
    pub attempt: i32,
    pub max_attempts: i32,
    /// 0 (first) to 9.
    pub priority: i32,
    /// JSON text.
    pub args: String,
    /// JSON text of an object; `None` when the row has none.
    pub meta: Option<String>,
    pub tags: Vec<String>,
    /// JSON texts of the failed attempts so far, oldest first.
    pub errors: Vec<String>,
    pub inserted_at: i64,
    pub scheduled_at: i64,
    /// The time of this claim, by the database's clock.
    pub attempted_at: i64,
    /// The claimant: `[node, producer uuid]`; shared by all jobs of the producer. Fences the ack
    /// together with `attempted_at`.
    pub attempted_by: Arc<[String]>,
    /// The maximum duration of one attempt in milliseconds; `None` means no limit.
    pub timeout: Option<i64>,
    /// JSON text of the job's own backoff; `None` means the job class decides.
    pub backoff: Option<String>,
    /// The number of attempts during which the thread, process or node died.
    pub crashes: i16,
}

/// The number of crashes after which a job is quarantined.
const QUARANTINE_AFTER: i16 = 2;

/// A year, in microseconds.
const MAX_WAIT: u64 = 31_536_000_000_000;

impl Job {
    /// Whether the job must run alone, because it has crashed too often to be safe for other jobs.
    pub const fn is_quarantined(&self) -> bool {
        self.crashes >= QUARANTINE_AFTER
    }

    /// How long the job had been due before it was claimed, in microseconds, by the database's clock; a year at most, for sums.
    pub fn waited(&self) -> u64 {
        u64::try_from(self.attempted_at.saturating_sub(self.scheduled_at)).unwrap_or(0).min(MAX_WAIT)
    }

    /// Whether a failure of this attempt is final.
    pub const fn is_last_attempt(&self) -> bool {
        self.attempt >= self.max_attempts
    }
}

/// A job for tests: claimed by `["node", "uuid"]` at 2024-01-01T00:00:00Z.
#[cfg(test)]
pub(crate) fn sample(attempt: i32, max_attempts: i32) -> Job {
    Job {
        id: 1,
        worker: "Sample".into(),
        queue: "default".into(),
        attempt,
        max_attempts,
        priority: 0,
        args: "{}".to_owned(),
        meta: None,
        tags: vec![],
        errors: vec![],
        inserted_at: 1_704_067_100_000_000,
        scheduled_at: 1_704_067_100_000_000,
        attempted_at: 1_704_067_200_000_000,
        attempted_by: Arc::from(["node".to_owned(), "uuid".to_owned()]),
        timeout: None,
        backoff: None,
        crashes: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_their_names_agree() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()).unwrap(), state);
            assert_ne!(state.is_terminal(), state.is_incomplete());
        }
        let terminal: Vec<_> = State::ALL.into_iter().filter(|s| s.is_terminal()).map(State::as_str).collect();
        assert_eq!(terminal, ["completed", "discarded", "cancelled"]);
    }

    #[test]
    fn an_unknown_state_is_refused_with_the_known_ones() {
        let error = State::parse("done").unwrap_err();
        assert_eq!(error.code(), "ERAM_JOB");
        assert_eq!(
            error.to_string(),
            "state: expected one of suspended, scheduled, available, executing, retryable, completed, discarded, \
             cancelled, got \"done\""
        );
    }

    #[test]
    fn the_last_attempt_is_the_one_that_reaches_the_limit() {
        assert!(!sample(1, 2).is_last_attempt());
        assert!(sample(2, 2).is_last_attempt());
        assert!(sample(3, 2).is_last_attempt());
    }
}
