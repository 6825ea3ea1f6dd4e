//! What outcomes do to rows, and that no outcome overwrites another.

mod held;
mod refused;
mod transacted;

use serde_json::{Value, json};

use crate::model::outcome::{ErrorEntry, Kind, Outcome};
use crate::testing::{Act, Database, Node, Scripted, draft, drafts, failed, until, with_database};

/// The columns that an ack writes.
async fn row(db: &Database, id: i64) -> Value {
    let job = db.job(id).await;
    let kinds: Vec<&Value> = job["errors"].as_array().expect("errors").iter().map(|error| &error["kind"]).collect();
    let stamps = ["completed_at", "discarded_at", "cancelled_at"];
    let stamps: Vec<&str> = stamps.into_iter().filter(|stamp| !job[stamp].is_null()).collect();
    json!({
        "state": job["state"], "attempt": job["attempt"], "result": job["result"], "meta": job["meta"],
        "errors": kinds, "stamps": stamps, "crashes": job["crashes"],
    })
}

fn outcome(n: i64) -> Outcome {
    match n {
        0 => Outcome::done(),
        1 => Outcome::Completed { result: Some(r#"{"sent": true}"#.to_owned()), result_error: None },
        2 => Outcome::Completed { result: Some("\"a\\u0000\\ud800\"".to_owned()), result_error: None },
        3 => Outcome::Completed { result: None, result_error: Some("a cycle".to_owned()) },
        4 => failed(),
        5 => Outcome::Failed { error: ErrorEntry::new(Kind::Error, "E", "a\0b"), delay: Some(1e300) },
        6 => Outcome::Cancelled { reason: "enough".to_owned() },
        7 => Outcome::Discarded { reason: "hopeless".to_owned(), error: None },
        8 => Outcome::Snoozed { seconds: 60.0 },
        9 => Outcome::Crashed { reason: "exit code 1".to_owned(), code: None, alone: false },
        other => panic!("no outcome {other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_outcome_is_written_even_when_all_come_at_once() {
    with_database(async |db| {
        let wanted = [
            json!({ "state": "completed", "stamps": ["completed_at"] }),
            json!({ "state": "completed", "stamps": ["completed_at"], "result": { "sent": true } }),
            json!({ "state": "completed", "stamps": ["completed_at"], "result": "a\u{fffd}\u{fffd}" }),
            json!({ "state": "completed", "stamps": ["completed_at"], "meta": { "result_error": "a cycle" } }),
            json!({ "state": "retryable", "errors": ["error"] }),
            json!({ "state": "retryable", "errors": ["error"] }),
            json!({ "state": "cancelled", "errors": ["cancelled"], "stamps": ["cancelled_at"] }),
            json!({ "state": "discarded", "errors": ["discarded"], "stamps": ["discarded_at"] }),
            json!({ "state": "scheduled", "attempt": 0, "meta": { "snoozed": 1 } }),
            json!({ "state": "retryable", "errors": ["crash"], "crashes": 1 }),
        ];
        let all: Vec<Value> = (0..500).map(|n| json!({ "worker": "Sample", "args": { "n": n % 10 } })).collect();
        let ids = db.insert(&all).await;
        let (_node, _main) =
            db.working(json!(100), |job| Act::Settle(outcome(job.args["n"].as_i64().expect("a number")))).await;
        until("all are acked", async || db.count("state IN ('available', 'executing')").await == 0).await;
        for (n, id) in ids.into_iter().enumerate().take(20) {
            let mut expected = json!({
                "attempt": 1, "result": null, "meta": {}, "errors": [], "stamps": [], "crashes": 0,
            });
            expected.as_object_mut().expect("an object").extend(wanted[n % 10].as_object().expect("an object").clone());
            assert_eq!(row(db, id).await, expected, "outcome {}", n % 10);
        }
        for (state, count) in
            [("completed", 200), ("retryable", 150), ("cancelled", 50), ("discarded", 50), ("scheduled", 50)]
        {
            assert_eq!(db.count(&format!("state = '{state}'")).await, count, "{state}");
        }
        assert_eq!(db.count("state IN ('retryable', 'scheduled') AND scheduled_at <= now()").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_attempt_that_fails_is_discarded_and_twenty_errors_are_kept() {
    with_database(async |db| {
        let id = db.insert_one(json!({ "worker": "Sample", "max_attempts": 25 })).await;
        let (node, _main) = db
            .working(json!(1), |_| {
                Act::Settle(Outcome::Failed { error: ErrorEntry::new(Kind::Error, "E", "m"), delay: Some(0.0) })
            })
            .await;
        db.until_state(id, "discarded").await;
        let job = db.job(id).await;
        let attempts: Vec<i64> = job["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|error| error["attempt"].as_i64().expect("a number"))
            .collect();
        assert_eq!(attempts, (6..=25).collect::<Vec<_>>());
        let events = node.wait_for_events("job:exception", 25).await;
        assert_eq!((&events[23]["state"], &events[24]["state"]), (&json!("failure"), &json!("discard")));
    })
    .await;
}

/// A job that runs until the test settles it.
async fn running(db: &Database) -> (Node, Scripted, i64, u64) {
    let (node, main) = db.working(json!(1), |_| Act::never()).await;
    let id = db.insert_one(draft()).await;
    let run = main.took(1).await[0].run;
    (node, main, id, run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ack_that_comes_too_late_changes_nothing_and_says_so() {
    let rescued = "UPDATE eram_jobs SET state = 'available', priority = 9, worker = 'Unknown'";
    let claimed_anew = "UPDATE eram_jobs SET attempt = 2, attempted_at = now(), worker = 'Unknown'";
    let by_another = "UPDATE eram_jobs SET attempt = 2, attempted_by = ARRAY['other', gen_random_uuid()::text]";
    for meanwhile in [rescued, claimed_anew, by_another] {
        for outcome in [Outcome::done(), failed(), Outcome::Snoozed { seconds: 1.0 }] {
            with_database(async |db| {
                let (node, main, id, run) = running(db).await;
                db.run(meanwhile).await;
                let before = db.job(id).await;
                main.settle(run, outcome.clone());
                let lost = node.wait_for_events("job:lost", 1).await;
                assert_eq!(lost[0]["job"]["id"], json!(id));
                assert_eq!(db.job(id).await, before);
                assert_eq!([node.events("job:stop"), node.events("job:exception")].concat(), [Value::Null; 0]);
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_that_was_asked_for_wins_over_whatever_would_run_the_job_again() {
    for (outcome, state) in [
        (failed(), "cancelled"),
        (Outcome::Snoozed { seconds: 1.0 }, "cancelled"),
        (Outcome::Released { begun: true }, "cancelled"),
        (Outcome::done(), "completed"),
        (Outcome::Discarded { reason: String::new(), error: None }, "discarded"),
    ] {
        with_database(async |db| {
            let (node, main, id, run) = running(db).await;
            // No notification arrives, so the ack has to read the request from the row.
            db.run("UPDATE eram_jobs SET cancel_requested_at = now()").await;
            main.settle(run, outcome);
            db.until_state(id, state).await;
            assert_eq!(db.job(id).await["cancelled_at"].is_null(), state != "cancelled");
            until("it is told", async || {
                !node.events("job:stop").is_empty() || !node.events("job:exception").is_empty()
            })
            .await;
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_refuses_holds_up_neither_its_neighbours_nor_its_own_job() {
    with_database(async |db| {
        db.run(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN IF NEW.result = '13' THEN RAISE 'unlucky' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
             CREATE TRIGGER refuse BEFORE UPDATE ON eram_jobs FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        .await;
        let ids = db.insert(&drafts(20)).await;
        let (_node, _main) = db.working(json!(20), |job| Act::result(&job.args["n"].to_string())).await;
        until("all are completed", async || db.count("state = 'completed'").await == 20).await;
        assert_eq!(db.job(ids[12]).await["result"], json!(12));
        assert_eq!(db.job(ids[13]).await["result"], Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_follow_the_commit_that_they_report() {
    with_database(async |db| {
        let (node, main, id, run) = running(db).await;
        let mut blocker = db.client().await;
        let lock = blocker.transaction().await.expect("a transaction");
        lock.execute("SELECT FROM eram_jobs FOR UPDATE", &[]).await.expect("a locked job");
        main.settle(run, Outcome::done());
        let waits = format!(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE '{}%' AND wait_event_type = 'Lock')",
            db.prefix
        );
        until("the ack waits", async || db.value(&waits).await == json!(true)).await;
        assert_eq!(node.events("job:stop"), [Value::Null; 0]);
        lock.commit().await.expect("a commit");
        let events = node.wait_for_events("job:stop", 1).await;
        assert_eq!((&events[0]["job"]["id"], &events[0]["state"]), (&json!(id), &json!("success")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_that_pile_up_share_a_statement() {
    with_database(async |db| {
        db.insert(&drafts(1000)).await;
        let (_node, main) = db.working(json!(1000), |_| Act::never()).await;
        let runs: Vec<u64> = main.took(1000).await.iter().map(|job| job.run).collect();
        let mut blocker = db.client().await;
        let lock = blocker.transaction().await.expect("a transaction");
        lock.execute("SELECT FROM eram_jobs FOR UPDATE", &[]).await.expect("locked jobs");
        for run in runs {
            main.settle(run, Outcome::done());
        }
        lock.commit().await.expect("a commit");
        until("all are completed", async || db.count("state = 'completed'").await == 1000).await;
        let transactions = db.value("SELECT count(DISTINCT xmin::text) FROM eram_jobs").await;
        assert!(transactions.as_i64() < Some(50), "{transactions} transactions for 1000 acks");
    })
    .await;
}
