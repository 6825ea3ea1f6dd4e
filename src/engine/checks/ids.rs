//! Ids of jobs: a sequence behind the rows, one that is used up, and ids that JavaScript cannot hold.

use super::{Finding, Needs};
use crate::model::job::MAX_ID;
use crate::store::{Inspection, Numbers};

/// How many ids are left when it is time to say so.
const FEW: i64 = 1_000_000;

pub fn check(seen: &Inspection, numbers: &Numbers, needs: Needs<'_>) -> Vec<Finding> {
    let Some(sequence) = &seen.sequence else { return vec![] };
    let (highest, last) = (numbers.highest_id, numbers.last_id);
    let table = needs.table("eram_jobs");
    let mut found = vec![];
    let mut warn = |saw: String, fix: String, sql: Option<String>| {
        found.push(Finding { check: "ids", fatal: false, saw, fix, sql });
    };
    if let Some(highest) = highest.filter(|highest| sequence.readable && *highest > last.unwrap_or(0)) {
        let sql = format!("SELECT setval('{}', (SELECT max(id) FROM {table}))", sequence.name.replace('\'', "''"));
        warn(
            format!(
                "ids: expected a sequence at {highest} or later, the highest id in {table}, got {}; enqueues fail, or take ids again, as after a switch to a replica",
                last.unwrap_or(0)
            ),
            format!("run {sql}"),
            Some(format!("{sql};")),
        );
    }
    let end = sequence.max.min(MAX_ID);
    if let Some(last) = last.filter(|last| *last > end - FEW.min(end / 10)) {
        let why = if end == MAX_ID { "the largest that JavaScript holds" } else { "the MAXVALUE of the sequence" };
        warn(
            format!("ids: expected room below {end}, {why}, got {last} as the last id of {}", sequence.name),
            if end == MAX_ID {
                "jobs with greater ids are refused: set the sequence back to an unused range".to_owned()
            } else {
                format!("run ALTER TABLE {table} ALTER COLUMN id SET MAXVALUE {MAX_ID}")
            },
            None,
        );
    }
    if let Some(highest) = highest.filter(|it| *it > MAX_ID) {
        warn(
            format!("ids: expected at most {MAX_ID}, got a job with id {highest} in {table}"),
            "such a job is not run: insert it anew without an id".to_owned(),
            None,
        );
    }
    found
}
