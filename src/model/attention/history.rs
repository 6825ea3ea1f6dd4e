//! Rules on metrics: a queue that stalls or falls behind, a class that fails more than usual.

use serde_json::json;

use super::{Facts, Item, Link, Severity, Subject, Thresholds, queue, term};
use crate::model::words::{count, span};

/// Jobs run, and none has ended for long.
pub fn stalled(facts: &Facts, limits: &Thresholds) -> Vec<Item> {
    let found = facts.queues.iter().filter_map(|it| {
        let serving =
            facts.cluster.producers.iter().filter(|by| by.queue == it.queue && by.age_ms < limits.silent && !by.asleep);
        let (running, oldest_ms) = serving.fold((0, 0), |(running, oldest), by| {
            (running + by.running, oldest.max(by.oldest_ms.unwrap_or(0)))
        });
        // A queue that had nothing to do before is not stalled.
        let silent_ms = it.silent_ms.min(oldest_ms);
        let usual = it.p95_ms.map_or(limits.stalled_unknown, |p95| whole(p95 * limits.stalled_runs));
        (running > 0 && silent_ms >= limits.stalled.max(usual)).then(|| {
            let p95 = it.p95_ms.map(|ms| format!("; 95 % of its attempts run up to {}", span(whole(ms))));
            Item {
                rule: "queue_stalled",
                severity: Severity::Critical,
                subject: queue(&it.queue),
                text: format!(
                    "Queue {}: {} run, and none has ended for {}{}.",
                    it.queue,
                    count(running, "job"),
                    span(silent_ms),
                    p95.unwrap_or_default()
                ),
                since: Some(facts.ago(silent_ms)),
                data: json!({ "running": running, "silent_ms": silent_ms, "oldest_ms": oldest_ms, "p95_ms": it.p95_ms }),
                links: vec![
                    Link::Jobs { search: format!("{} state:executing", term("queue", &it.queue)) },
                    Link::Queue { name: it.queue.clone() },
                ],
            }
        })
    });
    found.collect()
}

/// The oldest job of a queue has waited for long, and ever longer.
pub fn behind(facts: &Facts, limits: &Thresholds) -> Vec<Item> {
    let found = facts.queues.iter().filter_map(|it| {
        let waiting = facts.waiting.iter().find(|by| by.queue == it.queue)?;
        if waiting.jobs == 0 || waiting.oldest_ms < limits.behind {
            return None;
        }
        let lately = it.oldest.get(it.oldest.len().checked_sub(limits.behind_minutes + 1)?..)?;
        let is_rising = lately.windows(2).all(|pair| matches!(pair, [Some(a), Some(b)] if a < b));
        is_rising.then(|| Item {
            rule: "queue_behind",
            severity: Severity::Warning,
            subject: queue(&it.queue),
            text: format!(
                "Queue {} falls behind: its oldest job has waited for {}, and longer from minute to minute.",
                it.queue,
                span(waiting.oldest_ms)
            ),
            since: Some(facts.ago(waiting.oldest_ms)),
            data: json!({
                "jobs": waiting.jobs, "at_least": waiting.at_least, "oldest_ms": waiting.oldest_ms, "minutes": lately,
            }),
            links: vec![
                Link::Jobs { search: format!("{} state:available", term("queue", &it.queue)) },
                Link::Queue { name: it.queue.clone() },
            ],
        })
    });
    found.collect()
}

/// Of a class, far more attempts fail than usual.
pub fn error_spikes(facts: &Facts, limits: &Thresholds) -> Vec<Item> {
    let found = facts.workers.iter().filter_map(|it| {
        if it.failed < limits.spike_failures || it.executed <= 0.0 {
            return None;
        }
        let rate = it.failed / it.executed;
        // The usual without what happens now, as far as it is known.
        let before = (it.usual_executed - it.executed).max(0.0);
        let usual = (before > 0.0).then(|| (it.usual_failed - it.failed).max(0.0) / before);
        let least = limits.spike_rate.max(usual.unwrap_or(0.0) * limits.spike_factor);
        (rate >= least).then(|| {
            let than = usual.map(|usual| format!(" (usually {:.0} %)", usual * 100.0)).unwrap_or_default();
            Item {
                rule: "error_spike",
                severity: Severity::Warning,
                subject: Subject { kind: "worker", name: it.worker.clone() },
                text: format!(
                    "{}: {:.0} % of its attempts failed in the last 10 min{than}, {:.0} in all.",
                    it.worker,
                    rate * 100.0,
                    it.failed
                ),
                since: None,
                data: json!({ "failed": it.failed, "executed": it.executed, "rate": rate, "usual_rate": usual }),
                links: vec![
                    Link::Failures { worker: it.worker.clone() },
                    Link::Jobs { search: format!("{} state:retryable,discarded", term("worker", &it.worker)) },
                ],
            }
        })
    });
    found.collect()
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds that were measured")]
fn whole(ms: f64) -> i64 {
    ms.round() as i64
}
