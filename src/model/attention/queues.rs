//! Rules on queues as they are now: not served, without the class of a job, paused.

use serde_json::json;

use super::{Facts, Item, Link, Severity, Subject, Thresholds, queue, term};
use crate::model::words::{grouped, span};

/// Due jobs of a queue that no live node serves.
pub fn unserved(facts: &Facts, limits: &Thresholds) -> Vec<Item> {
    let is_served = |name: &str| facts.cluster.producers.iter().any(|it| it.queue == name && it.age_ms < limits.silent);
    let waits = facts.waiting.iter().filter(|it| it.jobs > 0 && it.oldest_ms >= limits.unserved);
    waits
        .filter(|it| !is_served(&it.queue))
        .map(|it| Item {
            rule: "queue_unserved",
            severity: Severity::Critical,
            subject: queue(&it.queue),
            text: format!(
                "Queue {}: {}, the oldest for {}, and no live node serves this queue.",
                it.queue,
                jobs_wait(it.jobs, it.at_least),
                span(it.oldest_ms)
            ),
            since: Some(facts.ago(it.oldest_ms)),
            data: json!({ "jobs": it.jobs, "at_least": it.at_least, "oldest_ms": it.oldest_ms }),
            links: vec![
                Link::Jobs { search: format!("{} state:available,scheduled,retryable", term("queue", &it.queue)) },
                Link::Queue { name: it.queue.clone() },
            ],
        })
        .collect()
}

/// Jobs of a class or a version that none of the nodes of their queue has.
pub fn unhandled(facts: &Facts, limits: &Thresholds) -> Vec<Item> {
    let waits = facts.unhandled.iter().filter(|it| it.oldest_ms >= limits.unserved);
    waits
        .map(|it| {
            let (what, subject) = match (&it.worker, &it.version) {
                (Some(worker), _) => {
                    (format!("the class {worker}"), Subject { kind: "worker", name: worker.clone() })
                }
                (None, version) => {
                    (format!("version {} of the application", version.as_deref().unwrap_or("")), queue(&it.queue))
                }
            };
            let worker = it.worker.as_ref().map(|name| format!(" {}", term("worker", name))).unwrap_or_default();
            Item {
                rule: if it.worker.is_some() { "worker_unknown" } else { "version_unknown" },
                severity: Severity::Critical,
                subject,
                text: format!(
                    "Queue {}: {} for {what}, which no live node has.",
                    it.queue,
                    jobs_wait(it.jobs, it.jobs >= 1_000)
                ),
                since: Some(facts.ago(it.oldest_ms)),
                data: json!({
                    "queue": it.queue, "worker": it.worker, "version": it.version, "jobs": it.jobs, "oldest_ms": it.oldest_ms,
                }),
                links: vec![
                    Link::Jobs { search: format!("{}{worker} state:available", term("queue", &it.queue)) },
                    Link::Queue { name: it.queue.clone() },
                ],
            }
        })
        .collect()
}

/// Queues that have been paused for long. One that is paused on all nodes counts once.
pub fn paused(facts: &Facts, limits: &Thresholds) -> Vec<Item> {
    let all = |name: &str| facts.cluster.paused.iter().any(|it| it.queue == name && it.node == "*");
    let long = facts.cluster.paused.iter().filter(|it| it.ms >= limits.paused);
    long.filter(|it| it.node == "*" || !all(&it.queue))
        .map(|it| {
            let place = if it.node == "*" { String::new() } else { format!(" on {}", it.node) };
            Item {
                rule: "queue_paused",
                severity: Severity::Warning,
                subject: queue(&it.queue),
                text: format!("Queue {} has been paused{place} for {}.", it.queue, span(it.ms)),
                since: Some(facts.ago(it.ms)),
                data: json!({ "node": it.node, "paused_ms": it.ms }),
                links: vec![Link::Queue { name: it.queue.clone() }],
            }
        })
        .collect()
}

fn jobs_wait(number: i64, at_least: bool) -> String {
    match (number, at_least) {
        (1, false) => "1 job waits".to_owned(),
        (_, false) => format!("{} jobs wait", grouped(number)),
        (_, true) => format!("at least {} jobs wait", grouped(number)),
    }
}
