//! Rows of minutes and hours, at times of the database that the tests make up.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::keep::Keep;
use super::super::roll_ups::{RollUps, State};
use super::leading;
use crate::metrics::RollUp;
use crate::store::{Lease, MetricsRow, RolledUp, Step, WantedMetrics};
use crate::testing::{Database, Dice, with_database};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// A full hour.
const START: i64 = 500_000 * HOUR;

fn roll_ups() -> RollUps {
    RollUps { keep: Keep::default(), max_series: 1_000, state: tokio::sync::Mutex::default() }
}

/// A lease that no heartbeat has to renew.
async fn lasting_lease(db: &Database) -> Lease {
    let (owner, seconds) = (Uuid::new_v4(), 1_700_000_000);
    db.run(&format!(
        "INSERT INTO eram_peers (name, node, owner, started_at, expires_at)
         VALUES ('default', 'node', '{owner}', to_timestamp({seconds}), 'infinity')"
    ))
    .await;
    Lease { engine: "default".to_owned(), owner, since: seconds * SECOND }
}

/// What a node counted: so many successes of a class, with durations.
fn data(dice: &mut Dice, successes: u64) -> String {
    let bucket = dice.roll(200);
    let text = format!("{0} {0} {0} {1} {0}", to_base_36(successes), to_base_36(bucket));
    json!({ "v": 1, "s": [["mail", "Job", [successes, 0, 0, 0, 0, 0, 0, 0, 0], text, "", text]] }).to_string()
}

fn to_base_36(mut number: u64) -> String {
    let mut text = String::new();
    loop {
        let digit = u32::try_from(number % 36).expect("a digit");
        text.insert(0, char::from_digit(digit, 36).expect("a digit"));
        number /= 36;
        if number == 0 {
            return text;
        }
    }
}

async fn write(db: &Database, node: &str, bucket: i64, data: &str) {
    let row = [MetricsRow { bucket, data: data.to_owned() }];
    db.store.insert_metrics("default", node, Uuid::new_v4(), &row).await.expect("written");
}

/// The sums of what several nodes counted in ten seconds have this start.
const OF_SUMS: &str = "'ffffffff-ffff-ffff-ffff-ffffffffffff'";

/// All rows but sums.
async fn rows(db: &Database, step: i64) -> Vec<Value> {
    rows_where(db, &format!("step = {step} AND boot <> {OF_SUMS}")).await
}

async fn rows_where(db: &Database, condition: &str) -> Vec<Value> {
    db.rows(&format!(
        "SELECT extract(epoch FROM bucket)::bigint * 1000000 AS at, node, data FROM eram_metrics WHERE {condition} ORDER BY bucket, node, boot"
    ))
    .await
}

/// The roll-up of all rows of ten seconds that begin in this time.
async fn expected(db: &Database, from: i64, length: i64) -> Value {
    let mut roll_up = RollUp::new(1_000);
    for row in rows(db, 10).await {
        if (from..from + length).contains(&row["at"].as_i64().expect("a time")) {
            roll_up.add(row["node"].as_str().expect("a node"), &row["data"].to_string());
        }
    }
    serde_json::from_str(&roll_up.text()).expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roll_up_is_made_of_all_finer_rows_and_again_after_a_late_one() {
    with_database(async |db| {
        let lease = leading(db).await.lease.expect("a lease");
        let (roll_ups, mut state, mut dice) = (roll_ups(), State::default(), Dice(1));
        for n in 0..360 {
            for node in ["one", "two"] {
                write(db, node, START + n * 10 * SECOND, &data(&mut dice, 1 + n.unsigned_abs() % 7)).await;
            }
        }
        let mut work = async |now: i64| roll_ups.work(&db.store, &lease, &mut state, now).await.expect("done");

        work(START + MINUTE + 19 * SECOND).await;
        assert_eq!(rows(db, 60).await.len(), 0, "late rows may come for twenty seconds");
        work(START + MINUTE + 20 * SECOND).await;
        let [first]: [Value; 1] = rows(db, 60).await.try_into().expect("one minute");
        assert_eq!(first["data"], expected(db, START, MINUTE).await);

        work(START + HOUR + 89 * SECOND).await;
        assert_eq!((rows(db, 60).await.len(), rows(db, 3_600).await.len()), (60, 0));
        work(START + HOUR + 90 * SECOND).await;
        let [hour]: [Value; 1] = rows(db, 3_600).await.try_into().expect("one hour");
        assert_eq!(hour["data"], expected(db, START, HOUR).await);
        assert_eq!(hour["data"]["rows"], json!(720));

        write(db, "three", START + 10 * MINUTE, &data(&mut dice, 9)).await;
        work(START + HOUR + 3 * MINUTE).await;
        assert_eq!(rows(db, 60).await[10]["data"], expected(db, START + 10 * MINUTE, MINUTE).await);
        let [hour]: [Value; 1] = rows(db, 3_600).await.try_into().expect("one hour");
        assert_eq!(hour["data"], expected(db, START, HOUR).await);
        assert_eq!(hour["data"]["n"]["three"][0], json!(9));

        // Two hours later its neighbours are gone.
        work(START + 3 * HOUR).await;
        write(db, "late", START + 10 * MINUTE, &data(&mut dice, 5)).await;
        work(START + 3 * HOUR + MINUTE).await;
        let [after]: [Value; 1] = rows(db, 3_600).await.try_into().expect("one hour");
        assert_eq!(after, hour);
    })
    .await;
}

/// What a reader of these ten seconds gets: the nodes of the rows, and the successes in all of them.
async fn read(db: &Database, at: i64, wanted: WantedMetrics) -> (Vec<String>, u64) {
    let read = db.store.metrics_between(Step::TenSeconds, at, at + 10 * SECOND, wanted).await.expect("rows");
    let successes = read.iter().map(|row| {
        let data: Value = serde_json::from_str(&row.data).expect("JSON");
        data["s"].as_array().map_or(0, |all| all.iter().map(|it| it[2][0].as_u64().expect("a count")).sum::<u64>())
    });
    let mut nodes: Vec<String> = read.iter().map(|row| row.node.clone()).collect();
    nodes.sort();
    (nodes, successes.sum())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sum_of_all_nodes_stands_for_their_rows_unless_one_came_late() {
    with_database(async |db| {
        let lease = leading(db).await.lease.expect("a lease");
        let (roll_ups, mut state, mut dice) = (roll_ups(), State::default(), Dice(3));
        for (node, at, successes) in [("one", 0, 3), ("two", 0, 4), ("one", 10, 5)] {
            write(db, node, START + at * SECOND, &data(&mut dice, successes)).await;
        }
        let sample = r#"{"v":1,"q":{"mail":[1,0,0,0,5,0,1,false,1]},"nodes":1}"#;
        db.run(&format!(
            "INSERT INTO eram_metrics (step, bucket, name, node, boot, data)
             VALUES (10, to_timestamp({START} / 1000000), 'default', '*', '00000000-0000-0000-0000-000000000000', '{sample}')"
        ))
        .await;
        let nodes = |names: &[&str]| names.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        assert_eq!(read(db, START, WantedMetrics::Sums).await, (nodes(&["*", "one", "two"]), 7), "there is no sum yet");

        let former = Lease { since: lease.since - 1, ..lease.clone() };
        roll_ups.work(&db.store, &former, &mut State::default(), START + 2 * MINUTE).await.expect("an answer");
        let sums = async || rows_where(db, &format!("boot = {OF_SUMS}")).await;
        assert_eq!(sums().await.len(), 0, "a former leader writes none");
        roll_ups.work(&db.store, &lease, &mut state, START + 2 * MINUTE).await.expect("done");
        let [sum]: [Value; 1] = sums().await.try_into().expect("one, as a node alone needs none");
        let counted = |successes: u64| json!([successes, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!((&sum["at"], &sum["data"]["rows"]), (&json!(START), &json!(2)));
        assert_eq!(sum["data"]["n"], json!({ "one": counted(3), "two": counted(4) }));
        assert_eq!(read(db, START, WantedMetrics::Sums).await, (nodes(&["*", "*"]), 7));
        assert_eq!(read(db, START, WantedMetrics::Nodes).await, (nodes(&["*", "one", "two"]), 7));
        assert_eq!(read(db, START, WantedMetrics::Samples).await, (nodes(&["*"]), 0));
        assert_eq!(read(db, START + 10 * SECOND, WantedMetrics::Sums).await, (nodes(&["one"]), 5));

        write(db, "late", START, &data(&mut dice, 9)).await;
        assert_eq!(read(db, START, WantedMetrics::Sums).await, (nodes(&["*", "late", "one", "two"]), 16));
        roll_ups.work(&db.store, &lease, &mut state, START + 3 * MINUTE).await.expect("done");
        assert_eq!(read(db, START, WantedMetrics::Sums).await, (nodes(&["*", "*"]), 16));
        assert_eq!(rows(db, 60).await[0]["data"]["rows"], json!(5), "three, one, and a sample");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaders_that_race_write_one_row_and_a_former_one_writes_none() {
    with_database(async |db| {
        let lease = leading(db).await.lease.expect("a lease");
        let (roll_ups, mut dice) = (roll_ups(), Dice(2));
        for n in 0..60 {
            write(db, "one", START + n * 10 * SECOND, &data(&mut dice, 3)).await;
        }
        let former = Lease { since: lease.since - 1, ..lease.clone() };
        roll_ups.work(&db.store, &former, &mut State::default(), START + HOUR + 2 * MINUTE).await.expect("an answer");
        assert_eq!((rows(db, 60).await.len(), rows(db, 10).await.len()), (0, 60));

        let (mut a, mut b) = (State::default(), State::default());
        let now = START + HOUR + 2 * MINUTE;
        let (first, second) =
            tokio::join!(roll_ups.work(&db.store, &lease, &mut a, now), roll_ups.work(&db.store, &lease, &mut b, now));
        first.and(second).expect("done");
        // The second one may have found nothing left; a last look finds what neither has written.
        roll_ups.work(&db.store, &lease, &mut State::default(), now).await.expect("done");
        assert_eq!((rows(db, 60).await.len(), rows(db, 3_600).await.len()), (10, 1));
        let hour = rows(db, 3_600).await.remove(0);
        assert_eq!(hour["data"], expected(db, START, HOUR).await);

        // One that was frozen between reading and writing, and has its lease again.
        let poorer =
            RolledUp { bucket: START, name: "default".to_owned(), data: json!({ "v": 1, "rows": 59 }).to_string() };
        assert_eq!(db.store.roll_up_metrics(Step::Hour, &[poorer], &lease).await.expect("an answer"), 0);
        assert_eq!(rows(db, 3_600).await, [hour]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_a_name_without_a_leader_are_rolled_up_too() {
    with_database(async |db| {
        let lease = leading(db).await.lease.expect("a lease");
        let row = |bucket| [MetricsRow { bucket, data: r#"{"v":1,"s":[]}"#.to_owned() }];
        for name in ["default", "web", "led"] {
            db.store.insert_metrics(name, "node", Uuid::new_v4(), &row(START)).await.expect("written");
        }
        db.run(
            "INSERT INTO eram_peers (name, node, owner, expires_at)
             VALUES ('led', 'other', gen_random_uuid(), pg_catalog.now() + interval '1 hour')",
        )
        .await;
        roll_ups().work(&db.store, &lease, &mut State::default(), START + 5 * MINUTE).await.expect("done");
        let names = db.rows("SELECT name FROM eram_metrics WHERE step = 60 ORDER BY name").await;
        assert_eq!(names, [json!({ "name": "default" }), json!({ "name": "web" })]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_of_rows_is_bounded_over_31_days_and_no_count_is_lost() {
    with_database(async |db| {
        let lease = lasting_lease(db).await;
        let (roll_ups, mut state) = (roll_ups(), State::default());
        let hours = 31 * 24;
        for hour in 0..hours {
            let at = START + hour * HOUR;
            // Two nodes, a row each in six of the minutes.
            db.run(&format!(
                "INSERT INTO eram_metrics (step, bucket, name, node, boot, data)
                 SELECT 10, to_timestamp({at} / 1000000 + n * 600), 'default', node, gen_random_uuid(),
                   '{{\"v\":1,\"s\":[[\"q\",\"J\",[1,0,0,0,0,0,0,0,0],\"\",\"\",\"\"]]}}'
                 FROM generate_series(0, 5) AS n, unnest(ARRAY['one', 'two']) AS node"
            ))
            .await;
            roll_ups.work(&db.store, &lease, &mut state, at + HOUR + 2 * MINUTE).await.expect("done");
        }
        let counts = db
            .rows("SELECT step, count(*) AS n, count(DISTINCT bucket) AS buckets FROM eram_metrics GROUP BY step ORDER BY step")
            .await;
        let kept = |step: i64, n: i64, buckets: i64| json!({ "step": step, "n": n, "buckets": buckets });
        // Of ten seconds, a row of each node and their sum.
        assert_eq!(counts, [kept(10, 33, 11), kept(60, 143, 143), kept(3_600, 719, 719)]);
        let sum = "SELECT sum((data->'s'->0->2->>0)::bigint) AS n FROM eram_metrics WHERE step = 3600";
        assert_eq!(db.value(sum).await, json!(719 * 12));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_cluster_asks_for_metrics_less_than_three_times_a_minute() {
    with_database(async |db| {
        let context = leading(db).await;
        let lease = context.lease.clone().expect("a lease");
        let (roll_ups, mut state, mut statements, mut looks) = (roll_ups(), State::default(), 0, 0);
        let mut now = START;
        let mut samples = START;
        while now < START + HOUR {
            // As the leader writes it each minute, one statement.
            while samples <= now {
                let row = format!(r#"{{"v":1,"q":{{}},"nodes":{}}}"#, 3);
                db.run(&format!(
                    "INSERT INTO eram_metrics (step, bucket, name, node, boot, data) VALUES
                     (10, to_timestamp({samples} / 10000000 * 10), 'default', '*', '00000000-0000-0000-0000-000000000000', '{row}')"
                ))
                .await;
                samples += MINUTE;
                statements += 1;
            }
            let before = rows(db, 60).await.len();
            assert!(roll_ups.work(&db.store, &lease, &mut state, now).await.expect("done"), "no node has counted anything");
            // A look, a write, and at most a delete and the hours.
            statements += 2 + i32::from(looks % 2 == 0);
            looks += 1;
            assert!(before == 0 || rows(db, 60).await.len() - before <= 4);
            now += RollUps::next(&state, now, true);
        }
        assert!(looks <= 16, "{looks} looks");
        assert!(statements <= 3 * 60, "{statements} statements in an hour");
    })
    .await;
}

#[test]
fn how_long_rows_are_kept_is_an_option() {
    use crate::model::read::{Owner, Reader};
    let read =
        |value: Value| Keep::kind().read(&Reader::new(Owner::Config, "metrics", &json!({ "keep": value })), "keep");
    let kept = read(json!({ "10s": "1h", "1h": { "days": 400 } })).expect("read").expect("given");
    let expected =
        Keep { ten_seconds: Duration::from_secs(3_600), hours: Duration::from_secs(400 * 86_400), ..Keep::default() };
    assert_eq!(kept, expected);
    for (value, message) in [
        (json!({ "10s": "5m" }), "metrics.keep.10s: expected a duration from"),
        (json!({ "5m": "1d" }), "metrics.keep: unknown option \"5m\""),
        (json!({ "10s": "2d" }), "metrics.keep: expected minutes that are kept at least as long as ten seconds"),
    ] {
        let error = read(value).expect_err("refused").to_string();
        assert!(error.contains(message), "{error}");
    }
}
