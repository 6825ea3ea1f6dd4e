use serde_json::{Value, json};

use super::*;

/// 2026-01-31T12:00:00Z.
const NOW: i64 = 1_769_860_800_000_000;
const MINUTE: i64 = 60_000;

/// A cluster of a node that serves `mail`, and leads.
fn cluster(changes: &Value) -> Cluster {
    let mut all = json!({
        "now": NOW, "producers": [producer(&json!({}))], "leases": [{ "name": "default", "node": "web-1", "left_ms": 10_000 }], "paused": [],
    });
    all.as_object_mut().expect("an object").extend(changes.as_object().cloned().expect("an object"));
    serde_json::from_value(all).expect("a cluster")
}

fn producer(changes: &Value) -> Value {
    let mut all = json!({
        "name": "default", "node": "web-1", "queue": "mail", "running": 0, "eram_version": "1.0.0", "asleep": false, "age_ms": 1_000,
        "started_ms": 7_200_000, "oldest_ms": null,
    });
    all.as_object_mut().expect("an object").extend(changes.as_object().cloned().expect("an object"));
    all
}

fn found(facts: &Facts) -> Vec<(String, String)> {
    let shown = |it: Item| (format!("{} {} {}", it.rule, it.subject.kind, it.subject.name), it.text);
    attention(facts, &Thresholds::default()).items.into_iter().map(shown).collect()
}

/// The items of the rules that apply, each with its text.
fn expect(facts: &Facts, items: &[(&str, &str)]) {
    let items: Vec<_> = items.iter().map(|(item, text)| ((*item).to_owned(), (*text).to_owned())).collect();
    assert_eq!(found(facts), items);
}

#[test]
fn a_cluster_that_works_needs_no_attention() {
    let facts = Facts {
        cluster: cluster(&json!({})),
        waiting: vec![Waiting { queue: "mail".into(), jobs: 3, oldest_ms: 200, ..Waiting::default() }],
        queues: vec![QueueHistory { queue: "mail".into(), silent_ms: 60 * MINUTE, ..QueueHistory::default() }],
        workers: vec![WorkerHistory {
            worker: "Mail".into(),
            failed: 1.0,
            executed: 100.0,
            ..WorkerHistory::default()
        }],
        crons: vec![Cron { name: "nightly".into(), last_at: Some(NOW - 1), missed: 3, ..Cron::default() }],
        metrics_late_ms: Some(5_000),
        ..Facts::default()
    };
    let all = attention(&facts, &Thresholds::default());
    assert_eq!((all.text.as_str(), all.at.as_str()), ("Nothing needs attention.", "2026-01-31T12:00:00.000000Z"));
    assert_eq!((all.items, all.more), (vec![], 0));
}

#[test]
fn a_queue_without_a_node_is_unserved() {
    let waiting =
        |queue: &str, jobs, oldest_ms| Waiting { queue: queue.into(), jobs, oldest_ms, at_least: jobs == 10_000 };
    let mut facts = Facts {
        cluster: cluster(&json!({})),
        waiting: vec![
            waiting("mail", 5, 10 * MINUTE),
            waiting("reports", 1_204, 6 * 60 * MINUTE),
            waiting("new", 1, 29_999),
            waiting("empty", 0, 0),
            waiting("full", 10_000, 31_000),
        ],
        ..Facts::default()
    };
    let unserved = [
        (
            "queue_unserved queue full",
            "Queue full: at least 10,000 jobs wait, the oldest for 31 s, and no live node serves this queue.",
        ),
        (
            "queue_unserved queue reports",
            "Queue reports: 1,204 jobs wait, the oldest for 6 h, and no live node serves this queue.",
        ),
    ];
    expect(&facts, &unserved);
    // A node that is silent serves nothing, and is reported too.
    facts.cluster.producers[0].age_ms = 20_000;
    assert_eq!(
        found(&facts).into_iter().map(|(item, _)| item).collect::<Vec<_>>(),
        [
            "queue_unserved queue full",
            "queue_unserved queue mail",
            "queue_unserved queue reports",
            "node_silent node web-1"
        ]
    );
}

#[test]
fn jobs_that_no_node_can_run_name_their_class_or_version() {
    let unhandled = |worker: Option<&str>, version: Option<&str>, jobs, oldest_ms| Unhandled {
        queue: "mail".into(),
        worker: worker.map(str::to_owned),
        version: version.map(str::to_owned),
        jobs,
        oldest_ms,
    };
    let facts = Facts {
        cluster: cluster(&json!({})),
        unhandled: vec![
            unhandled(Some("Gone"), None, 1_000, 2 * MINUTE),
            unhandled(None, Some("2.0"), 1, MINUTE),
            unhandled(Some("Deployed"), None, 5, 1_000),
        ],
        ..Facts::default()
    };
    expect(
        &facts,
        &[
            (
                "version_unknown queue mail",
                "Queue mail: 1 job waits for version 2.0 of the application, which no live node has.",
            ),
            (
                "worker_unknown worker Gone",
                "Queue mail: at least 1,000 jobs wait for the class Gone, which no live node has.",
            ),
        ],
    );
}

#[test]
fn a_queue_that_is_paused_for_long_is_named_once() {
    let paused = json!({ "paused": [
        { "queue": "mail", "node": "*", "ms": 7_200_000 },
        { "queue": "mail", "node": "web-1", "ms": 7_200_000 },
        { "queue": "media", "node": "web-2", "ms": 3_600_000 },
        { "queue": "short", "node": "*", "ms": 3_599_999 },
    ] });
    expect(
        &Facts { cluster: cluster(&paused), ..Facts::default() },
        &[
            ("queue_paused queue mail", "Queue mail has been paused for 2 h."),
            ("queue_paused queue media", "Queue media has been paused on web-2 for 60 min."),
        ],
    );
}

#[test]
fn a_queue_stalls_if_jobs_run_for_far_longer_than_usual_and_none_ends() {
    for (oldest_ms, silent_ms, p95_ms, stalls) in [
        (6 * MINUTE, 6 * MINUTE, Some(4_000.0), true),
        (2 * MINUTE, 2 * MINUTE, Some(4_000.0), true),
        (2 * MINUTE - 1, 6 * MINUTE, Some(4_000.0), false),
        (6 * MINUTE, MINUTE, Some(4_000.0), false),
        // Long jobs take long.
        (6 * MINUTE, 6 * MINUTE, Some(90_000.0), false),
        (8 * MINUTE, 8 * MINUTE, Some(90_000.0), true),
        // Nothing is known.
        (29 * MINUTE, 60 * MINUTE, None, false),
        (31 * MINUTE, 60 * MINUTE, None, true),
    ] {
        let running = producer(&json!({ "running": 5, "oldest_ms": oldest_ms }));
        let facts = Facts {
            cluster: cluster(&json!({ "producers": [running] })),
            queues: vec![QueueHistory { queue: "mail".into(), silent_ms, p95_ms, oldest: vec![] }],
            ..Facts::default()
        };
        let is_stalled = found(&facts).iter().any(|(item, _)| item == "queue_stalled queue mail");
        assert_eq!(is_stalled, stalls, "{oldest_ms} {silent_ms} {p95_ms:?}");
    }
    let running = producer(&json!({ "running": 5, "oldest_ms": 6 * MINUTE }));
    let facts = Facts {
        cluster: cluster(&json!({ "producers": [running] })),
        queues: vec![QueueHistory {
            queue: "mail".into(),
            silent_ms: 9 * MINUTE,
            p95_ms: Some(4_000.0),
            oldest: vec![],
        }],
        ..Facts::default()
    };
    expect(
        &facts,
        &[(
            "queue_stalled queue mail",
            "Queue mail: 5 jobs run, and none has ended for 6 min; 95 % of its attempts run up to 4 s.",
        )],
    );
}

#[test]
fn a_queue_is_behind_if_its_oldest_job_waits_ever_longer() {
    let minutes = |points: &[f64]| points.iter().map(|ms| Some(*ms)).collect::<Vec<_>>();
    let mut gap = minutes(&[1.0, 2.0, 3.0, 4.0]);
    gap[2] = None;
    for (oldest_ms, oldest, is_behind) in [
        (5 * MINUTE, minutes(&[9.0, 100.0, 200.0, 300.0, 400.0]), true),
        (5 * MINUTE - 1, minutes(&[100.0, 200.0, 300.0, 400.0]), false),
        (5 * MINUTE, minutes(&[100.0, 200.0, 300.0, 300.0]), false),
        (5 * MINUTE, minutes(&[200.0, 300.0, 400.0]), false),
        (5 * MINUTE, gap, false),
        (5 * MINUTE, vec![], false),
    ] {
        let facts = Facts {
            cluster: cluster(&json!({})),
            waiting: vec![Waiting { queue: "mail".into(), jobs: 7, oldest_ms, ..Waiting::default() }],
            queues: vec![QueueHistory { queue: "mail".into(), oldest: oldest.clone(), ..QueueHistory::default() }],
            ..Facts::default()
        };
        let items = found(&facts);
        assert_eq!(
            items.iter().any(|(item, _)| item == "queue_behind queue mail"),
            is_behind,
            "{oldest_ms} {oldest:?}"
        );
    }
}

#[test]
fn errors_are_a_spike_if_they_are_many_and_more_than_usual() {
    for (failed, executed, usual_failed, usual_executed, is_spike) in [
        (38.0, 100.0, 58.0, 1_100.0, true),
        (9.0, 9.0, 9.0, 9.0, false),
        (10.0, 10.0, 10.0, 10.0, true),
        (38.0, 100.0, 300.0, 1_000.0, false),
        (10.0, 100_000.0, 10.0, 1_000_000.0, false),
    ] {
        let history = WorkerHistory { worker: "Sync".into(), failed, executed, usual_failed, usual_executed };
        let facts = Facts { cluster: cluster(&json!({})), workers: vec![history.clone()], ..Facts::default() };
        assert_eq!(!found(&facts).is_empty(), is_spike, "{history:?}");
    }
    let history = WorkerHistory {
        worker: "Sync".into(),
        failed: 38.0,
        executed: 100.0,
        usual_failed: 58.0,
        usual_executed: 1_100.0,
    };
    let facts = Facts { cluster: cluster(&json!({})), workers: vec![history], ..Facts::default() };
    expect(
        &facts,
        &[(
            "error_spike worker Sync",
            "Sync: 38 % of its attempts failed in the last 10 min (usually 2 %), 38 in all.",
        )],
    );
}

#[test]
fn a_silent_node_is_named_with_the_jobs_it_had() {
    let producers = json!({ "producers": [
        producer(&json!({})),
        producer(&json!({ "node": "web-3", "age_ms": 120_000, "running": 3 })),
        producer(&json!({ "node": "web-3", "queue": "media", "age_ms": 120_000, "running": 2 })),
        producer(&json!({ "node": "web-4", "age_ms": 25_000 })),
    ] });
    expect(
        &Facts { cluster: cluster(&producers), ..Facts::default() },
        &[
            (
                "jobs_orphaned node web-3",
                "Node web-3 has been silent for 2 min and had 5 running jobs: the leader is about to rescue them.",
            ),
            ("node_silent node web-4", "Node web-4 has been silent for 25 s."),
        ],
    );
}

#[test]
fn engines_without_a_leader_are_named_unless_they_have_just_begun_or_sleep() {
    let of = |leases: Value, changes: Value| {
        let cluster = cluster(&json!({ "leases": leases, "producers": [producer(&changes)] }));
        found(&Facts { cluster, ..Facts::default() }).into_iter().map(|(item, _)| item).collect::<Vec<_>>()
    };
    let none: Vec<String> = vec![];
    assert_eq!(of(json!([]), json!({})), ["no_leader engine default"]);
    assert_eq!(of(json!([]), json!({ "started_ms": 29_999 })), none);
    assert_eq!(of(json!([]), json!({ "asleep": true })), none);
    assert_eq!(of(json!([{ "name": "default", "node": "a", "left_ms": -29_999 }]), json!({})), none);
    assert_eq!(
        of(json!([{ "name": "default", "node": "a", "left_ms": -30_000 }]), json!({})),
        ["no_leader engine default"]
    );
    assert_eq!(
        of(json!([{ "name": "other", "node": "a", "left_ms": 1_000 }]), json!({})),
        ["no_leader engine default"]
    );
    // The leader of another name stages and rescues for all.
    let cluster = cluster(&json!({ "leases": [{ "name": "other", "node": "a", "left_ms": 1_000 }] }));
    let all = attention(&Facts { cluster, ..Facts::default() }, &Thresholds::default());
    assert_eq!(all.items[0].severity, Severity::Warning);
}

#[test]
fn late_metrics_and_mixed_versions_are_named_where_nodes_live() {
    let two = json!({ "producers": [
        producer(&json!({})), producer(&json!({ "node": "web-2", "eram_version": "0.9.9", "started_ms": 60 * MINUTE })),
    ] });
    let facts = Facts { cluster: cluster(&two), metrics_late_ms: Some(2 * MINUTE), ..Facts::default() };
    expect(
        &facts,
        &[
            (
                "metrics_late cluster metrics",
                "No node has written metrics for 2 min: charts and rules on them are out of date.",
            ),
            ("versions_mixed cluster versions", "Nodes run different versions of EramJS: 0.9.9 and 1.0.0."),
        ],
    );
    let rolling = json!({ "producers": [
        producer(&json!({})), producer(&json!({ "node": "web-2", "eram_version": "0.9.9", "started_ms": MINUTE })),
    ] });
    expect(&Facts { cluster: cluster(&rolling), ..Facts::default() }, &[]);
    let asleep = json!({ "producers": [producer(&json!({ "asleep": true }))] });
    expect(&Facts { cluster: cluster(&asleep), metrics_late_ms: Some(60 * MINUTE), ..Facts::default() }, &[]);
}

#[test]
fn a_cron_entry_whose_last_tick_has_no_job_is_named() {
    let cron = |of: Cron| Facts {
        cluster: cluster(&json!({})),
        crons: vec![Cron { name: "nightly".into(), ..of }],
        ..Facts::default()
    };
    let minutes = |ago: i64| Some(NOW - ago * MINUTE * 1_000);
    expect(
        &cron(Cron { tick: minutes(5), last_at: minutes(26 * 60), ..Cron::default() }),
        &[(
            "cron_missed cron nightly",
            "Cron entry nightly: the tick of 2026-01-31T11:55:00.000000Z has no job; its last job was 26 h ago.",
        )],
    );
    expect(&cron(Cron { tick: minutes(1), ..Cron::default() }), &[]);
    expect(
        &cron(Cron { missed: 4, missed_at: minutes(60), ..Cron::default() }),
        &[("cron_missed cron nightly", "Cron entry nightly missed 4 ticks; it has never run.")],
    );
    expect(
        &cron(Cron { problem: Some("expected a cron expression, got \"x\"".into()), ..Cron::default() }),
        &[(
            "cron_invalid cron nightly",
            "Cron entry nightly: its jobs cannot be made: expected a cron expression, got \"x\"",
        )],
    );
}

#[test]
fn warnings_of_the_engine_are_items_unless_a_rule_is_about_them() {
    let warnings = vec![
        ("clock_skew", "web-1".to_owned()),
        ("queue_unattended", "mail".to_owned()),
        ("slow_query", "fetch_jobs".to_owned()),
    ];
    let facts = Facts { cluster: cluster(&json!({})), warnings, ..Facts::default() };
    expect(
        &facts,
        &[
            ("clock_skew node web-1", "The clock of node web-1 differs from that of the database."),
            ("slow_query cluster fetch_jobs", "The statement fetch_jobs is slow."),
        ],
    );
}

#[test]
fn items_have_links_that_a_search_reads_and_are_limited_to_a_hundred() {
    let waiting =
        (0..150).map(|n| Waiting { queue: format!("a b\"{n:03}"), jobs: 1, oldest_ms: MINUTE, ..Waiting::default() });
    let facts = Facts { cluster: cluster(&json!({})), waiting: waiting.collect(), ..Facts::default() };
    let all = attention(&facts, &Thresholds::default());
    assert_eq!((all.items.len(), all.more, all.text.as_str()), (100, 50, "150 things need attention."));
    for item in &all.items {
        let Link::Jobs { search } = &item.links[0] else { panic!("expected a search, got {:?}", item.links) };
        assert!(crate::model::search::parse(search).is_ok(), "{search}");
    }
    let link = json!(all.items[0].links[1]);
    assert_eq!(link, json!({ "to": "queue", "name": "a b\"000" }));
}
