//! Unique jobs within a sliding window: no other within the period, before or after.

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::testing::{until, with_database};

/// Due so many seconds into the year 2100; no two of a worker within a minute.
fn at(worker: &str, second: i64) -> Value {
    let hours = second / 3600;
    let due = format!("2100-01-01T{hours:02}:{:02}:{:02}Z", second / 60 % 60, second % 60);
    json!({
        "worker": worker, "scheduled_at": due,
        "unique": { "period": 60, "timestamp": "scheduled_at", "fields": ["worker"], "window": "sliding" },
    })
}

async fn enqueue(client: &Client, drafts: &Value) -> Vec<Value> {
    let row = client.query_one("SELECT eram_enqueue($1)", &[&drafts.to_string()]).await.expect("an answer");
    serde_json::from_str(row.get(0)).expect("JSON")
}

#[tokio::test]
async fn no_job_lies_within_the_period_of_another_wherever_a_fixed_stretch_would_end() {
    with_database(async |db| {
        let client = db.client().await;
        for (second, conflict) in [
            (3630, false),
            (3689, true), // in the next minute
            (3571, true), // in the one before
            (3630, true),
            (3690, false),
            (3570, false),
            (3749, true),
            (3750, false),
            // Between two, a minute from neither.
            (3600, true),
        ] {
            let got = enqueue(&client, &at("Sample", second)).await;
            assert_eq!(got[0]["conflict"], json!(conflict), "{second}");
            if conflict {
                assert_eq!(got[0]["existing"]["id"], got[0]["id"]);
                assert_eq!(got[0]["existing"].get("unique_at"), None);
            }
        }
        assert_eq!(db.count("true").await, 4);
    })
    .await;
}

#[tokio::test]
async fn one_call_with_many_keeps_those_that_are_a_period_apart() {
    with_database(async |db| {
        let client = db.client().await;
        let drafts: Vec<Value> = (0..60).map(|n| at("Sample", 3630 + n * 20)).collect();
        let got = enqueue(&client, &json!(drafts)).await;
        for (n, job) in got.iter().enumerate() {
            assert_eq!(job["conflict"], json!(n % 3 != 0), "{n}");
        }
        assert_eq!(db.count("true").await, 20);
    })
    .await;
}

#[tokio::test]
async fn of_two_transactions_at_once_the_second_waits_for_the_first() {
    with_database(async |db| {
        for (commits, worker) in [(true, "Sample"), (false, "Other")] {
            let mut client = db.client().await;
            let tx = client.transaction().await.expect("a transaction");
            let first = at(worker, 3630).to_string();
            tx.query_one("SELECT eram_enqueue($1)", &[&first]).await.expect("an answer");
            let other = db.client().await;
            let pid: i32 = other.query_one("SELECT pg_backend_pid()", &[]).await.expect("a row").get(0);
            // Another slot, so no index stands between them.
            let second = tokio::spawn(async move { enqueue(&other, &at(worker, 3670)).await });
            until("it waits for a lock", async || {
                db.value(&format!("SELECT cardinality(pg_blocking_pids({pid}))")).await != json!(0)
            })
            .await;
            if commits {
                tx.commit().await.expect("a commit");
            } else {
                tx.rollback().await.expect("a rollback");
            }
            assert_eq!(second.await.expect("the second")[0]["conflict"], json!(commits));
            assert_eq!(db.count(&format!("worker = '{worker}'")).await, 1);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_in_every_order_neither_deadlock_nor_come_too_close() {
    with_database(async |db| {
        let callers = (0..8).map(|caller: i64| async move {
            let client = db.client().await;
            for round in 0..5 {
                let mut drafts: Vec<Value> = (0..30)
                    .map(|n| at(&format!("Worker{}", n % 6), 3600 + (n * 37 + caller * 11 + round * 53) % 900))
                    .collect();
                if caller % 2 == 1 {
                    drafts.reverse();
                }
                enqueue(&client, &json!(drafts)).await;
            }
        });
        futures_util::future::join_all(callers).await;
        let close = "SELECT count(*) FROM eram_jobs AS a JOIN eram_jobs AS b ON a.worker = b.worker AND a.id < b.id
                     WHERE abs(extract(epoch FROM a.scheduled_at - b.scheduled_at)) < 60";
        assert_eq!(db.value(close).await, json!(0));
        assert!(db.count("true").await >= 6 * 5);
    })
    .await;
}

#[tokio::test]
async fn a_window_by_the_time_of_insertion_ends_a_period_later() {
    with_database(async |db| {
        let client = db.client().await;
        let draft = json!({
            "worker": "Sample", "unique": { "period": 1, "fields": ["worker"], "window": "sliding" },
        });
        assert_eq!(enqueue(&client, &draft).await[0]["conflict"], json!(false));
        until("there is room again", async || enqueue(&client, &draft).await[0]["conflict"] == json!(false)).await;
        let apart = "SELECT extract(epoch FROM max(inserted_at) - min(inserted_at))::float8 FROM eram_jobs";
        assert!(db.value(apart).await.as_f64().expect("seconds") >= 1.0);
    })
    .await;
}

#[tokio::test]
async fn a_conflict_replaces_in_a_sliding_window_too_and_one_that_has_ended_makes_room() {
    with_database(async |db| {
        let client = db.client().await;
        let id = enqueue(&client, &at("Sample", 3630)).await[0]["id"].as_i64().expect("an id");
        let mut draft = at("Sample", 3680);
        draft["priority"] = json!(7);
        draft["unique"]["replace"] = json!(["priority"]);
        let got = enqueue(&client, &draft).await;
        assert_eq!((&got[0]["id"], &got[0]["conflict"]), (&json!(id), &json!(true)));
        assert_eq!(db.job(id).await["priority"], json!(7));
        db.run("UPDATE eram_jobs SET state = 'cancelled'").await;
        assert_eq!(enqueue(&client, &draft).await[0]["conflict"], json!(false));
    })
    .await;
}
