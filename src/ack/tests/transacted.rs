//! Outcomes that the job's own transaction writes as its last statement.

use serde_json::{Value, json};

use super::running;
use crate::model::outcome::Outcome;
use crate::testing::{Database, failed, until, with_database};

async fn settle(db: &Database, text: &str) -> Value {
    db.value(&format!("SELECT eram_ack_job('{}')", text.replace('\'', "''"))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_transaction_wrote_is_reported_once_after_the_commit() {
    let sent = Outcome::Completed { result: Some(r#"{"sent":"it's \ud800"}"#.to_owned()), result_error: None };
    for (outcome, state, reported) in [
        (Outcome::done(), "completed", "success"),
        (sent, "completed", "success"),
        (Outcome::Snoozed { seconds: 60.0 }, "scheduled", "snoozed"),
        (Outcome::Cancelled { reason: "enough".to_owned() }, "cancelled", "cancelled"),
        (Outcome::Discarded { reason: "hopeless".to_owned(), error: None }, "discarded", "discard"),
    ] {
        with_database(async |db| {
            let (node, main, id, run) = running(db).await;
            let text = main.prepare_ack(run, outcome).expect("a settlement");
            assert_eq!(settle(db, &text).await, json!(state));
            let written = db.job(id).await;
            assert_eq!(node.events("job:stop"), [Value::Null; 0]);
            main.committed(run);
            let events = node.wait_for_events("job:stop", 1).await;
            assert_eq!((&events[0]["state"], &events[0]["job"]["state"]), (&json!(reported), &json!(state)));
            assert_eq!(db.job(id).await, written, "it is not written twice");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_is_found_in_the_row() {
    for committed in [true, false] {
        with_database(async |db| {
            let (node, main, id, run) = running(db).await;
            let text = main.prepare_ack(run, Outcome::done()).expect("a settlement");
            let mut client = db.client().await;
            let transaction = client.transaction().await.expect("a transaction");
            transaction.execute("SELECT eram_ack_job($1)", &[&text]).await.expect("a settled job");
            // The thread knows only that its connection broke.
            main.settle(run, failed());
            if committed {
                transaction.commit().await.expect("a commit");
                let events = node.wait_for_events("job:stop", 1).await;
                assert_eq!((&events[0]["state"], db.state(id).await.as_str()), (&json!("success"), "completed"));
                assert_eq!(node.events("job:exception"), [Value::Null; 0]);
            } else {
                transaction.rollback().await.expect("a rollback");
                node.wait_for_events("job:exception", 1).await;
                assert_eq!(db.state(id).await, "retryable");
                assert_eq!(node.events("job:stop"), [Value::Null; 0]);
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_false_report_of_a_commit_costs_no_job() {
    with_database(async |db| {
        let (node, main, id, run) = running(db).await;
        main.prepare_ack(run, Outcome::done()).expect("a settlement");
        main.committed(run);
        db.until_state(id, "completed").await;
        node.wait_for_events("job:stop", 1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_whose_claim_was_lost_fails() {
    with_database(async |db| {
        let (node, main, id, run) = running(db).await;
        let text = main.prepare_ack(run, Outcome::done()).expect("a settlement");
        db.run("UPDATE eram_jobs SET attempt = 2, attempted_at = clock_timestamp()").await;
        let before = db.job(id).await;
        assert_eq!(settle(db, &text).await, json!("lost"));
        main.settle(run, failed());
        node.wait_for_events("job:lost", 1).await;
        assert_eq!(db.job(id).await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_given_up_gets_no_settlement() {
    with_database(async |db| {
        let (_node, main, id, run) = running(db).await;
        main.settle(run, failed());
        db.until_state(id, "retryable").await;
        until("it has left", async || main.prepare_ack(run, Outcome::done()).is_none()).await;
        assert_eq!(main.prepare_ack(run + 1000, Outcome::done()), None);
    })
    .await;
}
