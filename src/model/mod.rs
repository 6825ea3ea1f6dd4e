//! Pure rules, without I/O or a clock: what a job, an outcome, a draft, a schedule and the options are.

/// How long a failed job waits for its next attempt.
pub mod backoff;
/// The options of `EramEngine.start()`.
pub mod config;
/// Job classes, and jobs that are not yet rows.
pub mod draft;
/// Times as text and as microseconds.
pub(crate) mod instant;
/// A row of `eram_jobs`, and its states.
pub mod job;
/// JSON text that `jsonb` accepts.
pub(crate) mod json;
/// What became of an attempt, and what its ack writes.
pub mod outcome;
/// Reads options from JSON and rejects what does not fit.
pub(crate) mod read;
/// Cron expressions and time zones.
pub mod schedule;
/// What makes a job a duplicate of another.
pub mod unique;
/// Application versions, and which of them may run a job.
pub(crate) mod version;
