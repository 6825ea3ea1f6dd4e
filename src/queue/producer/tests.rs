//! What is claimed, in which order, by whom, and how much of it.

mod marks;
mod offer;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::model::draft::Isolation;
use crate::model::outcome::Outcome;
use crate::testing::{Act, Dice, Node, Taken, draft, drafts, until, with_database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_run_by_priority_then_due_time_then_age() {
    with_database(async |db| {
        let job = |priority: u8, due: &str| {
            json!({ "worker": "Sample", "priority": priority, "scheduled_at": due, "state": "available" })
        };
        let (early, late) = ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z");
        let ids = db
            .insert(&[job(1, early), job(0, late), job(0, early), job(9, early), job(0, late), draft(), job(0, early)])
            .await;
        let (_node, main) = db.working(json!({ "limit": 1, "prefetch": false }), |_| Act::done()).await;
        main.took(7).await;
        assert_eq!(main.ids(), [2, 6, 1, 4, 5, 0, 3].map(|n: usize| ids[n]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_engines_run_each_of_20_000_jobs_once() {
    with_database(async |db| {
        for _ in 0..4 {
            db.insert(&drafts(5000)).await;
        }
        let (one, first) = db.working(json!(100), |_| Act::done()).await;
        let (other, second) = db.working(json!(100), |_| Act::done()).await;
        until("all are done", async || db.count("state = 'completed'").await == 20_000).await;
        let (first, second) = (first.ids(), second.ids());
        assert!(!first.is_empty() && !second.is_empty(), "{} and {} jobs", first.len(), second.len());
        let distinct: HashSet<i64> = first.iter().chain(&second).copied().collect();
        assert_eq!((first.len() + second.len(), distinct.len()), (20_000, 20_000));
        assert_eq!(db.count("attempt <> 1 OR errors <> '{}'").await, 0);
        assert_eq!([one.events("job:lost"), other.events("job:lost")].concat(), [Value::Null; 0]);
    })
    .await;
}

/// Counts jobs that run at the same time.
#[derive(Clone, Default)]
struct Gauge {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Gauge {
    fn run(&self, time: Duration) -> Act {
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let now = self.now.clone();
        Act::perform(async move {
            tokio::time::sleep(time).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Outcome::done()
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_is_never_exceeded_and_always_used() {
    with_database(async |db| {
        let threaded = |count: usize| vec![json!({ "worker": "Threaded" }); count];
        db.insert(&threaded(600)).await;
        let node = db.start(json!({ "queues": { "default": { "limit": 7, "threads": 2 } } })).await;
        let gauges = [Gauge::default(), Gauge::default()];
        let all = Gauge::default();
        for gauge in &gauges {
            let (gauge, all, dice) = (gauge.clone(), all.clone(), Mutex::new(Dice(1)));
            node.attach("default", Isolation::Thread, move |_| {
                let time = dice.lock().millis(6);
                let (Act::Perform(mine), Act::Perform(of_all)) = (gauge.run(time), all.run(time)) else {
                    unreachable!("both take time")
                };
                Act::perform(async move { futures_util::future::join(mine, of_all).await.0 })
            });
        }
        node.engine.open().await;
        until("all are done", async || db.count("state = 'completed'").await == 600).await;
        assert_eq!(all.most.load(Ordering::SeqCst), 7);
        for gauge in &gauges {
            assert!(gauge.most.load(Ordering::SeqCst) <= 4);
        }
    })
    .await;
}

/// The most claimed jobs seen while the jobs ran, begun or not.
async fn most_claimed(node: &Node, until_done: impl AsyncFn() -> bool) -> usize {
    let executor = node.engine.executor("default").expect("a queue");
    let mut most = 0;
    until("all are done", async || {
        let counts = executor.counts();
        most = most.max(counts.ready + counts.running);
        until_done().await
    })
    .await;
    most
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_jobs_are_claimed_ahead_and_long_ones_are_not() {
    with_database(async |db| {
        // Long means that even a slow machine fetches several times in the meantime.
        for (time, count, ahead) in [(0, 800, true), (2000, 4, false)] {
            db.run("DELETE FROM eram_jobs").await;
            db.insert(&drafts(count)).await;
            let (node, main) = db.working(json!(2), move |_| Act::done_after(Duration::from_millis(time))).await;
            let seen = most_claimed(&node, async || main.ids().len() == count).await;
            // The jobs of one fetch share its time.
            let fetched =
                db.value("SELECT max(n) FROM (SELECT count(*) AS n FROM eram_jobs GROUP BY attempted_at)").await;
            let most = seen.max(usize::try_from(fetched.as_u64().expect("a number")).expect("a small number"));
            assert_eq!(most > 2, ahead, "{most} claimed at once of jobs that take {time} ms");
            node.engine.stop(Duration::from_secs(5)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_claimed_ahead_is_handed_back_while_every_place_is_taken() {
    with_database(async |db| {
        // Jobs that are short, until two of them are not.
        let script =
            |job: &Taken| if job.args["n"].as_i64() < Some(1000) { Act::done() } else { Act::until_aborted(job) };
        db.insert(&drafts(1200)).await;
        let (node, main) = db.working(json!(2), script).await;
        // Two fetches are under way at once, so it need not be the first thousand that were performed.
        until("all capacity is used", async || {
            main.taken().iter().filter(|job| job.args["n"].as_i64() >= Some(1000)).count() == 2
        })
        .await;
        let executor = node.engine.executor("default").expect("a queue");
        until("nothing is claimed ahead", async || {
            !node.is_fetching("default") && executor.counts().ready == 0 && db.count("state = 'executing'").await == 2
        })
        .await;
        // Nor is anything claimed again, as long as the two go on.
        let claimed = "SELECT max(attempted_at)::text FROM eram_jobs";
        let last = db.value(claimed).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(db.value(claimed).await, last);
        let left = 1200 - main.ids().len();
        assert_eq!(
            usize::try_from(db.count("state = 'available' AND attempt = 0 AND meta = '{}'").await).ok(),
            Some(left)
        );
        // Another node has capacity.
        let (_other, second) = db.working(json!(2), |_| Act::done()).await;
        second.took(left).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_of_unknown_classes_are_left_alone_and_aliases_are_known() {
    with_database(async |db| {
        let strange = db.insert_one(json!({ "worker": "Unknown" })).await;
        let former = db.insert_one(json!({ "worker": "Former" })).await;
        let (_node, main) = db.working(json!(10), |_| Act::done()).await;
        let taken = main.took(1).await;
        assert_eq!((taken[0].id, taken[0].worker.as_str()), (former, "Former"));
        db.until_state(former, "completed").await;
        let job = db.job(strange).await;
        assert_eq!((&job["state"], &job["attempt"]), (&json!("available"), &json!(0)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_without_attempts_left_do_not_stand_in_the_way() {
    with_database(async |db| {
        let ids = db.insert(&drafts(200)).await;
        db.run(&format!("UPDATE eram_jobs SET attempt = max_attempts WHERE id <= {}", ids[149])).await;
        let node = db.start(json!({ "queues": { "default": 10 }, "lifeline": false })).await;
        let main = node.attach("default", Isolation::Main, |_| Act::done());
        node.engine.open().await;
        main.took(50).await;
        until("the others are done", async || db.count("state = 'completed'").await == 50).await;
        assert_eq!(db.count("state = 'available' AND attempt = max_attempts").await, 150);
        assert_eq!(main.ids().len(), 50);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_class_is_fetched_as_soon_as_there_is_a_place_for_it() {
    with_database(async |db| {
        let id = db.insert_one(draft()).await;
        let node = db.start(json!({ "queues": { "default": 10 } })).await;
        node.engine.open().await;
        let threaded = db.insert_one(json!({ "worker": "Threaded" })).await;
        // The host is asked for a thread; for the main thread it cannot be asked.
        node.directed(1).await;
        assert_eq!((db.state(id).await, db.state(threaded).await), ("available".to_owned(), "executing".to_owned()));
        let thread = node.attach("default", Isolation::Thread, |_| Act::done());
        thread.took(1).await;
        let main = node.attach("default", Isolation::Main, |_| Act::done());
        main.took(1).await;
    })
    .await;
}
