//! `engine.jobs.preview()` and `engine.jobs.bulk()`: an action on all jobs that a search means. A preview says on how many; the caller
//! then acts on one chunk after the other, up to the newest job of the preview, shows how far it is, and may stop.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::act::Act;
use crate::engine::Engine;
use crate::engine::search::refused;
use crate::error::Result;
use crate::model::job::{MAX_ID, State};
use crate::model::read::{Owner, Reader};
use crate::model::schedule::Zone;
use crate::model::search::{self, Condition, MAX_CHARS, Term};
use crate::store::{Filter, Matching, Part};

/// The time after which a preview stops counting, and the number.
const BUDGET: Duration = Duration::from_secs(2);
const MOST: i64 = 100_000;

/// Rows in the first part of a count. A part that was quick is followed by one of twice as many.
const FIRST_ROWS: i64 = 20_000;
const MAX_ROWS: i64 = 1_000_000;
const QUICK: Duration = Duration::from_millis(100);

/// The most jobs of a chunk, and what it has by default.
const MAX_CHUNK: i64 = 2_000;
const CHUNK: i64 = 1_000;

/// The classes and the jobs that a preview names.
const WORKERS: usize = 10;
const SAMPLE: usize = 5;

impl Engine {
    /// Counts the jobs on which the action would act; options and answer are JSON.
    pub(super) async fn preview(&self, options: &str) -> Result<String> {
        let given = Owner::Config.parse("jobs.preview", options)?;
        let reader = Reader::new(Owner::Config, "jobs.preview", &given);
        reader.only(&["action", "text"])?;
        let act = action(&reader, Some(json!({ "priority": 0 })))?;
        let terms = terms("jobs.preview", &reader)?;
        let search = self.store.job_search(&terms, Zone::Etc__UTC);
        let last = self.store.last_job().await?;
        let until = Instant::now() + BUDGET;
        let (mut before, mut rows, mut exact) = (i64::MAX, FIRST_ROWS, true);
        let mut found = Preview::default();
        loop {
            let began = Instant::now();
            let (edge, counts) = self.store.count_search(&search, Part { before, rows }, last).await?;
            for it in counts {
                found.add(&act, it);
            }
            let Some(edge) = edge else { break };
            before = edge.saturating_add(1);
            if Instant::now() >= until || found.jobs >= MOST {
                exact = false;
                break;
            }
            if began.elapsed() < QUICK {
                rows = (rows * 2).min(MAX_ROWS);
            }
        }
        Ok(found.shown(last, exact).to_string())
    }

    /// Acts on the next jobs of a search; options and answer are JSON: `{ jobs, next }`. `next` is the id after which to go on.
    pub(super) async fn bulk(&self, options: &str) -> Result<String> {
        let given = Owner::Config.parse("jobs.bulk", options)?;
        let reader = Reader::new(Owner::Config, "jobs.bulk", &given);
        reader.only(&["action", "text", "max_id", "after", "limit", "reason", "changes"])?;
        let act = action(&reader, reader.get("changes").map(|it| it.value().clone()))?;
        let terms = terms("jobs.bulk", &reader)?;
        let last: i64 =
            reader.need("max_id", "the id up to which to act, as jobs.preview gives it")?.as_integer(0..=MAX_ID)?;
        let after: i64 = reader.integer("after", 0..=MAX_ID)?.unwrap_or(0);
        let limit = usize::try_from(reader.integer("limit", 1..=MAX_CHUNK)?.unwrap_or(CHUNK)).unwrap_or_default();
        let search = self.store.job_search(&terms, Zone::Etc__UTC);
        let ids = self.store.search_ids(&search, after, last, limit).await?;
        let next = ids.last().copied().filter(|_| ids.len() == limit);
        let jobs = if ids.is_empty() {
            vec![]
        } else {
            // The statement looks again whether a job is in these states.
            let filter = Filter { ids: Some(ids), states: states(&terms), ..Filter::default() };
            let (done, failed) = self.act_on_all(&act, filter).await?;
            match failed.first() {
                // The role may not act at all.
                Some((_, error)) if done.is_empty() && error.is_forbidden() => return Err(error.clone()),
                _ => self.with_refused(done, failed).await?,
            }
        };
        Ok(json!({ "jobs": jobs, "next": next }).to_string())
    }
}

/// What a preview has counted.
#[derive(Default)]
struct Preview {
    jobs: i64,
    states: BTreeMap<String, i64>,
    workers: BTreeMap<String, i64>,
    skipped: BTreeMap<String, i64>,
    sample: Vec<i64>,
}

impl Preview {
    fn add(&mut self, act: &Act, Matching { state, worker, jobs, newest }: Matching) {
        if !State::parse(&state).is_ok_and(|state| act.takes(state)) {
            *self.skipped.entry(state).or_default() += jobs;
            return;
        }
        self.jobs += jobs;
        *self.states.entry(state).or_default() += jobs;
        *self.workers.entry(worker).or_default() += jobs;
        if self.sample.len() < SAMPLE {
            self.sample.push(newest);
        }
    }

    fn shown(self, last: i64, exact: bool) -> Value {
        let mut workers: Vec<_> = self.workers.into_iter().collect();
        workers.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        workers.truncate(WORKERS);
        let workers: Vec<Value> =
            workers.into_iter().map(|(worker, jobs)| json!({ "worker": worker, "jobs": jobs })).collect();
        json!({
            "jobs": self.jobs, "exact": exact, "max_id": last, "states": self.states, "workers": workers, "skipped": self.skipped,
            "sample": self.sample,
        })
    }
}

fn action(reader: &Reader<'_>, patch: Option<Value>) -> Result<Act> {
    let expected = "\"cancel\", \"retry\", \"delete\" or \"update\"";
    let given = reader.need("action", expected)?;
    let reason = reader.text("reason", 0..=10_000)?.map(str::to_owned);
    Act::read(given.as_text(1..=20)?, reason, patch)?.ok_or_else(|| given.expected(expected))
}

/// Those of a search that does not mean all jobs.
fn terms(subject: &str, reader: &Reader<'_>) -> Result<Vec<Term>> {
    let text = reader.need("text", "a search")?.as_text(0..=MAX_CHARS)?;
    let terms = search::parse(text).map_err(|problem| refused(subject, text, &problem))?;
    if terms.is_empty() {
        return Err(reader.refuse("expected a search that means some jobs, got one that means all of them"));
    }
    Ok(terms)
}

/// The states that the search is about, if it says so.
fn states(terms: &[Term]) -> Option<Vec<String>> {
    let mut named = terms.iter().filter(|term| !term.is_negated).filter_map(|term| match &term.condition {
        Condition::States(states) => Some(states.clone()),
        _ => None,
    });
    let first = named.next()?;
    let all = named.fold(first, |all, of| all.into_iter().filter(|it| of.contains(it)).collect());
    Some(all.into_iter().map(|it| it.as_str().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_those_of_all_terms_that_are_not_negated() {
        let of = |text: &str| states(&search::parse(text).expect("a search"));
        assert_eq!(of("queue:a"), None);
        assert_eq!(of("-state:available"), None);
        assert_eq!(of("state:retryable,discarded queue:a"), Some(vec!["retryable".to_owned(), "discarded".to_owned()]));
        assert_eq!(of("state:live state:retryable,discarded"), Some(vec!["retryable".to_owned()]));
    }
}
