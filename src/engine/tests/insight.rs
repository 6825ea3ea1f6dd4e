//! What needs attention, and how many jobs there are, as the database knows it.

use serde_json::{Value, json};

use crate::engine::Engine;
use crate::testing::{Database, with_database};

async fn attention(engine: &Engine) -> Value {
    serde_json::from_str(&engine.attention().await.expect("an answer")).expect("JSON")
}

async fn rules(engine: &Engine) -> Vec<String> {
    let items = attention(engine).await["items"].take();
    let shown =
        |it: &Value| format!("{} {}", it["rule"].as_str().unwrap_or(""), it["subject"]["name"].as_str().unwrap_or(""));
    items.as_array().expect("items").iter().map(shown).collect()
}

const NONE: [&str; 0] = [];

/// A producer that has sent a heartbeat.
async fn producer(db: &Database, node: &str, queue: &str) {
    db.run(&format!(
        "INSERT INTO eram_producers (uuid, name, node, queue, job_limit, workers, meta) VALUES (gen_random_uuid(), 'other', '{node}', '{queue}', 10, '{{Sample}}', '{{\"eram\":\"1.0.0\"}}')"
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queues_nodes_and_cron_entries_that_need_attention_are_found() {
    with_database(async |db| {
        let node = db.start(json!({ "peer": false })).await;
        let nothing = attention(&node.engine).await;
        assert_eq!((&nothing["text"], &nothing["items"], &nothing["more"]), (&json!("Nothing needs attention."), &json!([]), &json!(0)));
        assert!(nothing["at"].as_str().expect("a time").ends_with('Z'));
        db.run("INSERT INTO eram_jobs (worker, queue, scheduled_at) VALUES ('Sample', 'lonely', now() - interval '1 hour')").await;
        assert_eq!(rules(&node.engine).await, ["queue_unserved lonely"]);
        producer(db, "web-1", "lonely").await;
        db.run("INSERT INTO eram_peers (name, node, owner, expires_at) VALUES ('other', 'web-1', gen_random_uuid(), now() + interval '1 hour')").await;
        assert_eq!(rules(&node.engine).await, NONE);
        db.run("UPDATE eram_jobs SET worker = 'Gone'").await;
        assert_eq!(rules(&node.engine).await, ["worker_unknown Gone"]);
        db.run("DELETE FROM eram_jobs").await;
        db.run("UPDATE eram_producers SET started_at = now() - interval '1 hour'; UPDATE eram_peers SET expires_at = now() - interval '1 minute'").await;
        assert_eq!(rules(&node.engine).await, ["no_leader other"]);
        db.run("UPDATE eram_producers SET updated_at = now() - interval '1 minute', running = 2").await;
        assert_eq!(rules(&node.engine).await, ["jobs_orphaned web-1"]);
        db.run("DELETE FROM eram_producers").await;
        db.run("INSERT INTO eram_queues (queue, paused, paused_at) VALUES ('media', true, now() - interval '2 hours')").await;
        assert_eq!(rules(&node.engine).await, ["queue_paused media"]);
        db.run("DELETE FROM eram_queues").await;
        // Created long ago, and no tick of it had a job.
        let cron = "INSERT INTO eram_crons (name, expression, worker, since, updated_at) SELECT 'nightly', to_char(now() AT TIME ZONE 'UTC' - interval '30 minutes', 'FMMI FMHH24 \"* * *\"'), 'Sample', now() - interval '3 days', now() - interval '3 days'";
        db.run(cron).await;
        assert_eq!(rules(&node.engine).await, ["cron_missed nightly"]);
        // Counted as missed by a leader: the next tick is awaited.
        db.run("UPDATE eram_crons SET since = now(), missed = 3").await;
        assert_eq!(rules(&node.engine).await, ["cron_missed nightly"]);
        db.run("UPDATE eram_crons SET last_at = now()").await;
        assert_eq!(rules(&node.engine).await, NONE);
        // Resumed after a pause: ticks in between do not count.
        db.run("UPDATE eram_crons SET last_at = now() - interval '2 days', paused = true; UPDATE eram_crons SET paused = false").await;
        assert_eq!(rules(&node.engine).await, NONE);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_show_stalled_queues_and_errors() {
    with_database(async |db| {
        let node = db.start(json!({ "peer": false })).await;
        producer(db, "web-1", "media").await;
        db.run("INSERT INTO eram_peers (name, node, owner, expires_at) VALUES ('other', 'web-1', gen_random_uuid(), now() + interval '1 hour')").await;
        // A job that has run for ten minutes; others ended until eight minutes ago, after a second each.
        db.run("INSERT INTO eram_jobs (id, worker, queue, state, attempt, attempted_at) VALUES (1, 'Sample', 'media', 'executing', 1, now() - interval '10 minutes')").await;
        db.run("UPDATE eram_producers SET running = 1, running_ids = '{1}'").await;
        let row = async |step: i64, ago: &str, data: Value| {
            db.run(&format!(
                "INSERT INTO eram_metrics (step, bucket, name, node, boot, data) VALUES ({step}, date_trunc('{}', now() - interval '{ago}'), 'other', '*', '00000000-0000-0000-0000-000000000000', '{data}')",
                if step == 60 { "minute" } else { "hour" }
            ))
            .await;
        };
        let mut run = crate::metrics::Histogram::default();
        run.record(std::time::Duration::from_secs(1));
        let run = crate::metrics::encode(&run);
        let series = |counts: [i64; 9]| json!({ "v": 1, "rows": 6, "s": [["media", "Sample", counts, run, "", ""]], "q": {}, "n": {} });
        row(60, "8 minutes", series([1, 30, 0, 0, 0, 0, 0, 0, 0])).await;
        row(3600, "2 hours", series([1000, 10, 0, 0, 0, 0, 0, 0, 0])).await;
        let all = attention(&node.engine).await;
        let stalled = &all["items"][0];
        assert_eq!((&stalled["rule"], &stalled["severity"]), (&json!("queue_stalled"), &json!("critical")), "{all}");
        let silent = stalled["data"]["silent_ms"].as_i64().expect("milliseconds");
        assert!((420_000..600_000).contains(&silent), "{silent}");
        assert_eq!(all["items"][1]["rule"], "error_spike", "{all}");
        // One more has ended, which only a row of ten seconds shows.
        db.run(&format!(
            "INSERT INTO eram_metrics (step, bucket, name, node, boot, data) VALUES (10, to_timestamp(floor(extract(epoch FROM now()) / 10) * 10), 'other', 'web-1', gen_random_uuid(), '{}')",
            series([1, 0, 0, 0, 0, 0, 0, 0, 0])
        ))
        .await;
        assert_eq!(rules(&node.engine).await, ["error_spike Sample"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_exact_in_a_small_table_and_estimates_in_a_large_one() {
    with_database(async |db| {
        let node = db.start(json!({ "peer": false })).await;
        let counts = async || node.engine.counts().await.expect("counts");
        let rows = "INSERT INTO eram_jobs (worker, state, queue, scheduled_at) SELECT 'Sample', (CASE WHEN n % 10 = 0 THEN 'scheduled' WHEN n % 10 = 1 THEN 'discarded' WHEN n % 10 < 4 THEN 'available' ELSE 'completed' END)::eram_job_state, CASE WHEN n % 2 = 0 THEN 'a' ELSE 'b' END, now() + interval '1 hour'";
        db.run(&format!("{rows} FROM generate_series(1, 1000) AS n")).await;
        let small = counts().await;
        assert_eq!(small["states"]["completed"], json!({ "jobs": 600, "exact": true }));
        assert_eq!(small["states"]["available"], json!({ "jobs": 200, "exact": true }));
        assert_eq!(small["states"]["suspended"], json!({ "jobs": 0, "exact": true }));
        assert_eq!(
            small["queues"][0],
            json!({ "queue": "a", "executing": 0, "available": 100, "scheduled": 100, "retryable": 0, "at_least": [] })
        );
        // More than 2,000 pages, without statistics and then with them.
        db.run("ALTER TABLE eram_jobs SET (fillfactor = 10, autovacuum_enabled = off)").await;
        db.run(&format!("{rows} FROM generate_series(1, 20000) AS n")).await;
        assert!(db.value("SELECT to_json(pg_relation_size('eram_jobs') / 8192 > 2000)").await == json!(true));
        let about = |it: &Value, jobs: i64| {
            let got = it["jobs"].as_i64().expect("a number");
            assert!((got - jobs).abs() < jobs / 5 && it["exact"] == json!(false), "expected about {jobs}, got {it}");
        };
        about(&counts().await["states"]["completed"], 12_600);
        db.run("ANALYZE eram_jobs").await;
        let large = counts().await;
        about(&large["states"]["completed"], 12_600);
        about(&large["states"]["discarded"], 2_100);
        assert_eq!(large["states"]["available"], json!({ "jobs": 4_200, "exact": true }));
        assert_eq!(large["states"]["scheduled"], json!({ "jobs": 2_100, "exact": true }));
    })
    .await;
}
