//! Jobs that only some versions of the application may run.

use serde_json::{Value, json};

use crate::engine::Target;
use crate::model::draft::Isolation;
use crate::store::{Claim, FetchRequest};
use crate::testing::{Act, Database, Node, Scripted, draft, drafts, until, with_database};

/// A node with that version of the application, and with short heartbeats, which report the
/// versions that jobs wait for.
async fn node_of(db: &Database, version: Option<&str>) -> (Node, Scripted) {
    let mut options = json!({ "queues": { "default": 5 }, "heartbeat_interval": 100 });
    if let Some(version) = version {
        options["version"] = json!(version);
    }
    let node = db.start(options).await;
    let main = node.attach("default", Isolation::Main, |_| Act::done());
    node.engine.open().await;
    (node, main)
}

fn pinned(rule: &str, version: &str) -> Value {
    json!({ "worker": "Sample", "version": version, "version_rule": rule })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pinned_job_runs_on_its_own_version_only() {
    with_database(async |db| {
        let (_plain, without) = node_of(db, None).await;
        let (_old, first) = node_of(db, Some("1.0.0")).await;
        db.until_asleep().await;
        let ids = db.insert(&[pinned("pinned", "2.0.0"), pinned("pinned", "1.0.0"), pinned("min", "1.1.0")]).await;
        db.until_state(ids[1], "completed").await;
        // The other jobs run as soon as a node may run them.
        let (_new, second) = node_of(db, Some("2.0.0")).await;
        for id in [ids[0], ids[2]] {
            db.until_state(id, "completed").await;
            assert_eq!(db.job(id).await["attempted_version"], "2.0.0");
        }
        assert_eq!((without.ids(), first.ids(), second.ids().len()), (vec![], vec![ids[1]], 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pinned_job_that_fails_waits_for_its_version_again() {
    with_database(async |db| {
        let (_new, main) = node_of(db, Some("2")).await;
        let ids = db.insert(&[pinned("pinned", "1"), draft()]).await;
        // As after a failed attempt on a node that is gone.
        db.run(&format!("UPDATE eram_jobs SET state = 'retryable', attempt = 1 WHERE id = {}", ids[0])).await;
        until("it is staged", async || db.state(ids[0]).await == "available").await;
        db.insert(&drafts(20)).await;
        main.took(21).await;
        assert_eq!(db.job(ids[0]).await["attempt"], 1);
        let (_old, first) = node_of(db, Some("1")).await;
        assert_eq!(first.took(1).await[0].id, ids[0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_and_pinned_jobs_keep_their_common_order() {
    with_database(async |db| {
        let mut all = vec![];
        for n in 0..30 {
            let mut one = match n % 3 {
                0 => draft(),
                1 => pinned("pinned", "1"),
                _ => pinned("min", "0.5"),
            };
            one["priority"] = json!((n * 7) % 10);
            all.push(one);
        }
        db.insert(&all).await;
        let order = "SELECT array_agg(id ORDER BY priority, scheduled_at, id) FROM eram_jobs";
        let expected: Vec<i64> = serde_json::from_value(db.value(order).await).expect("ids");
        let claim = Claim {
            queue: "default".to_owned(),
            node: "node".to_owned(),
            producer: uuid::Uuid::new_v4(),
            version: Some("1".to_owned()),
        };
        let pins = [("pinned", "1"), ("min", "1"), ("min", "0.5")].map(|(r, v)| (r.to_owned(), v.to_owned()));
        let wanted = FetchRequest {
            claim,
            workers: std::sync::Arc::from(["Sample".to_owned()]),
            limit: 4,
            pins: pins.into(),
            marks: crate::model::marks::Marks::default(),
        };
        let mut got = vec![];
        for _ in 0..10 {
            let jobs = db.store.fetch_jobs(&wanted).await.expect("a claim");
            got.extend(jobs.iter().map(|job| job.id));
        }
        assert_eq!(got, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_of_several_versions_claim_each_job_once() {
    with_database(async |db| {
        let one = |n: usize| match n % 4 {
            0 => draft(),
            1 => pinned("pinned", "1"),
            2 => pinned("pinned", "2"),
            _ => pinned("min", "1"),
        };
        db.insert(&(0..2000).map(one).collect::<Vec<_>>()).await;
        let nodes = [node_of(db, Some("1")).await, node_of(db, Some("2")).await, node_of(db, Some("2")).await];
        until("all are done", async || db.count("state = 'completed'").await == 2000).await;
        assert_eq!(db.count("attempt <> 1 OR errors <> '{}'").await, 0);
        assert_eq!(db.count("version_rule = 'pinned' AND attempted_version <> version").await, 0);
        let runs: usize = nodes.iter().map(|(_, main)| main.ids().len()).sum();
        assert_eq!(runs, 2000);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_no_node_may_run_are_not_even_looked_at() {
    with_database(async |db| {
        db.insert(&vec![pinned("pinned", "9"); 5000]).await;
        db.run("ANALYZE eram_jobs").await;
        let (node, main) = node_of(db, Some("1")).await;
        db.insert(&drafts(100)).await;
        main.took(100).await;
        let drained = node.engine.drain(&Target::read("drain", r#"{"queue":"default"}"#).expect("a target")).await;
        drained.expect("nothing left that it could run");
        // The number of pages that the fetch read.
        let client = db.client().await;
        client.batch_execute("SET enable_seqscan = off").await.expect("a setting");
        let sql = crate::store::testing::statement(db, "fetch_jobs");
        let bound = "'default', 10, 'n', 'p', '{Sample}', '1', '{pinned,min,min}', '{1,1,0.5}', '{0,10}', '{9,19}', '{-infinity,-infinity}', '{0,0}'";
        let types = "text, bigint, text, text, text[], text, text[], text[], smallint[], smallint[], timestamptz[], bigint[]";
        client.batch_execute(&format!("PREPARE claims ({types}) AS {sql}")).await.expect("a statement");
        // Planning happens once per session and is not counted.
        client.batch_execute(&format!("EXECUTE claims ({bound})")).await.expect("no claims");
        let explain = format!("EXPLAIN (ANALYZE, BUFFERS) EXECUTE claims ({bound})");
        let lines = client.query(&explain, &[]).await.expect("a plan");
        let plan = lines.iter().map(|line| line.get::<_, String>(0)).collect::<Vec<_>>().join("\n");
        let hits = plan.split("shared hit=").nth(1).expect("buffers of the whole statement");
        let pages: u32 = hits.split(|c: char| !c.is_ascii_digit()).next().expect("a number").parse().expect("a number");
        assert!(pages < 60, "{pages} pages:\n{plan}");
        assert_eq!(db.count("state = 'available' AND attempt = 0").await, 5000);
    })
    .await;
}
