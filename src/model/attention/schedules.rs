//! Rules on cron entries: ticks without a job, entries whose jobs cannot be made.

use serde_json::json;

use super::{Facts, Item, Link, Severity, Subject, Thresholds};
use crate::model::instant;
use crate::model::words::{count, span};

/// Entries whose last tick has no job.
pub fn missed(facts: &Facts, limits: &Thresholds) -> Vec<Item> {
    let now = facts.cluster.now;
    let found = facts.crons.iter().filter_map(|it| {
        let late = it.tick.filter(|tick| now.saturating_sub(*tick) >= limits.cron_late.saturating_mul(1_000));
        let since = late.or(it.missed_at);
        if since.is_none() && it.problem.is_none() {
            return None;
        }
        let last = it.last_at.map_or_else(
            || "it has never run".to_owned(),
            |at| format!("its last job was {} ago", span(now.saturating_sub(at) / 1_000)),
        );
        let text = match (&it.problem, late) {
            (Some(problem), _) => format!("Cron entry {}: its jobs cannot be made: {problem}", it.name),
            (None, Some(tick)) => {
                format!("Cron entry {}: the tick of {} has no job; {last}.", it.name, instant::to_text(tick))
            }
            (None, None) => format!("Cron entry {} missed {}; {last}.", it.name, count(it.missed, "tick")),
        };
        Some(Item {
            rule: if it.problem.is_some() { "cron_invalid" } else { "cron_missed" },
            severity: Severity::Warning,
            subject: Subject { kind: "cron", name: it.name.clone() },
            text,
            since: since.map(instant::to_text),
            data: json!({
                "missed": it.missed, "tick": late.map(instant::to_text), "last_at": it.last_at.map(instant::to_text),
            }),
            links: vec![Link::Cron { name: it.name.clone() }],
        })
    });
    found.collect()
}
