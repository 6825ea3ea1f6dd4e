//! Rules on nodes and what they share: silent nodes, no leader, late metrics, mixed versions, warnings.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{Facts, Item, Link, Severity, Subject, Thresholds, term};
use crate::model::words::{count, list, span};

/// Nodes that are silent, and the jobs that they had.
pub fn silent(facts: &Facts, limits: &Thresholds) -> Vec<Item> {
    let mut nodes: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for it in facts.cluster.producers.iter().filter(|it| it.age_ms >= limits.silent) {
        let (jobs, age_ms) = nodes.entry(&it.node).or_default();
        *jobs += it.running;
        *age_ms = it.age_ms.max(*age_ms);
    }
    let item = |(node, (jobs, age_ms)): (&str, (i64, i64))| Item {
        rule: if jobs > 0 { "jobs_orphaned" } else { "node_silent" },
        severity: Severity::Warning,
        subject: node_named(node),
        text: if jobs > 0 {
            format!(
                "Node {node} has been silent for {} and had {}: the leader is about to rescue them.",
                span(age_ms),
                count(jobs, "running job")
            )
        } else {
            format!("Node {node} has been silent for {}.", span(age_ms))
        },
        since: Some(facts.ago(age_ms)),
        data: json!({ "jobs": jobs, "silent_ms": age_ms }),
        links: vec![
            Link::Jobs { search: format!("{} state:executing", term("node", node)) },
            Link::Node { name: node.to_owned() },
        ],
    };
    nodes.into_iter().map(item).collect()
}

/// Engine names that have live nodes and no leader: nothing is staged, rescued or pruned.
pub fn leaderless(facts: &Facts, limits: &Thresholds) -> Vec<Item> {
    let awake = facts.cluster.producers.iter().filter(|it| it.age_ms < limits.silent && !it.asleep);
    let mut names: BTreeMap<&str, i64> = BTreeMap::new();
    for it in awake {
        let started_ms = names.entry(&it.name).or_default();
        *started_ms = it.started_ms.max(*started_ms);
    }
    let held = facts.cluster.leases.iter().any(|it| it.left_ms > 0);
    let item = |(name, started_ms): (&str, i64)| {
        let lease = facts.cluster.leases.iter().find(|it| it.name == name);
        // A lease that was never taken, or was released, tells nothing but that.
        let free_ms = lease.map_or(started_ms, |it| (-it.left_ms).min(started_ms));
        (free_ms >= limits.leaderless).then(|| Item {
            rule: "no_leader",
            // The leader of another name stages and rescues too.
            severity: if held { Severity::Warning } else { Severity::Critical },
            subject: Subject { kind: "engine", name: name.to_owned() },
            text: format!(
                "No node leads the engines named {name} for {}: scheduled jobs are not made available, and lost jobs not rescued{}.",
                span(free_ms),
                if held { ", but by the leader of another name" } else { "" }
            ),
            since: Some(facts.ago(free_ms)),
            data: json!({ "free_ms": free_ms, "last": lease.map(|it| it.node.clone()) }),
            links: vec![],
        })
    };
    names.into_iter().filter_map(item).collect()
}

pub fn late_metrics(facts: &Facts, limits: &Thresholds) -> Vec<Item> {
    let awake = facts.cluster.producers.iter().any(|it| it.age_ms < limits.silent && !it.asleep);
    let late = facts.metrics_late_ms.filter(|ms| awake && *ms >= limits.metrics_late);
    let item = |late_ms: i64| Item {
        rule: "metrics_late",
        severity: Severity::Warning,
        subject: Subject { kind: "cluster", name: "metrics".to_owned() },
        text: format!("No node has written metrics for {}: charts and rules on them are out of date.", span(late_ms)),
        since: Some(facts.ago(late_ms)),
        data: json!({ "late_ms": late_ms }),
        links: vec![],
    };
    late.map(item).into_iter().collect()
}

/// Nodes that run different versions of EramJS, for longer than a deployment takes.
pub fn mixed_versions(facts: &Facts, limits: &Thresholds) -> Vec<Item> {
    let alive = || facts.cluster.producers.iter().filter(|it| it.age_ms < limits.silent);
    let versions: BTreeSet<&str> = alive().filter_map(|it| it.eram_version.as_deref()).collect();
    let newest_ms = alive().map(|it| it.started_ms).min().unwrap_or(0);
    if versions.len() < 2 || newest_ms < limits.stalled_unknown {
        return vec![];
    }
    vec![Item {
        rule: "versions_mixed",
        severity: Severity::Warning,
        subject: Subject { kind: "cluster", name: "versions".to_owned() },
        text: format!("Nodes run different versions of EramJS: {}.", list(versions.iter().copied())),
        since: Some(facts.ago(newest_ms)),
        data: json!({ "versions": versions }),
        links: vec![],
    }]
}

/// What the engine that is asked has warned of, and the other rules do not see.
pub fn warnings(facts: &Facts) -> Vec<Item> {
    let text = |kind: &str, subject: &str| match kind {
        "clock_skew" => Some(format!("The clock of node {subject} differs from that of the database.")),
        "jobs_refused" => Some(format!("The database refuses to change the rows of some jobs ({subject}).")),
        "node_duplicate" => Some(format!("Two engines use the node name {subject}.")),
        "slow_query" => Some(format!("The statement {subject} is slow.")),
        "xmin_horizon" => Some(format!("Dead rows cannot be removed: {subject} keeps them.")),
        _ => None,
    };
    let item = |(kind, subject): &(&'static str, String)| {
        Some(Item {
            rule: kind,
            severity: Severity::Warning,
            subject: match *kind {
                "clock_skew" | "node_duplicate" => node_named(subject),
                _ => Subject { kind: "cluster", name: subject.clone() },
            },
            text: text(kind, subject)?,
            since: None,
            data: json!({}),
            links: vec![],
        })
    };
    facts.warnings.iter().filter_map(item).collect()
}

fn node_named(name: &str) -> Subject {
    Subject { kind: "node", name: name.to_owned() }
}
