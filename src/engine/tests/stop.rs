//! A stopped engine leaves nothing behind, whatever was in progress.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::model::draft::Isolation;
use crate::testing::{Act, Database, draft, drafts, until, with_database};

const LONG: Duration = Duration::from_secs(60);

async fn producers(db: &Database) -> Value {
    db.value("SELECT count(*) FROM eram_producers").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_may_end_within_the_grace() {
    with_database(async |db| {
        let (node, main) = db.working(json!(10), |_| Act::done_after(Duration::from_millis(300))).await;
        let ids = db.insert(&drafts(5)).await;
        main.took(5).await;
        assert_eq!(producers(db).await, json!(1));
        node.engine.stop(LONG).await;
        for id in ids {
            assert_eq!(db.state(id).await, "completed");
        }
        main.asked_to_stop().await;
        assert_eq!(producers(db).await, json!(0));
        db.store.close();
        until("its connections are closed", async || {
            let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '{}%'", db.prefix);
            db.value(&sql).await == json!(0)
        })
        .await;
        assert_eq!(node.events("queue:shutdown")[0]["released"], json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stops_when_it_is_told_to_is_released_before_the_grace_is_over() {
    with_database(async |db| {
        let options = json!({ "queues": { "default": { "limit": 1, "abort_grace": 1000 } } });
        let node = db.start(options).await;
        let main = node.attach("default", Isolation::Main, Act::until_aborted);
        node.engine.open().await;
        let id = db.insert_one(draft()).await;
        main.took(1).await;
        let begun = Instant::now();
        node.engine.stop(Duration::from_millis(1200)).await;
        assert!(begun.elapsed() > Duration::from_millis(600), "{:?}", begun.elapsed());
        let why = main.taken()[0].aborted.borrow().clone();
        assert_eq!(why.as_deref(), Some("shutdown"));
        let job = db.job(id).await;
        assert_eq!((&job["state"], &job["attempt"]), (&json!("available"), &json!(0)));
        assert_eq!((&job["meta"], &job["errors"]), (&json!({ "interrupted": 1 }), &json!([])));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_stop_is_handed_back_when_the_grace_is_over() {
    with_database(async |db| {
        let (node, main) = db.working(json!(2), |_| Act::never()).await;
        let ids = db.insert(&drafts(2)).await;
        let runs: Vec<u64> = main.took(2).await.iter().map(|job| job.run).collect();
        node.engine.stop(Duration::from_millis(300)).await;
        for id in &ids {
            let job = db.job(*id).await;
            assert_eq!((&job["state"], &job["attempt"]), (&json!("available"), &json!(0)));
            assert_eq!(job["meta"], json!({ "interrupted": 1 }));
        }
        let mut released: Vec<i64> =
            serde_json::from_value(node.events("queue:shutdown")[0]["released"].clone()).expect("ids");
        released.sort_unstable();
        assert_eq!(released, ids);
        // An outcome that arrives after the stop changes nothing.
        main.settle(runs[0], crate::model::outcome::Outcome::done());
        assert_eq!(db.count("state = 'available'").await, 2);
        assert_eq!(producers(db).await, json!(0));
    })
    .await;
}

// One thread, so that the producer cannot act before the stop goes on.
#[tokio::test]
async fn a_stop_without_grace_leaves_no_claim_behind() {
    with_database(async |db| {
        for round in 0..5 {
            db.run("DELETE FROM eram_jobs").await;
            db.insert(&drafts(500)).await;
            let (node, main) = db.working(json!(3), |_| Act::done_after(Duration::from_millis(2))).await;
            main.took(50 + 10 * round).await;
            node.engine.stop(Duration::ZERO).await;
            assert_eq!(db.count("state = 'executing'").await, 0, "round {round}");
            assert_eq!(db.count("state = 'available' AND attempt > 0").await, 0);
            assert_eq!(producers(db).await, json!(0));
        }
    })
    .await;
}

#[tokio::test]
async fn an_exit_hands_back_what_was_claimed() {
    with_database(async |db| {
        db.insert(&drafts(500)).await;
        let (node, main) = db.working(json!(3), |_| Act::done_after(Duration::from_millis(2))).await;
        main.took(50).await;
        node.engine.exit(Duration::from_secs(10)).await;
        assert_eq!(db.count("state = 'executing'").await, 0);
        assert_eq!(producers(db).await, json!(0));
    })
    .await;
}

/// Fetches stop before they claim while the lock is held elsewhere.
const HELD_FETCHES: &str = r"
    ALTER FUNCTION eram_fetch_jobs RENAME TO held_fetch_jobs;
    CREATE FUNCTION eram_fetch_jobs(
      a text, b bigint, c text, d text, e text[], f text, g text[], h text[], i smallint[], j smallint[], k timestamptz[], l bigint[]
    ) RETURNS SETOF eram_jobs LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
      PERFORM pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtext(current_schema()));
      RETURN QUERY SELECT * FROM held_fetch_jobs(a, b, c, d, e, f, g, h, i, j, k, l);
    END $$";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exit_during_a_stop_leaves_nothing_that_a_fetch_in_flight_claims_again() {
    with_database(async |db| {
        db.run(HELD_FETCHES).await;
        let (node, main) = db.working(json!(5), Act::until_aborted).await;
        let running = db.insert_one(draft()).await;
        main.took(1).await;
        let gate = db.client().await;
        gate.batch_execute("SELECT pg_advisory_lock(hashtext(current_schema()))").await.expect("a lock");
        db.insert_one(draft()).await;
        until("a fetch waits", async || {
            let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' \
                AND ((classid::bigint << 32) | objid::bigint) = hashtext(current_schema())::bigint";
            db.value(waiting).await != json!(0)
        })
        .await;
        let stopping = node.engine.clone();
        let stop = tokio::spawn(async move { stopping.stop(LONG).await });
        until("it stops", async || node.engine.is_stopping()).await;
        let exiting = node.engine.clone();
        let mut exit = tokio::spawn(async move { exiting.exit(LONG).await });
        let early = tokio::time::timeout(Duration::from_millis(300), &mut exit).await;
        assert!(early.is_err(), "it has not waited for the fetch");
        assert_eq!(db.state(running).await, "executing");
        gate.batch_execute("SELECT pg_advisory_unlock(hashtext(current_schema()))").await.expect("an unlock");
        exit.await.expect("an exit");
        stop.await.expect("a stop");
        assert_eq!(db.count("state = 'available' AND attempt = 0").await, 2);
        assert_eq!(producers(db).await, json!(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_engine_stops_at_once_and_a_second_stop_does_nothing() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(10), |_| Act::done()).await;
        let begun = Instant::now();
        node.engine.stop(LONG).await;
        node.engine.stop(LONG).await;
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        let error = node.enqueue(&draft()).await.expect_err("a refusal");
        assert_eq!(error.code(), "ERAM_NOT_RUNNING");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_does_not_wait_for_a_database_that_is_locked() {
    with_database(async |db| {
        let (node, main) = db.working(json!(1), |_| Act::never()).await;
        let id = db.insert_one(draft()).await;
        main.took(1).await;
        let mut blocker = db.client().await;
        let lock = blocker.transaction().await.expect("a transaction");
        lock.execute("SELECT FROM eram_jobs FOR UPDATE", &[]).await.expect("a locked job");
        node.engine.stop(Duration::ZERO).await;
        // The row of the producer stays, so the lifeline of another node finds the job.
        assert_eq!((db.state(id).await.as_str(), producers(db).await), ("executing", json!(1)));
        lock.rollback().await.expect("a rollback");
    })
    .await;
}
