//! The load of queues.

use serde_json::json;

use crate::store::Backlog;
use crate::testing::with_database;

fn empty(queue: &str) -> Backlog {
    let queue = queue.to_owned();
    Backlog { queue, depth: 0, at_least: false, latency_ms: 0, running: 0, limit: 0, nodes: 0, paused: false }
}

#[tokio::test]
async fn the_backlog_counts_what_is_due_and_finds_the_oldest_of_any_priority() {
    with_database(async |db| {
        let draft = |more: serde_json::Value| {
            let mut draft = json!({ "worker": "Sample", "queue": "a" });
            draft.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
            draft
        };
        let drafts = [
            draft(json!({})),
            draft(json!({ "priority": 9 })),
            draft(json!({ "schedule_in": 3600 })),
            draft(json!({ "schedule_in": 3601 })),
            draft(json!({ "queue": "b" })),
        ];
        let ids = db.insert(&drafts).await;
        let client = db.client().await;
        let age = |id: i64, seconds: i64| {
            format!("UPDATE eram_jobs SET scheduled_at = now() - interval '{seconds} seconds' WHERE id = {id}")
        };
        // The oldest has the lowest priority; one of the later two is due, and not staged.
        client.batch_execute(&age(ids[1], 100)).await.expect("an update");
        client.batch_execute(&age(ids[3], 10)).await.expect("an update");
        let queues = ["a", "b", "c"].map(str::to_owned);
        let load = db.store.backlog(&queues).await.expect("an answer");
        let [a, b, c] = load.as_slice() else { panic!("expected three, got {load:?}") };
        assert_eq!((a.depth, a.at_least), (3, false));
        assert!((100_000..160_000).contains(&a.latency_ms), "{a:?}");
        assert_eq!(b.depth, 1);
        assert_eq!(*c, empty("c"));
    })
    .await;
}

#[tokio::test]
async fn counting_stops_and_the_backlog_says_so() {
    with_database(async |db| {
        let client = db.client().await;
        let insert = "INSERT INTO eram_jobs (worker, queue) SELECT 'Sample', 'a' FROM generate_series(1, 10001)";
        client.batch_execute(insert).await.expect("an insert");
        let load = db.store.backlog(&["a".to_owned()]).await.expect("an answer");
        assert_eq!((load[0].depth, load[0].at_least), (10_000, true));
    })
    .await;
}
