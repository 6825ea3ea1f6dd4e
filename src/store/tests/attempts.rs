//! The history of jobs: which statements write it, how long it grows, and what goes with a job.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::config::MaxAge;
use crate::store::{AckRow, Choice, Profile, Progress};
use crate::testing::{Database, draft, drafts, with_database};

/// A job that a producer has claimed: its id, the time of the claim in microseconds, and the producer.
async fn claimed(db: &Database) -> (i64, i64, Uuid) {
    let (id, uuid) = (db.insert_one(draft()).await, Uuid::new_v4());
    db.run(&format!(
        "INSERT INTO eram_producers (uuid, name, node, queue, job_limit, started_at)
         VALUES ('{uuid}', 'default', 'n', 'default', 1, '-infinity');
         UPDATE eram_jobs SET state = 'executing', attempt = attempt + 1, attempted_at = clock_timestamp(),
           attempted_by = ARRAY['n', '{uuid}'] WHERE id = {id}"
    ))
    .await;
    let at = db
        .value(&format!("SELECT (extract(epoch FROM attempted_at) * 1000000)::bigint FROM eram_jobs WHERE id = {id}"))
        .await;
    (id, at.as_i64().expect("microseconds"), uuid)
}

fn ack(job: (i64, i64, Uuid), state: &'static str, status: &'static str) -> AckRow {
    let (id, attempted_at, producer) = job;
    AckRow {
        id,
        attempted_at,
        producer,
        state,
        delay: None,
        error: None,
        result: None,
        attempt_delta: if matches!(status, "snoozed" | "released") { -1 } else { 0 },
        crashes: 0,
        counts: None,
        status,
        isolate: Some("thread 3".to_owned()),
        logs: None,
    }
}

async fn attempts(db: &Database, id: i64) -> Value {
    let text = db.store.job_attempts(id).await.expect("an answer").expect("a job");
    serde_json::from_str(&text).expect("JSON")
}

async fn recorded(db: &Database) -> Value {
    db.value("SELECT count(*) FROM eram_attempts").await
}

#[tokio::test]
async fn an_ack_records_its_attempt_unless_that_was_a_plain_success() {
    with_database(async |db| {
        for (state, status) in [
            ("retryable", "failure"),
            ("discarded", "discard"),
            ("cancelled", "cancelled"),
            ("scheduled", "snoozed"),
            ("available", "released"),
        ] {
            let job = claimed(db).await;
            let error = Some(r#"{"kind":"error","message":"m"}"#.to_owned());
            db.store.ack_jobs(&[AckRow { error, ..ack(job, state, status) }]).await.expect("an ack");
            let all = attempts(db, job.0).await;
            let it = &all[0];
            assert_eq!(
                (&it["status"], &it["attempt"], &it["isolate"], &it["attempted_by"][0]),
                (&json!(status), &json!(1), &json!("thread 3"), &json!("n"))
            );
            assert_eq!((&it["error"]["message"], &it["error"]["attempt"]), (&json!("m"), &json!(1)));
            assert_eq!(all.as_array().map(Vec::len), Some(1), "{all}");
        }
        let (plain, logged) = (claimed(db).await, claimed(db).await);
        let result = Some("1".to_owned());
        let logs = Some(r#"[{"level":"info","message":"a"}]"#.to_owned());
        let acks = [
            AckRow { result, ..ack(plain, "completed", "success") },
            AckRow { logs, ..ack(logged, "completed", "success") },
        ];
        assert_eq!(db.store.ack_jobs(&acks).await.expect("acks").len(), 2);
        assert_eq!(db.value(&format!("SELECT count(*) FROM eram_attempts WHERE job_id = {}", plain.0)).await, json!(0));
        for (id, expected) in [(plain.0, Value::Null), (logged.0, json!([{ "level": "info", "message": "a" }]))] {
            let all = attempts(db, id).await;
            assert_eq!((&all[0]["status"], &all[0]["logs"]), (&json!("success"), &expected));
            assert_eq!(all.as_array().map(Vec::len), Some(1), "{all}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_plain_success_touches_no_table_but_that_of_the_jobs() {
    with_database(async |db| {
        let (id, _, producer) = claimed(db).await;
        let mut client = db.client().await;
        client.batch_execute(&format!("SET search_path = \"{}\"", db.prefix)).await.expect("a search path");
        let transaction = client.transaction().await.expect("a transaction");
        let complete =
            "SELECT eram_complete_jobs(ARRAY[$1::bigint], ARRAY[1], ARRAY[attempted_at], ARRAY[$2::text::uuid])
                        FROM eram_jobs WHERE id = $1";
        let written = transaction.query_one(complete, &[&id, &producer.to_string()]).await.expect("an answer");
        assert_eq!(written.get::<_, i64>(0), 1);
        let touched =
            "SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
                       FROM pg_stat_xact_user_tables WHERE schemaname = current_schema() AND relname <> 'eram_jobs'";
        assert_eq!(transaction.query_one(touched, &[]).await.expect("statistics").get::<_, i64>(0), 0);
        transaction.commit().await.expect("a commit");
    })
    .await;
}

#[tokio::test]
async fn an_ack_that_lost_its_claim_records_nothing() {
    with_database(async |db| {
        let job = claimed(db).await;
        db.run("UPDATE eram_jobs SET attempted_at = attempted_at + interval '1 second'").await;
        assert_eq!(db.store.ack_jobs(&[ack(job, "retryable", "failure")]).await.expect("an answer"), []);
        assert_eq!(recorded(db).await, json!(0));
    })
    .await;
}

#[tokio::test]
async fn what_a_lost_answer_had_claimed_is_recorded_as_released() {
    with_database(async |db| {
        let (id, _, uuid) = claimed(db).await;
        assert_eq!(db.store.reclaim_jobs(uuid, &Choice::default()).await.expect("an answer"), 1);
        let all = attempts(db, id).await;
        assert_eq!((&all[0]["status"], &all[0]["attempt"]), (&json!("released"), &json!(1)));
        assert_eq!(db.job(id).await["attempt"], 0);
    })
    .await;
}

#[tokio::test]
async fn the_newest_thousand_attempts_of_a_job_are_kept() {
    with_database(async |db| {
        let job = claimed(db).await;
        let other = claimed(db).await;
        db.run(&format!(
            "INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at)
             SELECT {}, n, 1, 'snoozed', now(), now() FROM generate_series(1, 1000) AS n",
            job.0
        ))
        .await;
        db.store.ack_jobs(&[ack(job, "scheduled", "snoozed"), ack(other, "scheduled", "snoozed")]).await.expect("acks");
        let kept = "SELECT jsonb_agg(jsonb_build_array(first, last) ORDER BY job_id) FROM
            (SELECT job_id, min(nth) AS first, max(nth) AS last FROM eram_attempts GROUP BY job_id) AS a";
        assert_eq!(db.value(kept).await, json!([[2, 1001], [1, 1]]));
    })
    .await;
}

#[tokio::test]
async fn attempts_progress_and_profiles_go_with_their_job_however_it_is_deleted() {
    with_database(async |db| {
        let ids = db.insert(&drafts(4)).await;
        let leave = "INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at)
                       SELECT id, 1, 1, 'failure', now(), now() FROM eram_jobs;
                     INSERT INTO eram_progress (job_id, attempt, attempted_at, value, reported_at)
                       SELECT id, 1, now(), 0.5, now() FROM eram_jobs;
                     INSERT INTO eram_profiles (job_id, attempt, attempted_at, profile)
                       SELECT id, 1, now(), '{}' FROM eram_jobs";
        db.run(leave).await;
        let left = "SELECT count(*) || ' ' || (SELECT count(*) FROM eram_progress) || ' ' || (SELECT count(*) FROM eram_profiles)
                      FROM eram_attempts";
        let filter = serde_json::from_value(json!({ "ids": [ids[0]] })).expect("a filter");
        db.store.delete_jobs(&filter).await.expect("an answer");
        assert_eq!(db.value(left).await, json!("3 3 3"));
        db.run(&format!("UPDATE eram_jobs SET state = 'completed', completed_at = '2020-01-01' WHERE id = {}", ids[1]))
            .await;
        let max_age = MaxAge::all(Duration::from_secs(86_400));
        db.store.prune_jobs(0, 100, &max_age, None, &[]).await.expect("an answer");
        assert_eq!(db.value(left).await, json!("2 2 2"));
        db.run("DELETE FROM eram_jobs WHERE id = (SELECT min(id) FROM eram_jobs)").await;
        assert_eq!(db.value(left).await, json!("1 1 1"));
        db.run("TRUNCATE eram_jobs").await;
        assert_eq!(db.value(left).await, json!("0 0 0"));
    })
    .await;
}

#[tokio::test]
async fn the_newest_profile_of_an_attempt_is_kept_also_after_its_ack() {
    with_database(async |db| {
        let job = claimed(db).await;
        let (id, attempted_at, _) = job;
        let profile = |text: &str, attempted_at| Profile {
            id,
            attempt: 1,
            attempted_at,
            profile: Some(text.to_owned()),
            note: Some("n".to_owned()),
        };
        assert_eq!(db.store.write_profile(&profile("[1]", attempted_at - 1)).await.expect("an answer"), 1);
        db.store.ack_jobs(&[ack(job, "retryable", "failure")]).await.expect("an ack");
        assert_eq!(attempts(db, id).await[0]["profile"], Value::Null);
        assert_eq!(db.store.write_profile(&profile("[12]", attempted_at)).await.expect("an answer"), 1);
        assert_eq!(db.store.write_profile(&profile("[3]", attempted_at - 1)).await.expect("an answer"), 0);
        assert_eq!(
            db.store.find_profile(id, 1).await.expect("an answer"),
            Some((Some("[12]".to_owned()), Some("n".to_owned())))
        );
        assert_eq!(db.store.find_profile(id, 2).await.expect("an answer"), None);
        assert_eq!(attempts(db, id).await[0]["profile"], json!({ "bytes": 4, "note": "n" }));
        assert_eq!(db.store.profile_next(id).await.expect("an answer"), Some(2));
        assert_eq!(db.job(id).await["meta"]["profile_attempt"], json!(2));
        let gone = Profile { id: id + 1, ..profile("[1]", attempted_at) };
        assert_eq!(db.store.write_profile(&gone).await.expect("an answer"), 0);
        assert_eq!(db.store.profile_next(id + 1).await.expect("an answer"), None);
    })
    .await;
}

#[tokio::test]
async fn progress_is_written_while_the_claim_holds() {
    with_database(async |db| {
        let (id, attempted_at, producer) = claimed(db).await;
        let report =
            |value: f64, attempted_at| Progress { id, attempted_at, producer, value, message: Some("m".to_owned()) };
        for value in [0.25, 0.5] {
            assert_eq!(db.store.write_progress(&[report(value, attempted_at)]).await.expect("an answer"), 1);
            assert_eq!(db.job(id).await["progress"]["value"], json!(value));
        }
        assert_eq!(db.store.write_progress(&[report(0.75, attempted_at - 1)]).await.expect("an answer"), 0);
        db.store.ack_jobs(&[ack((id, attempted_at, producer), "retryable", "failure")]).await.expect("an ack");
        assert_eq!(db.store.write_progress(&[report(1.0, attempted_at)]).await.expect("an answer"), 0);
        let progress = &db.job(id).await["progress"];
        assert_eq!(
            (&progress["value"], &progress["message"], &progress["attempt"]),
            (&json!(0.5), &json!("m"), &json!(1))
        );
    })
    .await;
}
