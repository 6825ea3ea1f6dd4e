//! Why a job waits, as the database and the engine know it.

use serde_json::{Value, json};

use crate::engine::testing::Node;
use crate::engine::{Engine, Target};
use crate::testing::{Act, Database, draft, drafts, until, with_database};

async fn why(engine: &Engine, id: i64) -> Value {
    serde_json::from_str(&engine.jobs("why", &json!({ "id": id }).to_string()).await.expect("an answer")).expect("JSON")
}

async fn code(engine: &Engine, id: i64) -> String {
    why(engine, id).await["code"].as_str().expect("a code").to_owned()
}

fn check<'a>(why: &'a Value, code: &str) -> &'a Value {
    let checks = why["checks"].as_array().expect("checks");
    checks.iter().find(|it| it["code"] == code).unwrap_or_else(|| panic!("expected a check {code}, got {why}"))
}

async fn pause(node: &Node, paused: bool) {
    let target = Target::read("pause", r#"{"queue":"default"}"#).expect("a target");
    node.engine.pause(&target, paused).await.expect("a pause");
}

/// An engine that serves `default`, without isolates that would run jobs.
async fn serving(db: &Database, queue: Value) -> Node {
    db.start(json!({ "queues": { "default": queue } })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_waits_for_a_node_then_for_the_end_of_a_pause_and_then_runs() {
    with_database(async |db| {
        let asking = db.start(json!({})).await;
        let id = db.insert_one(draft()).await;
        assert_eq!(why(&asking.engine, id + 1).await, Value::Null);
        let answer = why(&asking.engine, id).await;
        let got = (&answer["code"], &answer["id"], &answer["state"]);
        assert_eq!(got, (&json!("served"), &json!(id), &json!("available")));
        let (node, _main) = db.working(json!({ "limit": 3, "paused": true }), |_| Act::done()).await;
        let answer = why(&asking.engine, id).await;
        assert_eq!(answer["code"], "paused");
        assert_eq!(check(&answer, "paused")["data"]["since"], Value::Null, "it has started so");
        assert_eq!(check(&answer, "served")["data"]["nodes"], json!([node.engine.config.node]));
        assert_eq!(check(&answer, "class")["data"]["worker"], "Sample");
        pause(&asking, false).await;
        until("the pause is over", async || code(&asking.engine, id).await == "completed").await;
        let is_paused = async || db.value("SELECT to_json(bool_and(paused)) FROM eram_producers").await;
        until("the node has said so", async || is_paused().await == json!(false)).await;
        pause(&asking, true).await;
        until("it is paused again", async || is_paused().await == json!(true)).await;
        let id = db.insert_one(draft()).await;
        let answer = why(&asking.engine, id).await;
        assert_eq!(answer["code"], "paused");
        let since = check(&answer, "paused")["data"]["since"].clone();
        assert!(since.is_string(), "{answer}");
        // Paused once more: it has been paused since before.
        pause(&asking, true).await;
        assert_eq!(check(&why(&asking.engine, id).await, "paused")["data"]["since"], since);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_before_it_are_counted_in_the_order_of_the_queue_and_up_to_a_limit() {
    with_database(async |db| {
        let asking = db.start(json!({})).await;
        db.insert(&drafts(3)).await;
        let urgent = db.insert_one(json!({ "worker": "Sample", "priority": 0 })).await;
        let id = db.insert_one(json!({ "worker": "Sample", "priority": 3 })).await;
        let pinned = db
            .insert_one(json!({ "worker": "Sample", "priority": 5, "version": "1.0", "version_rule": "pinned" }))
            .await;
        let later = db
            .insert_one(json!({ "worker": "Sample", "priority": 5, "version": "1.0", "version_rule": "pinned" }))
            .await;
        db.insert(&[json!({ "worker": "Sample", "priority": 9 }), json!({ "worker": "Sample", "queue": "other" })])
            .await;
        let ahead = async |id| check(&why(&asking.engine, id).await, "ahead")["data"].clone();
        assert_eq!(ahead(urgent).await, json!({ "jobs": 3, "at_least": false }));
        assert_eq!(ahead(id).await, json!({ "jobs": 4, "at_least": false }));
        assert_eq!(ahead(pinned).await, json!({ "jobs": 5, "at_least": false }));
        assert_eq!(ahead(later).await, json!({ "jobs": 6, "at_least": false }));
        db.run("INSERT INTO eram_jobs (worker) SELECT 'Sample' FROM generate_series(1, 10001)").await;
        assert_eq!(ahead(id).await, json!({ "jobs": 10_000, "at_least": true }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_waits_for_its_time_needs_a_leader_then() {
    with_database(async |db| {
        let asking = db.start(json!({ "peer": false })).await;
        let id = db.insert_one(json!({ "worker": "Sample", "schedule_in": 3600 })).await;
        let answer = why(&asking.engine, id).await;
        assert_eq!(answer["code"], "due");
        let in_ms = check(&answer, "due")["data"]["due_in_ms"].as_i64().expect("milliseconds");
        assert!((3_500_000..=3_600_000).contains(&in_ms), "{in_ms}");
        db.run(&format!("UPDATE eram_jobs SET scheduled_at = now() - interval '1 minute' WHERE id = {id}")).await;
        assert_eq!(code(&asking.engine, id).await, "staged");
        db.run(&format!("UPDATE eram_jobs SET scheduled_at = 'infinity' WHERE id = {id}")).await;
        assert_eq!(code(&asking.engine, id).await, "due");
        db.run(&format!("UPDATE eram_jobs SET state = 'suspended' WHERE id = {id}")).await;
        assert_eq!(code(&asking.engine, id).await, "suspended");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_job_is_on_a_live_node_or_orphaned() {
    with_database(async |db| {
        let node = serving(db, json!({ "limit": 1, "paused": true })).await;
        let uuid = db.value("SELECT to_json(uuid) FROM eram_producers").await;
        let uuid = uuid.as_str().expect("a uuid").to_owned();
        let id = db.insert_one(draft()).await;
        let run = async |by: &str| {
            db.run(&format!(
                "UPDATE eram_jobs SET state = 'executing', attempt = 1, attempted_at = now(), attempted_by = ARRAY['n', '{by}'] WHERE id = {id}"
            ))
            .await;
        };
        run(&uuid).await;
        assert_eq!(code(&node.engine, id).await, "running");
        // Its row may be gone, or what claimed it may be no producer at all.
        for by in ["00000000-0000-4000-8000-000000000000", "by hand"] {
            run(by).await;
            assert_eq!(code(&node.engine, id).await, "node");
        }
        run(&uuid).await;
        db.run(&format!("UPDATE eram_jobs SET cancel_requested_at = now() WHERE id = {id}")).await;
        assert_eq!(code(&node.engine, id).await, "cancel");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_class_and_a_version_that_no_node_has_are_named() {
    with_database(async |db| {
        let node =
            db.start(json!({ "version": "1.2.0", "queues": { "default": { "limit": 1, "paused": true } } })).await;
        db.run("UPDATE eram_producers SET workers = '{Sample}', paused = false").await;
        let unknown = db.insert_one(json!({ "worker": "Unknown" })).await;
        assert_eq!(code(&node.engine, unknown).await, "class");
        let newer = db.insert_one(json!({ "worker": "Sample", "version": "2.0.0", "version_rule": "min" })).await;
        let answer = why(&node.engine, newer).await;
        assert_eq!(
            (&answer["code"], &check(&answer, "version")["data"]["versions"]),
            (&json!("version"), &json!(["1.2.0"]))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_final_job_says_how_it_ended_and_keeps_its_error_apart() {
    with_database(async |db| {
        let node = db.start(json!({})).await;
        let id = db.insert_one(draft()).await;
        db.run(&format!(
            r#"UPDATE eram_jobs SET state = 'discarded', attempt = 20, discarded_at = now(), errors = ARRAY['{{"name": "A", "message": "first"}}'::jsonb,
            '{{"name": "SmtpError", "kind": "error", "message": "secret", "attempt": 20}}'] WHERE id = {id}"#
        ))
        .await;
        let answer = why(&node.engine, id).await;
        assert_eq!(answer["code"], "discarded");
        assert!(!answer["text"].as_str().expect("a text").contains("secret"));
        let error = json!({ "name": "SmtpError", "kind": "error", "message": "secret", "attempt": 20 });
        assert_eq!(check(&answer, "ended")["data"]["error"], error);
    })
    .await;
}
