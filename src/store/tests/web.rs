//! Calls of `eramjs/web`: whose connections they use, and which limits hold.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::error::{Error, Result};
use crate::store::WebCall;
use crate::testing::{Database, until, with_database};

const LONG: Duration = Duration::from_secs(30);

/// A call that looks for a job, in a task of its own.
fn looks(db: &Database, call: &std::sync::Arc<WebCall>) -> JoinHandle<Result<Option<String>>> {
    let (store, call) = (db.store.clone(), call.clone());
    tokio::spawn(call.scope(async move { store.find_job(1).await }))
}

/// What sessions of calls do in this schema.
async fn sessions(db: &Database, state: &str) -> usize {
    let sql = format!(
        "SELECT 1 AS one FROM pg_stat_activity
         WHERE application_name LIKE '% web' AND state = '{state}' AND query LIKE '%{}%'",
        db.prefix
    );
    db.rows(&sql).await.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_run_on_connections_of_their_own_and_change_nothing() {
    with_database(async |db| {
        let call = WebCall::new(true, Some(LONG), LONG);
        assert!(looks(db, &call).await.expect("a task").expect("an answer").is_none());
        let store = db.store.clone();
        let entry = r#"{"operation":"pause","permission":"p","options":{},"result":"ok","status":204}"#;
        let write = async move { store.insert_audit(entry, "default", "n").await };
        let refused = call.clone().scope(write).await.expect_err("a refusal");
        assert!(matches!(&refused, Error::Database { sqlstate, .. } if sqlstate == "25006"), "{refused}");
        assert_eq!(call.report().late, None);
        let change = WebCall::new(false, Some(LONG), LONG);
        let store = db.store.clone();
        change.clone().scope(async move { store.insert_audit(entry, "default", "n").await }).await.expect("a row");
        assert_eq!((change.report().statements, db.rows("SELECT id FROM eram_audit").await.len()), (1, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_takes_too_long_is_cancelled_and_named() {
    with_database(async |db| {
        let mut other = db.client().await;
        let lock = other.transaction().await.expect("a transaction");
        lock.batch_execute("LOCK TABLE eram_jobs").await.expect("a lock");
        let call = WebCall::new(true, Some(Duration::from_millis(50)), LONG);
        let late = looks(db, &call).await.expect("a task").expect_err("a limit");
        assert!(matches!(late, Error::Timeout(_)), "{late}");
        assert_eq!(call.report().late, Some("find_jobs"));
        lock.rollback().await.expect("a rollback");
        // The connection is as before.
        assert!(looks(db, &call).await.expect("a task").is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_beyond_the_connections_wait_for_a_while_and_the_engine_goes_on() {
    with_database(async |db| {
        let mut other = db.client().await;
        let lock = other.transaction().await.expect("a transaction");
        lock.batch_execute("LOCK TABLE eram_jobs").await.expect("a lock");
        let patient = WebCall::new(true, None, LONG);
        let three = [looks(db, &patient), looks(db, &patient), looks(db, &patient)];
        until("all connections are in use", async || sessions(db, "active").await == 3).await;
        let fourth = WebCall::new(true, None, Duration::from_millis(20));
        let busy = looks(db, &fourth).await.expect("a task").expect_err("no connection");
        assert!(matches!(busy, Error::Unavailable(_)) && fourth.report().busy, "{busy}");
        db.store.now().await.expect("an answer to the engine");
        lock.rollback().await.expect("a rollback");
        for one in three {
            assert!(one.await.expect("a task").is_ok());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_caller_has_gone_is_cancelled_on_the_server() {
    with_database(async |db| {
        let mut other = db.client().await;
        let lock = other.transaction().await.expect("a transaction");
        lock.batch_execute("LOCK TABLE eram_jobs").await.expect("a lock");
        let call = WebCall::new(true, None, LONG);
        let looking = looks(db, &call);
        until("the statement runs", async || sessions(db, "active").await == 1).await;
        call.leave();
        assert!(matches!(looking.await.expect("a task"), Err(Error::Timeout(_))));
        until("the server has stopped it", async || sessions(db, "active").await == 0).await;
        lock.rollback().await.expect("a rollback");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_are_closed() {
    with_database(async |db| {
        let before = db.store.connections();
        let call = WebCall::new(true, None, LONG);
        assert!(looks(db, &call).await.expect("a task").is_ok());
        assert_eq!(db.store.connections(), before + 1);
        until("it is closed", async || db.store.connections() == before).await;
    })
    .await;
}
