//! Jobs that wait before the marks of a producer are found.

use serde_json::json;

use crate::testing::{Act, until, with_database};

/// Inserts a job without a notification, long due and with this priority.
const BY_HAND: &str =
    "INSERT INTO eram_jobs (worker, priority, scheduled_at) VALUES ('Sample', 5, now() - interval '1 hour')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_before_the_marks_is_found_whoever_inserted_it_and_whether_the_queue_sleeps() {
    with_database(async |db| {
        let (_node, main) = db.working(json!({ "limit": 5 }), |_| Act::done()).await;
        let mut done = 0;
        for asleep in [true, false] {
            for (notified, due) in [(true, "2020-01-01T00:00:00Z"), (true, "2010-01-01T00:00:00Z")] {
                // Marks lead past this one.
                db.insert_one(json!({ "worker": "Sample", "priority": 5 })).await;
                done += 1;
                main.took(done).await;
                if asleep {
                    db.until_asleep().await;
                }
                if notified {
                    db.insert_one(
                        json!({ "worker": "Sample", "priority": 3, "scheduled_at": due, "state": "available" }),
                    )
                    .await;
                    done += 1;
                    main.took(done).await;
                }
            }
        }
        until("all are done", async || db.count("state = 'completed'").await == i64::try_from(done).expect("few"))
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_nothing_announces_is_found_by_the_heartbeat_or_while_the_queue_is_busy() {
    with_database(async |db| {
        let (_node, main) = db.working(json!({ "limit": 5 }), |_| Act::done()).await;
        db.insert_one(json!({ "worker": "Sample" })).await;
        main.took(1).await;
        db.until_asleep().await;
        db.run(BY_HAND).await;
        main.took(2).await;
        // Released by another process, with its old due time.
        db.run("UPDATE eram_jobs SET state = 'available' WHERE priority = 5").await;
        main.took(3).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_jobs_run_among_more_of_unknown_classes() {
    with_database(async |db| {
        let strange = "INSERT INTO eram_jobs (worker, priority, scheduled_at)
          SELECT 'Strange', n % 3, now() - n * interval '1 second' FROM generate_series(1, 20000) AS n";
        db.run(strange).await;
        let (_node, main) = db.working(json!({ "limit": 5 }), |_| Act::done()).await;
        for n in 1..=5 {
            db.insert_one(json!({ "worker": "Sample", "priority": n })).await;
            main.took(2 * n - 1).await;
            db.run(strange).await;
            db.run(BY_HAND).await;
            main.took(2 * n).await;
        }
        assert_eq!(db.count("worker = 'Strange' AND attempt > 0").await, 0);
    })
    .await;
}
