//! What people ask of a running engine.

use serde_json::{Value, json};

use crate::draft::Isolation;
use crate::engine::{Message, QueueStart, Target};
use crate::outcome::Outcome;
use crate::testing::{Act, draft, drafts, until, with_database};

fn target(options: Value) -> Target {
    serde_json::from_value(options).expect("a target")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_holds_on_every_node_and_outlives_them() {
    with_database(async |db| {
        let (node, main) = db.working(json!(10), |_| Act::done()).await;
        let (other, second) = db.working(json!(10), |_| Act::done()).await;
        node.engine.pause(&target(json!({ "queue": "default" })), true).await.expect("paused");
        other.heard("queue:update", 1).await;
        let (late, third) = db.working(json!(10), |_| Act::done()).await;
        assert_eq!(late.engine.check_queue("default")["paused"], json!(true));
        let id = db.insert_one(draft()).await;
        // Something else that the nodes do meanwhile.
        node.engine.notify(&Message { channel: "a".to_owned(), payload: json!(1) }).await.expect("sent");
        other.heard("message", 1).await;
        assert_eq!(db.state(id).await, "available");
        other.engine.pause(&target(json!({ "queue": "*" })), false).await.expect("resumed");
        db.until_state(id, "completed").await;
        assert_eq!(main.ids().len() + second.ids().len() + third.ids().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_hands_back_what_was_not_begun() {
    with_database(async |db| {
        db.insert(&drafts(2000)).await;
        let (node, main) = db.working(json!(2), |_| Act::done()).await;
        main.took(300).await;
        node.engine.pause(&target(json!({ "queue": "default" })), true).await.expect("paused");
        until("nothing is claimed", async || db.count("state = 'executing'").await == 0).await;
        let left = db.count("state = 'available'").await;
        assert_eq!(db.count("state = 'completed'").await + left, 2000);
        node.engine.pause(&target(json!({ "queue": "default" })), false).await.expect("resumed");
        until("all are done", async || db.count("state = 'completed'").await == 2000).await;
        assert_eq!(main.ids().len(), 2000);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_limit_holds_on_the_node_that_it_is_for() {
    with_database(async |db| {
        let (node, main) = db.working(json!(1), |_| Act::never()).await;
        let (other, second) = db.working(json!(1), |_| Act::never()).await;
        let on = json!({ "queue": "default", "limit": 3, "node": other.engine.config.node });
        node.engine.scale(&target(on)).await.expect("scaled");
        let heard = other.heard("queue:update", 1).await;
        assert_eq!(heard[0]["limit"], json!(3));
        db.insert(&drafts(10)).await;
        second.took(3).await;
        main.took(1).await;
        assert_eq!((main.ids().len(), second.ids().len()), (1, 3));
        let error = node.engine.scale(&target(json!({ "queue": "default", "limit": 0 }))).await.expect_err("a refusal");
        assert_eq!(error.to_string(), "limit: expected a positive integer, got 0");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_is_started_and_stopped_while_the_engine_runs() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        let wish: QueueStart = serde_json::from_value(json!({ "queue": "late", "limit": 2 })).expect("a wish");
        node.engine.start_queue(&wish).await.expect("started");
        let late = node.attach("late", Isolation::Main, |_| Act::never());
        let id = db.insert_one(json!({ "worker": "Sample", "queue": "late" })).await;
        late.took(1).await;
        assert_eq!(node.engine.start_queue(&wish).await.expect_err("a refusal").code(), "ERAM_CONFLICT");
        let stopped = node.engine.stop_queue(&target(json!({ "queue": "late", "grace": 0 }))).await.expect("stopped");
        assert_eq!(stopped, json!({ "released": [id] }));
        assert_eq!(db.state(id).await, "available");
        assert_eq!(db.value("SELECT string_agg(queue, ',') FROM eram_producers").await, json!("default"));
        assert_eq!(node.engine.check_queue("late"), Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_runs_what_there_is_and_counts_what_became_of_it() {
    with_database(async |db| {
        let (node, _main) = db
            .working(json!(5), |job| match job.args["n"].as_i64().unwrap_or(0) % 3 {
                0 => Act::done(),
                1 => Act::fail(),
                _ => Act::Settle(Outcome::Cancelled { reason: String::new() }),
            })
            .await;
        db.insert(&drafts(30)).await;
        db.insert(&[json!({ "worker": "Sample", "schedule_in": 3600 }), json!({ "worker": "Nobody" })]).await;
        let counts = node.engine.drain(&target(json!({ "queue": "default" }))).await.expect("drained");
        assert_eq!(
            (&counts["success"], &counts["failure"], &counts["cancelled"]),
            (&json!(10), &json!(10), &json!(10))
        );
        assert_eq!(db.count("state IN ('retryable', 'scheduled')").await, 11);
        // What fails again and again is run until its attempts are used up.
        let all = json!({ "queue": "default", "with_scheduled": true });
        let counts = node.engine.drain(&target(all)).await.expect("drained");
        assert_eq!((&counts["success"], &counts["discard"]), (&json!(1), &json!(10)));
        assert_eq!(db.count("state IN ('retryable', 'scheduled')").await, 0);
        // Nobody here can run it, so it is not waited for.
        assert_eq!(db.count("state = 'available' AND worker = 'Nobody'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_that_takes_too_long_is_given_up() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::never()).await;
        db.insert_one(draft()).await;
        let wish = json!({ "queue": "default", "timeout": 50 });
        let error = node.engine.drain(&target(wish)).await.expect_err("a refusal");
        assert_eq!(error.to_string(), "drain: expected \"default\" to be empty within 50 ms, it is not");
        assert_eq!(
            node.engine.drain(&target(json!({ "queue": "other" }))).await.expect_err("none").code(),
            "ERAM_NOT_FOUND"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finished_jobs_are_retried_and_changed_ones_run_as_changed() {
    with_database(async |db| {
        let (node, main) = db.working(json!(1), |_| Act::done()).await;
        let ask = async |action: &str, options: Value| -> Value {
            serde_json::from_str(&node.engine.jobs(action, &options.to_string()).await.expect("an answer"))
                .expect("JSON")
        };
        let id = db.insert_one(json!({ "worker": "Sample", "schedule_in": 3600, "max_attempts": 1 })).await;
        let filter = json!({ "ids": [id] });
        ask("update", json!({ "filter": filter, "patch": { "args": { "new": true }, "schedule_in": 0 } })).await;
        assert_eq!(main.took(1).await[0].args, json!({ "new": true }));
        db.until_state(id, "completed").await;
        ask("retry", json!({ "filter": filter })).await;
        assert_eq!(main.took(2).await[1].attempt, 2);
        db.until_state(id, "completed").await;
        assert_eq!(
            ask("list", json!({ "filter": { "states": ["completed"] } })).await.as_array().map(Vec::len),
            Some(1)
        );
        assert_eq!(ask("delete", json!({ "filter": filter })).await[0]["state"], "deleted");
        assert_eq!(ask("find", json!({ "id": id })).await, Value::Null);
        for action in ["cancel", "retry", "delete", "update"] {
            let error = node.engine.jobs(action, "{}").await.expect_err("a refusal");
            assert_eq!(error.code(), "ERAM_CONFIG", "{action}");
        }
    })
    .await;
}
