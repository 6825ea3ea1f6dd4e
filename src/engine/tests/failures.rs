//! Groups of failures, and what they have in common.

use serde_json::{Value, json};

use crate::engine::Engine;
use crate::testing::{Database, with_database};

async fn ask(engine: &Engine, action: &str, options: Value) -> Value {
    serde_json::from_str(&engine.jobs(action, &options.to_string()).await.expect("an answer")).expect("JSON")
}

/// A job that has failed, so long ago, with a row for its attempt.
async fn fail(db: &Database, of: (i64, &str, &str, &str), ago: &str, message: &str) {
    let (id, worker, queue, state) = of;
    let error = json!({ "message": message, "name": "Error" }).to_string().replace('\'', "''");
    db.run(&format!(
        "INSERT INTO eram_jobs (id, worker, queue, state, attempt, errors) VALUES ({id}, '{worker}', '{queue}', '{state}', 1, ARRAY['{error}'::jsonb]);
         INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at, error)
         VALUES ({id}, 1, 1, 'failure', now() - interval '{ago}', now() - interval '{ago}', '{error}')"
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_fail_alike_are_a_group_that_lists_searches_and_actions_find() {
    with_database(async |db| {
        let node = db.start(json!({ "peer": false })).await;
        let smtp = |n: i64| format!("SMTP {n} timeout of 'a{n}@b.c'\nsecond line {n}");
        fail(db, (1, "Mail", "a", "discarded"), "10 minutes", &smtp(421)).await;
        fail(db, (2, "Mail", "b", "retryable"), "5 minutes", &smtp(450)).await;
        fail(db, (3, "Other", "a", "discarded"), "5 minutes", &smtp(421)).await;
        fail(db, (4, "Mail", "a", "discarded"), "5 minutes", "something else").await;
        // Has gone on since, or failed before the window.
        fail(db, (5, "Mail", "a", "completed"), "5 minutes", &smtp(421)).await;
        fail(db, (6, "Mail", "a", "discarded"), "2 hours", &smtp(421)).await;
        let found = ask(&node.engine, "failures", json!({ "window": "1h" })).await;
        assert_eq!(
            (&found["jobs"], &found["scanned"], &found["complete"]),
            (&json!(4), &json!(5), &json!(true)),
            "{found}"
        );
        let group = &found["groups"][0];
        assert_eq!(group["error"], "SMTP <n> timeout of <text>");
        assert_eq!((&group["worker"], &group["jobs"]), (&json!("Mail"), &json!(2)));
        assert_eq!(group["states"], json!({ "discarded": 1, "retryable": 1 }));
        assert_eq!(group["queues"], json!({ "a": 1, "b": 1 }));
        assert_eq!(group["sample"], json!({ "id": 2, "error": "SMTP 450 timeout of 'a450@b.c'" }));
        assert_eq!(group["points"].as_array().expect("points").len(), 24);
        let fingerprint = group["fingerprint"].as_str().expect("a fingerprint");
        let ids =
            |jobs: &Value| jobs.as_array().expect("jobs").iter().filter_map(|it| it["id"].as_i64()).collect::<Vec<_>>();
        // Also of those that failed before the window.
        let listed = ask(&node.engine, "list", json!({ "filter": { "fingerprint": fingerprint } })).await;
        assert_eq!(ids(&listed), [6, 2, 1]);
        let searched =
            ask(&node.engine, "search", json!({ "text": format!("fingerprint:{fingerprint} queue:b") })).await;
        assert_eq!(ids(&searched["jobs"]), [2]);
        let retried =
            ask(&node.engine, "retry", json!({ "filter": { "fingerprint": fingerprint, "queues": ["a"] } })).await;
        assert_eq!(ids(&retried), [1, 6]);
        let of_a = ask(&node.engine, "failures", json!({ "queue": "a", "worker": "Mail", "limit": 1 })).await;
        assert_eq!((&of_a["jobs"], &of_a["more"]), (&json!(1), &json!(0)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_read_in_parts_up_to_a_limit() {
    with_database(async |db| {
        let node = db.start(json!({ "peer": false })).await;
        // All at the same time, so that only their ids tell them apart.
        db.run(
            "INSERT INTO eram_jobs (id, worker, state, attempt) SELECT n, 'Mail', 'retryable', 1 FROM generate_series(1, 20001) AS n;
             INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at, error)
             SELECT n, m, m, 'failure', now() - m * interval '1 minute', now() - m * interval '1 minute', '{\"message\":\"x\"}' FROM generate_series(1, 20001) AS n, generate_series(1, 3) AS m;
             ANALYZE eram_attempts",
        )
        .await;
        let found = ask(&node.engine, "failures", json!({})).await;
        let scanned = found["scanned"].as_i64().expect("a number");
        assert!(found["complete"] == json!(false) && scanned > 0 && scanned % 5_000 == 0 && scanned <= 50_000, "{scanned}");
        // Each of the newest attempts is of another job, and older ones are of the same jobs.
        assert_eq!(found["jobs"], json!(scanned.min(20_001)));
        let from = found["from"].as_str().expect("a time") > found["start"].as_str().expect("a time");
        assert!(from, "{} {}", found["from"], found["start"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_differs_from_job_to_job_is_left_out_of_a_line() {
    with_database(async |db| {
        for (message, line) in [
            ("SMTP 421 timeout", "SMTP <n> timeout"),
            ("took 1.5 s, at 12:30:01", "took <n> s, at <n>"),
            ("no user 0b7d1a4e-9c1f-4a51-8f2c-0123456789ab", "no user <id>"),
            ("commit deadbeef01 of 0x7fff", "commit <hex> of <hex>"),
            ("effaced facade", "effaced facade"),
            ("key \"a b\" or 'c d' or `e`", "key <text> or <text> or <text>"),
            ("it can't be what it isn't", "it can't be what it isn't"),
            ("first\nsecond", "first"),
            ("", ""),
        ] {
            let text = message.replace('\'', "''");
            let got = db.value(&format!("SELECT to_json(eram_failure_line('{text}'))")).await;
            assert_eq!(got, json!(line), "{message}");
        }
        let long = db.value("SELECT to_json(length(eram_failure_line(repeat('ab ', 1000))))").await;
        assert_eq!(long, json!(200));
        assert_eq!(
            db.value("SELECT to_json(eram_fingerprint('A', NULL) = eram_fingerprint('A', ''))").await,
            json!(true)
        );
        assert_eq!(
            db.value("SELECT to_json(eram_fingerprint('A', 'x') = eram_fingerprint('B', 'x'))").await,
            json!(false)
        );
    })
    .await;
}
