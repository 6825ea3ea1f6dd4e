//! `engine.counts()`: how many jobs there are, by state and by queue, without counting the table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::engine::Engine;
use crate::error::Result;
use crate::model::job::State;
use crate::store::Counted;

/// The number up to which the available jobs of a queue are counted, and all that are due later.
const MOST: i64 = 50_000;

/// The states that indexes or nodes count in each queue.
const BY_QUEUE: [State; 4] = [State::Executing, State::Available, State::Scheduled, State::Retryable];

impl Engine {
    /// `{ at, states, queues }`.
    pub async fn counts(&self) -> Result<Value> {
        let (names, _) = self.store.known_queues().await?;
        let counted = self.store.count_states(&names, MOST).await?;
        let mut executing: BTreeMap<String, i64> = BTreeMap::new();
        for it in self.producer_rows().await? {
            let queue = it["queue"].as_str().unwrap_or_default().to_owned();
            *executing.entry(queue).or_default() += it["running"].as_i64().unwrap_or(0);
        }
        Ok(shown(&names, &executing, &counted))
    }
}

/// `executing` is what nodes report, by queue.
fn shown(names: &[String], executing: &BTreeMap<String, i64>, counted: &Counted) -> Value {
    let Counted { at, counts, is_exact, estimates } = counted;
    let found = |queue: &str, state: State| match state {
        State::Executing => executing.get(queue).copied().unwrap_or(0),
        _ => counts.iter().filter(|it| it.queue == queue && it.state == state.as_str()).map(|it| it.jobs).sum(),
    };
    let later: i64 = counts.iter().filter(|it| is_later(&it.state)).map(|it| it.jobs).sum();
    // Counting jobs that are due later stops in all queues together.
    let stopped = |queue: &str, state: State| match state {
        State::Available => found(queue, state) > MOST,
        _ => state.is_waiting() && later > MOST,
    };
    let mut all: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    all.extend(executing.keys().map(String::as_str));
    all.extend(counts.iter().filter(|it| !is_final(&it.state)).map(|it| it.queue.as_str()));
    let queue = |name: &str| {
        let mut shown: Map<String, Value> = BY_QUEUE
            .into_iter()
            .map(|state| {
                let jobs = found(name, state);
                (state.as_str().to_owned(), json!(if state == State::Available { jobs.min(MOST) } else { jobs }))
            })
            .collect();
        let at_least = BY_QUEUE.into_iter().filter(|state| stopped(name, *state)).map(State::as_str);
        shown.insert("at_least".to_owned(), json!(at_least.collect::<Vec<_>>()));
        shown.insert("queue".to_owned(), json!(name));
        Value::Object(shown)
    };
    let state = |state: State| {
        let sum: i64 = all.iter().map(|name| found(name, state)).sum();
        let is_stopped = all.iter().any(|name| stopped(name, state));
        #[expect(clippy::cast_possible_truncation, reason = "a number of jobs")]
        let estimate = estimates.get(state.as_str()).copied().map(|jobs| jobs as i64);
        let is_counted = BY_QUEUE.contains(&state);
        match (is_counted, estimate) {
            (true, _) if !is_stopped => json!({ "jobs": sum, "exact": true }),
            (true, Some(jobs)) if jobs > sum => json!({ "jobs": jobs, "exact": false }),
            (true, _) => json!({ "jobs": sum, "exact": false, "at_least": true }),
            (false, _) if *is_exact => json!({ "jobs": total(counted, state), "exact": true }),
            (false, Some(jobs)) => json!({ "jobs": jobs, "exact": false }),
            // A state that is not among the statistics is rare; without any, a part of the table was counted.
            (false, None) => json!({ "jobs": total(counted, state), "exact": false }),
        }
    };
    let states: Map<String, Value> = State::ALL.into_iter().map(|it| (it.as_str().to_owned(), state(it))).collect();
    let queues: Vec<Value> = all.iter().map(|name| queue(name)).collect();
    json!({ "at": at, "states": states, "queues": queues })
}

/// Of a state, in all queues, also those that no node knows.
fn total(counted: &Counted, state: State) -> i64 {
    counted.counts.iter().filter(|it| it.state == state.as_str()).map(|it| it.jobs).sum()
}

fn is_later(state: &str) -> bool {
    State::parse(state).is_ok_and(State::is_waiting)
}

fn is_final(state: &str) -> bool {
    State::parse(state).is_ok_and(State::is_terminal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Count;

    fn counted(counts: &[(&str, &str, i64)], is_exact: bool, estimates: &[(&str, f64)]) -> Counted {
        let count = |(queue, state, jobs): &(&str, &str, i64)| Count {
            queue: (*queue).to_owned(),
            state: (*state).to_owned(),
            jobs: *jobs,
        };
        Counted {
            at: json!("2026-01-31T12:00:00+00:00"),
            counts: counts.iter().map(count).collect(),
            is_exact,
            estimates: estimates.iter().map(|(state, jobs)| ((*state).to_owned(), *jobs)).collect(),
        }
    }

    #[test]
    fn what_is_counted_is_exact_and_what_is_not_says_so() {
        let running = BTreeMap::from([("mail".to_owned(), 7)]);
        let names = ["mail".to_owned(), "media".to_owned()];
        let small =
            [("mail", "available", 3), ("old", "completed", 5), ("mail", "completed", 6), ("media", "scheduled", 2)];
        let small = shown(&names, &running, &counted(&small, true, &[]));
        assert_eq!(small["states"]["completed"], json!({ "jobs": 11, "exact": true }));
        assert_eq!(small["states"]["executing"], json!({ "jobs": 7, "exact": true }));
        assert_eq!(
            small["queues"],
            json!([
                { "queue": "mail", "executing": 7, "available": 3, "scheduled": 0, "retryable": 0, "at_least": [] },
                { "queue": "media", "executing": 0, "available": 0, "scheduled": 2, "retryable": 0, "at_least": [] },
            ])
        );
        let large = [("mail", "available", MOST + 1), ("media", "available", 4), ("media", "scheduled", MOST + 1)];
        let estimates = [("completed", 914_000.0), ("available", 90_000.0), ("scheduled", 20.0)];
        let large = shown(&names, &running, &counted(&large, false, &estimates));
        assert_eq!(large["states"]["completed"], json!({ "jobs": 914_000, "exact": false }));
        assert_eq!(large["states"]["cancelled"], json!({ "jobs": 0, "exact": false }));
        assert_eq!(large["states"]["available"], json!({ "jobs": 90_000, "exact": false }));
        assert_eq!(large["states"]["scheduled"], json!({ "jobs": MOST + 1, "exact": false, "at_least": true }));
        assert_eq!(large["queues"][0]["at_least"], json!(["available", "scheduled", "retryable"]));
        assert_eq!((&large["queues"][0]["available"], &large["queues"][1]["available"]), (&json!(MOST), &json!(4)));
        assert_eq!(large["queues"][1]["at_least"], json!(["scheduled", "retryable"]));
    }
}
