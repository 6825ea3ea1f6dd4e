//! Outcomes of attempts, and what the ack of each writes.
//!
//! | outcome | state | due in | attempt counts | error entry | event |
//! |---|---|---|---|---|---|
//! | completed | `completed` | – | yes | – | stop, success |
//! | failed, attempts left | `retryable` | its delay, else the backoff | yes | yes | exception, failure |
//! | failed, last attempt | `discarded` | – | yes | yes | exception, discard |
//! | crashed, attempts left | `retryable` | the backoff | yes, and the crash | yes | exception, failure |
//! | crashed, last attempt, or alone and for the `max_crashes`th time | `discarded` | – | yes, and the crash | yes | exception, discard |
//! | cancelled | `cancelled` | – | yes | yes | stop, cancelled |
//! | discarded | `discarded` | – | yes | yes | stop, discard |
//! | snoozed | `scheduled` | its seconds | no; `meta.snoozed` + 1 | – | stop, snoozed |
//! | released, begun | `available` | – | no; `meta.interrupted` + 1 | – | stop, released |
//! | released, not begun | `available` | – | no | – | stop, released |
//!
//! Nothing here can fail because of what a job returned: texts are cut and repaired until `jsonb`
//! accepts them, delays are limited, and a result that is too large is replaced by a note. The work
//! is done, so its ack must succeed.

mod ack;
mod details;
mod entry;

pub use ack::{Ack, EventName, EventState, Limits};
pub use details::{Details, SettledRun, Usage, parse_details};
pub use entry::{ErrorEntry, Kind};

/// How an attempt ended: as `perform` decided, or as the engine observed.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The job returned. `result` is JSON text; `result_error` says why a returned value is not
    /// stored.
    Completed { result: Option<String>, result_error: Option<String> },
    /// The job threw, or exceeded its timeout. `delay`, in seconds, takes precedence over the
    /// backoff.
    Failed { error: ErrorEntry, delay: Option<f64> },
    /// The job was cancelled, by itself or from outside.
    Cancelled { reason: String },
    /// The job gave up for good, whatever attempts are left. `error` replaces the entry made of the
    /// reason.
    Discarded { reason: String, error: Option<ErrorEntry> },
    /// The job asked to run again in `seconds`, without a failure.
    Snoozed { seconds: f64 },
    /// The job was handed back, because the engine stops or another job crashed the isolate.
    /// `begun`: `perform` was called.
    Released { begun: bool },
    /// The isolate died while it ran the job. `alone`: it ran no other job, so no other job can be
    /// the cause.
    Crashed { reason: String, code: Option<serde_json::Value>, alone: bool },
}

impl Outcome {
    /// A success without a result, which is the most common outcome.
    pub const fn done() -> Self {
        Self::Completed { result: None, result_error: None }
    }
}
