//! Which jobs are freed, when, and which are left alone.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Memory, rest};
use crate::cluster::leader::ClusterSnapshot;
use crate::store::UnownedJobs;
use crate::testing::{Act, Database, draft, until, with_database};

/// A job that a producer claimed `ago`; `alive` is the time since the producer's last heartbeat, if
/// it has a row.
async fn claimed(db: &Database, ago: &str, alive: Option<&str>, columns: &str) -> (i64, Uuid) {
    let (id, uuid) = (db.insert_one(draft()).await, Uuid::new_v4());
    if let Some(alive) = alive {
        db.run(&format!(
            "INSERT INTO eram_producers (uuid, name, node, queue, job_limit, oldest_at, updated_at)
             VALUES ('{uuid}', 'default', 'gone', 'default', 1, '-infinity', now());
             -- Later, because a trigger of the insert rouses those with a time in the future.
             UPDATE eram_producers SET updated_at = now() - interval '{alive}' WHERE uuid = '{uuid}'"
        ))
        .await;
    }
    db.run(&format!(
        "UPDATE eram_jobs SET state = 'executing', attempt = 1, attempted_at = now() - interval '{ago}',
           attempted_by = ARRAY['gone', '{uuid}'] {columns} WHERE id = {id}"
    ))
    .await;
    (id, uuid)
}

const fn unowned(seconds: f64) -> UnownedJobs {
    UnownedJobs { after: i64::MIN, seconds }
}

#[tokio::test]
async fn the_look_for_jobs_without_a_producer_goes_through_the_table_page_by_page() {
    with_database(async |db| {
        db.run(
            "INSERT INTO eram_jobs (worker, state, attempt, attempted_at, attempted_by)
             SELECT 'Noop', CASE WHEN n % 5000 = 1 THEN 'executing' ELSE 'completed' END::eram_job_state, 1, now() - interval '1 day',
               ARRAY['gone', gen_random_uuid()::text]
             FROM generate_series(1, 10001) AS n",
        )
        .await;
        let first: i64 = db.value("SELECT min(id) FROM eram_jobs").await.as_i64().expect("an id");
        let mut after = i64::MIN;
        for (freed, last) in [(first, Some(first + 4_999)), (first + 5_000, Some(first + 9_999)), (first + 10_000, None)] {
            let unowned = Some(UnownedJobs { after, seconds: 3600.0 });
            let rescue = db.store.rescue_jobs(10.0, unowned, &[], None).await.expect("an answer");
            assert_eq!((rescue.jobs.iter().map(|job| job.id).collect(), rescue.last), (vec![freed], last));
            after = last.unwrap_or(after);
        }
    })
    .await;
}

#[test]
fn a_search_through_a_large_table_is_followed_by_a_rest() {
    let rests = |took, interval| rest(Duration::from_millis(took), Duration::from_secs(interval)).as_secs();
    for (took, interval, rested) in
        [(20, 60, 0), (1_000, 60, 60), (100_000, 60, 900), (100_000, 7_200, 7_200), (10_000_000, 60, 3_600)]
    {
        assert_eq!(rests(took, interval), rested, "{took} ms, every {interval} s");
    }
}

#[tokio::test]
async fn jobs_of_lost_producers_are_freed_and_those_of_living_ones_never() {
    with_database(async |db| {
        let hour = Some(unowned(3600.0));
        for (ago, alive, columns, unowned, state) in [
            ("1 second", Some("1 minute"), "", None, "available"),
            ("1 day", Some("1 minute"), "", None, "available"),
            ("1 minute", Some("1 minute"), ", max_attempts = 1", None, "discarded"),
            ("1 minute", Some("1 minute"), ", cancel_requested_at = now()", None, "cancelled"),
            ("1 day", Some("1 second"), "", hour, "executing"),
            // The server's clock has stepped back.
            ("1 second", Some("-1 hour"), "", None, "available"),
            ("-1 hour", Some("-1 hour"), "", None, "available"),
            ("-10 minutes", None, "", hour, "executing"),
            ("-1 day", None, "", hour, "available"),
            ("1 day", None, "", None, "executing"),
            ("1 day", None, "", hour, "available"),
            ("1 minute", None, "", hour, "executing"),
            ("2 hours", None, ", timeout = 10800000", hour, "executing"),
            ("4 hours", None, ", timeout = 10800000", hour, "available"),
        ] {
            let (id, uuid) = claimed(db, ago, alive, columns).await;
            let rescued = db.store.rescue_jobs(10.0, unowned, &[uuid], None).await.expect("an answer").jobs;
            let case = format!("claimed {ago} ago, producer heard of {alive:?} ago{columns}, strays {unowned:?}");
            let job = db.job(id).await;
            assert_eq!(job["state"], state, "{case}");
            let touched: Vec<i64> = rescued.iter().map(|job| job.id).collect();
            if state == "executing" {
                assert_eq!(touched, [0; 0], "{case}");
            } else {
                assert_eq!(touched, [id], "{case}");
                assert_eq!((&job["errors"][0]["kind"], &job["meta"]["rescued"]), (&json!("lost"), &json!(1)), "{case}");
                assert_eq!(job["attempt"], json!(1), "{case}");
            }
            db.run("DELETE FROM eram_jobs; DELETE FROM eram_producers").await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_lost_producer_claimed_after_a_step_back_is_freed_too() {
    with_database(async |db| {
        let (id, uuid) = claimed(db, "1 second", Some("-1 hour"), "").await;
        // As it was at the last heartbeat before the step.
        db.run("UPDATE eram_producers SET oldest_at = now() + interval '58 minutes'").await;
        db.store.rescue_jobs(10.0, None, &[uuid], None).await.expect("an answer");
        assert_eq!(db.state(id).await, "available");
    })
    .await;
}

#[test]
fn a_clock_that_runs_ahead_between_two_heartbeats_has_stepped() {
    let at = Instant::now();
    let memory = Memory { seen_at: Some(at), clock: Some(0), ..Memory::default() };
    for (seconds, stepped) in [(5, false), (9, false), (11, true), (3_605, true), (-3_595, false), (0, false)] {
        let at = at + Duration::from_secs(5);
        let seen =
            ClusterSnapshot { at, clock: seconds * 1_000_000, silent: vec![], due_at: None, leads: true, losses: 0 };
        assert_eq!(memory.steps_to(&seen), stepped, "{seconds} s");
    }
}

#[tokio::test]
async fn a_locked_job_of_a_lost_producer_delays_no_other_and_is_freed_later() {
    with_database(async |db| {
        let (held, uuid) = claimed(db, "1 second", Some("1 minute"), "").await;
        let free = db.insert_one(draft()).await;
        db.run(&format!("UPDATE eram_jobs SET state = 'executing', attempt = 1, attempted_at = now(), attempted_by = ARRAY['gone', '{uuid}'] WHERE id = {free}")).await;
        // As the job's own transaction does while it is open.
        let mut client = db.client().await;
        let lock = client.transaction().await.expect("a transaction");
        lock.execute("SELECT FROM eram_jobs WHERE id = $1 FOR UPDATE", &[&held]).await.expect("a locked job");
        let ids = async |unowned| -> Vec<i64> {
            let rescue = db.store.rescue_jobs(10.0, unowned, &[uuid], None).await.expect("an answer");
            rescue.jobs.iter().map(|job| job.id).collect()
        };
        assert_eq!(ids(None).await, [free]);
        assert_eq!(db.value("SELECT count(*) FROM eram_producers").await, json!(0));
        assert_eq!(ids(Some(unowned(3600.0))).await, [0; 0]);
        lock.rollback().await.expect("a rollback");
        assert_eq!(ids(Some(unowned(3600.0))).await, [held]);
        assert_eq!(db.state(held).await, "available");
    })
    .await;
}

#[tokio::test]
async fn what_a_lost_producer_claims_late_is_freed() {
    with_database(async |db| {
        let (first, uuid) = claimed(db, "1 second", Some("1 minute"), "").await;
        db.store.rescue_jobs(10.0, None, &[uuid], None).await.expect("an answer");
        assert_eq!(db.state(first).await, "available");
        // As a fetch does that was in flight when its node froze.
        db.run(&format!(
            "UPDATE eram_jobs SET state = 'executing', attempt = 2, attempted_at = now(), attempted_by = ARRAY['gone', '{uuid}']"
        ))
        .await;
        db.store.rescue_jobs(10.0, Some(unowned(3600.0)), &[], None).await.expect("an answer");
        assert_eq!(db.state(first).await, "available");
        // A lost producer is forgotten after ten minutes.
        db.run("UPDATE eram_lost_producers SET lost_at = now() - interval '11 minutes'").await;
        db.store.rescue_jobs(10.0, Some(unowned(3600.0)), &[], None).await.expect("an answer");
        assert_eq!(db.value("SELECT count(*) FROM eram_lost_producers").await, json!(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_died_is_given_up_and_another_runs_its_jobs() {
    with_database(async |db| {
        // Until then no producer is declared lost: no heartbeat was possible while the server was
        // down.
        let settled = "SELECT pg_postmaster_start_time() < now() - interval '21 seconds'";
        while db.value(settled).await != json!(true) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (id, _) = claimed(db, "1 minute", Some("1 minute"), "").await;
        let (alive, _) = claimed(db, "1 minute", Some("1 second"), "").await;
        // The test itself keeps the live producers alive.
        let (node, main) = db.working(json!(10), |_| Act::done()).await;
        until("the job is rescued", async || {
            db.run("UPDATE eram_producers SET updated_at = now() WHERE updated_at > now() - interval '30 seconds'")
                .await;
            !main.taken().is_empty()
        })
        .await;
        assert_eq!(main.taken()[0].attempt, 2);
        db.until_state(id, "completed").await;
        let events = node.wait_for_events("job:rescued", 1).await;
        assert_eq!((&events[0]["job"]["id"], &events[0]["job"]["state"]), (&json!(id), &json!("available")));
        assert_eq!(db.state(alive).await, "executing");
        assert_eq!(db.value("SELECT count(*) FROM eram_producers").await, json!(2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_available_job_without_an_attempt_left_is_discarded() {
    with_database(async |db| {
        let ids = db.insert(&vec![draft(); 3]).await;
        db.run(&format!("UPDATE eram_jobs SET attempt = max_attempts WHERE id = {}", ids[0])).await;
        let (_node, main) = db.working(json!(1), |_| Act::done()).await;
        db.until_state(ids[0], "discarded").await;
        let job = db.job(ids[0]).await;
        assert_eq!(job["errors"][0]["message"], "the job was available after attempt 20 of 20");
        assert_ne!(job["discarded_at"], Value::Null);
        main.took(2).await;
        assert_eq!(main.ids(), ids[1..]);
    })
    .await;
}
