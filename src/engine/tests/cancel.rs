//! Cancelled jobs: waiting, claimed and running ones.

use serde_json::{Value, json};

use crate::model::draft::Isolation;
use crate::notifier::Signal;
use crate::store::FetchRequest;
use crate::testing::{Act, Database, Node, Scripted, draft, until, with_database};

async fn cancel(node: &Node, id: i64) -> Value {
    let options = json!({ "filter": { "ids": [id] }, "reason": "not wanted" }).to_string();
    serde_json::from_str(&node.engine.jobs("cancel", &options).await.expect("an answer")).expect("JSON")
}

/// An engine whose job runs until it is aborted, and another engine.
async fn pair(db: &Database, options: Value) -> (Node, Scripted, i64, Node) {
    let mut all = json!({ "queues": { "default": 1 }, "heartbeat_interval": 6000 });
    all.as_object_mut().expect("an object").extend(options.as_object().expect("an object").clone());
    let node = db.start(all).await;
    let main = node.attach("default", Isolation::Main, Act::until_aborted);
    node.engine.open().await;
    let id = db.insert_one(draft()).await;
    main.took(1).await;
    (node, main, id, db.start(json!({})).await)
}

async fn assert_cancelled(db: &Database, main: &Scripted, id: i64) {
    db.until_state(id, "cancelled").await;
    let why = main.taken()[0].aborted.borrow().clone();
    assert_eq!(why.as_deref(), Some("cancelled"));
    let job = db.job(id).await;
    assert_eq!((&job["errors"][0]["kind"], &job["attempt"]), (&json!("cancelled"), &json!(1)));
    assert!(!job["cancelled_at"].is_null());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_job_is_cancelled_by_its_own_engine() {
    with_database(async |db| {
        let (node, main, id, _other) = pair(db, json!({})).await;
        let touched = cancel(&node, id).await;
        assert_eq!((&touched[0]["previous"], &touched[0]["state"]), (&json!("executing"), &json!("executing")));
        assert_cancelled(db, &main, id).await;
        let events = node.wait_for_events("job:stop", 1).await;
        assert_eq!(events[0]["state"], "cancelled");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_job_is_cancelled_from_another_node() {
    with_database(async |db| {
        let (_node, main, id, other) = pair(db, json!({})).await;
        cancel(&other, id).await;
        assert_cancelled(db, &main, id).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_cancels_no_job_whose_row_does_not_say_so() {
    with_database(async |db| {
        let (node, main, id, other) = pair(db, json!({})).await;
        node.engine.await_messages("a", "cluster").await.expect("it listens");
        let forged = Signal::Cancel { ids: vec![id] }.text();
        db.run(&format!("SELECT pg_notify(eram_channel('signal'), '{forged}')")).await;
        // The message proves that what was sent before it has arrived.
        other.engine.notify("a", "1", "cluster").await.expect("sent");
        node.wait_for_events("message", 1).await;
        assert_eq!(db.state(id).await, "executing");
        assert_eq!(*main.taken()[0].aborted.borrow(), None);
        cancel(&other, id).await;
        assert_cancelled(db, &main, id).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_listens_the_heartbeat_brings_the_cancel() {
    with_database(async |db| {
        let (_node, main, id, other) = pair(db, json!({ "notify": false, "heartbeat_interval": 100 })).await;
        cancel(&other, id).await;
        assert_cancelled(db, &main, id).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_waits_is_cancelled_at_once_and_never_runs() {
    with_database(async |db| {
        let (node, main, running, other) = pair(db, json!({})).await;
        for draft in [
            draft(),
            json!({ "worker": "Sample", "schedule_in": 1 }),
            json!({ "worker": "Sample", "state": "suspended" }),
        ] {
            let id = db.insert_one(draft).await;
            let touched = cancel(&other, id).await;
            assert_eq!(touched[0]["state"], "cancelled");
            let job = db.job(id).await;
            assert_eq!((&job["errors"][0]["message"], &job["attempt"]), (&json!("not wanted"), &json!(0)));
            assert_eq!(cancel(&other, id).await, json!([]));
        }
        cancel(&node, running).await;
        db.until_state(running, "cancelled").await;
        assert_eq!(main.ids(), [running]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_was_claimed_ahead_is_cancelled_before_it_begins() {
    with_database(async |db| {
        let (node, main, running, _other) = pair(db, json!({})).await;
        // As a fetch would have left it: claimed, and waiting for capacity.
        let id = db.insert_one(draft()).await;
        let executor = node.engine.executor("default").expect("a queue");
        let producer = node.engine.producer("default").expect("a queue");
        let claim = crate::store::Claim {
            queue: "default".to_owned(),
            node: node.engine.config.node.clone(),
            producer: producer.uuid(),
            version: None,
        };
        let jobs = db
            .store
            .fetch_jobs(&FetchRequest {
                claim,
                workers: std::sync::Arc::from(["Sample".to_owned()]),
                limit: 1,
                pins: vec![],
                marks: crate::model::marks::Marks::default(),
            })
            .await
            .expect("a claim");
        executor.offer(jobs.into_iter().map(|job| (job, Isolation::Main)).collect());
        cancel(&node, id).await;
        db.until_state(id, "cancelled").await;
        cancel(&node, running).await;
        db.until_state(running, "cancelled").await;
        until("the engine is idle", async || executor.is_idle()).await;
        assert_eq!(main.ids(), [running]);
    })
    .await;
}
