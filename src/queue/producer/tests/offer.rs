//! Jobs that are claimed by the transaction that inserts them, because their queue was idle.

use std::time::Duration;

use serde_json::{Value, json};

use crate::testing::{Act, Database, Node, Taken, draft, until, with_database};

/// A queue on the main thread that has nothing to do.
async fn idle(
    db: &Database,
    queue: Value,
    act: impl Fn(&Taken) -> Act + Send + Sync + 'static,
) -> (Node, crate::testing::Scripted) {
    let (node, main) = db.working(queue, act).await;
    node.until_vacant("default").await;
    (node, main)
}

async fn enqueue(node: &Node, draft: &Value) -> i64 {
    node.enqueue(draft).await.expect("a job")["id"].as_i64().expect("an id")
}

/// Both times are those of their transactions.
const AT_ONCE: &str = "attempted_at = inserted_at";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_for_an_idle_queue_is_claimed_by_its_insert() {
    with_database(async |db| {
        let (node, main) = idle(db, json!(10), |_| Act::done()).await;
        // The producer may look for jobs just then, and is not idle for a moment.
        let mut count = 0;
        until("five were claimed at once", async || {
            node.until_vacant("default").await;
            let id = enqueue(&node, &draft()).await;
            count += 1;
            main.took(count).await;
            db.until_state(id, "completed").await;
            db.count(AT_ONCE).await == 5
        })
        .await;
        // Awake or asleep, that is the same.
        until("one that sleeps claims at once too", async || {
            db.until_asleep().await;
            node.until_vacant("default").await;
            enqueue(&node, &draft()).await;
            count += 1;
            main.took(count).await;
            db.count(AT_ONCE).await == 6
        })
        .await;
        assert_eq!(db.count("attempt <> 1 OR errors <> '{}'").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_already_goes_first() {
    with_database(async |db| {
        let (node, main) = idle(db, json!({ "limit": 1, "prefetch": false }), |_| Act::done()).await;
        // No notification is sent for this one.
        db.run("INSERT INTO eram_jobs (worker, args, queue, state) VALUES ('Sample', '{}', 'default', 'available')")
            .await;
        let first = db.value("SELECT id FROM eram_jobs").await.as_i64().expect("an id");
        let second = enqueue(&node, &draft()).await;
        main.took(2).await;
        assert_eq!(main.ids(), [first, second]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_draft_claims_nothing_and_the_queue_goes_on() {
    with_database(async |db| {
        let (node, main) = idle(db, json!(10), |_| Act::done()).await;
        let refused = node.enqueue(&json!({ "worker": "Sample", "priority": 77 })).await.expect_err("a refusal");
        assert_eq!(refused.code(), "ERAM_DATABASE");
        node.until_vacant("default").await;
        enqueue(&node, &draft()).await;
        main.took(1).await;
        assert_eq!(db.count("true").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_paused_full_or_stopped_offers_nothing() {
    with_database(async |db| {
        let (node, main) = idle(db, json!(1), Act::until_aborted).await;
        node.pause("default", true);
        let id = enqueue(&node, &draft()).await;
        assert_eq!(db.count("state = 'available' AND attempted_at IS NULL").await, 1);
        node.pause("default", false);
        db.until_state(id, "executing").await;
        // Its only capacity is used.
        main.took(1).await;
        enqueue(&node, &draft()).await;
        assert_eq!(db.count("state = 'available' AND attempted_at IS NULL").await, 1);
        node.stop_queue("default");
        enqueue(&node, &draft()).await;
        assert_eq!(db.count("state = 'available' AND attempted_at IS NULL").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_insert_that_waits_for_another_transaction_does_not_hold_up_the_queue() {
    with_database(async |db| {
        let (node, main) = idle(db, json!(10), |_| Act::done()).await;
        let unique = json!({ "worker": "Sample", "unique": true });
        let mut other = db.client().await;
        let blocking = other.transaction().await.expect("a transaction");
        let sql = "SELECT FROM eram_enqueue_jobs($1::text::jsonb)";
        blocking.query(sql, &[&json!([unique]).to_string()]).await.expect("a job that is not committed");
        let waiting = node.enqueue(&unique);
        tokio::pin!(waiting);
        assert!(tokio::time::timeout(Duration::from_millis(200), &mut waiting).await.is_err());
        enqueue(&node, &draft()).await;
        main.took(1).await;
        blocking.rollback().await.expect("a rollback");
        assert_eq!(waiting.await.expect("a job")["conflict"], json!(false));
        main.took(2).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_job_runs_once_while_a_queue_falls_idle_again_and_again() {
    with_database(async |db| {
        let (one, first) = db.working(json!(3), |_| Act::done()).await;
        let (other, second) = db.working(json!(10), |_| Act::done()).await;
        let callers = [&one, &other, &one, &other].map(async |node| {
            for _ in 0..150 {
                enqueue(node, &draft()).await;
            }
        });
        futures_util::future::join_all(callers).await;
        until("all are done", async || db.count("state = 'completed'").await == 600).await;
        assert_eq!(first.ids().len() + second.ids().len(), 600);
        assert_eq!(db.count("attempt <> 1 OR errors <> '{}'").await, 0);
        assert!(db.count(AT_ONCE).await > 0);
    })
    .await;
}
