//! Indexes are rebuilt, and the next run cleans up after an interrupted one.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Options, Reindexer};
use crate::model::schedule::Zone;
use crate::plugins::PluginContext;
use crate::plugins::plugin::Plugin;
use crate::plugins::testing::leading;
use crate::store::migrate;
use crate::testing::{Database, draft, until, with_database};

const INDEXES: [&str; 3] = ["eram_jobs_args_index", "eram_jobs_no_index", "eram_jobs_meta_index"];

fn reindexer() -> Reindexer {
    let options = Options {
        schedule: "@hourly".to_owned(),
        indexes: INDEXES.map(str::to_owned).to_vec(),
        timeout: Duration::from_secs(1),
        timezone: Zone::Etc__UTC,
    };
    Reindexer::new(options).expect("a schedule")
}

/// The search indexes of the jobs table, and whether they are valid.
async fn indexes(db: &Database) -> Vec<Value> {
    let sql = "SELECT i.relname::text AS name, x.indisvalid AS valid FROM pg_index AS x
               JOIN pg_class AS i ON i.oid = x.indexrelid
               WHERE x.indrelid = 'eram_jobs'::regclass AND i.relname ~ '(args|meta)_index' ORDER BY 1";
    db.rows(sql).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_broken_off_leaves_the_index_as_it_was_and_is_tidied_up_after() {
    with_database(async |db| {
        let mut other = db.client().await;
        migrate::create_search_indexes(&other, &db.prefix).await.expect("indexes");
        let id = db.insert_one(draft()).await;
        let whole = indexes(db).await;
        assert_eq!(whole.len(), 2);
        let (reindexer, context) = (reindexer(), leading(db).await);

        // An open transaction that has written blocks the rebuild until its timeout.
        let writer = other.transaction().await.expect("a transaction");
        writer.execute("UPDATE eram_jobs SET priority = 1 WHERE id = $1", &[&id]).await.expect("an update");
        let broken = reindexer.run(&context).await.expect("a report");
        assert_eq!(broken.missing, ["eram_jobs_no_index"]);
        assert_eq!(broken.rebuilt, Vec::<String>::new());
        assert!(broken.failed.iter().any(|(index, _)| index == "eram_jobs_args_index"), "{broken:?}");
        assert!(broken.failed.iter().any(|(index, _)| index == "eram_jobs_meta_index"), "{broken:?}");
        let left = indexes(db).await;
        assert!(left.iter().any(|it| it["valid"] == json!(false)), "{left:?}");
        assert!(whole.iter().all(|it| left.contains(it)), "{left:?}");
        writer.rollback().await.expect("a rollback");

        // Transactions of other tests may still block it.
        let mut removed = vec![];
        until("both are rebuilt", async || {
            let done = reindexer.run(&context).await.expect("a report");
            removed.extend(done.removed);
            done.failed.is_empty() && done.rebuilt == ["eram_jobs_args_index", "eram_jobs_meta_index"]
        })
        .await;
        assert!(removed.iter().all(|index| index.contains("_ccnew")) && !removed.is_empty(), "{removed:?}");
        assert_eq!(indexes(db).await, whole);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_runs_at_its_time_by_the_clock_of_the_database() {
    with_database(async |db| {
        let (reindexer, context) = (reindexer(), leading(db).await);
        let woken = |woken| PluginContext { woken, ..context.clone() };
        let wait = reindexer.tick(&woken(true)).await.expect("a wait");
        assert!(wait <= Duration::from_secs(3_600), "{wait:?}");
        let due = reindexer.due.lock().expect("a time");
        let now = db.store.now().await.expect("a time");
        assert!(due > now && due - now <= 3_600_000_000);
        assert_eq!(due % 3_600_000_000, 0);
        // The scheduled time has come.
        *reindexer.due.lock() = Some(now);
        reindexer.tick(&woken(false)).await.expect("a run");
        assert_eq!(*reindexer.due.lock(), Some(due));
        // A new leader does not make up for times that passed before its election.
        *reindexer.due.lock() = Some(now);
        assert!(reindexer.tick(&woken(true)).await.expect("a wait") > Duration::ZERO);
    })
    .await;
}
