//! The one door through which jobs come in.

use serde_json::{Value, json};

use crate::store::migrate;
use crate::testing::with_database;

#[tokio::test]
async fn a_draft_becomes_a_job_with_the_defaults() {
    with_database(async |db| {
        let id = db.insert_one(json!({ "worker": "Sample" })).await;
        let job = db.job(id).await;
        for (column, value) in [
            ("state", json!("available")),
            ("queue", json!("default")),
            ("args", json!({})),
            ("meta", json!({})),
            ("tags", json!([])),
            ("errors", json!([])),
            ("priority", json!(0)),
            ("attempt", json!(0)),
            ("max_attempts", json!(20)),
            ("timeout", Value::Null),
            ("backoff", Value::Null),
        ] {
            assert_eq!(job[column], value, "{column}");
        }
    })
    .await;
}

#[tokio::test]
async fn jobs_are_told_of_in_the_order_of_their_drafts() {
    with_database(async |db| {
        let drafts: Vec<Value> = (0..50)
            .map(|n| match n % 3 {
                0 => json!({ "worker": "Sample", "args": n }),
                1 => json!({ "worker": "Sample", "args": n, "unique": true }),
                _ => json!({ "worker": "Sample", "args": n, "schedule_in": 60 }),
            })
            .collect();
        for (n, id) in db.insert(&drafts).await.into_iter().enumerate() {
            assert_eq!(db.job(id).await["args"], json!(n));
        }
    })
    .await;
}

#[tokio::test]
async fn a_due_time_makes_a_job_scheduled_even_when_it_is_past() {
    with_database(async |db| {
        for (when, state) in [
            (json!({}), "available"),
            (json!({ "schedule_in": 0 }), "scheduled"),
            (json!({ "schedule_in": 60 }), "scheduled"),
            (json!({ "scheduled_at": "2020-01-01T00:00:00Z" }), "scheduled"),
            (json!({ "state": "suspended" }), "suspended"),
            (json!({ "state": "available", "scheduled_at": "2020-01-01T00:00:00Z" }), "available"),
        ] {
            let mut draft = json!({ "worker": "Sample" });
            draft.as_object_mut().expect("an object").extend(when.as_object().expect("an object").clone());
            let id = db.insert_one(draft).await;
            assert_eq!(db.state(id).await, state, "{when}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_draft_that_does_not_fit_is_refused_with_its_place() {
    with_database(async |db| {
        let client = db.client().await;
        for (draft, message) in [
            (json!(1), "jobs[1].expected an object, got 1"),
            (json!({}), "jobs[1].worker: expected a name of 1 to 127 characters, got null"),
            (json!({ "worker": "W", "quue": 1, "x": 2 }), "jobs[1].unknown key x, quue"),
            (json!({ "worker": "W", "queue": "" }), "jobs[1].queue: expected a name of 1 to 127 characters, got \"\""),
            (json!({ "worker": "W", "priority": 10 }), "jobs[1].priority: expected an integer from 0 to 9, got 10"),
            (json!({ "worker": "W", "max_attempts": 0 }), "jobs[1].max_attempts: expected a positive integer, got 0"),
            (json!({ "worker": "W", "tags": [1] }), "jobs[1].tags: expected an array of strings, got [1]"),
            (json!({ "worker": "W", "meta": [] }), "jobs[1].meta: expected an object, got []"),
            (
                json!({ "worker": "W", "schedule_in": -1 }),
                "jobs[1].schedule_in: expected seconds from 0 to 3155760000, got -1",
            ),
            (
                json!({ "worker": "W", "schedule_in": 1, "scheduled_at": "2100-01-01T00:00:00Z" }),
                "jobs[1].schedule_in: expected only one of schedule_in and scheduled_at, got both",
            ),
            (
                json!({ "worker": "W", "state": "executing" }),
                "jobs[1].state: expected available, scheduled or suspended, got \"executing\"",
            ),
            (json!({ "worker": "W", "timeout": 0 }), "jobs[1].timeout: expected positive milliseconds, got 0"),
            (json!({ "worker": "W", "unique": 1 }), "jobs[1].unique: expected true or an object, got 1"),
            (
                json!({ "worker": "W", "unique": { "states": ["available", "executing"] } }),
                "jobs[1].unique.states: expected scheduled, available and executing among them, got [\"available\", \"executing\"]",
            ),
        ] {
            let drafts = json!([{ "worker": "Sample" }, draft]).to_string();
            let error = client.query_one("SELECT eram_enqueue($1)", &[&drafts]).await.expect_err("a refusal");
            assert_eq!(error.as_db_error().expect("of the server").message(), format!("eram: {message}"));
        }
        assert_eq!(db.count("true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn search_indexes_are_made_once_and_a_broken_one_is_made_anew() {
    with_database(async |db| {
        let client = db.client().await;
        db.insert(&[json!({ "worker": "Sample", "args": { "a": 1 } }), json!({ "worker": "Sample" })]).await;
        // What an interrupted CREATE INDEX CONCURRENTLY leaves behind.
        let broken = "CREATE UNIQUE INDEX CONCURRENTLY eram_jobs_args_index ON eram_jobs ((1))";
        client.batch_execute(broken).await.expect_err("two rows of one value");
        let made = migrate::create_search_indexes(&client, &db.prefix).await.expect("indexes");
        assert_eq!(made, ["eram_jobs_args_index", "eram_jobs_meta_index"]);
        assert_eq!(migrate::create_search_indexes(&client, &db.prefix).await.expect("indexes"), Vec::<String>::new());
        let definitions = db
            .rows(
                "SELECT c.relname, i.indisvalid AS valid, pg_get_indexdef(i.indexrelid) AS definition
                 FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
                 WHERE i.indrelid = 'eram_jobs'::regclass AND c.relname ~ '(args|meta)_index$' ORDER BY 1",
            )
            .await;
        assert_eq!(definitions.len(), 2);
        for index in definitions {
            assert_eq!(index["valid"], json!(true));
            assert!(index["definition"].as_str().expect("a text").contains("jsonb_path_ops"), "{index}");
        }
        let plan = client
            .simple_query("SET enable_seqscan = off; EXPLAIN SELECT id FROM eram_jobs WHERE args @> '{\"a\":1}'")
            .await
            .expect("a plan");
        assert!(format!("{plan:?}").contains("eram_jobs_args_index"), "{plan:?}");
    })
    .await;
}
