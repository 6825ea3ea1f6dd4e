//! A job that runs, or is thought to.

use serde_json::{Value, json};

use super::{Check, Facts, Local};
use crate::model::words::span;

pub fn text(facts: &Facts) -> String {
    let node = facts.node.as_deref().unwrap_or("a node");
    let since = facts.running_ms.map(|ms| format!(" for {}", span(ms))).unwrap_or_default();
    format!("It runs on {node}{since}, attempt {} of {}.", facts.attempt, facts.max_attempts)
}

pub fn checks(facts: &Facts, local: &Local) -> Vec<Check> {
    let mut checks = vec![node(facts, local), cancel(facts), timeout(facts)];
    if !facts.progress.is_null() {
        let value = facts.progress["value"].as_f64().unwrap_or_default();
        let text = format!("It has reported a progress of {:.0} %.", value * 100.0);
        checks.push(Check::new("progress", true, text, json!({ "progress": facts.progress })));
    }
    checks
}

/// Whether the node that has the job lives; if not, the lifeline rescues the job.
fn node(facts: &Facts, local: &Local) -> Check {
    let name = facts.node.as_deref().unwrap_or("unknown");
    let data = |age_ms: Option<i64>, rescued_in_ms: Option<i64>| json!({ "node": facts.node, "heartbeat_age_ms": age_ms, "rescued_in_ms": rescued_in_ms });
    let leaderless = if facts.leaders.is_empty() { " once a node leads" } else { "" };
    match facts.owner() {
        Some(owner) if owner.asleep => {
            let text = format!("Node {name} sleeps, and holds no job: the job is rescued{leaderless}.");
            Check::new("node", false, text, data(Some(owner.age_ms), None))
        }
        Some(owner) if owner.age_ms < local.gone_after_ms => {
            let text = format!("Node {name} is alive: its last heartbeat was {} ago.", span(owner.age_ms));
            Check::new("node", true, text, data(Some(owner.age_ms), None))
        }
        Some(owner) => {
            let text = format!(
                "Node {name} has been silent for {}: the leader is about to rescue the job{leaderless}.",
                span(owner.age_ms)
            );
            Check::new("node", false, text, data(Some(owner.age_ms), Some(0)))
        }
        None if facts.lost => {
            let text = format!("Node {name} was lost: the leader is about to rescue the job{leaderless}.");
            Check::new("node", false, text, data(None, Some(0)))
        }
        None => {
            let text = format!(
                "The producer on node {name} that claimed the job has no row: the lifeline rescues the job in one of its next searches{leaderless}."
            );
            Check::new("node", false, text, data(None, None))
        }
    }
}

fn cancel(facts: &Facts) -> Check {
    let requested_at: &Value = &facts.cancel_requested_at;
    let text = if requested_at.is_null() {
        "No cancellation is requested.".to_owned()
    } else {
        format!("Its cancellation is requested: node {} has to confirm it.", facts.node.as_deref().unwrap_or("unknown"))
    };
    Check::new("cancel", requested_at.is_null(), text, json!({ "requested_at": requested_at }))
}

fn timeout(facts: &Facts) -> Check {
    let running = facts.running_ms.unwrap_or(0);
    let (ok, text) = match facts.timeout {
        None => (true, format!("It has run for {}, and has no timeout of its own.", span(running))),
        Some(limit) if running <= limit => {
            (true, format!("It has run for {}, and may take {}.", span(running), span(limit)))
        }
        Some(limit) => {
            (false, format!("It has run for {}, longer than its timeout of {}.", span(running), span(limit)))
        }
    };
    Check::new("timeout", ok, text, json!({ "running_ms": running, "timeout_ms": facts.timeout }))
}
