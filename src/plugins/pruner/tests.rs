//! Which jobs are deleted by age, and which are not.

use serde_json::{Value, json};

use crate::testing::{Database, Node, draft, until, with_database};

const KEPT: i64 = 100;

async fn start(db: &Database, prune: Value) -> Node {
    let mut options = json!({ "interval": 10, "limit": 7, "max_age": KEPT });
    let Value::Object(more) = prune else { panic!("prune: expected an object, got {prune}") };
    options.as_object_mut().expect("an object").extend(more);
    let node =
        db.start(json!({ "queues": { "default": 1 }, "stager": false, "lifeline": false, "prune": options })).await;
    node.engine.open().await;
    node
}

/// A job that was inserted two hours ago, and ended `ago` seconds ago according to the column.
async fn ended(db: &Database, state: &str, column: &str, ago: i64) -> i64 {
    let id = db.insert_one(draft()).await;
    db.run(&format!(
        "UPDATE eram_jobs SET state = '{state}', inserted_at = now() - interval '2 hours',
           scheduled_at = now() - interval '2 hours', attempted_at = now() - interval '2 hours',
           {column} = now() - interval '{ago} seconds' WHERE id = {id}"
    ))
    .await;
    id
}

async fn left(db: &Database) -> Vec<i64> {
    let rows = db.rows("SELECT id FROM eram_jobs ORDER BY id").await;
    rows.iter().map(|row| row["id"].as_i64().expect("an id")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_kept_from_its_end_on_and_only_one_that_ended_is_deleted() {
    with_database(async |db| {
        let finals = [("completed", "completed_at"), ("cancelled", "cancelled_at"), ("discarded", "discarded_at")];
        let mut kept = vec![];
        for _ in 0..5 {
            for (state, column) in finals {
                ended(db, state, column, KEPT + 60).await;
                kept.push(ended(db, state, column, KEPT - 60).await);
                // The time of another state has no effect.
                let other = finals.iter().find(|(it, _)| *it != state).expect("another").1;
                let id = ended(db, state, column, 1).await;
                db.run(&format!("UPDATE eram_jobs SET {other} = now() - interval '1 day' WHERE id = {id}")).await;
                kept.push(id);
            }
            for state in ["suspended", "scheduled", "executing", "retryable", "available"] {
                kept.push(ended(db, state, "completed_at", 86_400).await);
            }
        }
        db.run("UPDATE eram_jobs SET queue = 'unserved'").await;
        let node = start(db, json!({})).await;
        until("all that is old is deleted", async || left(db).await.len() == kept.len()).await;
        assert_eq!(left(db).await, kept);
        let reported = |key: &str| -> i64 {
            node.events("pruner:stop").iter().map(|event| event[key].as_i64().expect("a count")).sum()
        };
        until("it is told", async || {
            [reported("completed"), reported("cancelled"), reported("discarded")] == [5, 5, 5]
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_state_may_be_kept_for_a_time_of_its_own() {
    with_database(async |db| {
        ended(db, "completed", "completed_at", 200).await;
        let cancelled = ended(db, "cancelled", "cancelled_at", 200).await;
        let discarded = ended(db, "discarded", "discarded_at", 200).await;
        ended(db, "cancelled", "cancelled_at", 400).await;
        let max_age = json!({ "completed": 100, "cancelled": 300, "discarded": { "days": 7 } });
        let _node = start(db, json!({ "max_age": max_age })).await;
        until("what is old is deleted", async || left(db).await == [cancelled, discarded]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_or_ends_later_is_deleted_in_a_later_round() {
    with_database(async |db| {
        let held = ended(db, "completed", "completed_at", 200).await;
        let runs = ended(db, "executing", "completed_at", 200).await;
        let behind = ended(db, "completed", "completed_at", 200).await;
        let mut other = db.client().await;
        let lock = other.transaction().await.expect("a transaction");
        lock.execute("SELECT FROM eram_jobs WHERE id = $1 FOR UPDATE", &[&held]).await.expect("a locked job");
        let _node = start(db, json!({ "limit": 1 })).await;
        until("the walk has passed", async || !left(db).await.contains(&behind)).await;
        assert_eq!(left(db).await, [held, runs]);
        lock.rollback().await.expect("a rollback");
        until("the held one is gone", async || left(db).await == [runs]).await;
        db.run("UPDATE eram_jobs SET state = 'completed'").await;
        until("nothing is left", async || left(db).await.is_empty()).await;
    })
    .await;
}

#[tokio::test]
async fn a_page_is_bounded_and_tells_where_to_go_on() {
    with_database(async |db| {
        let mut ids = vec![];
        for state in ["completed", "available", "completed", "completed", "completed"] {
            ids.push(ended(db, state, "completed_at", 200).await);
        }
        let young = db.insert_one(draft()).await;
        let age = crate::model::config::MaxAge {
            completed: std::time::Duration::from_secs(100),
            cancelled: std::time::Duration::from_secs(200),
            discarded: std::time::Duration::from_secs(300),
        };
        let page = async |after| db.store.prune_jobs(after, 3, &age, None, &[]).await.expect("an answer");
        let first = page(i64::MIN).await;
        assert_eq!((first.last, first.looked_at, first.deleted(), first.ended), (Some(ids[2]), 3, 2, false));
        let second = page(ids[2]).await;
        // The page ends with a job that is too young.
        assert_eq!((second.last, second.looked_at, second.deleted(), second.ended), (Some(young), 3, 2, true));
        let third = page(young).await;
        assert_eq!((third.last, third.looked_at, third.ended), (None, 0, true));
        assert_eq!(left(db).await, [ids[1], young]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_of_changes_are_deleted_by_age() {
    with_database(async |db| {
        let record = |ago: &str| {
            format!(
                "INSERT INTO eram_audit (at, operation, permission, result, status, instance, node)
                 SELECT now() - interval '{ago}', 'pause', 'queues:pause', 'ok', 204, 'default', 'n' FROM generate_series(1, 20)"
            )
        };
        db.run(&record("2 minutes")).await;
        db.run(&record("0 s")).await;
        let _node = start(db, json!({ "audit_max_age": 60 })).await;
        until("what is old is deleted", async || {
            let rows = db.rows("SELECT id, now() - at < interval '1 minute' AS young FROM eram_audit").await;
            rows.len() == 20 && rows.iter().all(|row| row["young"] == true)
        })
        .await;
    })
    .await;
}
