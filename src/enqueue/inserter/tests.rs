//! Enqueues that share statements, and jobs that share a transaction.

use serde_json::{Value, json};

use crate::error::Result;
use crate::testing::{Act, Database, Node, drafts, with_database};

async fn transactions(db: &Database) -> i64 {
    db.value("SELECT count(DISTINCT xmin::text) FROM eram_jobs").await.as_i64().expect("a count")
}

/// Enqueues all drafts at the same time, each by itself.
async fn enqueue_each(node: &Node, drafts: &[Value]) -> Vec<Result<Value>> {
    let calls = drafts.iter().map(|draft| node.enqueue(draft));
    futures_util::future::join_all(calls).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enqueues_in_flight_together_share_statements_and_each_gets_its_own_job() {
    with_database(async |db| {
        let node = db.start(json!({})).await;
        let jobs = enqueue_each(&node, &drafts(500)).await;
        for (n, job) in jobs.into_iter().enumerate() {
            let id = job.expect("a job")["id"].as_i64().expect("an id");
            assert_eq!(db.job(id).await["args"]["n"], json!(n));
        }
        let count = transactions(db).await;
        assert!(count < 50, "{count} transactions for 500 enqueues");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_the_server_refuses_does_not_harm_its_neighbours() {
    with_database(async |db| {
        let node = db.start(json!({})).await;
        let mut all = drafts(50);
        all[17] = json!({ "worker": "Sample", "queue": "q".repeat(200) });
        all[31] = json!({ "worker": "Sample", "priority": 77 });
        let jobs = enqueue_each(&node, &all).await;
        for (n, job) in jobs.into_iter().enumerate() {
            match job {
                Ok(job) => assert_eq!(db.job(job["id"].as_i64().expect("an id")).await["args"]["n"], json!(n)),
                Err(error) => {
                    assert!(n == 17 || n == 31, "{n}: {error}");
                    assert_eq!(error.code(), "ERAM_DATABASE");
                }
            }
        }
        assert_eq!(db.count("true").await, 48);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unique_jobs_in_flight_together_meet_each_other() {
    with_database(async |db| {
        let node = db.start(json!({})).await;
        let same = vec![json!({ "worker": "Sample", "unique": true }); 40];
        let jobs = enqueue_each(&node, &same).await;
        let jobs: Vec<Value> = jobs.into_iter().map(|job| job.expect("a job")).collect();
        assert_eq!(jobs.iter().filter(|job| job["conflict"] == json!(false)).count(), 1);
        assert!(jobs.iter().all(|job| job["id"] == jobs[0]["id"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_is_one_transaction_however_large() {
    with_database(async |db| {
        let node = db.start(json!({})).await;
        let all = drafts(2500);
        let jobs: Vec<Value> =
            serde_json::from_str(&node.engine.enqueue_all(&json!(all).to_string()).await.expect("jobs")).expect("JSON");
        assert_eq!(jobs.len(), 2500);
        assert_eq!(transactions(db).await, 1);
        for n in [0, 999, 1000, 2499] {
            assert_eq!(db.job(jobs[n]["id"].as_i64().expect("an id")).await["args"]["n"], json!(n));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_with_a_draft_that_is_refused_inserts_nothing() {
    with_database(async |db| {
        let node = db.start(json!({})).await;
        let mut all = drafts(2500);
        all[2400] = json!({ "worker": "Sample", "queue": "q".repeat(200) });
        let error = node.engine.enqueue_all(&json!(all).to_string()).await.expect_err("a refusal");
        assert_eq!(error.code(), "ERAM_DATABASE");
        assert_eq!(db.count("true").await, 0);
        assert_eq!(node.engine.enqueue_all("[]").await.expect("nothing"), "[]");
        assert_eq!(node.engine.enqueue_all("{}").await.expect_err("a refusal").code(), "ERAM_JOB");
        // The connection is still usable.
        enqueue_each(&node, &drafts(1)).await.remove(0).expect("a job");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_engine_enqueues_it_performs_at_once_without_a_notification() {
    with_database(async |db| {
        let node = db.start(json!({ "queues": { "default": 10 }, "notify": false, "poll_interval": 60_000 })).await;
        let main = node.attach("default", crate::model::draft::Isolation::Main, |_| Act::done());
        node.engine.open().await;
        for count in 1..=3 {
            enqueue_each(&node, &drafts(1)).await.remove(0).expect("a job");
            main.took(2 * count - 1).await;
            node.engine.enqueue_all(&json!(drafts(1)).to_string()).await.expect("a job");
            main.took(2 * count).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_has_stopped_says_so() {
    with_database(async |db| {
        let node = db.start(json!({})).await;
        node.engine.stop(std::time::Duration::ZERO).await;
        for done in enqueue_each(&node, &drafts(2)).await {
            assert_eq!(done.expect_err("a refusal").code(), "ERAM_NOT_RUNNING");
        }
        let error = node.engine.enqueue_all(&json!(drafts(2)).to_string()).await.expect_err("a refusal");
        assert_eq!(error.code(), "ERAM_NOT_RUNNING");
    })
    .await;
}
