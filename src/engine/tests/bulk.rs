//! Actions on all jobs of a search, revisions of jobs, and suggestions.

use serde_json::{Value, json};

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::testing::{Database, with_database};

async fn ask(engine: &Engine, action: &str, options: Value) -> Result<Value> {
    engine.jobs(action, &options.to_string()).await.map(|text| serde_json::from_str(&text).expect("JSON"))
}

async fn fill(db: &Database, jobs: i64) {
    db.run(&format!(
        "INSERT INTO eram_jobs (worker, queue, state) SELECT CASE n % 3 WHEN 0 THEN 'Mail' ELSE 'Other' END, 'a',
         (CASE n % 10 WHEN 0 THEN 'completed' WHEN 1 THEN 'executing' ELSE 'discarded' END)::eram_job_state FROM generate_series(1, {jobs}) AS n"
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_says_on_how_many_jobs_chunks_then_act_and_newer_jobs_are_left_alone() {
    with_database(async |db| {
        let node = db.start(json!({ "peer": false })).await;
        fill(db, 5_000).await;
        let what = json!({ "action": "retry", "text": "queue:a" });
        let preview = ask(&node.engine, "preview", what).await.expect("a preview");
        assert_eq!((&preview["jobs"], &preview["exact"], &preview["max_id"]), (&json!(4_500), &json!(true), &json!(5_000)));
        assert_eq!(preview["states"], json!({ "completed": 500, "discarded": 4_000 }));
        assert_eq!(preview["skipped"], json!({ "executing": 500 }));
        assert_eq!(preview["workers"], json!([{ "worker": "Other", "jobs": 3_000 }, { "worker": "Mail", "jobs": 1_500 }]));
        fill(db, 100).await;
        let (mut after, mut chunks, mut done) = (json!(0), 0, 0);
        while !after.is_null() {
            let options = json!({ "action": "retry", "text": "queue:a", "max_id": preview["max_id"], "after": after, "limit": 2_000 });
            let chunk = ask(&node.engine, "bulk", options).await.expect("a chunk");
            done += chunk["jobs"].as_array().expect("jobs").len();
            chunks += 1;
            after = chunk["next"].clone();
        }
        assert_eq!((chunks, done), (3, 4_500));
        assert_eq!(db.count("state = 'available'").await, 4_500);
        assert_eq!(db.count("state = 'discarded'").await, 80);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_are_refused_are_named_and_do_not_end_a_bulk_action() {
    with_database(async |db| {
        let node = db.start(json!({ "peer": false })).await;
        fill(db, 30).await;
        db.run(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
             CREATE TRIGGER refuse BEFORE UPDATE ON eram_jobs FOR EACH ROW WHEN (OLD.id IN (2, 3)) EXECUTE FUNCTION refuse()",
        )
        .await;
        // The first chunk is refused altogether.
        let what = json!({ "action": "retry", "text": "state:discarded", "max_id": 30, "limit": 2 });
        let chunk = ask(&node.engine, "bulk", what).await.expect("a chunk");
        assert_eq!(chunk["next"], json!(3));
        let refused: Vec<_> =
            chunk["jobs"].as_array().expect("jobs").iter().map(|it| (&it["id"], &it["refused"]["code"])).collect();
        let mut ids: Vec<_> = refused.iter().map(|(id, _)| id.as_i64()).collect();
        ids.sort_unstable();
        assert_eq!(ids, [Some(2), Some(3)]);
        assert!(refused.iter().all(|(_, code)| **code == json!("ERAM_DATABASE")), "{chunk}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_action_that_means_all_jobs_or_nothing_that_is_known_is_refused() {
    with_database(async |db| {
        let node = db.start(json!({ "peer": false })).await;
        for (action, options, message) in [
            (
                "preview",
                json!({ "action": "retry", "text": "  " }),
                "expected a search that means some jobs, got one that means all",
            ),
            ("bulk", json!({ "action": "delete", "text": "", "max_id": 1 }), "expected a search that means some jobs"),
            (
                "bulk",
                json!({ "action": "delete", "text": "queue:a" }),
                "jobs.bulk.max_id: expected the id up to which to act",
            ),
            (
                "bulk",
                json!({ "action": "purge", "text": "queue:a", "max_id": 1 }),
                "expected \"cancel\", \"retry\", \"delete\" or \"update\", got \"purge\"",
            ),
            ("bulk", json!({ "action": "delete", "text": "queue:a", "max_id": 1, "limit": 2_001 }), "jobs.bulk.limit"),
            (
                "preview",
                json!({ "action": "retry", "text": "state:lost" }),
                "jobs.preview: \"lost\" (character 7): expected one of suspended",
            ),
        ] {
            let error = ask(&node.engine, action, options.clone()).await.expect_err("a refusal").to_string();
            assert!(error.contains(message), "{options}: {error}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_with_a_revision_leaves_a_job_alone_that_has_changed() {
    with_database(async |db| {
        let node = db.start(json!({ "peer": false })).await;
        let id = db.insert_one(json!({ "worker": "Sample" })).await;
        let update = async |revision: &Value| {
            let options = json!({ "filter": { "ids": [id] }, "patch": { "priority": 3 }, "revision": revision });
            ask(&node.engine, "update", options).await
        };
        let revision =
            async || ask(&node.engine, "find", json!({ "id": id })).await.expect("a job")["revision"].clone();
        let first = revision().await;
        assert_eq!(update(&first).await.expect("an update")[0]["id"], json!(id));
        assert!(first != revision().await);
        let stale = update(&first).await.expect_err("a refusal");
        assert!(matches!(&stale, Error::Changed(text) if text.contains("available")), "{stale}");
        assert_eq!(stale.code(), "ERAM_CHANGED");
        let second = revision().await;
        db.run("UPDATE eram_jobs SET state = 'executing'").await;
        let claimed = update(&second).await.expect_err("a refusal");
        assert!(claimed.to_string().ends_with("has changed since and is executing"), "{claimed}");
        db.run("DELETE FROM eram_jobs").await;
        assert!(matches!(update(&second).await, Err(Error::NotFound(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suggestions_come_from_jobs_that_meet_the_other_terms() {
    with_database(async |db| {
        let node = db.start(json!({ "peer": false })).await;
        db.run(
            r#"INSERT INTO eram_jobs (worker, queue, tags, args) VALUES
               ('Mail', 'emails', '{vip}', '{"user_id": 1}'), ('Sync', 'crm', '{}', '{"account": {"id": "7"}}'),
               ('Huge', 'emails', '{}', jsonb_build_object('text', (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 300) AS n)))"#,
        )
        .await;
        let values = async |text: &str| {
            let found = ask(&node.engine, "suggest", json!({ "text": text })).await.expect("suggestions");
            let items: Vec<String> =
                found["items"].as_array().expect("items").iter().map(|it| it["value"].as_str().expect("a text").to_owned()).collect();
            (items.join(" "), found["from"].clone(), found["sampled"].clone())
        };
        assert_eq!(values("args.").await, ("args.account. args.user_id:".to_owned(), json!(0), json!(3)));
        assert_eq!(values("worker:Mail args.").await, ("args.user_id:".to_owned(), json!(12), json!(1)));
        assert_eq!(values("args.account.id:").await.0, "\"7\"");
        assert_eq!(values("queue:").await.0, "emails crm");
        assert_eq!(values("tag:").await.0, "vip");
        assert_eq!(values("state:exec").await.0, "executing");
        // The other term cannot be read yet, so all jobs count.
        assert_eq!(values("state:\" queue:").await.0, "");
        assert_eq!(values("states:x tag:").await.0, "vip");
        let error = ask(&node.engine, "suggest", json!({ "text": "a", "caret": 2 })).await.expect_err("a refusal");
        assert!(error.to_string().starts_with("jobs.suggest.caret: expected"), "{error}");
    })
    .await;
}
