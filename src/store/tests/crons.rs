//! Each tick inserts one job: the statements, with rows that another node has settled since they were read.

use std::time::Duration;

use serde_json::{Value, json};

use crate::store::testing::{Database, with_database};
use crate::store::{Cron, Inserted};

const MINUTE: i64 = 60_000_000;

/// An entry whose ticks are settled up to two minutes ago.
async fn entry(db: &Database, name: &str, columns: &str) -> Cron {
    db.run(&format!(
        "INSERT INTO eram_crons (name, expression, worker, args, since) VALUES ('{name}', '* * * * *', 'Sample', '{{\"a\": 9007199254740993}}',
           now() - interval '2 minutes');
         UPDATE eram_crons SET updated_at = updated_at {columns} WHERE name = '{name}'"
    ))
    .await;
    read(db, name).await
}

async fn read(db: &Database, name: &str) -> Cron {
    db.store.load_crons(Some(name)).await.expect("an answer").pop().expect("the entry")
}

async fn tick(db: &Database, cron: &Cron, at: i64) -> Option<Inserted> {
    db.store.insert_tick(cron, at, 0, &json!({ "worker": cron.worker }).to_string(), 60.0).await.expect("an answer")
}

#[tokio::test]
async fn a_tick_inserts_one_job_even_from_an_outdated_row() {
    with_database(async |db| {
        let first = entry(db, "e", "").await;
        let (frozen, at) = (first.clone(), first.base + 2 * MINUTE);
        assert!(tick(db, &first, at).await.is_some());
        // The same tick again, and one that lies before it: a node that was frozen, or a clock that stepped back.
        for late in [at, at - MINUTE, at - 1, at + 1, at + MINUTE] {
            assert!(tick(db, &frozen, late).await.is_none());
        }
        let next = read(db, "e").await;
        assert_eq!(next.base, at);
        for settled in [at, at - MINUTE] {
            assert!(tick(db, &next, settled).await.is_none());
        }
        // A tick that has not come by the database's clock has no job, whatever the node takes the time to be.
        assert!(tick(db, &next, at + MINUTE).await.is_none());
        assert!(tick(db, &next, at + 1).await.is_some());
        let args = db.value("SELECT args->>'a' FROM eram_jobs LIMIT 1").await;
        assert_eq!((db.count("true").await, args), (2, json!("9007199254740993")));
    })
    .await;
}

#[tokio::test]
async fn the_newest_jobs_of_an_entry_are_kept_with_their_ticks() {
    with_database(async |db| {
        let first = entry(db, "e", "").await;
        let at = first.base + 2 * MINUTE;
        let made = tick(db, &first, at).await.expect("a job");
        let runs = async |most| -> Vec<Value> {
            serde_json::from_str(&db.store.cron_runs("e", most).await.expect("an answer")).expect("JSON")
        };
        let [run] = &runs(60).await[..] else { panic!("expected one run") };
        assert_eq!((&run["job"], &run["state"], &run["manual"]), (&json!(made.id), &json!("available"), &json!(false)));
        let shown = run["tick"].as_str().and_then(crate::model::instant::from_text);
        assert_eq!(shown, Some(at));
        for _ in 0..150 {
            db.store.run_cron("e", r#"{"worker":"Sample"}"#).await.expect("an answer").expect("a job");
        }
        let kept = db.value("SELECT to_json(count(*)) FROM eram_cron_runs").await;
        assert!(kept.as_i64().is_some_and(|kept| (100..=101).contains(&kept)), "{kept}");
        let newest = runs(60).await;
        assert_eq!((newest.len(), &newest[0]["job"], &newest[0]["tick"]), (60, &json!(made.id + 150), &Value::Null));
        assert!(db.store.delete_cron("e").await.expect("an answer"));
        assert_eq!(runs(60).await, Vec::<Value>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_make_a_tick_at_once_make_one_job() {
    with_database(async |db| {
        for round in 0..20 {
            let cron = entry(db, &format!("e{round}"), "").await;
            let at = cron.base + 2 * MINUTE;
            let all = (0..8).map(|_| tick(db, &cron, at));
            let made = futures_util::future::join_all(all).await;
            assert_eq!(made.iter().flatten().count(), 1);
        }
        assert_eq!(db.count("true").await, 20);
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_was_changed_after_it_was_read_makes_nothing() {
    with_database(async |db| {
        for (name, change) in [
            ("schedule", "SET expression = '0 * * * *'"),
            ("zone", "SET timezone = 'Asia/Tokyo'"),
            ("args", "SET args = '{}'"),
            ("options", "SET options = '{\"priority\": 1}'"),
            ("worker", "SET worker = 'Other'"),
            ("pause", "SET paused = true"),
            ("back", "SET since = since - interval '1 hour'"),
        ] {
            let cron = entry(db, name, "").await;
            db.run(&format!("UPDATE eram_crons {change} WHERE name = '{name}'")).await;
            assert!(tick(db, &cron, cron.base + 2 * MINUTE).await.is_none(), "{name}");
            assert!(!db.store.skip_ticks(&cron, cron.base + MINUTE, 1).await.expect("an answer"), "{name}");
        }
        let cron = entry(db, "gone", "").await;
        db.run("DELETE FROM eram_crons WHERE name = 'gone'").await;
        assert!(tick(db, &cron, cron.base + 2 * MINUTE).await.is_none());
        assert_eq!(db.count("true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_tick_that_has_become_old_on_its_way_is_made_of_guaranteed_entries_only() {
    with_database(async |db| {
        for (name, columns, made) in [("plain", "", false), ("sure", ", guaranteed = true", true)] {
            let cron = entry(db, name, columns).await;
            assert_eq!(tick(db, &cron, cron.base + MINUTE / 2).await.is_some(), made, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_job_that_cannot_be_made_leaves_the_tick_unsettled() {
    with_database(async |db| {
        let cron = entry(db, "e", ", args = '[]'").await;
        let draft = json!({ "worker": "Sample" }).to_string();
        let refused = db.store.insert_tick(&cron, cron.base + 2 * MINUTE, 0, &draft, 60.0).await;
        assert!(refused.unwrap_err().to_string().contains("args: expected an object, got []"));
        assert_eq!(read(db, "e").await.base, cron.base);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_or_key_that_another_transaction_holds_is_not_waited_for_long() {
    with_database(async |db| {
        let (held, request) = (entry(db, "held", "").await, entry(db, "wanted", "").await);
        let unique = json!({ "worker": "Sample", "unique": { "period": "infinity", "fields": ["worker"] } });
        let mut other = db.client().await;
        let lock = other.transaction().await.expect("a transaction");
        lock.execute("SELECT FROM eram_crons WHERE name = 'held' FOR UPDATE", &[]).await.expect("a lock");
        lock.execute(&format!("SELECT eram_enqueue_job('{unique}')"), &[]).await.expect("a job");
        assert!(tick(db, &held, held.base + 2 * MINUTE).await.is_none());
        let draft = unique.to_string();
        let waits = db.store.insert_tick(&request, request.base + 2 * MINUTE, 0, &draft, 60.0);
        let ended = tokio::time::timeout(Duration::from_secs(30), waits).await.expect("it gives up by itself");
        assert!(ended.unwrap_err().is_transient());
        lock.rollback().await.expect("a rollback");
        assert!(tick(db, &held, held.base + 2 * MINUTE).await.is_some());
        assert!(tick(db, &request, request.base + 2 * MINUTE).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn an_entry_without_code_for_a_month_is_deleted() {
    with_database(async |db| {
        for (name, code, days) in
            [("kept", "'{}'", 31), ("left", "'{}'", 31), ("young", "'{}'", 29), ("runtime", "NULL", 31)]
        {
            entry(db, name, &format!(", code = {code}, seen_at = now() - interval '{days} days'")).await;
        }
        db.store.touch_crons(&["kept".to_owned()]).await.expect("an answer");
        let rows =
            db.rows("SELECT name, seen_at > now() - interval '1 minute' AS seen FROM eram_crons ORDER BY name").await;
        let seen: Vec<(&Value, &Value)> = rows.iter().map(|row| (&row["name"], &row["seen"])).collect();
        let expected =
            [("kept", true), ("runtime", false), ("young", false)].map(|(name, seen)| (json!(name), json!(seen)));
        assert_eq!(seen, expected.iter().map(|(name, seen)| (name, seen)).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_enter_the_same_entries_at_once_do_not_deadlock() {
    with_database(async |db| {
        let names: Vec<String> = (0..50).map(|n| format!("e{n:02}")).collect();
        for round in 0..5 {
            let definition = json!({
                "expression": "0 0 1 1 *", "timezone": "Etc/UTC", "worker": "Sample", "args": { "round": round }, "options": {},
                "guaranteed": false, "paused": false,
            });
            let all = (0..6).map(|node| {
                let mut names = names.clone();
                names.rotate_left(node * 7);
                let definitions = vec![definition.to_string(); names.len()];
                async move { db.store.sync_crons(&names, &definitions).await }
            });
            for entered in futures_util::future::join_all(all).await {
                entered.expect("entered");
            }
            assert_eq!(
                db.value("SELECT count(*) FROM eram_crons WHERE args = code->'args'").await,
                json!(50)
            );
        }
    })
    .await;
}
