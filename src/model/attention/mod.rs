//! What needs the attention of an operator: rules on what nodes have reported, on what waits, and on metrics.

mod cluster;
mod facts;
mod history;
mod queues;
mod schedules;

#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value;

pub use facts::{Cluster, Cron, Facts, QueueHistory, Unhandled, Waiting, WorkerHistory};

use crate::model::instant;
use crate::model::words::count;

/// The limits of the rules. Milliseconds, unless they say otherwise.
#[derive(Debug, Clone)]
pub struct Thresholds {
    /// A queue is stalled if for this time, or for [`Thresholds::stalled_runs`] times as long as 95 percent of its
    /// attempts run, none has ended although jobs run.
    pub stalled: i64,
    pub stalled_runs: f64,
    /// The same, where it is not known how long attempts run.
    pub stalled_unknown: i64,
    /// How long jobs may wait in a queue that no node serves, or for a class that no node has.
    pub unserved: i64,
    /// A queue is behind if its oldest job has waited for this time, and longer from minute to minute so many times.
    pub behind: i64,
    pub behind_minutes: usize,
    /// Errors of a class are a spike if so many attempts failed in ten minutes, which is at least this share of them, and so many
    /// times the usual share.
    pub spike_failures: f64,
    pub spike_rate: f64,
    pub spike_factor: f64,
    /// After how long a silent node counts as lost.
    pub silent: i64,
    pub leaderless: i64,
    /// How late the job of a tick may be.
    pub cron_late: i64,
    /// How late metrics may be. A cluster without jobs writes them each minute.
    pub metrics_late: i64,
    pub paused: i64,
}

impl Default for Thresholds {
    fn default() -> Self {
        const MINUTE: i64 = 60_000;
        Self {
            stalled: 2 * MINUTE,
            stalled_runs: 5.0,
            stalled_unknown: 30 * MINUTE,
            unserved: 30_000,
            behind: 5 * MINUTE,
            behind_minutes: 3,
            spike_failures: 10.0,
            spike_rate: 0.01,
            spike_factor: 3.0,
            silent: 20_000,
            leaderless: 30_000,
            cron_late: 2 * MINUTE,
            metrics_late: 2 * MINUTE,
            paused: 60 * MINUTE,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Critical,
    Warning,
}

/// What an item is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Subject {
    pub kind: &'static str,
    pub name: String,
}

/// Where to look: the search for its jobs, or what it names.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Link {
    Jobs { search: String },
    Failures { worker: String },
    Queue { name: String },
    Cron { name: String },
    Node { name: String },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    pub rule: &'static str,
    pub severity: Severity,
    pub subject: Subject,
    /// A sentence.
    pub text: String,
    /// ISO 8601; `None` where it is not known.
    pub since: Option<String>,
    pub data: Value,
    pub links: Vec<Link>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attention {
    /// When it was so, ISO 8601.
    pub at: String,
    pub text: String,
    /// Critical ones first.
    pub items: Vec<Item>,
    /// How many further ones there are.
    pub more: usize,
}

/// The most items of an answer.
const MAX_ITEMS: usize = 100;

/// Applies all rules.
pub fn attention(facts: &Facts, limits: &Thresholds) -> Attention {
    let mut items: Vec<Item> = [
        queues::unserved(facts, limits),
        queues::unhandled(facts, limits),
        queues::paused(facts, limits),
        history::stalled(facts, limits),
        history::behind(facts, limits),
        history::error_spikes(facts, limits),
        cluster::silent(facts, limits),
        cluster::leaderless(facts, limits),
        cluster::late_metrics(facts, limits),
        cluster::mixed_versions(facts, limits),
        cluster::warnings(facts),
        schedules::missed(facts, limits),
    ]
    .concat();
    items.sort_by(|a, b| (a.severity, a.rule, &a.subject).cmp(&(b.severity, b.rule, &b.subject)));
    let found = items.len();
    items.truncate(MAX_ITEMS);
    let text = match found {
        0 => "Nothing needs attention.".to_owned(),
        1 => "1 thing needs attention.".to_owned(),
        _ => format!("{} need attention.", count(i64::try_from(found).unwrap_or(i64::MAX), "thing")),
    };
    Attention { at: instant::to_text(facts.cluster.now), text, more: found - items.len(), items }
}

impl Facts {
    /// The time so many milliseconds ago, as a text.
    fn ago(&self, ms: i64) -> String {
        instant::to_text(self.cluster.now.saturating_sub(ms.saturating_mul(1_000)))
    }
}

/// A name as the search language reads it.
fn term(key: &str, name: &str) -> String {
    let is_plain = !name.is_empty() && name.chars().all(|it| it.is_alphanumeric() || "_-./".contains(it));
    if is_plain { format!("{key}:{name}") } else { format!("{key}:{}", serde_json::json!(name)) }
}

fn queue(name: &str) -> Subject {
    Subject { kind: "queue", name: name.to_owned() }
}
