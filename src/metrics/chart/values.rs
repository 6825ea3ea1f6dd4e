//! The values of rows that a chart shows, with their keys.

use std::collections::BTreeMap;

use super::cell::{Agg, Value};
use super::{Chart, Group, Nature, Read, Shown};
use crate::metrics::row::{Sampled, StoredSeries};

/// The counts of a series, in the order of its row.
const COUNTS: [&str; 9] =
    ["success", "failure", "discard", "cancelled", "snoozed", "released", "lost", "rescued", "enqueued"];

/// The numbers of a sample that are counts of jobs, in the order of its row, and the position of the age of the oldest.
const STATES: [&str; 4] = ["available", "scheduled", "retryable", "executing"];
const OLDEST: usize = 4;

/// Calls `each` for every value that is not nothing, with its point and key.
pub fn each_value(chart: &Chart, read: &[Read<'_>], mut each: impl FnMut(i64, &str, Value<'_>)) {
    match chart.shown.nature() {
        Nature::Sample => samples(chart, read, &mut each),
        Nature::Count | Nature::Duration => read.iter().for_each(|row| counted(chart, row, &mut each)),
    }
}

fn counted(chart: &Chart, row: &Read<'_>, each: &mut impl FnMut(i64, &str, Value<'_>)) {
    let fits = |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
    let is_roll_up = row.data.rows.is_some();
    if is_roll_up && chart.is_by_node() {
        for (node, of_node) in row.data.n.iter().filter(|(node, _)| fits(&chart.node, node)) {
            counts(chart, row.point, of_node, node, each);
        }
        return;
    }
    if !fits(&chart.node, row.node) {
        return;
    }
    for StoredSeries(queue, worker, of_series, run, failed, wait) in &row.data.s {
        if !(fits(&chart.queue, queue) && fits(&chart.worker, worker)) {
            continue;
        }
        let key = match chart.group {
            Some(Group::Queue) => &**queue,
            Some(Group::Worker) => &**worker,
            Some(Group::Node) => row.node,
            Some(Group::State) | None => chart.shown.name(),
        };
        let mut durations = |key: &str, text: &str| {
            if !text.is_empty() {
                each(row.point, key, Value::Durations(text));
            }
        };
        match chart.shown {
            Shown::Run if chart.group == Some(Group::State) => {
                durations("success", run);
                durations("failed", failed);
            }
            Shown::Run => {
                durations(key, run);
                durations(key, failed);
            }
            Shown::Wait => durations(key, wait),
            _ => counts(chart, row.point, of_series, key, each),
        }
    }
}

fn counts(chart: &Chart, point: i64, counts: &[u64; 9], key: &str, each: &mut impl FnMut(i64, &str, Value<'_>)) {
    let shown = match chart.shown {
        Shown::Failed => 1..3,
        Shown::Enqueued => 8..9,
        _ => 0..5,
    };
    if chart.group == Some(Group::State) {
        for n in shown.filter(|n| counts[*n] > 0) {
            each(point, COUNTS[n], Value::Sum(counts[n]));
        }
        return;
    }
    let sum: u64 = counts[shown].iter().sum();
    if sum > 0 {
        let key = if chart.group.is_none() { chart.shown.name() } else { key };
        each(point, key, Value::Sum(sum));
    }
}

/// Engines of several names write a sample each, of the same jobs.
fn samples(chart: &Chart, read: &[Read<'_>], each: &mut impl FnMut(i64, &str, Value<'_>)) {
    let mut all: BTreeMap<(i64, &str), [Sampled; 9]> = BTreeMap::new();
    for row in read {
        for (queue, sample) in &row.data.q {
            if chart.queue.as_ref().is_some_and(|wanted| *wanted != **queue) {
                continue;
            }
            let known = all.entry((row.point, queue)).or_default();
            for (known, also) in known.iter_mut().zip(sample) {
                *known = Sampled { last: known.last.max(also.last), max: known.max.max(also.max) };
            }
        }
    }
    for ((point, queue), sample) in all {
        let number = |n: usize| {
            let number = if chart.agg == Agg::Max { sample[n].max } else { sample[n].last };
            number.and_then(|it| u64::try_from(it).ok()).filter(|it| *it > 0)
        };
        let key = if chart.group.is_none() { chart.shown.name() } else { queue };
        if chart.shown == Shown::Oldest {
            if let Some(age) = number(OLDEST) {
                each(point, key, Value::Max(age));
            }
        } else if chart.group == Some(Group::State) {
            for (n, state) in STATES.iter().enumerate() {
                if let Some(jobs) = number(n) {
                    each(point, state, Value::Sum(jobs));
                }
            }
        } else if let Some(jobs) = number(0) {
            each(point, key, Value::Sum(jobs));
        }
    }
}
