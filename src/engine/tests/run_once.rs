//! A run of everything that is runnable.

use serde_json::json;

use crate::engine::read_budget;
use crate::model::draft::Isolation;
use crate::model::outcome::Outcome;
use crate::testing::{Act, drafts, with_database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_ends_when_no_queue_has_anything_runnable() {
    with_database(async |db| {
        let queues = json!({ "queues": { "default": 2, "other": 2, "paused": { "limit": 2, "paused": true } } });
        let node = db.start(queues).await;
        // A job of one queue makes one of another, which is behind the first when the run looks.
        let insert = "SELECT eram_enqueue('{\"worker\":\"Sample\",\"queue\":\"other\"}')";
        let (client, database) = (std::sync::Arc::new(db.client().await), insert);
        let main = node.attach("default", Isolation::Main, move |_| {
            let client = client.clone();
            Act::perform(async move {
                client.query_one(database, &[]).await.expect("inserted");
                Outcome::done()
            })
        });
        let other = node.attach("other", Isolation::Main, |_| Act::done());
        node.attach("paused", Isolation::Main, |_| Act::done());
        db.insert(&drafts(20)).await;
        db.insert(&[
            json!({ "worker": "Sample", "queue": "paused" }),
            json!({ "worker": "Sample", "schedule_in": 3600 }),
            json!({ "worker": "Unknown" }),
            json!({ "worker": "Sample", "state": "suspended" }),
        ])
        .await;
        // Due, but no leader has made it available.
        db.run("UPDATE eram_jobs SET state = 'scheduled', scheduled_at = now() WHERE id % 7 = 0 AND queue = 'default'")
            .await;
        node.engine.open().await;
        let ran = json!(node.engine.run_once(None).await.expect("a run"));
        assert_eq!((&ran["drained"], &ran["failure"]), (&json!(true), &json!(0)));
        assert_eq!(main.ids().len(), other.ids().len());
        assert_eq!(
            db.count("state IN ('available', 'executing') AND queue <> 'paused' AND worker = 'Sample'").await,
            0
        );
        assert_eq!(db.count("state = 'available' AND queue = 'paused'").await, 1);
        let again = json!(node.engine.run_once(None).await.expect("a run"));
        assert_eq!((&again["drained"], &again["success"]), (&json!(true), &json!(0)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_budget_is_over_leaves_the_rest() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::never()).await;
        db.insert(&drafts(3)).await;
        let budget = read_budget(r#"{"budget":"50 ms"}"#).expect("a budget");
        let ran = json!(node.engine.run_once(budget).await.expect("a run"));
        assert_eq!((&ran["drained"], &ran["success"]), (&json!(false), &json!(0)));
        for (options, message) in [
            (r#"{"budgt":1}"#, "runOnce: unknown option \"budgt\", did you mean \"budget\"?"),
            (
                r#"{"budget":0}"#,
                "runOnce.budget: expected a duration from 1 ms to 36525 days (milliseconds, or { days: 1 }, or \"1 day\"), got 0",
            ),
        ] {
            assert_eq!(read_budget(options).expect_err("a refusal").to_string(), message);
        }
        let idle = db.start(json!({})).await;
        assert_eq!(
            idle.engine.run_once(None).await.expect_err("a refusal").to_string(),
            "runOnce: expected an engine that serves queues, got one without; pass queues to start()"
        );
    })
    .await;
}
