//! The wake-up protocol with real producers on a real server. The model in `gate_model` explores
//! what may happen.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::model::draft::Isolation;
use crate::store::Sleep;
use crate::testing::{Act, Database, Dice, Node, Scripted, Taken, draft, until, with_database};

/// An interval so long that only the gate can wake a producer.
const NEVER: Duration = Duration::from_secs(3600);

/// How long a test enqueues: with [`LOST`], less than the twelve seconds for which producers trust a node
/// without heartbeats.
const TRUSTED: Duration = Duration::from_secs(5);

/// After so long, the wake-up for a job is taken to be lost: nothing else wakes a producer that sleeps.
const LOST: Duration = Duration::from_secs(6);

/// An engine whose other means of finding jobs are off; all its queues run the same script.
async fn lone(
    db: &Database,
    queues: Value,
    script: impl Fn(&Taken) -> Act + Send + Sync + 'static,
) -> (Node, Scripted) {
    let options = json!({ "queues": queues, "stager": false, "lifeline": false });
    let node = db.start_with(options, |config| config.heartbeat_interval = NEVER).await;
    let script = Arc::new(script);
    let attach = |queue: &String| {
        let script = script.clone();
        node.attach(queue, Isolation::Main, move |job| script(job))
    };
    let slots: Vec<Scripted> = queues.as_object().expect("queues").keys().map(attach).collect();
    node.engine.open().await;
    (node, slots[0].clone())
}

/// How often jobs were performed, by id.
type Log = Arc<Mutex<HashMap<i64, usize>>>;

/// Performs short jobs, some at once.
fn recording(log: &Log, seed: u64) -> impl Fn(&Taken) -> Act + Send + Sync + 'static {
    let (log, dice) = (log.clone(), Mutex::new(Dice(seed)));
    move |job| {
        *log.lock().entry(job.id).or_default() += 1;
        let takes = dice.lock().millis(20);
        if takes.as_millis() < 5 { Act::done() } else { Act::done_after(takes) }
    }
}

/// Checks that each committed job is performed. No other enqueues happen in the meantime, so a lost
/// wake-up is not made up for by the next one.
async fn assert_performed(log: &Log, committed: &[i64]) {
    let end = Instant::now() + LOST;
    while !committed.iter().all(|id| log.lock().contains_key(id)) && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let lost: Vec<i64> = committed.iter().filter(|id| !log.lock().contains_key(*id)).copied().collect();
    assert!(lost.is_empty(), "jobs {lost:?} were not performed");
}

fn assert_once(log: &Log, count: usize) {
    let performed = log.lock();
    assert_eq!(performed.len(), count, "jobs were performed that were never committed");
    let twice: Vec<_> = performed.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// Notifies so often that polling is cheaper, so the sleepers of the queue wake for good.
async fn warning(client: &Client, queue: &str) {
    let sql = format!(
        "SET synchronous_commit = off;
         DO $$ BEGIN FOR n IN 1..40 LOOP PERFORM pg_notify(eram_channel('insert'), '{queue}'); COMMIT; END LOOP; END $$;
         RESET synchronous_commit"
    );
    // One by one: a procedure that commits cannot share its message with other statements.
    for statement in sql.split(";\n") {
        client.batch_execute(statement).await.expect("notifications");
    }
}

/// A transaction of random length that enqueues a job or two, and may roll back; returns the
/// committed jobs.
async fn enqueue(client: &mut Client, queue: &str, dice: &mut Dice) -> Vec<i64> {
    let tx = client.transaction().await.expect("a transaction");
    let mut ids = vec![];
    for _ in 0..=dice.roll(2) {
        let draft = json!({ "worker": "Sample", "queue": queue }).to_string();
        let row = tx.query_one("SELECT eram_enqueue($1)", &[&draft]).await.expect("an answer");
        let jobs: Value = serde_json::from_str(row.get(0)).expect("JSON");
        ids.push(jobs[0]["id"].as_i64().expect("an id"));
        tokio::time::sleep(dice.millis(60)).await;
    }
    if dice.roll(5) == 0 {
        tx.rollback().await.expect("a rollback");
        return vec![];
    }
    tx.commit().await.expect("a commit");
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_job_of_a_shared_queue_is_performed_once_and_needs_no_other_wake_up() {
    with_database(async |db| {
        let log = Log::default();
        let mut nodes = vec![];
        for seed in 0..3 {
            nodes.push(lone(db, json!({ "default": 3 }), recording(&log, seed)).await);
        }
        let mut clients: Vec<(Client, Dice)> = vec![];
        for seed in 0..8 {
            clients.push((db.client().await, Dice(100 + seed)));
        }
        let begun = Instant::now();
        let (mut count, mut rounds) = (0, 0);
        while begun.elapsed() < TRUSTED {
            if rounds % 2 == 0 {
                db.until_asleep().await;
            } else {
                warning(&clients[0].0, "default").await;
            }
            // A group of all enqueuers or of a few, so that the queue is either busy or about to
            // fall asleep.
            let some = [1, 2, 8][rounds % 3];
            let enqueuing = clients.iter_mut().map(|(client, dice)| async move {
                let mut committed = vec![];
                if dice.roll(some) == 0 {
                    // An awake producer that finds nothing tries to sleep after 50 ms.
                    tokio::time::sleep(dice.millis(90)).await;
                    committed.extend(enqueue(client, "default", dice).await);
                }
                committed
            });
            let committed = futures_util::future::join_all(enqueuing).await.concat();
            assert_performed(&log, &committed).await;
            count += committed.len();
            rounds += 1;
        }
        assert!(rounds > 1 && count > 1, "{count} jobs in {rounds} rounds");
        assert_once(&log, count);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_job_of_a_queue_that_is_about_to_fall_asleep_is_performed() {
    const QUEUES: u64 = 24;
    with_database(async |db| {
        let log = Log::default();
        let queues: HashMap<String, u32> = (0..QUEUES).map(|n| (format!("queue.{n}"), 3)).collect();
        let _node = lone(db, json!(queues), recording(&log, 0)).await;
        let mut clients = vec![];
        for _ in 0..QUEUES {
            clients.push(db.client().await);
        }
        let begun = Instant::now();
        let trials = clients.into_iter().zip(0..).map(|(mut client, n)| {
            let log = log.clone();
            tokio::spawn(async move {
                let (queue, mut dice, mut count) = (format!("queue.{n}"), Dice(n), 0);
                while begun.elapsed() < TRUSTED {
                    warning(&client, &queue).await;
                    tokio::time::sleep(dice.millis(90)).await;
                    let committed = enqueue(&mut client, &queue, &mut dice).await;
                    assert_performed(&log, &committed).await;
                    count += committed.len();
                }
                count
            })
        });
        let counts = futures_util::future::try_join_all(trials).await.expect("no panic");
        let count: usize = counts.into_iter().sum();
        assert!(count > 1, "{count} jobs");
        assert_once(&log, count);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acks_and_releases_wake_sleepers() {
    with_database(async |db| {
        // The first producer hands each job back; the second, asleep by then, takes it.
        let (first, main) = lone(db, json!({ "default": 1 }), Act::until_aborted).await;
        let id = db.insert_one(draft()).await;
        main.took(1).await;
        let (_second, other) = lone(db, json!({ "default": 1 }), |_| Act::done()).await;
        db.until_asleep().await;
        first.engine.stop(Duration::ZERO).await;
        other.took(1).await;
        db.until_state(id, "completed").await;
        assert_eq!(db.job(id).await["attempt"], json!(1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sleeper_takes_over_when_the_sentinel_stops() {
    with_database(async |db| {
        let (first, _main) = lone(db, json!({ "default": 1 }), |_| Act::done()).await;
        db.until_asleep().await;
        let (_second, other) = lone(db, json!({ "default": 1 }), |_| Act::done()).await;
        first.engine.stop(Duration::ZERO).await;
        db.until_asleep().await;
        db.insert_one(draft()).await;
        other.took(1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_producer_polls_while_its_connection_is_lost_and_sleeps_again_after_it() {
    with_database(async |db| {
        let (node, main) = lone(db, json!({ "default": 1 }), |_| Act::done()).await;
        db.until_asleep().await;
        for round in 1..=3 {
            assert_eq!(db.deafen().await, 1);
            db.insert_one(draft()).await;
            main.took(2 * round - 1).await;
            node.wait_for_events("notifier:switch", 2 * round).await;
            db.until_asleep().await;
            db.insert_one(draft()).await;
            main.took(2 * round).await;
        }
        let switched: Vec<Value> = node.events("notifier:switch").iter().map(|it| it["listening"].clone()).collect();
        assert_eq!(switched[switched.len() - 6..], [false, true, false, true, false, true].map(Value::from));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ping_finds_that_a_sentinel_died_without_a_word() {
    with_database(async |db| {
        // A sentinel that never announces that it wakes.
        let sentinel = db.client().await;
        assert_eq!(db.store.sleep_queue(&sentinel, "default").await.expect("an answer"), Sleep::Sentinel);
        let (node, main) = lone(db, json!({ "default": 1 }), |_| Act::done()).await;
        db.until_quiet().await;
        // The producer relies on the other session, and is notified.
        db.insert_one(draft()).await;
        main.took(1).await;
        db.until_quiet().await;
        drop(sentinel);
        until("the lock is free", async || {
            db.value("SELECT pg_try_advisory_xact_lock(eram_queue_key('default'))").await == json!(true)
        })
        .await;
        db.insert_one(draft()).await;
        // The ping finds that the sentinel is gone.
        until("the sleeper looks", async || {
            node.engine.executor("default").expect("a queue").trust(Instant::now());
            main.taken().len() == 2
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_engine_asks_nothing_but_its_heartbeats() {
    with_database(async |db| {
        let queues: HashMap<String, u32> = (0..20).map(|n| (format!("queue.{n}"), 1)).collect();
        let _node = lone(db, json!(queues), |_| Act::done()).await;
        until("all sleep", async || db.sentinels().await == 20).await;
        db.until_quiet().await;
        let last = db.last_query().await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(db.last_query().await, last);
    })
    .await;
}
