//! Infinite times, and those that no JavaScript `Date` can hold, that were written by hand.

use serde_json::{Value, json};

use crate::testing::{Act, draft, drafts, until, with_database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_due_at_no_finite_time_stops_nothing_and_is_shown() {
    for at in ["infinity", "-infinity", "294276-01-01", "4000-01-01 BC"] {
        with_database(async |db| {
            let parked = db.insert_one(json!({ "worker": "Sample", "schedule_in": 3600, "args": { "n": -1 } })).await;
            let waiting = db.insert_one(json!({ "worker": "Unknown" })).await;
            db.run(&format!("UPDATE eram_jobs SET scheduled_at = '{at}', attempted_at = scheduled_at")).await;
            let options = json!({ "queues": { "default": 5 }, "heartbeat_interval": 1000, "lifeline": { "interval": 1000, "rescue_after": 1000 } });
            let node = db.start(options).await;
            node.attach("default", crate::model::draft::Isolation::Main, |_| Act::done());
            node.engine.open().await;
            node.wait_for_events("leader:elected", 1).await;
            let mut due = drafts(3);
            for draft in &mut due {
                draft["schedule_in"] = json!(0.5);
            }
            for id in db.insert(&due).await {
                db.until_state(id, "completed").await;
            }
            if at.contains("-infinity") || at.contains("BC") {
                db.until_state(parked, "completed").await;
            }
            // Two heartbeats and a look at orphans later.
            let beats = "SELECT max(updated_at)::text FROM eram_producers";
            for _ in 0..2 {
                let last = db.value(beats).await;
                until("a heartbeat", async || db.value(beats).await != last).await;
            }
            assert_eq!(node.events("leader:lost"), [Value::Null; 0], "{at}");
            let backlog = node.engine.backlog().await.expect("a backlog");
            assert!(backlog[0].latency_ms >= 0, "{at}");
            let lease = node.engine.peer.lease().expect("a lease");
            db.store.unattended_queues(&lease, 0.0).await.expect("an answer");
            db.store.unhandled_jobs(0.0, 0.0, 10).await.expect("an answer");
            for text in ["wait:>1s", "duration:<1s", "scheduled:>2030-01-01", ""] {
                node.engine.jobs("search", &json!({ "text": text }).to_string()).await.expect("found jobs");
            }
            let found = db.job(parked).await;
            assert!(found["scheduled_at"].is_string(), "{found}");
            assert_eq!(db.state(waiting).await, "available");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_runs_is_shown_a_date_within_the_range_of_dates() {
    for (at, millis) in [("infinity", 8_640_000_000_000_000_i64), ("-infinity", -8_640_000_000_000_000)] {
        with_database(async |db| {
            db.insert_one(draft()).await;
            db.run(&format!("UPDATE eram_jobs SET scheduled_at = '{at}'")).await;
            let (node, _main) = db.working(json!(1), |_| Act::done()).await;
            let stopped = node.wait_for_events("job:stop", 1).await.remove(0);
            assert_eq!(stopped["job"]["scheduled_at"], json!(millis));
            assert!(stopped["queue_ms"].as_u64() <= Some(31_536_000_000), "{stopped}");
        })
        .await;
    }
}
