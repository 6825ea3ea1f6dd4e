//! Jobs that exceed their timeout, and threads that die, down to the rows.

use serde_json::{Value, json};

use crate::model::draft::Isolation;
use crate::model::outcome::Outcome;
use crate::queue::executor::{Directive, WorkerExit};
use crate::testing::{Act, Database, Node, Scripted, Taken, until, with_database};

/// A queue with one thread, whose jobs have little time to end after an abort.
async fn threaded(db: &Database, script: impl Fn(&Taken) -> Act + Send + Sync + 'static) -> (Node, Scripted) {
    let node = db.start(json!({ "queues": { "default": { "limit": 5, "abort_grace": 50 } } })).await;
    let thread = node.attach("default", Isolation::Thread, script);
    node.engine.open().await;
    (node, thread)
}

fn timed() -> Value {
    json!({ "worker": "Threaded", "timeout": 50, "args": { "n": 0 } })
}

fn neighbour() -> Value {
    json!({ "worker": "Threaded", "args": { "n": 1 } })
}

fn error(job: &Value) -> (String, String) {
    let text = |key: &str| job["errors"][0][key].as_str().unwrap_or_default().to_owned();
    (text("kind"), text("name"))
}

fn words(kind: &str, name: &str) -> (String, String) {
    (kind.to_owned(), name.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_stops_when_it_is_told_to_has_timed_out() {
    with_database(async |db| {
        let (node, thread) = threaded(db, Act::until_aborted).await;
        let id = db.insert_one(timed()).await;
        db.until_state(id, "retryable").await;
        let job = db.job(id).await;
        assert_eq!(error(&job), words("timeout", "TimeoutError"));
        assert_eq!(job["errors"][0]["message"], "Threaded: expected to end within 50 ms");
        let why = thread.taken()[0].aborted.borrow().clone();
        assert_eq!(why.as_deref(), Some("timeout"));
        assert_eq!(*node.directives.borrow(), []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_that_never_settles_is_given_up_and_its_thread_replaced() {
    with_database(async |db| {
        let (node, thread) = threaded(db, |_| Act::never()).await;
        let ids = db.insert(&[timed(), neighbour()]).await;
        let runs: Vec<u64> = thread.took(2).await.iter().map(|job| job.run).collect();
        db.until_state(ids[0], "retryable").await;
        assert_eq!(error(&db.job(ids[0]).await), words("timeout", "TimeoutError"));
        assert_eq!(node.directed(1).await, [Directive::Replace { slot: thread.slot }]);
        let new = node.attach("default", Isolation::Thread, |_| Act::done());
        let third = db.insert_one(neighbour()).await;
        new.took(1).await;
        db.until_state(third, "completed").await;
        // The other job of the old thread ends normally; then the old thread is terminated.
        thread.settle(runs[1], Outcome::done());
        db.until_state(ids[1], "completed").await;
        assert_eq!(node.directed(2).await[1], Directive::Terminate { slot: thread.slot });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_thread_is_ended_and_its_neighbours_lose_no_attempt() {
    with_database(async |db| {
        let script = |job: &Taken| if job.args["n"] == 0 { Act::Block } else { Act::never() };
        let (node, thread) = threaded(db, script).await;
        let innocent = db.insert_one(neighbour()).await;
        thread.took(1).await;
        let guilty = db.insert_one(timed()).await;
        assert_eq!(node.directed(1).await, [Directive::Terminate { slot: thread.slot }]);
        assert_eq!((db.state(guilty).await.as_str(), db.state(innocent).await.as_str()), ("executing", "executing"));
        thread.end();
        let death = WorkerExit { message: "terminated".to_owned(), run: None, last: None, code: None };
        node.engine.executor("default").expect("a queue").exited(thread.slot, &death);
        db.until_state(guilty, "retryable").await;
        assert_eq!(error(&db.job(guilty).await), words("timeout", "TimeoutError"));
        until("the neighbour is free", async || db.job(innocent).await["meta"] == json!({ "interrupted": 1 })).await;
        assert_eq!(db.job(innocent).await["errors"], json!([]));
        // The job runs on the next thread, and this attempt is its first.
        let new = node.attach("default", Isolation::Thread, |_| Act::done());
        assert_eq!(new.took(1).await[0].attempt, 1);
        db.until_state(innocent, "completed").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exit_with_a_known_cause_costs_only_the_crashed_run_an_attempt() {
    with_database(async |db| {
        let (node, thread) = threaded(db, |_| Act::never()).await;
        let ids = db.insert(&vec![neighbour(); 3]).await;
        let taken = thread.took(3).await;
        thread.end();
        let death = WorkerExit {
            message: "exit code 7".to_owned(),
            run: Some(taken[1].run),
            last: Some(taken[1].run),
            code: None,
        };
        node.engine.executor("default").expect("a queue").exited(thread.slot, &death);
        db.until_state(taken[1].id, "retryable").await;
        let crashed = db.job(taken[1].id).await;
        assert_eq!((&crashed["crashes"], error(&crashed)), (&json!(1), words("crash", "ThreadCrash")));
        assert_eq!(crashed["errors"][0]["message"], "exit code 7");
        until("the others are free", async || {
            db.count("attempt = 0 AND errors = '{}' AND state <> 'executing'").await == 2
        })
        .await;
        // One job had begun, the other had not.
        assert_eq!(db.job(taken[0].id).await["meta"], json!({ "interrupted": 1 }));
        assert_eq!(db.job(taken[2].id).await["meta"], json!({}));
        assert_eq!(ids.len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreported_exit_fails_every_job_that_was_there() {
    with_database(async |db| {
        let (_node, thread) = threaded(db, |_| Act::never()).await;
        let ids = db.insert(&vec![neighbour(); 2]).await;
        thread.took(2).await;
        thread.end();
        for id in ids {
            db.until_state(id, "retryable").await;
            let job = db.job(id).await;
            assert_eq!((&job["crashes"], error(&job)), (&json!(1), words("crash", "ThreadCrash")));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_crashes_with_its_last_attempt_is_discarded() {
    with_database(async |db| {
        let mut job = neighbour();
        job["max_attempts"] = json!(1);
        let (_node, thread) = threaded(db, |_| Act::never()).await;
        let id = db.insert_one(job).await;
        thread.took(1).await;
        thread.end();
        db.until_state(id, "discarded").await;
        assert_eq!(db.job(id).await["crashes"], json!(1));
    })
    .await;
}
