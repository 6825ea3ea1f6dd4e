//! The row in which a job crosses to its isolate: a JSON array, spliced from what PostgreSQL sent.
//!
//! `lib/perform/columns.js`, the positions of the columns, is generated from the list below.

use serde::Serialize;

use crate::model::job::Job;
use crate::model::json_text::{push_list, push_number, push_text};

/// A column of the row, as `lib/perform/columns.js` has it.
#[derive(Debug, Serialize)]
pub struct ColumnInfo {
    pub name: &'static str,
    pub doc: &'static str,
}

macro_rules! columns {
    ($($(#[doc = $doc:literal])+ $column:ident = $name:literal,)+) => {
        /// A column; its number is its position in the row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Column { $($(#[doc = $doc])+ $column),+ }

        impl Column {
            const ALL: &'static [Self] = &[$(Self::$column),+];
        }

        /// The columns, in the order of the row.
        pub const COLUMNS: &[ColumnInfo] = &[$(ColumnInfo { name: $name, doc: concat!($($doc),+).trim_ascii() }),+];
    };
}

columns! {
    /// Number of the run.
    Run = "run",
    /// Id of the job.
    Id = "id",
    /// Name of the job class.
    Worker = "worker",
    /// Name of the queue.
    Queue = "queue",
    /// Number of this attempt, from 1.
    Attempt = "attempt",
    /// Number of attempts before the job is discarded.
    MaxAttempts = "max_attempts",
    /// 0 (first) to 9.
    Priority = "priority",
    /// The arguments.
    Args = "args",
    /// An object, or 0 for none.
    Meta = "meta",
    /// A list of texts, or 0 for none.
    Tags = "tags",
    /// The error entries of earlier attempts, oldest first, or 0 for none.
    Errors = "errors",
    /// Milliseconds since 1970.
    InsertedAt = "inserted_at",
    /// Milliseconds since 1970.
    ScheduledAt = "scheduled_at",
    /// Milliseconds since 1970.
    AttemptedAt = "attempted_at",
    /// Milliseconds that the attempt may take, or 0 for no limit.
    Timeout = "timeout",
}

/// Everything after the run's number.
pub fn tail(job: &Job) -> String {
    let meta = job.meta.as_deref().unwrap_or("0");
    let size = job.args.len() + meta.len() + job.worker.len() + job.queue.len() + 128;
    let mut out = String::with_capacity(size);
    for column in &Column::ALL[1..] {
        out.push(',');
        match column {
            Column::Run => unreachable!("the run is the first column"),
            Column::Id => push_number(&mut out, job.id),
            Column::Worker => push_text(&mut out, &job.worker),
            Column::Queue => push_text(&mut out, &job.queue),
            Column::Attempt => push_number(&mut out, job.attempt),
            Column::MaxAttempts => push_number(&mut out, job.max_attempts),
            Column::Priority => push_number(&mut out, job.priority),
            Column::Args => out.push_str(&job.args),
            Column::Meta => out.push_str(meta),
            Column::Tags => push_some(&mut out, &job.tags, push_text),
            Column::Errors => push_some(&mut out, &job.errors, String::push_str),
            Column::InsertedAt => push_number(&mut out, job.inserted_at.div_euclid(1000)),
            Column::ScheduledAt => push_number(&mut out, job.scheduled_at.div_euclid(1000)),
            Column::AttemptedAt => push_number(&mut out, job.attempted_at.div_euclid(1000)),
            Column::Timeout => push_number(&mut out, job.timeout.unwrap_or(0)),
        }
    }
    out.push(']');
    out
}

/// A list, or 0 for none.
fn push_some(out: &mut String, items: &[String], push: fn(&mut String, &str)) {
    if items.is_empty() { out.push('0') } else { push_list(out, items, push) }
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, Column, tail};
    use crate::model::job::sample;

    #[test]
    fn a_row_is_json_that_reads_back() {
        let mut job = sample(2, 3);
        job.worker = "A\"b".into();
        job.args = r#"{"a": [1, "x"]}"#.to_owned();
        job.tags = vec!["t".to_owned(), "ü\n".to_owned()];
        job.errors = vec![r#"{"attempt": 1}"#.to_owned()];
        let row: serde_json::Value = serde_json::from_str(&format!("[7{}", tail(&job))).unwrap();
        let expected = serde_json::json!([
            7, 1, "A\"b", "default", 2, 3, 0, {"a": [1, "x"]}, 0, ["t", "ü\n"], [{"attempt": 1}],
            1_704_067_100_000_i64, 1_704_067_100_000_i64, 1_704_067_200_000_i64, 0
        ]);
        assert_eq!(row, expected);
        assert_eq!(COLUMNS.len(), Column::ALL.len());
        assert_eq!(COLUMNS[Column::Timeout as usize].name, "timeout");
    }
}
