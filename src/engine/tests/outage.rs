//! Outages of the database, and answers that are lost on the way.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::model::draft::Isolation;
use crate::model::outcome::Outcome;
use crate::pg::conninfo::Address;
use crate::testing::{Act, Database, Dice, Node, Scripted, Taken, draft, drafts, failed, until, with_database};

/// A proxy between an engine and the server that can lose the server's answers.
#[derive(Clone)]
struct Wire {
    port: u16,
    /// Discards what the server sends.
    deaf: Arc<AtomicBool>,
    /// Accepts no connection.
    shut: Arc<AtomicBool>,
    /// How many times all connections were cut.
    cuts: watch::Sender<u32>,
}

impl Wire {
    async fn to(db: &Database) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let wire = Self {
            port: listener.local_addr().expect("an address").port(),
            deaf: Arc::default(),
            shut: Arc::default(),
            cuts: watch::Sender::new(0),
        };
        let server = match &db.info().hosts[0].address {
            Address::Tcp { name, .. } => (name.clone(), db.info().hosts[0].port),
            Address::Socket { .. } => panic!("these tests need a DATABASE_URL that is reached by TCP"),
        };
        let this = wire.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(this.clone().join(client, server.clone()));
            }
        });
        wire
    }

    async fn join(self, client: TcpStream, server: (String, u16)) {
        let mut cuts = self.cuts.subscribe();
        if self.shut.load(Ordering::SeqCst) {
            return;
        }
        let server = TcpStream::connect(server).await.expect("the server");
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let up = async { tokio::io::copy(&mut from_client, &mut to_server).await.map(drop) };
        let down = async {
            let mut bytes = vec![0; 64 * 1024];
            loop {
                let count = from_server.read(&mut bytes).await?;
                if count == 0 {
                    return Ok::<(), std::io::Error>(());
                }
                if !self.deaf.load(Ordering::SeqCst) {
                    to_client.write_all(&bytes[..count]).await?;
                }
            }
        };
        tokio::select! {
            _ = up => {}
            _ = down => {}
            _ = cuts.changed() => {}
        }
    }

    fn lose_answers(&self) {
        self.deaf.store(true, Ordering::SeqCst);
    }

    /// Breaks all connections; later connections work.
    fn cut(&self) {
        self.cuts.send_modify(|count| *count += 1);
        self.deaf.store(false, Ordering::SeqCst);
    }

    /// An engine that works through the proxy, and listens on a direct connection.
    async fn engine(&self, db: &Database, script: impl Fn(&Taken) -> Act + Send + Sync + 'static) -> (Node, Scripted) {
        let options = json!({
            "url": format!("{}&host=127.0.0.1&port={}", db.url, self.port), "listen_url": db.url,
            "queues": { "default": 10 }, "heartbeat_interval": 200, "pool": 8,
        });
        let node = db.start(options).await;
        let main = node.attach("default", Isolation::Main, script);
        node.engine.open().await;
        // Opens all connections of the pool, because none can be opened while answers are lost.
        join_all((0..8).map(|_| node.engine.store.next_due(&[]))).await;
        (node, main)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_of_a_fetch_whose_answer_was_lost_are_handed_back_and_run_once() {
    with_database(async |db| {
        let wire = Wire::to(db).await;
        let (node, main) = wire.engine(db, |_| Act::done()).await;
        db.insert(&drafts(1)).await;
        main.took(1).await;
        until("it is acked", async || db.count("state = 'completed'").await == 1).await;
        // Nothing else is in flight, not even the last fetch before the producer sleeps.
        db.until_asleep().await;
        node.until_vacant("default").await;
        wire.lose_answers();
        db.insert(&drafts(5)).await;
        until("they are claimed", async || db.count("state = 'executing'").await > 0).await;
        wire.cut();
        until("all are done", async || db.count("state = 'completed'").await == 6).await;
        assert_eq!(main.ids().len(), 6);
        assert_eq!(db.count("attempt <> 1 OR errors <> '{}'").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_claimed_by_an_insert_whose_answer_was_lost_is_handed_back_and_runs_once() {
    with_database(async |db| {
        let wire = Wire::to(db).await;
        let (node, main) = wire.engine(db, |_| Act::done()).await;
        node.until_vacant("default").await;
        wire.lose_answers();
        let draft = draft();
        let enqueue = node.enqueue(&draft);
        let cut = async {
            until("it is claimed", async || db.count("state = 'executing'").await == 1).await;
            wire.cut();
        };
        let (reported, ()) = tokio::join!(enqueue, cut);
        // The caller cannot know whether the job was inserted.
        assert_eq!(reported.expect_err("a lost answer").code(), "ERAM_UNAVAILABLE");
        until("it is done", async || db.count("state = 'completed' AND attempt = 1 AND errors = '{}'").await == 1)
            .await;
        assert_eq!(main.ids().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ack_whose_answer_was_lost_is_known_to_be_written() {
    for (outcome, state, event, attempt) in [
        (Outcome::done(), "completed", "job:stop", 1),
        (Outcome::Completed { result: Some("1".to_owned()), result_error: None }, "completed", "job:stop", 1),
        (failed(), "retryable", "job:exception", 1),
        (Outcome::Snoozed { seconds: 600.0 }, "scheduled", "job:stop", 0),
    ] {
        with_database(async |db| {
            let wire = Wire::to(db).await;
            let (node, main) = wire.engine(db, |_| Act::never()).await;
            let id = db.insert_one(draft()).await;
            let run = main.took(1).await[0].run;
            wire.lose_answers();
            main.settle(run, outcome);
            db.until_state(id, state).await;
            wire.cut();
            let events = node.wait_for_events(event, 1).await;
            assert_eq!(events[0]["job"]["id"], json!(id));
            assert_eq!(node.events("job:lost"), [Value::Null; 0]);
            let job = db.job(id).await;
            assert_eq!((&job["state"], &job["attempt"]), (&json!(state), &json!(attempt)));
            assert!(job["errors"].as_array().expect("errors").len() < 2);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_wait_for_a_database_that_is_away() {
    with_database(async |db| {
        let wire = Wire::to(db).await;
        let (node, main) = wire.engine(db, |_| Act::never()).await;
        let ids = db.insert(&drafts(10)).await;
        let runs: Vec<u64> = main.took(10).await.iter().map(|job| job.run).collect();
        wire.shut.store(true, Ordering::SeqCst);
        wire.cut();
        node.wait_for_events("database:switch", 1).await;
        for run in runs {
            main.settle(run, Outcome::done());
        }
        until("they are settled", async || node.engine.pending.count() == 10).await;
        assert_eq!(db.count("state = 'executing'").await, 10);
        wire.shut.store(false, Ordering::SeqCst);
        node.wait_for_events("job:stop", 10).await;
        for id in ids {
            assert_eq!(db.state(id).await, "completed");
        }
        let switches = node.wait_for_events("database:switch", 2).await;
        assert_eq!((&switches[0]["available"], &switches[1]["available"]), (&json!(false), &json!(true)));
    })
    .await;
}

/// The successes that nodes have written into `eram_metrics`.
async fn recorded(db: &Database) -> Value {
    let sql = "SELECT coalesce(sum((s->2->>0)::bigint), 0)::bigint AS n
       FROM eram_metrics AS m, jsonb_array_elements(m.data->'s') AS s WHERE m.node <> '*'";
    db.value(sql).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_survive_an_outage_and_a_lost_answer_and_are_counted_once() {
    with_database(async |db| {
        let wire = Wire::to(db).await;
        let (node, _main) = wire.engine(db, |_| Act::done()).await;
        let done = async |count: i64| until("all are done", async || db.count("state = 'completed'").await == count).await;
        let locker = db.client().await;
        locker.batch_execute("BEGIN; LOCK TABLE eram_metrics IN SHARE ROW EXCLUSIVE MODE").await.expect("a lock");
        db.insert(&drafts(10)).await;
        done(10).await;
        let waiting = format!(
            "SELECT count(*) AS n FROM pg_stat_activity
             WHERE application_name = '{}' AND wait_event_type = 'Lock' AND query LIKE '%AS r(bucket, data)%'",
            db.prefix
        );
        until("the row is on its way", async || db.value(&waiting).await == json!(1)).await;
        wire.lose_answers();
        locker.batch_execute("COMMIT").await.expect("unlocked");
        until("the row is written", async || recorded(db).await == json!(10)).await;
        wire.shut.store(true, Ordering::SeqCst);
        wire.cut();

        let bucket = "SELECT floor(extract(epoch FROM clock_timestamp()) / 10)::bigint AS n";
        let before = db.value(bucket).await;
        until("another bucket has begun", async || db.value(bucket).await != before).await;
        wire.shut.store(false, Ordering::SeqCst);
        db.insert(&drafts(7)).await;
        done(17).await;
        node.engine.stop(Duration::ZERO).await;
        assert_eq!(recorded(db).await, json!(17));
        let twice = "SELECT count(*) AS n FROM (SELECT FROM eram_metrics WHERE step = 10 GROUP BY bucket, node HAVING count(*) > 1) AS q";
        assert_eq!(db.value(twice).await, json!(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_nor_done_twice_while_connections_are_cut_again_and_again() {
    const JOBS: usize = 4000;
    with_database(async |db| {
        let count = Arc::new(parking_lot::Mutex::new(Dice(7)));
        let (node, main) = db
            .working(json!(20), move |_| match count.lock().roll(3) {
                0 => Act::done(),
                1 => Act::result("1"),
                _ => Act::done_after(Duration::from_millis(1)),
            })
            .await;
        for _ in 0..4 {
            db.insert(&drafts(JOBS / 4)).await;
        }
        let (mut cut, mut seen) = (0, -1);
        until("all are done", async || {
            let done = db.count("state = 'completed'").await;
            // Not before the last cut is overcome: a busy machine could be cut faster than it connects.
            if done > seen {
                cut += db.cut().await;
                seen = done;
            }
            done == 4000
        })
        .await;
        assert!(cut > 20, "only {cut} connections were cut");
        let ids = main.ids();
        assert_eq!((ids.len(), ids.iter().collect::<HashSet<_>>().len()), (JOBS, JOBS));
        assert_eq!(db.count("attempt <> 1 OR errors <> '{}'").await, 0);
        node.wait_for_events("job:stop", JOBS).await;
        assert_eq!(node.events("job:lost"), [Value::Null; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_too_many_outcomes_are_unwritten_nothing_more_is_claimed() {
    with_database(async |db| {
        let node = db.start(json!({ "queues": { "default": 10 } })).await;
        let main = node.attach("default", Isolation::Main, |_| Act::done());
        node.engine.pending.add(20_001);
        node.engine.open().await;
        let id = db.insert_one(draft()).await;
        // The queue of another engine proves that the job could have been claimed by now.
        let (_other, second) = db.working(json!({ "limit": 1, "paused": true }), |_| Act::done()).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!((db.state(id).await.as_str(), second.ids().len()), ("available", 0));
        node.engine.pending.done(20_001);
        main.took(1).await;
    })
    .await;
}
