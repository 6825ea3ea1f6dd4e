//! Pure rules, without I/O or a clock: jobs, outcomes, drafts, schedules and options.

/// What needs the attention of an operator.
pub mod attention;
/// The delay before a failed job's next attempt.
pub mod backoff;
/// The options of `EramEngine.start()`.
pub mod config;
/// Job classes, and jobs that are not yet rows.
pub mod draft;
/// Groups of jobs that fail alike.
pub mod failures;
/// Times as text and as microseconds.
pub(crate) mod instant;
/// The rows of `eram_jobs`, and their states.
pub mod job;
/// JSON text that `jsonb` accepts.
pub(crate) mod json;
/// Writes JSON by appending to a text.
pub(crate) mod json_text;
/// From where a producer reads its queue.
pub mod marks;
/// Outcomes of attempts, and what their acks write.
pub mod outcome;
/// Reads options from JSON and rejects invalid values.
pub(crate) mod read;
/// Cron expressions and time zones.
pub mod schedule;
/// The language in which people search for jobs.
pub mod search;
/// What makes a job a duplicate of another.
pub mod unique;
/// Application versions, and which of them may run a job.
pub(crate) mod version;
/// Why a job does not run, or how it does.
pub mod why;
/// Phrases of texts for people.
pub(crate) mod words;
