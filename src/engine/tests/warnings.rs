//! Warnings are raised once, and resolved.

use std::time::Duration;

use serde_json::{Value, json};

use crate::engine::Target;
use crate::model::config::Thresholds;
use crate::model::draft::Isolation;
use crate::testing::{Act, Database, Node, drafts, soon, until, with_database};

const QUICK: Thresholds = Thresholds {
    skew: 5.0,
    stalled: Duration::from_millis(400),
    unattended: Duration::from_millis(100),
    together: Duration::ZERO,
    horizon: Duration::from_millis(100),
    slow: Duration::from_millis(100),
};

async fn start(db: &Database, options: Value, thresholds: Thresholds) -> Node {
    let mut all = json!({ "queues": { "default": 2 }, "heartbeat_interval": 100, "slow_query": false });
    all.as_object_mut().expect("an object").extend(options.as_object().expect("an object").clone());
    let node = db.start_with(all, |config| config.thresholds = thresholds).await;
    node.attach("default", Isolation::Main, |_| Act::done());
    node.engine.open().await;
    node
}

/// Waits until there are `count` warnings, and checks that all of them are of this kind.
async fn warned(node: &Node, warning: &str, count: usize) -> Vec<Value> {
    let events = node.wait_for_events("warning", count).await;
    assert!(events.iter().all(|event| event["warning"] == warning), "{events:?}");
    events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_cannot_be_fetched_raise_one_warning_until_it_is_resolved() {
    with_database(async |db| {
        let node = start(db, json!({}), QUICK).await;
        let mut other = db.client().await;
        let lock = other.transaction().await.expect("a transaction");
        let queue = Target::read("pause", r#"{"queue":"default"}"#).expect("a target");
        node.engine.pause(&queue, true).await.expect("paused");
        db.insert(&drafts(3)).await;
        lock.execute("SELECT FROM eram_jobs FOR UPDATE", &[]).await.expect("locked jobs");
        node.engine.pause(&queue, false).await.expect("resumed");
        let first = warned(&node, "queue_stalled", 1).await.remove(0);
        assert_eq!(
            (&first["subject"], &first["resolved"], &first["queue"]),
            (&json!("default"), &json!(false), &json!("default"))
        );
        lock.rollback().await.expect("a rollback");
        let over = warned(&node, "queue_stalled", 2).await.remove(1);
        assert_eq!(over["resolved"], json!(true));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_keeps_dead_rows_is_named_until_it_ends() {
    with_database(async |db| {
        db.run("ALTER TABLE eram_jobs SET (autovacuum_enabled = off)").await;
        let open = db.client().await;
        open.batch_execute(
            "SET application_name = 'report'; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM eram_jobs",
        )
        .await
        .expect("an open transaction");
        let pid: i32 = open.query_one("SELECT pg_backend_pid()", &[]).await.expect("a row").get(0);
        db.run("INSERT INTO eram_jobs (worker, queue) SELECT 'Sample', 'other' FROM generate_series(1, 10000)").await;
        db.run("UPDATE eram_jobs SET state = 'completed'").await;
        let node = start(db, json!({}), QUICK).await;
        // Transactions of other tests may be older.
        let of_it = |resolved| {
            let ours =
                |it: &Value| it["subject"] == json!(format!("session {pid}")) && it["resolved"] == json!(resolved);
            node.events("warning").into_iter().find(ours)
        };
        until("it is reported", async || of_it(false).is_some()).await;
        let first = of_it(false).expect("an event");
        assert_eq!((&first["warning"], &first["holder"]), (&json!("xmin_horizon"), &json!("session")));
        assert_eq!(first["pid"], json!(pid));
        assert_eq!((&first["application_name"], &first["state"]), (&json!("report"), &json!("idle in transaction")));
        assert!(first["dead"].as_i64() >= Some(10_000) && first["transactions"].as_i64() >= Some(1), "{first}");
        open.batch_execute("ROLLBACK").await.expect("a rollback");
        until("it is over", async || of_it(true).is_some()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_of_one_name_raise_a_warning() {
    with_database(async |db| {
        let one = start(db, json!({ "node": "twin" }), QUICK).await;
        let two = start(db, json!({ "node": "twin" }), QUICK).await;
        // Another engine in the same process may have the same node name.
        let other = start(db, json!({ "node": "twin", "name": "other" }), QUICK).await;
        for node in [&one, &two] {
            assert_eq!(warned(node, "node_duplicate", 1).await[0]["subject"], json!("twin"));
        }
        two.engine.stop(Duration::ZERO).await;
        assert_eq!(warned(&one, "node_duplicate", 2).await[1]["resolved"], json!(true));
        assert_eq!(other.events("warning"), [Value::Null; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_without_nodes_is_reported_by_the_eldest_leader() {
    with_database(async |db| {
        // The oldest node is not necessarily a leader.
        let follower = start(db, json!({ "peer": false }), QUICK).await;
        let eldest = start(db, json!({}), QUICK).await;
        eldest.wait_for_events("leader:elected", 1).await;
        // An engine of another name leads, too.
        let younger = start(db, json!({ "name": "other" }), QUICK).await;
        younger.wait_for_events("leader:elected", 1).await;
        db.insert_one(json!({ "worker": "Sample", "queue": "orphaned" })).await;
        let first = warned(&eldest, "queue_unattended", 1).await.remove(0);
        assert_eq!((&first["queue"], &first["jobs"]), (&json!("orphaned"), &json!(1)));
        let late = db.start(json!({ "queues": { "orphaned": 1 } })).await;
        assert_eq!(warned(&eldest, "queue_unattended", 2).await[1]["resolved"], json!(true));
        // Jobs that are pinned to a version that no node has wait as well.
        db.insert(&[
            json!({ "worker": "Sample", "queue": "pinned", "version": "1", "version_rule": "pinned" }),
            json!({ "worker": "Sample", "queue": "pinned", "version": "2", "version_rule": "min" }),
        ])
        .await;
        let third = warned(&eldest, "queue_unattended", 3).await.remove(2);
        assert_eq!((&third["queue"], &third["jobs"], &third["resolved"]), (&json!("pinned"), &json!(2), &json!(false)));
        for silent in [&follower, &younger] {
            assert_eq!(silent.events("warning"), [Value::Null; 0]);
        }
        drop(late);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_off_raises_a_warning_and_a_good_one_does_not() {
    with_database(async |db| {
        let good = start(db, json!({}), QUICK).await;
        // Any difference exceeds this threshold.
        let strict = start(db, json!({}), Thresholds { skew: -1.0, ..QUICK }).await;
        let reported = warned(&strict, "clock_skew", 1).await.remove(0);
        assert_eq!(reported["subject"], json!(strict.engine.config.node));
        // Reported once, regardless of the number of heartbeats that follow.
        let beats = "SELECT count(*) FROM eram_producers WHERE updated_at > started_at + interval '500 milliseconds'";
        soon("some heartbeats", async {
            while db.value(beats).await != json!(2) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        assert_eq!((strict.events("warning").len(), good.events("warning").len()), (1, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_statement_raises_a_warning_that_is_repeated_while_it_lasts_and_says_what_it_waits_for() {
    with_database(async |db| {
        let node = start(db, json!({ "slow_query": 20 }), QUICK).await;
        let mut other = db.client().await;
        let lock = other.transaction().await.expect("a transaction");
        lock.batch_execute(&format!("LOCK TABLE {}.eram_progress", crate::store::quote_ident(&db.prefix)))
            .await
            .expect("a lock");
        let pid: i32 = lock.query_one("SELECT pg_backend_pid()", &[]).await.expect("a row").get(0);
        let engine = node.engine.clone();
        let find = tokio::spawn(async move { engine.jobs("find", r#"{"id":1}"#).await });
        let of_find = |resolved: bool| -> Vec<Value> {
            let is_it = |it: &Value| it["subject"] == "find_jobs" && it["resolved"] == resolved;
            node.events("warning").into_iter().filter(is_it).collect()
        };
        until("three warnings", async || of_find(false).len() >= 3).await;
        let lasting = of_find(false);
        lock.rollback().await.expect("a rollback");
        assert_eq!(find.await.expect("it ended").expect("an answer"), "null");
        until("it is over", async || of_find(true).len() == 1).await;
        for event in &lasting {
            assert_eq!((&event["hint"], &event["count"]), (&json!("lock"), &json!(1)));
            assert!(event["message"].as_str().is_some_and(|it| it.contains(&format!("process {pid}"))), "{event}");
        }
        assert!(lasting[2]["ms"].as_u64() > lasting[0]["ms"].as_u64());
    })
    .await;
}
