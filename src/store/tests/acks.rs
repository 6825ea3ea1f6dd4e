//! How much of the table an ack reads.

use crate::testing::with_database;

#[tokio::test]
async fn acks_read_their_own_rows_only_whatever_the_statistics_say() {
    with_database(async |db| {
        db.run(
            "ALTER TABLE eram_jobs SET (autovacuum_enabled = false);
             INSERT INTO eram_jobs (worker) SELECT 'Sample' FROM generate_series(1, 5000);
             -- From now on the planner takes it that nothing is executing.
             ANALYZE eram_jobs;
             UPDATE eram_jobs
             SET state = 'executing', attempt = 1, attempted_at = now(), attempted_by = ARRAY['n', 'b5a5f1f6-9ad5-4d4d-a2a8-9a4ee52b60a1']",
        )
        .await;
        let acks = "(SELECT array_agg(id) AS ids, array_agg(attempted_at) AS at, array_agg(attempted_by[2]::uuid) AS by,
                            array_agg('completed'::text) AS states, array_agg(0) AS zeros
                     FROM (SELECT * FROM eram_jobs WHERE id BETWEEN $1 AND $1 + 499 OFFSET 0) AS j) AS a";
        let complete = format!("SELECT eram_complete_jobs(a.ids, ARRAY[200, 300], a.at[1:2], a.by[1:2]) FROM {acks}");
        let object = format!(
            "SELECT count(r) FROM {acks}, eram_ack_jobs(a.ids, a.at, a.by, a.states, array_fill(NULL::float8, ARRAY[500]),
               array_fill(NULL::text, ARRAY[500]), array_fill('1'::text, ARRAY[500]), a.zeros, a.zeros,
               array_fill(NULL::text, ARRAY[500]), array_fill('success'::text, ARRAY[500]), array_fill(NULL::text, ARRAY[500]),
               array_fill(NULL::text, ARRAY[500])) AS r"
        );
        let mut client = db.client().await;
        // As on the engine's own connections, and as elsewhere.
        for (first, settings) in
            [(1_i64, "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off"), (2501, "RESET ALL")]
        {
            client.batch_execute(settings).await.expect("settings");
            client.batch_execute(&format!("SET search_path = \"{}\"", db.prefix)).await.expect("a search path");
            for (sql, first) in [(&complete, first), (&object, first + 1000)] {
                let transaction = client.transaction().await.expect("a transaction");
                let reads = "SELECT coalesce(max(idx_tup_fetch), 0) FROM pg_stat_xact_user_tables WHERE relid = 'eram_jobs'::regclass";
                let before: i64 = transaction.query_one(reads, &[]).await.expect("statistics").get(0);
                let row = transaction.query_one(sql, &[&first]).await.expect("an answer");
                assert_eq!(row.get::<_, i64>(0), 500);
                let after: i64 = transaction.query_one(reads, &[]).await.expect("statistics").get(0);
                let read = after - before;
                transaction.commit().await.expect("a commit");
                // Once by the test, once by the ack.
                assert!(read <= 1100, "{read} rows were read for 500 acks: {sql}");
            }
        }
        assert_eq!(db.count("state = 'completed'").await, 2000);
    })
    .await;
}
