//! Pure rules, without I/O or a clock: jobs, outcomes, drafts, schedules and options.

/// The delay before a failed job's next attempt.
pub mod backoff;
/// The options of `EramEngine.start()`.
pub mod config;
/// Job classes, and jobs that are not yet rows.
pub mod draft;
/// Times as text and as microseconds.
pub(crate) mod instant;
/// The rows of `eram_jobs`, and their states.
pub mod job;
/// JSON text that `jsonb` accepts.
pub(crate) mod json;
/// Writes JSON by appending to a text.
pub(crate) mod json_text;
/// Outcomes of attempts, and what their acks write.
pub mod outcome;
/// Reads options from JSON and rejects invalid values.
pub(crate) mod read;
/// Cron expressions and time zones.
pub mod schedule;
/// What makes a job a duplicate of another.
pub mod unique;
/// Application versions, and which of them may run a job.
pub(crate) mod version;
