//! Fetches from marks on, and surveys.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use crate::model::marks::{Last, Marks, Place};
use crate::store::{Claim, FetchRequest};
use crate::testing::{Database, until, with_database};

async fn fetch(db: &Database, marks: &Marks, limit: i64, pinned: bool) -> Vec<i64> {
    let claim = Claim { queue: "default".into(), node: "n".into(), producer: Uuid::nil(), version: Some("1".into()) };
    let pins = if pinned { vec![("pinned".to_owned(), "1".to_owned())] } else { vec![] };
    let workers = Arc::from(["Sample".to_owned(), "Other".to_owned()]);
    let request = FetchRequest { claim, workers, limit, pins, marks: *marks };
    let jobs = db.store.fetch_jobs(&request).await.expect("an answer");
    jobs.into_iter().map(|job| job.id).collect()
}

/// A job for each of these priorities, pinned or plain, and seconds ago.
async fn jobs(db: &Database, all: &[(u8, bool, i64)]) -> Vec<i64> {
    let mut ids = vec![];
    for (priority, pinned, seconds) in all {
        let (version, rule) = if *pinned { ("'1'", "'pinned'") } else { ("NULL", "NULL") };
        db.run(&format!(
            "INSERT INTO eram_jobs (worker, priority, version, version_rule, scheduled_at)
             VALUES ('Sample', {priority}, {version}, {rule}, now() - interval '{seconds} seconds')"
        ))
        .await;
        ids.push(db.value("SELECT max(id) FROM eram_jobs").await.as_i64().expect("an id"));
    }
    ids
}

async fn micros(db: &Database, id: i64) -> i64 {
    let at = db
        .value(&format!("SELECT (extract(epoch FROM scheduled_at) * 1000000)::bigint FROM eram_jobs WHERE id = {id}"))
        .await;
    at.as_i64().expect("a time")
}

#[tokio::test]
async fn a_fetch_reads_from_its_marks_on_in_the_order_of_the_queue() {
    with_database(async |db| {
        let ids =
            jobs(db, &[(0, false, 60), (0, false, 50), (3, false, 70), (3, true, 65), (9, false, 90), (0, true, 40)])
                .await;
        // From the second of the first priority on, and from all of the others.
        let mut marks = Marks::default();
        let second = Place { at: micros(db, ids[1]).await, id: ids[1] };
        marks.fetched(i64::MAX, Some(Last { priority: 0, place: second }), false);
        assert_eq!(fetch(db, &marks, 2, true).await, [ids[1], ids[5]]);
        assert_eq!(fetch(db, &marks, 10, true).await, [ids[2], ids[3], ids[4]]);
        assert_eq!(fetch(db, &marks, 10, true).await, [0; 0]);
        assert_eq!(fetch(db, &Marks::default(), 10, false).await, [ids[0]]);
    })
    .await;
}

#[tokio::test]
async fn a_survey_finds_the_first_job_of_each_priority_and_a_fetch_reads_each_from_there() {
    with_database(async |db| {
        db.run("INSERT INTO eram_jobs (worker, priority, scheduled_at) SELECT 'Strange', n % 10, now() - interval '1 hour' FROM generate_series(1, 5000) AS n").await;
        let ids = jobs(db, &[(0, false, 60), (3, false, 70), (3, false, 80), (5, true, 90), (5, false, 10)]).await;
        db.run("UPDATE eram_jobs SET attempt = max_attempts WHERE priority = 3 AND scheduled_at < now() - interval '75 seconds' AND worker = 'Sample'").await;
        let workers = ["Sample".to_owned(), "Other".to_owned()];
        let pins = [("pinned".to_owned(), "1".to_owned())];
        let survey = async || db.store.survey_queue("default", &workers, &pins, false).await.expect("an answer");
        let surveyed = survey().await;
        assert!(surveyed.any());
        let marks = Marks::surveyed(&surveyed);
        for (priority, id) in [(0, ids[0]), (3, ids[1]), (15, ids[3]), (5, ids[4])] {
            let place = Place { at: micros(db, id).await, id };
            assert!(marks.includes(priority, place), "{priority}");
            assert!(!marks.includes(priority, Place { at: place.at - 1, id }), "{priority}");
        }
        assert_eq!(fetch(db, &marks, 10, true).await, [ids[0], ids[1], ids[3], ids[4]]);
        assert!(!survey().await.any());
    })
    .await;
}

#[tokio::test]
async fn a_survey_of_a_vacuumed_table_reads_no_row_of_another_class() {
    with_database(async |db| {
        db.run("INSERT INTO eram_jobs (worker) SELECT 'Strange' FROM generate_series(1, 5000)").await;
        // Transactions of others keep pages from being marked.
        until("all pages are marked", async || {
            db.run("VACUUM eram_jobs").await;
            db.value("SELECT relallvisible >= relpages FROM pg_class WHERE oid = 'eram_jobs'::regclass").await == json!(true)
        })
        .await;
        let client = db.client().await;
        client.batch_execute("BEGIN").await.expect("a transaction");
        client
            .query("SELECT * FROM eram_survey_queue('default', '{Sample,Other}', '{pinned}', '{1}')", &[])
            .await
            .expect("an answer");
        let read = client
            .query_one(
                "SELECT (seq_scan + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables WHERE relid = 'eram_jobs'::regclass",
                &[],
            )
            .await
            .expect("a count");
        assert!(read.get::<_, i64>(0) < 1000, "{} rows", read.get::<_, i64>(0));
    })
    .await;
}

#[tokio::test]
async fn no_function_that_disables_plans_has_them_compiled() {
    with_database(async |db| {
        let compiled = db
            .value(
                "SELECT coalesce(json_agg(p.proname ORDER BY p.proname), '[]') FROM pg_proc AS p
                 WHERE p.pronamespace = (SELECT c.relnamespace FROM pg_class AS c WHERE c.oid = 'eram_jobs'::regclass)
                   AND array_to_string(p.proconfig, ' ') LIKE '%enable\\_%' AND NOT 'jit=off' = ANY (p.proconfig)",
            )
            .await;
        assert_eq!(compiled, json!([]));
    })
    .await;
}
