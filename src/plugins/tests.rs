//! Plugins on real rows.

use std::time::Duration;

use serde_json::{Value, json};

use crate::model::draft::Isolation;
use crate::model::outcome::{ErrorEntry, Kind, Outcome};
use crate::testing::{Act, Database, Node, Scripted, Taken, draft, until, with_database};

async fn staging(
    db: &Database,
    options: Value,
    script: impl Fn(&Taken) -> Act + Send + Sync + 'static,
) -> (Node, Scripted) {
    let node = db.start(json!({ "queues": { "default": 10 }, "stager": options, "lifeline": false })).await;
    let main = node.attach("default", Isolation::Main, script);
    node.engine.open().await;
    db.until_asleep().await;
    (node, main)
}

fn due_in(seconds: f64) -> Value {
    json!({ "worker": "Sample", "schedule_in": seconds })
}

/// Seconds from the due time of the job to its last claim.
async fn late(db: &Database, id: i64) -> f64 {
    let sql = format!("SELECT extract(epoch FROM attempted_at - scheduled_at)::float8 FROM eram_jobs WHERE id = {id}");
    db.value(&sql).await.as_f64().expect("a number")
}

async fn assert_on_time(db: &Database, id: i64) {
    let late = late(db, id).await;
    assert!((0.0..0.5).contains(&late), "job {id} was {late} s late");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_staged_when_they_are_due_however_they_were_scheduled() {
    with_database(async |db| {
        let (node, main) = staging(db, json!({ "interval": 60_000 }), |_| Act::done()).await;
        let mut ids = vec![];
        // Enqueued by the engine itself, by another process, and with a due time before the one
        // that the stager sleeps until.
        for (count, seconds) in [(1, 0.3), (2, 0.4)] {
            let job = node.enqueue(&due_in(seconds)).await.expect("a job");
            ids.push(job["id"].as_i64().expect("an id"));
            main.took(count).await;
        }
        ids.push(db.insert_one(due_in(0.3)).await);
        main.took(3).await;
        db.insert_one(due_in(9.0)).await;
        ids.push(db.insert_one(due_in(0.2)).await);
        main.took(4).await;
        for id in ids {
            assert_on_time(db, id).await;
        }
        assert_eq!(db.count("state = 'scheduled'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_job_is_tried_again_when_its_wait_is_over() {
    with_database(async |db| {
        let error = || ErrorEntry::new(Kind::Error, "E", "m");
        let (_node, main) = staging(db, json!({ "interval": 60_000 }), move |job| match job.attempt {
            1 => Act::Settle(Outcome::Failed { error: error(), delay: Some(0.2) }),
            2 => Act::Settle(Outcome::Failed { error: error(), delay: Some(0.0) }),
            _ => Act::done(),
        })
        .await;
        let id = db.insert_one(draft()).await;
        db.until_state(id, "completed").await;
        let taken = main.taken();
        assert_eq!(taken.len(), 3);
        assert!(taken[1].at - taken[0].at >= Duration::from_millis(200));
        assert_on_time(db, id).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_a_statement_may_stage_is_staged_by_several() {
    with_database(async |db| {
        db.insert(&vec![due_in(0.0); 95]).await;
        let (node, main) = staging(db, json!({ "limit": 10 }), |_| Act::done()).await;
        main.took(95).await;
        let staged: Vec<i64> = node
            .events("stager:stop")
            .iter()
            .map(|event| event["queues"]["default"].as_i64().expect("a count"))
            .collect();
        assert!(staged.iter().all(|count| *count <= 10), "{staged:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_due_job_does_not_stop_the_others() {
    with_database(async |db| {
        let mut other = db.client().await;
        let held = db.insert_one(due_in(0.0)).await;
        let lock = other.transaction().await.expect("a transaction");
        lock.execute("SELECT FROM eram_jobs FOR UPDATE", &[]).await.expect("a locked job");
        let id = db.insert_one(due_in(0.0)).await;
        let (_node, main) = staging(db, json!({}), |_| Act::done()).await;
        main.took(1).await;
        assert_eq!(main.ids(), [id]);
        lock.rollback().await.expect("a rollback");
        main.took(2).await;
        assert_eq!(main.ids(), [id, held]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_due_job_whose_unique_key_was_taken_is_discarded_and_does_not_stop_the_others() {
    with_database(async |db| {
        let rule =
            json!({ "period": "infinity", "fields": ["worker"], "states": ["scheduled", "available", "executing"] });
        let unique = json!({ "worker": "Other", "unique": rule });
        // Two jobs failed and lost their key; a third job has it now.
        let mut ids = vec![];
        for failed in [true, true, false] {
            let id = db.insert_one(unique.clone()).await;
            ids.push(id);
            if failed {
                db.run(&format!("UPDATE eram_jobs SET state = 'retryable', attempt = 1 WHERE id = {id}")).await;
            }
        }
        let plain = db.insert_one(due_in(0.0)).await;
        // The third job keeps its key, because it does not end.
        let (node, main) =
            staging(db, json!({}), |job| if job.worker == "Other" { Act::never() } else { Act::done() }).await;
        main.took(2).await;
        let mut reported: Vec<Value> =
            node.wait_for_events("job:discarded", 2).await.iter().map(|it| it["job"]["id"].clone()).collect();
        reported.sort_unstable_by_key(Value::as_i64);
        assert_eq!(reported, [json!(ids[0]), json!(ids[1])]);
        for id in &ids[..2] {
            db.until_state(*id, "discarded").await;
            assert_eq!(db.job(*id).await["errors"][0]["name"], "UniqueConflict");
        }
        let mut taken = main.ids();
        taken.sort_unstable();
        assert_eq!(taken, [ids[2], plain]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_no_running_node_can_perform_are_reported_once() {
    with_database(async |db| {
        // No node leads, so that only the test checks.
        let options = json!({
            "queues": { "default": 5 }, "version": "2", "heartbeat_interval": 100, "lifeline": false, "peer": false,
        });
        let node = db.start(options).await;
        let _main = node.attach("default", Isolation::Main, |_| Act::done());
        node.engine.open().await;
        let pin = |rule: &str, version: &str| json!({ "worker": "Sample", "version": version, "version_rule": rule });
        let jobs = [
            json!({ "worker": "Gone" }),
            json!({ "worker": "Gone" }),
            json!({ "worker": "New" }),
            pin("pinned", "1"),
            pin("min", "3"),
        ];
        let ids = db.insert(&jobs).await;
        // One queue that no node serves.
        db.insert(&[json!({ "worker": "Gone", "queue": "elsewhere" })]).await;
        let old = format!("UPDATE eram_jobs SET scheduled_at = now() - interval '2 minutes' WHERE id <> {}", ids[2]);
        db.run(&old).await;
        until("the node has said what it knows", async || {
            db.value("SELECT workers @> '{Sample}' FROM eram_producers").await == json!(true)
        })
        .await;
        let watch = super::unhandled::UnhandledJobs::default();
        let context = node.engine.plugin_context();
        for _ in 0..2 {
            super::plugin::Plugin::tick(&watch, &context).await.expect("a look");
        }
        let mut reported: Vec<Value> = node.events("job:unhandled");
        reported.sort_by_key(|event| event["version"].to_string());
        let reported: Vec<_> =
            reported.iter().map(|it| (&it["queue"], &it["worker"], &it["version"], &it["jobs"])).collect();
        let (queue, nothing) = (&json!("default"), &Value::Null);
        assert_eq!(
            reported,
            [
                (queue, nothing, &json!("1"), &json!(1)),
                (queue, nothing, &json!("3"), &json!(1)),
                (queue, &json!("Gone"), nothing, &json!(2)),
            ]
        );
        // A node of this version starts: its jobs are no longer reported, even by a plugin that has
        // reported nothing yet.
        let one = db
            .start(json!({ "queues": { "default": 1 }, "version": "1", "heartbeat_interval": 100, "peer": false }))
            .await;
        one.engine.open().await;
        until("it has said what it knows", async || {
            db.value("SELECT count(*) FROM eram_producers WHERE version = '1' AND workers <> '{}'").await == json!(1)
        })
        .await;
        watch.reported.lock().clear();
        super::plugin::Plugin::tick(&watch, &context).await.expect("a look");
        assert!(!node.events("job:unhandled")[3..].iter().any(|it| it["version"] == "1"));
        assert_eq!(node.events("job:unhandled").len(), 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_node_makes_wait_is_staged_on_time() {
    with_database(async |db| {
        let options = json!({ "queues": { "other": 1 }, "stager": { "interval": 60_000 }, "heartbeat_interval": 6000 });
        let leader = db.start(options).await;
        leader.engine.open().await;
        leader.wait_for_events("leader:elected", 1).await;
        // The job fails on a node that does not lead and has to notify the leader.
        let (_node, main) = db
            .working(json!(1), |job| match job.attempt {
                3 => Act::done(),
                _ => Act::Settle(Outcome::Failed { error: ErrorEntry::new(Kind::Error, "E", "m"), delay: Some(0.3) }),
            })
            .await;
        let id = db.insert_one(draft()).await;
        db.until_state(id, "completed").await;
        assert_eq!(main.taken().len(), 3);
        assert_on_time(db, id).await;
    })
    .await;
}
