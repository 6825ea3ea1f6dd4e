//! Refusals: rows that the server refuses to change, because of a trigger or constraint of the
//! application. One bad row must not stop the rest: the batch is tried in halves, down to single
//! rows; a row that is refused is set aside, reported, and tried again ever more slowly.

mod halves;
mod rows;
mod shelf;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::json;
use tokio::sync::Notify;

use crate::error::Error;
use crate::telemetry::{Kind, Telemetry, Warning, Warnings};
use crate::text::masked;
pub use halves::{Halves, RefusedRow};
pub use rows::Rows;
use shelf::{Entry, Shelf};

/// The part of the engine whose statement is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Ack,
    Claim,
    Discard,
    Prune,
    Purge,
    Reclaim,
    Rescue,
    Stage,
}

impl Part {
    pub const ALL: [Self; 8] =
        [Self::Ack, Self::Claim, Self::Discard, Self::Prune, Self::Purge, Self::Reclaim, Self::Rescue, Self::Stage];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Claim => "claim",
            Self::Discard => "discard",
            Self::Prune => "prune",
            Self::Purge => "purge",
            Self::Reclaim => "reclaim",
            Self::Rescue => "rescue",
            Self::Stage => "stage",
        }
    }

    /// The delays before a row is tried again: the first, doubled up to the last.
    const fn delays(self) -> (Duration, Duration) {
        match self {
            // What another table refers to stays for long.
            Self::Prune => (Duration::from_secs(10), Duration::from_secs(3_600)),
            _ => (Duration::from_secs(1), Duration::from_secs(60)),
        }
    }
}

/// A job as events and answers name it; queue and class where the part knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobName {
    pub id: i64,
    pub queue: Option<String>,
    pub worker: Option<String>,
}

impl JobName {
    pub const fn of(id: i64) -> Self {
        Self { id, queue: None, worker: None }
    }
}

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub sqlstate: Option<String>,
    pub constraint: Option<String>,
    /// Up to 200 characters.
    pub message: String,
}

/// How often a statement that collides with other transactions is tried before its rows are tried apart.
pub const MAX_COLLISIONS: u32 = 3;

/// The number of characters of a message of the server that are shown.
const MAX_MESSAGE: usize = 200;

impl Reason {
    pub fn of(error: &Error) -> Self {
        let short = |text: &str| masked(text).chars().take(MAX_MESSAGE).collect();
        match error {
            Error::Database { sqlstate, message, constraint } => {
                Self { sqlstate: Some(sqlstate.clone()), constraint: constraint.clone(), message: short(message) }
            }
            other => Self { sqlstate: None, constraint: None, message: short(&other.to_string()) },
        }
    }
}

/// A row that is set aside, for status output.
#[derive(Debug, Serialize)]
pub struct RefusedJob {
    pub part: &'static str,
    pub job: JobName,
    #[serde(flatten)]
    pub reason: Reason,
    /// How often it was refused alone.
    pub tries: u32,
    /// For how long it has been refused.
    pub refused_ms: u64,
    /// Until it is tried again.
    pub retry_ms: u64,
}

/// The rows that are set aside, of every part of the engine.
pub struct Refusals {
    telemetry: Arc<Telemetry>,
    warnings: Arc<Warnings>,
    shelves: [Mutex<Shelf>; Part::ALL.len()],
    changed: Notify,
}

impl Refusals {
    pub fn new(telemetry: Arc<Telemetry>, warnings: Arc<Warnings>) -> Self {
        let shelves = Part::ALL.map(|part| Mutex::new(Shelf::new(part.delays())));
        Self { telemetry, warnings, shelves, changed: Notify::new() }
    }

    fn of(&self, part: Part) -> &Mutex<Shelf> {
        &self.shelves[part as usize]
    }

    /// How many statements of the part were refused in a row.
    pub fn in_a_row(&self, part: Part) -> u32 {
        self.of(part).lock().in_a_row
    }

    /// A statement of the part was accepted.
    pub fn accepted(&self, part: Part) {
        self.of(part).lock().accepted();
    }

    /// Whether the error is a refusal: of some rows, or of all.
    fn is_refusal(&self, part: Part, error: &Error) -> bool {
        let collisions = self.of(part).lock().collided(error.is_refusal(true));
        error.is_refusal(collisions >= MAX_COLLISIONS)
    }

    /// Rows are set aside, after a search whose last statements were refused, so many in a row.
    pub fn set_aside(&self, part: Part, rows: &[RefusedRow<JobName>], in_a_row: u32) {
        let Some(last) = rows.last() else { return };
        let now = Instant::now();
        let (count, entries): (usize, Vec<Entry>) = {
            let mut rows_of = self.of(part).lock();
            rows_of.in_a_row = in_a_row;
            let entries = rows.iter().map(|row| rows_of.put(row, now).clone()).collect();
            (rows_of.len(), entries)
        };
        for it in &entries {
            self.telemetry.emit(Kind::JobRefused, || {
                json!({
                    "part": part.as_str(), "job": it.job, "sqlstate": it.reason.sqlstate, "constraint": it.reason.constraint,
                    "message": it.reason.message, "tries": it.tries, "retry_ms": millis(it.due_at - now),
                })
            });
        }
        self.warn(part, count, &Reason::of(&last.error));
        self.changed.notify_waiters();
    }

    /// Reports rows that were refused, and are not tried again by themselves.
    pub fn report(&self, part: Part, rows: &[RefusedRow<JobName>]) {
        for RefusedRow { row, error, alone } in rows {
            let Reason { sqlstate, constraint, message } = Reason::of(error);
            tracing::warn!(job = row.id, "{}: the database refuses to change a job: {message}", part.as_str());
            self.telemetry.emit(Kind::JobRefused, || {
                json!({
                    "part": part.as_str(), "job": row, "sqlstate": sqlstate, "constraint": constraint, "message": message,
                    "tries": u32::from(*alone), "retry_ms": null,
                })
            });
        }
    }

    /// These rows were written, or there is nothing left to write.
    pub fn forget(&self, part: Part, ids: &[i64]) {
        let mut rows_of = self.of(part).lock();
        if rows_of.len() == 0 {
            return;
        }
        for id in ids {
            rows_of.take(*id);
        }
        let is_empty = rows_of.len() == 0;
        drop(rows_of);
        if is_empty {
            self.warnings.set(Warning::JobsRefused, part.as_str(), None);
        }
    }

    /// All ids that the part has set aside.
    pub fn ids(&self, part: Part) -> Vec<i64> {
        self.of(part).lock().ids()
    }

    /// The ids of a queue that the part has set aside.
    pub fn ids_of(&self, part: Part, queue: &str) -> Vec<i64> {
        let rows = self.of(part).lock();
        rows.rows().filter(|it| it.job.queue.as_deref() == Some(queue)).map(|it| it.job.id).collect()
    }

    pub fn count(&self, part: Part) -> usize {
        self.of(part).lock().len()
    }

    /// The jobs that are to be tried again now.
    pub fn due(&self, part: Part) -> Vec<JobName> {
        self.of(part).lock().due(Instant::now())
    }

    /// Rows were tried again.
    pub fn looked(&self, part: Part, some_accepted: bool) {
        self.of(part).lock().looked(some_accepted, Instant::now());
    }

    /// When rows of a queue are to be tried again.
    pub fn due_at_of(&self, part: Part, queue: &str) -> Option<Instant> {
        self.of(part).lock().due_at_of(|job| job.queue.as_deref() == Some(queue))
    }

    /// Makes all rows of the part due.
    pub fn hurry(&self, part: Part) {
        self.of(part).lock().hurry(Instant::now());
        self.changed.notify_waiters();
    }

    /// When rows of the part are to be tried again.
    pub fn due_at(&self, part: Part) -> Option<Instant> {
        self.of(part).lock().due_at()
    }

    /// Waits until rows of the part are due.
    pub async fn until_due(&self, part: Part) {
        loop {
            let changed = self.changed.notified();
            match self.due_at(part) {
                Some(at) if at <= Instant::now() => return,
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(at.into()) => {}
                    () = changed => {}
                },
                None => changed.await,
            }
        }
    }

    /// How many rows are set aside, and the first `limit` of them, by part.
    pub fn list(&self, limit: usize) -> (usize, Vec<RefusedJob>) {
        let now = Instant::now();
        let mut listed = vec![];
        let mut count = 0;
        for part in Part::ALL {
            let rows_of = self.of(part).lock();
            count += rows_of.len();
            let left = limit - listed.len();
            listed.extend(rows_of.rows().take(left).map(|it| shown(part, it, now)));
        }
        (count, listed)
    }

    /// The job, if it is set aside.
    pub fn find(&self, id: i64) -> Option<RefusedJob> {
        let now = Instant::now();
        Part::ALL.into_iter().find_map(|part| self.of(part).lock().get(id).map(|it| shown(part, it, now)))
    }

    fn warn(&self, part: Part, count: usize, reason: &Reason) {
        let ids: Vec<i64> = self.ids(part).into_iter().take(10).collect();
        let listed = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let more = if count > ids.len() { ", …" } else { "" };
        let constraint = reason.constraint.as_ref().map(|it| format!(", constraint {it}")).unwrap_or_default();
        let message = format!(
            "{}: the database refuses {} ({listed}{more}): {} (SQLSTATE {}{constraint}); set aside and tried again, the others go on",
            part.as_str(),
            if count == 1 { "1 job".to_owned() } else { format!("{count} jobs") },
            reason.message,
            reason.sqlstate.as_deref().unwrap_or("none"),
        );
        let details = json!({
            "part": part.as_str(), "jobs": count, "ids": ids, "sqlstate": reason.sqlstate, "constraint": reason.constraint,
        });
        self.warnings.set(Warning::JobsRefused, part.as_str(), Some((message, details)));
    }
}

fn shown(part: Part, it: &Entry, now: Instant) -> RefusedJob {
    RefusedJob {
        part: part.as_str(),
        job: it.job.clone(),
        reason: it.reason.clone(),
        tries: it.tries,
        refused_ms: millis(now.saturating_duration_since(it.since)),
        retry_ms: millis(it.due_at.saturating_duration_since(now)),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
