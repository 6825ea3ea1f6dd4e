//! Heartbeats: what a process learns from the replies.

use std::time::Duration;

use serde_json::json;

use crate::model::draft::Isolation;
use crate::model::outcome::Outcome;
use crate::store::{Claim, FetchRequest, Heartbeat, Identity, LeaseRequest, NewProducer};
use crate::testing::{Act, Database, Node, Scripted, Taken, draft, drafts, until, with_database};

async fn beating(db: &Database, script: impl Fn(&Taken) -> Act + Send + Sync + 'static) -> (Node, Scripted) {
    let options = json!({ "queues": { "default": 1 }, "heartbeat_interval": 100, "lifeline": false });
    let node = db.start(options).await;
    let main = node.attach("default", Isolation::Main, script);
    node.engine.open().await;
    (node, main)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_given_up_begins_anew_and_drops_what_it_had_not_begun() {
    with_database(async |db| {
        let first = |job: &Taken| if job.args["n"] == 0 && job.attempt == 1 { Act::never() } else { Act::done() };
        let (node, main) = beating(db, first).await;
        db.insert(&drafts(1)).await;
        let run = main.took(1).await[0].run;
        let uuid = db.value("SELECT uuid FROM eram_producers").await;
        // The jobs are claimed but not begun, because the only capacity is in use.
        let ids = db.insert(&drafts(4)[1..]).await;
        let claim = Claim {
            queue: "default".to_owned(),
            node: node.engine.config.node.clone(),
            producer: uuid.as_str().expect("a text").parse().expect("a uuid"),
            version: None,
        };
        let jobs = db
            .store
            .fetch_jobs(&FetchRequest {
                claim,
                workers: std::sync::Arc::from(["Sample".to_owned()]),
                limit: 3,
                pins: vec![],
                marks: crate::model::marks::Marks::default(),
            })
            .await
            .expect("a claim");
        let executor = node.engine.executor("default").expect("a queue");
        executor.offer(jobs.into_iter().map(|job| (job, Isolation::Main)).collect());
        // As the lifeline of another node does.
        db.run("WITH gone AS (DELETE FROM eram_producers) UPDATE eram_jobs SET state = 'available'").await;

        let lost = node.wait_for_events("producer:lost", 1).await;
        assert_eq!(lost[0]["jobs"], json!(ids));
        until("it is registered again", async || db.count("true").await == 4 && producers(db).await == 1).await;
        assert_ne!(db.value("SELECT uuid FROM eram_producers").await, uuid);
        // The claim of the running job is void.
        main.settle(run, Outcome::done());
        assert_eq!(node.wait_for_events("job:lost", 1).await.len(), 1);
        until("all are done", async || db.count("state = 'completed'").await == 4).await;
        let mut again: Vec<(i64, i64)> = main.taken()[1..].iter().map(|job| (job.id, job.attempt)).collect();
        again.sort_unstable();
        assert_eq!(again.iter().map(|(_, attempt)| *attempt).collect::<Vec<_>>(), [2, 2, 2, 2]);
        assert_eq!(again[1..].iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
        let by_now = db.value("SELECT uuid::text FROM eram_producers").await;
        assert_eq!(db.count(&format!("attempted_by[2] = '{}'", by_now.as_str().expect("a text"))).await, 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_producer_that_stops_is_not_registered_again() {
    with_database(async |db| {
        let (node, main) = beating(db, Act::until_aborted).await;
        let id = db.insert_one(draft()).await;
        main.took(1).await;
        // As at the end of a stop, while a heartbeat that counted the producer is in flight.
        node.stop_queue("default");
        db.run("WITH gone AS (DELETE FROM eram_producers) UPDATE eram_jobs SET cancel_requested_at = now()").await;
        // The reply to the heartbeat has arrived.
        db.until_state(id, "cancelled").await;
        assert_eq!(producers(db).await, 0);
        assert!(node.events("producer:lost").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_takes_away_the_row_that_is_being_written() {
    with_database(async |db| {
        let (node, _main) = beating(db, |_| Act::done()).await;
        db.run(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               PERFORM pg_advisory_xact_lock(hashtext(TG_TABLE_SCHEMA)); RETURN NEW; END $$;
             CREATE TRIGGER hold BEFORE INSERT ON eram_producers FOR EACH ROW EXECUTE FUNCTION hold()",
        )
        .await;
        let gate = db.client().await;
        gate.batch_execute("SELECT pg_advisory_lock(hashtext(current_schema()))").await.expect("a lock");
        db.run("DELETE FROM eram_producers").await;
        node.wait_for_events("producer:lost", 1).await;
        let engine = node.engine.clone();
        let mut stop = tokio::spawn(async move { engine.stop(Duration::ZERO).await });
        // The stop waits for the row of the producer, which another lock delays.
        let _ = tokio::time::timeout(Duration::from_secs(1), &mut stop).await;
        gate.batch_execute("SELECT pg_advisory_unlock(hashtext(current_schema()))").await.expect("an unlock");
        if !stop.is_finished() {
            stop.await.expect("a stop");
        }
        // Granted after the insert, if that still waits.
        gate.batch_execute("SELECT pg_advisory_lock(hashtext(current_schema()))").await.expect("a lock");
        assert_eq!(producers(db).await, 0);
    })
    .await;
}

async fn producers(db: &Database) -> i64 {
    db.value("SELECT count(*) FROM eram_producers").await.as_i64().expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_without_a_notification_is_found() {
    with_database(async |db| {
        let (_node, main) = beating(db, |_| Act::done()).await;
        for count in 1..=3 {
            db.until_asleep().await;
            db.insert_one(json!({ "worker": "Sample", "notify": false })).await;
            main.took(count).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_row_of_a_producer_tells_how_it_does() {
    with_database(async |db| {
        let (node, main) = beating(db, |_| Act::never()).await;
        let heartbeat = "SELECT extract(epoch FROM updated_at)::float8 FROM eram_producers";
        let first = db.value(heartbeat).await.as_f64();
        db.insert_one(draft()).await;
        main.took(1).await;
        node.engine.executor("default").expect("a queue").set_limit(3);
        until("it is told", async || db.value("SELECT running FROM eram_producers").await == json!(1)).await;
        assert!(db.value(heartbeat).await.as_f64() > first);
        let row = db.rows("SELECT name, node, queue, paused FROM eram_producers").await.remove(0);
        assert_eq!(
            row,
            json!({ "name": "default", "node": node.engine.config.node, "queue": "default", "paused": false })
        );
    })
    .await;
}

#[tokio::test]
async fn the_bound_of_claims_moves_only_when_everything_is_written() {
    with_database(async |db| {
        let uuid = uuid::Uuid::new_v4();
        let producer = NewProducer { uuid, queue: "default".to_owned(), limit: 1, paused: false };
        let of = Identity {
            name: "default".to_owned(),
            node: "node".to_owned(),
            version: None,
            boot: uuid::Uuid::new_v4(),
            listens: false,
        };
        db.store.insert_producers(&of, &[producer]).await.expect("a producer");
        db.run("UPDATE eram_producers SET oldest_at = now() - interval '1 hour'").await;
        let minutes = "SELECT round(extract(epoch FROM now() - oldest_at) / 60)::int FROM eram_producers";
        let now = db.value("SELECT (extract(epoch FROM now()) * 1e6)::bigint").await.as_i64().expect("a number");
        let ago = |minutes: i64| Some(now - minutes * 60_000_000);
        for (oldest_at, unwritten, bound) in [
            (None, true, 60),
            (ago(10), true, 60),
            // Two minutes less, because the answer to a fetch may be in flight.
            (ago(10), false, 12),
            // An older claim than before is one after a step back of the clock.
            (ago(30), false, 32),
            (None, false, 2),
        ] {
            let queue = "default".to_owned();
            let lease_request = LeaseRequest {
                lease: None,
                lease_seconds: 15.0,
                silent_after: 14.0,
                together: Duration::ZERO,
                resting: false,
            };
            let heartbeat = Heartbeat {
                uuid,
                queue,
                running: 0,
                running_ids: vec![],
                oldest_at,
                limit: 1,
                paused: false,
                look: true,
            };
            let reply =
                db.store.heartbeat(&of, &[heartbeat], &[], &[], unwritten, &lease_request).await.expect("an answer");
            assert_eq!(reply.alive, [uuid]);
            assert_eq!(db.value(minutes).await, json!(bound), "{oldest_at:?} {unwritten}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_hear_whether_others_serve_their_queue() {
    with_database(async |db| {
        let (node, _main) = beating(db, |_| Act::done()).await;
        let until_shared = async |shared: bool| {
            until("it has heard", async || node.is_shared("default") == shared).await;
        };
        assert!(!node.is_shared("default"));
        // A node that serves another queue does not count.
        let elsewhere = db.start(json!({ "queues": { "other": 1 }, "heartbeat_interval": 100 })).await;
        let (other, _its) = beating(db, |_| Act::done()).await;
        until_shared(true).await;
        other.engine.stop(Duration::ZERO).await;
        until_shared(false).await;
        assert!(!elsewhere.is_shared("other"));
    })
    .await;
}
