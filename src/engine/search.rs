//! Searches jobs by a text, within a budget of time.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use super::Engine;
use crate::error::{Error, Result};
use crate::model::read::{Owner, Reader};
use crate::model::schedule::{Zone, read_zone};
use crate::model::search::{self, Problem};
use crate::store::Start;

/// The time after which a search returns what it has found.
const BUDGET: Duration = Duration::from_millis(150);

/// Rows in the first part. A part that was quick is followed by one of twice as many rows.
const FIRST_ROWS: i64 = 10_000;
const MAX_ROWS: i64 = 1_000_000;
const QUICK: Duration = Duration::from_millis(30);

const LIMITS: std::ops::RangeInclusive<i64> = 1..=1000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    text: String,
    limit: Option<i64>,
    before: Option<i64>,
    after: Option<i64>,
    timezone: Option<Value>,
}

impl Engine {
    /// The jobs that a search means, newest first or, with `after`, oldest first, as JSON: `{ "jobs": […], "next": 123 }`.
    /// `next` is the id before or after which to go on; null if no more jobs are left to look at.
    pub async fn search_jobs(&self, options: &str) -> Result<String> {
        let options: Options = serde_json::from_str(options).map_err(|e| Error::Config(format!("jobs.search: {e}")))?;
        let limit = options.limit.unwrap_or(50);
        if !LIMITS.contains(&limit) {
            let (least, most) = LIMITS.into_inner();
            return Err(Error::Config(format!("jobs.search: limit: expected {least} to {most}, got {limit}")));
        }
        let zone = match &options.timezone {
            Some(name) => read_zone(&Reader::new(Owner::Config, "jobs.search: timezone", name))?,
            None => Zone::Etc__UTC,
        };
        let terms = search::parse(&options.text).map_err(|problem| refused("jobs.search", &options.text, &problem))?;
        let search = self.store.job_search(&terms, zone);
        let until = Instant::now() + BUDGET;
        let mut from = match (options.before, options.after) {
            (None, Some(id)) => Start::After(id),
            (before, None) => Start::Before(before.unwrap_or(i64::MAX)),
            _ => return Err(Error::Config("jobs.search: expected before or after, got both".to_owned())),
        };
        let mut rows = FIRST_ROWS;
        let mut jobs: Vec<(i64, String)> = vec![];
        let next = loop {
            let began = Instant::now();
            // One more than asked for, to know whether there are more.
            let missing = limit + 1 - i64::try_from(jobs.len()).unwrap_or(i64::MAX);
            let found = self.store.search_jobs(&search, from, rows, missing).await?;
            jobs.extend(found.jobs);
            if jobs.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
                jobs.pop();
                break jobs.last().map(|(id, _)| *id);
            }
            let Some(edge) = found.edge else { break None };
            // The row at the edge has not been looked at.
            let id = match from {
                Start::Before(_) => edge.saturating_add(1),
                Start::After(_) => edge.saturating_sub(1),
            };
            from = from.at(id);
            let ended = Instant::now();
            if ended >= until {
                break Some(id);
            }
            if ended - began < QUICK {
                rows = (rows * 2).min(MAX_ROWS);
            }
        };
        let jobs: Vec<String> = jobs.into_iter().map(|(_, job)| job).collect();
        let next = next.map_or_else(|| "null".to_owned(), |id| id.to_string());
        Ok(format!(r#"{{"jobs":[{}],"next":{next}}}"#, jobs.join(",")))
    }
}

pub(super) fn refused(subject: &str, text: &str, Problem { at, until, message, suggestion }: &Problem) -> Error {
    let part = text.get(*at..*until).unwrap_or(text);
    let place = text.get(..*at).map_or(0, |before| before.chars().count()) + 1;
    let hint = suggestion.as_ref().map(|word| format!(", did you mean {word:?}?")).unwrap_or_default();
    Error::Config(format!("{subject}: {part:?} (character {place}): {message}{hint}"))
}
