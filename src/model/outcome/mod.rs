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
//! Nothing here can fail because of what a job returned: texts are cut and repaired until `jsonb` accepts them, waits are
//! clamped, and a result that does not fit is left out with a note. The work is done; its ack must get through.

mod ack;
mod details;
mod entry;

pub use ack::{Ack, EventName, EventState, Limits};
pub use details::parse_details;
pub use entry::{ErrorEntry, Kind};

/// How an attempt ended: as `perform` decided, or as the engine observed.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Returned. `result` is JSON text; `result_error` is why there is none although something was returned.
    Completed { result: Option<String>, result_error: Option<String> },
    /// Threw, or ran out of time. `delay`, in seconds, overrules the backoff.
    Failed { error: ErrorEntry, delay: Option<f64> },
    /// Called off, by itself or from outside.
    Cancelled { reason: String },
    /// Gave up for good, whatever attempts are left. `error` replaces the entry that is made of the reason.
    Discarded { reason: String, error: Option<ErrorEntry> },
    /// Wants to run again in `seconds`; nothing went wrong.
    Snoozed { seconds: f64 },
    /// Handed back: the engine stops, or another job took the thread down. `begun`: `perform` was called.
    Released { begun: bool },
    /// The thread or process died under it; `alone`: no other job was in it, so no other can be the cause.
    Crashed { reason: String, code: Option<serde_json::Value>, alone: bool },
}

impl Outcome {
    /// The plain success, which most jobs are.
    pub const fn done() -> Self {
        Self::Completed { result: None, result_error: None }
    }
}
