//! A job that waits: what has to be so for a node to claim it, in the order in which it comes to matter.

use serde_json::{Value, json};

use super::facts::Serving;
use super::{Check, Facts, Local};
use crate::model::draft::VersionRule;
use crate::model::job::State;
use crate::model::read::nearest;
use crate::model::version;
use crate::model::words::{count, grouped, list, span};

/// How long the stager may take to make a due job available.
const STAGED_AFTER_MS: i64 = 10_000;

/// Where all is well.
pub fn text(facts: &Facts, local: &Local) -> String {
    let before = if facts.jobs_before == 0 {
        "No job is before it in the queue".to_owned()
    } else {
        format!("{} before it in the queue", before(facts))
    };
    let soon = expected_ms(facts, local).map(|ms| format!(", and should start within {}", span(ms)));
    format!("It is ready{}. {before}.", soon.unwrap_or_default())
}

/// A check that is not ok may make the later ones meaningless, which are left out.
pub fn checks(facts: &Facts, local: &Local) -> Vec<Check> {
    if facts.state == State::Suspended {
        let text = "It is suspended until it is retried or updated.".to_owned();
        return vec![Check::new("suspended", false, text, json!({}))];
    }
    let mut checks = vec![due(facts)];
    let is_available = facts.state == State::Available;
    if !is_available && facts.due_in_ms <= 0 {
        checks.push(staged(facts));
    }
    if is_available && facts.attempt >= facts.max_attempts {
        let text =
            format!("It has used all of its {}: the lifeline discards it.", count(facts.max_attempts, "attempt"));
        let data = json!({ "attempt": facts.attempt, "max_attempts": facts.max_attempts });
        checks.push(Check::new("attempts", false, text, data));
        return checks;
    }
    let able = able(facts, local, &mut checks);
    if !able.is_empty() {
        checks.push(paused(facts, &able));
        if is_available {
            checks.extend(slots(facts, local, &able));
        }
    }
    if let Some(refused) = &local.refused {
        let text = format!(
            "The database refuses to change its row, so it is set aside: {}.",
            refused["message"].as_str().unwrap_or_default().trim_end_matches('.')
        );
        checks.push(Check::new("refused", false, text, refused.clone()));
    }
    if local.stopping {
        let others = able.iter().any(|it| it.node != local.node);
        let text = format!(
            "Node {} is stopping{}.",
            local.node,
            if others { ", others go on" } else { ", and no other can run the job" }
        );
        checks.push(Check::new("draining", others, text, json!({ "node": local.node })));
    }
    if is_available {
        checks.push(ahead(facts));
        if checks.iter().all(|it| it.ok) {
            checks.push(expected(facts, local));
        }
    }
    checks
}

fn due(facts: &Facts) -> Check {
    let mut data = json!({ "due_at": facts.due_at, "due_in_ms": facts.due_in_ms });
    let due = facts.due_in_ms <= 0;
    let text = if due {
        format!("It has been due for {}.", span(facts.due_in_ms))
    } else if facts.state == State::Retryable {
        let Facts { attempt, max_attempts, .. } = facts;
        format!("Attempt {attempt} of {max_attempts} failed: the next is due in {}.", span(facts.due_in_ms))
    } else {
        format!("It is scheduled, and due in {}.", span(facts.due_in_ms))
    };
    if facts.state == State::Retryable {
        data["attempt"] = json!(facts.attempt);
        data["max_attempts"] = json!(facts.max_attempts);
    }
    Check::new("due", due, text, data)
}

/// A due job becomes available by the leader.
fn staged(facts: &Facts) -> Check {
    let data = json!({ "leaders": facts.leaders });
    if facts.leaders.is_empty() {
        let text = "It is due, but no node leads, which would make it available.".to_owned();
        return Check::new("staged", false, text, data);
    }
    let ok = -facts.due_in_ms < STAGED_AFTER_MS;
    let leaders = list(facts.leaders.iter().map(String::as_str));
    let text = if ok {
        format!("It becomes available shortly, by the leader, {leaders}.")
    } else {
        format!("It is due, and the leader, {leaders}, has not made it available.")
    };
    Check::new("staged", ok, text, data)
}

/// The producers that may claim the job, if they are not paused; with the checks of that.
fn able<'a>(facts: &'a Facts, local: &Local, checks: &mut Vec<Check>) -> Vec<&'a Serving> {
    let alive = facts.alive(local);
    let (served, text, data) = served(facts, &alive);
    checks.push(Check::new("served", served, text, data));
    if !served {
        return vec![];
    }
    let knowing: Vec<&Serving> = alive.iter().copied().filter(|it| it.knows != Some(false)).collect();
    let text = if knowing.is_empty() {
        format!("No node of queue {} has the class {}.", facts.queue, facts.worker)
    } else {
        format!("The class {} is on {}.", facts.worker, list(nodes(&knowing)))
    };
    let data = json!({ "worker": facts.worker, "nodes": nodes(&knowing) });
    checks.push(Check::new("class", !knowing.is_empty(), text, data));
    let rule = facts.version_rule.as_deref().and_then(VersionRule::named);
    let (Some(rule), Some(wanted)) = (rule, facts.version.as_deref()) else { return knowing };
    if knowing.is_empty() {
        return knowing;
    }
    let allows = |it: &&Serving| it.version.as_deref().is_some_and(|own| version::allows(rule, wanted, own));
    let able: Vec<&Serving> = knowing.iter().copied().filter(allows).collect();
    let mut versions: Vec<&str> = knowing.iter().filter_map(|it| it.version.as_deref()).collect();
    versions.sort_unstable();
    versions.dedup();
    let which = if rule == VersionRule::Pinned { "version" } else { "at least version" };
    let text = if able.is_empty() {
        format!("It needs {which} {wanted} of the application, and nodes have {}.", list(versions.iter().copied()))
    } else {
        format!("It needs {which} {wanted} of the application, which {} has.", list(nodes(&able)))
    };
    let data = json!({ "rule": rule.as_str(), "version": wanted, "versions": versions });
    checks.push(Check::new("version", !able.is_empty(), text, data));
    able
}

fn served(facts: &Facts, alive: &[&Serving]) -> (bool, String, Value) {
    let queue = &facts.queue;
    let silent: Vec<&Serving> = facts
        .producers
        .iter()
        .filter(|it| it.queue == *queue && !alive.iter().any(|other| other.uuid == it.uuid))
        .collect();
    let known: Vec<&str> = facts.queues.iter().map(String::as_str).filter(|it| it != queue).collect();
    let similar = nearest(queue, &known).filter(|_| silent.is_empty() && alive.is_empty());
    let data = json!({ "queue": queue, "nodes": nodes(alive), "silent": nodes(&silent), "similar": similar });
    let text = if !alive.is_empty() {
        format!("Queue {queue} is served by {}.", list(nodes(alive)))
    } else if !silent.is_empty() {
        format!("No live node serves queue {queue}: {} is silent.", list(nodes(&silent)))
    } else if let Some(similar) = similar {
        format!("No node serves queue {queue}; nodes serve {similar}.")
    } else {
        format!("No node serves queue {queue}.")
    };
    (!alive.is_empty(), text, data)
}

fn paused(facts: &Facts, able: &[&Serving]) -> Check {
    let paused: Vec<&Serving> = able.iter().copied().filter(|it| it.paused).collect();
    let is_set = |node: &str| facts.settings.iter().find(|it| it.node == node && it.paused == Some(true));
    let since = is_set("*").or_else(|| paused.iter().find_map(|it| is_set(&it.node)));
    let data = json!({
        "queue": facts.queue, "nodes": able.len(), "paused": paused.len(), "paused_nodes": nodes(&paused),
        "since": since.map(|it| it.since.clone()),
    });
    let ok = paused.len() < able.len();
    let text = if paused.is_empty() {
        format!("Queue {} is not paused.", facts.queue)
    } else if ok {
        format!("Queue {} is paused on {}, not on all nodes.", facts.queue, list(nodes(&paused)))
    } else if let Some(since) = since.and_then(|it| it.since.as_str()) {
        format!("Queue {} is paused since {since}.", facts.queue)
    } else {
        format!("Queue {} is paused.", facts.queue)
    };
    Check::new("paused", ok, text, data)
}

/// Whether a job more may run; nothing where all nodes are paused.
fn slots(facts: &Facts, local: &Local, able: &[&Serving]) -> Option<Check> {
    let (running, limit) = occupied(able)?;
    let (median, p95) = local.run_ms.unzip();
    let data =
        json!({ "running": running, "limit": limit, "oldest_ms": facts.oldest_ms, "p50_ms": median, "p95_ms": p95 });
    let ok = running < limit;
    let oldest = facts.oldest_ms.map(|ms| format!("; the oldest has run for {}", span(ms))).unwrap_or_default();
    let usual = p95.map(|ms| format!(", and 95 % of jobs run up to {}", span(whole(ms)))).unwrap_or_default();
    let text = if ok {
        format!("{running} of {limit} jobs run.")
    } else {
        format!("All {} are taken{oldest}{usual}.", count(limit, "slot"))
    };
    Some(Check::new("slots", ok, text, data))
}

/// The running jobs and the limit of the producers that are not paused.
fn occupied(able: &[&Serving]) -> Option<(i64, i64)> {
    let open: Vec<&&Serving> = able.iter().filter(|it| !it.paused).collect();
    (!open.is_empty()).then(|| (open.iter().map(|it| it.running).sum(), open.iter().map(|it| it.limit).sum()))
}

fn before(facts: &Facts) -> String {
    match (facts.at_least, facts.jobs_before) {
        (true, jobs) => format!("At least {} jobs are", grouped(jobs)),
        (false, 1) => "1 job is".to_owned(),
        (false, jobs) => format!("{} jobs are", grouped(jobs)),
    }
}

fn ahead(facts: &Facts) -> Check {
    let text = if facts.jobs_before == 0 {
        "No job is before it in the queue.".to_owned()
    } else {
        format!("{} before it in the queue.", before(facts))
    };
    Check::new("ahead", true, text, json!({ "jobs": facts.jobs_before, "at_least": facts.at_least }))
}

/// The time within which a job should start that nothing keeps from it: at the next look where a slot is free, else as
/// long as the jobs before it take.
fn expected_ms(facts: &Facts, local: &Local) -> Option<i64> {
    let alive = facts.alive(local);
    let (running, limit) = occupied(&alive)?;
    #[expect(clippy::cast_precision_loss, reason = "numbers of jobs")]
    let rounds = (facts.jobs_before + running + 1) as f64 / limit.max(1) as f64;
    if rounds <= 1.0 {
        return Some(local.look_ms);
    }
    let (median, _) = local.run_ms.filter(|_| !facts.at_least)?;
    Some(local.look_ms.max(whole(median * rounds)))
}

fn expected(facts: &Facts, local: &Local) -> Check {
    let ms = expected_ms(facts, local);
    let text = match ms {
        Some(ms) => format!("It should start within {}.", span(ms)),
        None => "How long the jobs before it take is not known.".to_owned(),
    };
    Check::new("expected", true, text, json!({ "in_ms": ms }))
}

fn nodes<'a>(of: &[&'a Serving]) -> Vec<&'a str> {
    let mut nodes: Vec<&str> = of.iter().map(|it| it.node.as_str()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds that were measured")]
fn whole(ms: f64) -> i64 {
    ms.round() as i64
}
