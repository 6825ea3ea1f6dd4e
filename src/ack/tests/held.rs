//! Rows that another transaction has locked.

use serde_json::json;

use crate::model::outcome::Outcome;
use crate::testing::{Act, drafts, failed, until, with_database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_row_delays_no_other_ack() {
    with_database(async |db| {
        let ids = db.insert(&drafts(4)).await;
        let (node, main) = db.working(json!(4), |_| Act::never()).await;
        let runs: Vec<u64> = main.took(4).await.iter().map(|job| job.run).collect();
        let mut blocker = db.client().await;
        let lock = blocker.transaction().await.expect("a transaction");
        lock.execute("SELECT FROM eram_jobs WHERE id IN ($1, $2) FOR UPDATE", &[&ids[0], &ids[2]])
            .await
            .expect("two locked jobs");
        // Each of the two statements gets one locked row and one free row.
        main.settle(runs[0], Outcome::done());
        main.settle(runs[1], Outcome::done());
        main.settle(runs[2], failed());
        main.settle(runs[3], failed());
        node.wait_for_events("job:stop", 1).await;
        node.wait_for_events("job:exception", 1).await;
        assert_eq!((db.state(ids[1]).await.as_str(), db.state(ids[3]).await.as_str()), ("completed", "retryable"));
        assert_eq!(db.count("state = 'executing'").await, 2);
        // Later acks are written too.
        let late = db.insert(&drafts(1)).await[0];
        let run = main.took(5).await[4].run;
        main.settle(run, Outcome::done());
        db.until_state(late, "completed").await;
        assert_eq!(db.count("state = 'executing'").await, 2);
        lock.commit().await.expect("a commit");
        until("the held ones are written", async || db.count("state = 'executing'").await == 0).await;
        assert_eq!((db.state(ids[0]).await.as_str(), db.state(ids[2]).await.as_str()), ("completed", "retryable"));
        node.wait_for_events("job:stop", 3).await;
        node.wait_for_events("job:exception", 2).await;
    })
    .await;
}
