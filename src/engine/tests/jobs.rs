//! Operations on many jobs at once, alongside other transactions, and at the moment of completion.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::error::Result;
use crate::model::draft::Isolation;
use crate::model::outcome::Outcome;
use crate::testing::{Act, Database, Dice, until, with_database};

async fn ask(engine: &Engine, action: &str, options: Value) -> Result<Vec<Value>> {
    engine.jobs(action, &options.to_string()).await.map(|text| serde_json::from_str(&text).expect("JSON"))
}

async fn fill(db: &Database, count: i64) {
    let rows = format!("SELECT 'Sample', jsonb_build_object('n', n) FROM generate_series(1, {count}) AS n");
    db.run(&format!("INSERT INTO eram_jobs (worker, args) {rows}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_filter_means_is_done_in_batches_that_hold_no_lock_for_long() {
    with_database(async |db| {
        fill(db, 5000).await;
        let node = db.start(json!({})).await;
        let mut other = db.client().await;
        let held = other.transaction().await.expect("a transaction");
        held.query_one("SELECT FROM eram_jobs WHERE id = 3500 FOR UPDATE", &[]).await.expect("a locked job");
        let engine = node.engine.clone();
        let request = json!({ "filter": { "queues": ["default"], "states": ["available"] } });
        let cancelling = tokio::spawn(async move { ask(&engine, "cancel", request).await });
        // The batches before the locked job are committed while the rest waits.
        until("three batches are done", async || db.count("state = 'cancelled'").await == 3000).await;
        // Inserted after the operation began, so the operation does not affect it.
        let late = db.insert_one(json!({ "worker": "Sample" })).await;
        held.execute("UPDATE eram_jobs SET state = 'completed' WHERE id = 3500", &[]).await.expect("an update");
        held.commit().await.expect("a commit");
        let touched = cancelling.await.expect("no panic").expect("touched jobs");
        assert_eq!(touched.len(), 4999);
        assert!(touched.iter().all(|job| job["previous"] == "available" && job["state"] == "cancelled"));
        assert_eq!((db.state(3500).await.as_str(), db.state(late).await.as_str()), ("completed", "available"));
        let request = json!({ "filter": { "states": ["cancelled"] }, "patch": {} });
        let retried = ask(&node.engine, "retry", json!({ "filter": request["filter"] })).await.expect("touched jobs");
        assert_eq!(retried.len(), 4999);
        let patch = json!({ "filter": { "args": "{\"n\": 7}" }, "patch": { "priority": 3 } });
        assert_eq!(ask(&node.engine, "update", patch).await.expect("touched jobs").len(), 1);
        let all = json!({ "filter": { "workers": ["Sample"] } });
        assert_eq!(ask(&node.engine, "delete", all).await.expect("touched jobs").len(), 5001);
        assert_eq!(db.count("true").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_key_another_has_taken_cannot_come_back_and_the_other_is_named() {
    with_database(async |db| {
        let node = db.start(json!({})).await;
        let unique = |n: i64| json!({ "worker": "Sample", "args": { "n": n }, "unique": true });
        let old = db.insert(&[unique(1), unique(2), unique(3)]).await;
        ask(&node.engine, "cancel", json!({ "filter": { "ids": old } })).await.expect("cancelled");
        let new = db.insert_one(unique(2)).await;
        let refused = async |action: &str, options: Value| {
            let error = ask(&node.engine, action, options).await.expect_err("a refusal");
            (error.code(), error.to_string())
        };
        let text = |action: &str, id: i64, rival: i64| {
            format!(
                "jobs.{action}: expected jobs whose unique keys are free, got job {id}, whose key job {rival} has taken"
            )
        };
        // The others come back all the same.
        let got = ask(&node.engine, "retry", json!({ "filter": { "ids": old } })).await.expect("retried");
        let mut seen: Vec<_> = got.iter().map(|it| (&it["id"], &it["state"], &it["refused"]["code"])).collect();
        let (available, cancelled) = (json!("available"), json!("cancelled"));
        let (one, two, three) = (json!(old[0].min(old[2])), json!(old[1]), json!(old[0].max(old[2])));
        let conflict = json!("ERAM_UNIQUE_CONFLICT");
        seen[..2].sort_unstable_by_key(|it| it.0.as_i64());
        assert_eq!(
            seen,
            [(&one, &available, &Value::Null), (&three, &available, &Value::Null), (&two, &cancelled, &conflict)]
        );
        assert_eq!(got[2]["refused"]["message"], json!(text("retry", old[1], new)));
        let got = refused("retry", json!({ "filter": { "ids": [old[1]] } })).await;
        assert_eq!(got, ("ERAM_UNIQUE_CONFLICT", text("retry", old[1], new)));
        // Two cancelled jobs have the same unique key: the older gets it.
        ask(&node.engine, "cancel", json!({ "filter": { "ids": [new] } })).await.expect("cancelled");
        let got = ask(&node.engine, "retry", json!({ "filter": { "ids": [old[1], new] } })).await.expect("retried");
        assert_eq!((&got[0]["id"], &got[0]["state"]), (&two, &available));
        assert_eq!(got[1]["refused"]["message"], json!(text("retry", new, old[1])));
        // A suspended job does not hold its key, but needs it to become available.
        let mut rule = json!({ "worker": "Sample", "state": "suspended", "args": { "n": 9 } });
        rule["unique"] = json!({ "period": "infinity", "states": ["scheduled", "available", "executing"] });
        let suspended = db.insert_one(rule.clone()).await;
        rule.as_object_mut().expect("an object").remove("state");
        let active = db.insert_one(rule).await;
        let request = json!({ "filter": { "ids": [suspended] }, "patch": { "state": "available" } });
        assert_eq!(refused("update", request).await, ("ERAM_UNIQUE_CONFLICT", text("update", suspended, active)));
        assert_eq!(db.state(suspended).await, "suspended");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cancel_in_the_moment_of_completion_leaves_one_end_and_one_event() {
    with_database(async |db| {
        let node = db.start(json!({ "queues": { "default": { "limit": 20, "prefetch": false } } })).await;
        let (engine, dice) = (node.engine.clone(), Arc::new(Mutex::new(Dice(7))));
        let main = node.attach("default", Isolation::Main, move |job| {
            let (engine, id) = (engine.clone(), job.id);
            let mut dice = dice.lock();
            let cancel_after = Duration::from_micros(dice.roll(2000));
            // Most jobs end while a cancel may be in progress, some certainly before it, some
            // certainly after.
            let done_after = match dice.roll(10) {
                0 => Duration::ZERO,
                1 => crate::testing::LIMIT,
                _ => Duration::from_micros(dice.roll(20_000)),
            };
            tokio::spawn(async move {
                tokio::time::sleep(cancel_after).await;
                ask(&engine, "cancel", json!({ "filter": { "ids": [id] } })).await.expect("an answer")
            });
            let mut aborted = job.aborted.subscribe();
            // Some of the aborted jobs stop and some ignore the abort.
            let stops = dice.roll(2) == 0 || done_after == crate::testing::LIMIT;
            Act::perform(async move {
                tokio::select! {
                    () = tokio::time::sleep(done_after) => Outcome::done(),
                    _ = aborted.wait_for(Option::is_some), if stops => crate::testing::failed(),
                }
            })
        });
        fill(db, 1000).await;
        node.engine.open().await;
        main.took(1000).await;
        until("all have ended", async || db.count("state IN ('completed', 'cancelled')").await == 1000).await;
        let ended = node.wait_for_events("job:stop", 1000).await;
        assert_eq!(node.events("job:exception").len() + node.events("job:lost").len(), 0);
        let mut ends: HashMap<i64, Vec<&str>> = HashMap::new();
        for event in &ended {
            ends.entry(event["job"]["id"].as_i64().expect("an id"))
                .or_default()
                .push(event["state"].as_str().expect("a state"));
        }
        assert_eq!((ends.len(), main.ids().len()), (1000, 1000));
        for row in db.rows("SELECT id, state::text AS state, attempt FROM eram_jobs").await {
            let reported = &ends[&row["id"].as_i64().expect("an id")];
            let state = if row["state"] == "completed" { "success" } else { "cancelled" };
            assert_eq!((reported.as_slice(), &row["attempt"]), (&[state][..], &json!(1)), "{row}");
        }
        let kinds = db.value("SELECT count(DISTINCT state) FROM eram_jobs").await;
        assert_eq!(kinds, json!(2), "both ends are met");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_that_makes_no_sense_is_refused_before_any_sql() {
    with_database(async |db| {
        let node = db.start(json!({})).await;
        for (filter, message) in [
            (
                json!({ "states": ["done"] }),
                "jobs.cancel: state: expected one of suspended, scheduled, available, executing, retryable, completed, \
                 discarded, cancelled, got \"done\"",
            ),
            (
                json!({ "inserted_from": "yesterday" }),
                "jobs.cancel: inserted_from: expected a Date or an RFC 3339 time such as \"2030-01-31T09:00:00Z\", got \
                 \"yesterday\"",
            ),
        ] {
            let error = ask(&node.engine, "cancel", json!({ "filter": filter })).await.expect_err("a refusal");
            assert_eq!((error.code(), error.to_string().as_str()), ("ERAM_CONFIG", message));
        }
    })
    .await;
}
