//! What nodes and the leader write into `eram_metrics`.

mod roll_ups;

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::plugins::testing::leading;
use crate::store::{Lease, MetricsRow};
use crate::testing::{Act, Database, drafts, until, with_database};

/// The sum of one count over all rows of nodes: 0 is `success`, 8 `enqueued`.
async fn sum(db: &Database, count: usize) -> i64 {
    let sql = format!(
        "SELECT coalesce(sum((s->2->>{count})::bigint), 0) AS n
         FROM eram_metrics AS m, jsonb_array_elements(m.data->'s') AS s WHERE m.node <> '*'"
    );
    db.value(&sql).await.as_i64().expect("a sum")
}

async fn rows(db: &Database, condition: &str) -> i64 {
    db.value(&format!("SELECT count(*) FROM eram_metrics WHERE {condition}")).await.as_i64().expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_node_has_written_all_that_it_counted_under_the_time_of_the_database() {
    with_database(async |db| {
        db.insert(&drafts(50)).await;
        let (node, _main) = db.working(json!(10), |_| Act::Settle(crate::model::outcome::Outcome::done())).await;
        until("all are completed", async || db.count("state = 'completed'").await == 50).await;
        node.engine.stop(Duration::ZERO).await;
        assert_eq!(sum(db, 0).await, 50);
        let strange =
            "bucket NOT BETWEEN now() - interval '2 minutes' AND now() OR extract(epoch FROM bucket)::bigint % 10 <> 0";
        assert_eq!(rows(db, strange).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_metrics_writes_none() {
    with_database(async |db| {
        db.insert(&drafts(5)).await;
        let node = db.start(json!({ "queues": { "default": 1 }, "metrics": false })).await;
        let _main = node.attach("default", crate::model::draft::Isolation::Main, |_| {
            Act::Settle(crate::model::outcome::Outcome::done())
        });
        node.engine.open().await;
        until("all are completed", async || db.count("state = 'completed'").await == 5).await;
        node.engine.stop(Duration::ZERO).await;
        assert_eq!(rows(db, "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_is_sent_again_is_written_once() {
    with_database(async |db| {
        let boot = Uuid::new_v4();
        let row = |data: &str| [MetricsRow { bucket: 1_700_000_000_000_000, data: data.to_owned() }];
        for data in [r#"{"v":1}"#, r#"{"v":2}"#] {
            db.store.insert_metrics("default", "node", boot, &row(data)).await.expect("written");
        }
        db.store.insert_metrics("default", "node", Uuid::new_v4(), &row("{}")).await.expect("written");
        assert_eq!((rows(db, "true").await, rows(db, "data->>'v' = '1'").await), (2, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_leader_writes_how_many_jobs_wait() {
    with_database(async |db| {
        db.run(
            "INSERT INTO eram_jobs (worker, queue, state, scheduled_at)
             SELECT 'Sample', 'mail', 'available'::eram_job_state, now() - interval '60 s' FROM generate_series(1, 3)
             UNION ALL SELECT 'Sample', 'mail', 'scheduled', now() + interval '1 h'
             UNION ALL SELECT 'Sample', 'later', 'retryable', now() + interval '1 h'",
        )
        .await;
        let context = leading(db).await;
        let lease = context.lease.as_ref().expect("a lease");
        assert!(db.store.insert_gauges(lease).await.expect("an answer"));
        let data = db.value("SELECT data FROM eram_metrics WHERE node = '*' AND step = 10").await;
        let counts = |queue: &str| -> Vec<Value> { data["q"][queue].as_array().expect("counts")[..4].to_vec() };
        assert_eq!(counts("mail"), [json!(3), json!(1), json!(0), json!(0)]);
        assert_eq!(counts("later"), [json!(0), json!(0), json!(1), json!(0)]);
        let oldest = data["q"]["mail"][4].as_f64().expect("milliseconds");
        assert!((60_000.0..600_000.0).contains(&oldest), "{oldest}");
        assert_eq!(db.value("SELECT eram_queue_depth('mail')").await, json!(3));
        let latency = db.value("SELECT eram_queue_latency('mail')").await.as_f64().expect("seconds");
        assert!((60.0..600.0).contains(&latency), "{latency}");
        assert_eq!(db.value("SELECT eram_queue_depth('none') + eram_queue_latency('none')").await, json!(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_leader_writes_samples_and_deletes_what_is_old() {
    with_database(async |db| {
        db.run(
            "INSERT INTO eram_metrics (step, bucket, name, node, boot, data)
             SELECT step, now() - n * interval '50 min', 'default', 'node', gen_random_uuid(), '{}'
             FROM unnest(ARRAY[10, 60]) AS step, generate_series(1, 4) AS n",
        )
        .await;
        let context = leading(db).await;
        let lease = context.lease.clone().expect("a lease");
        let former = Lease { since: lease.since - 1, ..lease.clone() };
        db.store.insert_gauges(&former).await.expect("an answer");
        let now = db.store.now().await.expect("an answer");
        let before = [7_200, 86_400, 0].map(|seconds| now - seconds * 1_000_000);
        assert_eq!(db.store.delete_metrics(100, before, &former).await.expect("an answer"), 0);
        assert_eq!((rows(db, "node = '*'").await, rows(db, "true").await), (0, 8));
        assert_eq!(db.store.delete_metrics(1, before, &lease).await.expect("an answer"), 1);
        assert_eq!(db.store.delete_metrics(100, before, &lease).await.expect("an answer"), 1);
        assert_eq!((rows(db, "step = 10").await, rows(db, "step = 60").await), (2, 4));
        assert!(!db.store.insert_gauges(&lease).await.expect("an answer"), "there is no job");
    })
    .await;
}
