//! Unique jobs: who conflicts with whom, and what a conflict does.

use serde_json::{Value, json};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::testing::{Database, until, with_database};

/// A unique draft: without a time limit, by its args, in every state but the last three. A number stands for args that hold it.
fn unique(args: &Value) -> Value {
    let args = if args.is_object() { args.clone() } else { json!({ "value": args }) };
    json!({ "worker": "Sample", "args": args, "unique": { "period": "infinity", "fields": ["worker", "args"] } })
}

fn with(mut draft: Value, key: &str, value: Value) -> Value {
    draft[key] = value;
    draft
}

/// Calls the function that every library calls; an answer for each draft.
async fn enqueue(client: &Client, drafts: &Value) -> Vec<Value> {
    let row = client.query_one("SELECT eram_enqueue($1)", &[&drafts.to_string()]).await.expect("an answer");
    serde_json::from_str(row.get(0)).expect("JSON")
}

/// As [`enqueue`], in a task of its own, which has begun to wait for another transaction when this returns.
async fn enqueue_waiting(db: &Database, drafts: Value) -> tokio::task::JoinHandle<Vec<Value>> {
    let client = db.client().await;
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.expect("a row").get(0);
    let task = tokio::spawn(async move { enqueue(&client, &drafts).await });
    until("it waits for a lock", async || {
        db.value(&format!("SELECT cardinality(pg_blocking_pids({pid}))")).await != json!(0)
    })
    .await;
    task
}

#[tokio::test]
async fn when_the_first_transaction_rolls_back_the_second_inserts() {
    with_database(async |db| {
        let mut client = db.client().await;
        let draft = unique(&json!({ "a": 1 }));
        for commits in [false, true] {
            let tx = client.transaction().await.expect("a transaction");
            let first: String =
                tx.query_one("SELECT eram_enqueue($1)", &[&draft.to_string()]).await.expect("an answer").get(0);
            let first: Value = serde_json::from_str(&first).expect("JSON");
            assert_eq!(first[0]["conflict"], json!(commits), "{first}");
            if commits {
                tx.commit().await.expect("a commit");
                continue;
            }
            let second = enqueue_waiting(db, draft.clone()).await;
            tx.rollback().await.expect("a rollback");
            let second = second.await.expect("the second");
            assert_eq!(second[0]["conflict"], json!(false));
            assert_ne!(second[0]["id"], first[0]["id"]);
        }
        assert_eq!(db.count("true").await, 1);
    })
    .await;
}

#[tokio::test]
async fn when_the_first_transaction_commits_the_second_is_shown_its_job() {
    with_database(async |db| {
        let mut client = db.client().await;
        let draft = unique(&json!({ "a": 1 }));
        let tx = client.transaction().await.expect("a transaction");
        tx.query_one("SELECT eram_enqueue($1)", &[&draft.to_string()]).await.expect("an answer");
        let second = enqueue_waiting(db, draft).await;
        tx.commit().await.expect("a commit");
        let second = second.await.expect("the second");
        assert_eq!(second[0]["conflict"], json!(true));
        assert_eq!(second[0]["existing"]["id"], second[0]["id"]);
        assert_eq!(second[0]["existing"]["args"], json!({ "a": 1 }));
        assert_eq!(second[0]["existing"].get("unique_slot"), None);
        assert_eq!(db.count("true").await, 1);
    })
    .await;
}

#[tokio::test]
async fn duplicates_within_a_call_conflict_with_the_first_of_them() {
    with_database(async |db| {
        let client = db.client().await;
        let plain = json!({ "worker": "Sample" });
        let (one, two) = (unique(&json!(1)), unique(&json!(2)));
        let got = enqueue(&client, &json!([one, plain, two, one, plain, two])).await;
        let conflicts: Vec<&Value> = got.iter().map(|job| &job["conflict"]).collect();
        assert_eq!(conflicts, [&json!(false), &json!(false), &json!(false), &json!(true), &json!(false), &json!(true)]);
        assert_eq!((&got[3]["id"], &got[5]["id"]), (&got[0]["id"], &got[2]["id"]));
        assert_eq!(db.count("true").await, 4);
    })
    .await;
}

#[tokio::test]
async fn callers_with_the_same_keys_in_another_order_do_not_deadlock() {
    with_database(async |db| {
        let keys: Vec<Value> = (0..40).map(|n| unique(&json!(n))).collect();
        let backwards: Vec<Value> = keys.iter().rev().cloned().collect();
        let callers = [&keys, &backwards, &keys, &backwards].map(|drafts| async move {
            let client = db.client().await;
            enqueue(&client, &json!(drafts)).await
        });
        let got = futures_util::future::join_all(callers).await;
        let inserted = got.iter().flatten().filter(|job| job["conflict"] == json!(false)).count();
        assert_eq!(inserted, 40);
        assert_eq!(db.count("true").await, 40);
    })
    .await;
}

#[tokio::test]
async fn values_that_are_equal_as_json_are_the_same_job() {
    with_database(async |db| {
        let client = db.client().await;
        for (args, conflict) in [
            (r#"{"a": 1, "b": [1, {"x": null}]}"#, false),
            (r#"{"b": [1.0, {"x": null}], "a": 1e0}"#, true),
            (r#"{"a": "1", "b": [1, {"x": null}]}"#, false),
            (r#"{"a": 1, "b": [{"x": null}, 1]}"#, false),
            (r#"{"a": 1, "b": [1, {"x": null}], "c": null}"#, false),
        ] {
            let args: Value = serde_json::from_str(args).expect("JSON");
            let got = enqueue(&client, &unique(&args)).await;
            assert_eq!(got[0]["conflict"], json!(conflict), "{args}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_job_that_left_its_unique_states_makes_room() {
    with_database(async |db| {
        let client = db.client().await;
        let draft = unique(&json!(1));
        let first = enqueue(&client, &draft).await[0]["id"].as_i64().expect("an id");
        for (state, conflict) in [("executing", true), ("completed", true), ("discarded", false)] {
            db.run(&format!("UPDATE eram_jobs SET state = '{state}' WHERE id = {first}")).await;
            assert_eq!(enqueue(&client, &draft).await[0]["conflict"], json!(conflict), "{state}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_conflict_replaces_what_it_was_told_to() {
    with_database(async |db| {
        let client = db.client().await;
        let rule = |replace: Value| json!({ "period": "infinity", "fields": ["worker"], "replace": replace });
        let first = json!({ "worker": "Sample", "args": { "value": 1 }, "priority": 5, "unique": rule(json!([])) });
        let id = enqueue(&client, &first).await[0]["id"].as_i64().expect("an id");
        for (replace, args, priority) in [
            (json!(["args"]), 2, 5),
            (json!({ "scheduled": ["priority"] }), 2, 5),
            (json!({ "available": ["args", "priority"] }), 2, 1),
        ] {
            let draft =
                json!({ "worker": "Sample", "args": { "value": 2 }, "priority": 1, "unique": rule(replace.clone()) });
            let got = enqueue(&client, &draft).await;
            assert_eq!(got[0]["conflict"], json!(true));
            let job = db.job(id).await;
            assert_eq!((&job["args"], &job["priority"]), (&json!({ "value": args }), &json!(priority)), "{replace}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_job_that_is_claimed_while_it_is_to_be_replaced_is_still_shown() {
    with_database(async |db| {
        let mut other = db.client().await;
        let draft = unique(&json!(1));
        let id = db.insert_one(draft.clone()).await;
        let claim = other.transaction().await.expect("a transaction");
        claim.execute("SELECT FROM eram_jobs FOR UPDATE", &[]).await.expect("a locked job");
        let rule =
            json!({ "period": "infinity", "fields": ["worker", "args"], "replace": { "available": ["priority"] } });
        let second = with(with(draft, "unique", rule), "priority", json!(9));
        let second = enqueue_waiting(db, second).await;
        claim.execute("UPDATE eram_jobs SET state = 'executing', attempt = 1", &[]).await.expect("a claim");
        claim.commit().await.expect("a commit");
        let second = second.await.expect("the second");
        assert_eq!((&second[0]["id"], &second[0]["conflict"]), (&json!(id), &json!(true)));
        assert_eq!(second[0]["state"], "executing");
        assert_eq!(db.job(id).await["priority"], json!(0));
    })
    .await;
}

#[tokio::test]
async fn a_repeatable_read_caller_gets_an_error_for_a_job_that_it_cannot_see() {
    with_database(async |db| {
        let mut client = db.client().await;
        let draft = unique(&json!(1));
        let tx = client
            .build_transaction()
            .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
            .start()
            .await
            .expect("a transaction");
        tx.query_one("SELECT count(*) FROM eram_jobs", &[]).await.expect("a snapshot");
        db.insert_one(draft.clone()).await;
        let error = tx.query_one("SELECT eram_enqueue($1)", &[&draft.to_string()]).await.expect_err("a collision");
        assert_eq!(error.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE));
        tx.rollback().await.expect("a rollback");
        assert_eq!(db.count("true").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_period_makes_room_again() {
    with_database(async |db| {
        let client = db.client().await;
        let at = |text: &str| {
            json!({
                "worker": "Sample", "scheduled_at": text,
                "unique": { "period": 60, "timestamp": "scheduled_at", "fields": ["worker"] },
            })
        };
        for (text, conflict) in [
            ("2100-01-01T00:00:00Z", false),
            ("2100-01-01T00:00:59Z", true),
            ("2100-01-01T00:01:00Z", false),
            ("2099-12-31T23:59:59Z", false),
        ] {
            assert_eq!(enqueue(&client, &at(text)).await[0]["conflict"], json!(conflict), "{text}");
        }
    })
    .await;
}
