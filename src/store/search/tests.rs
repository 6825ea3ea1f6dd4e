use super::*;
use crate::model::search::{self, QUALIFIERS};
use crate::testing::{Database, with_database};

const JOBS: &str = r#"
    INSERT INTO eram_producers (uuid, name, node, queue, job_limit) VALUES ('b5a5f1f6-9ad5-4d4d-a2a8-9a4ee52b60a1', 'default', 'web-1', 'a', 1);
    INSERT INTO eram_jobs (id, state, queue, worker, args, meta, tags, priority, attempt, max_attempts, inserted_at, scheduled_at) VALUES
      (1, 'available', 'emails', 'EmailUserJob', '{"user_id": 1, "total": 5}', '{}', '{vip}', 0, 0, 20, now() - interval '3 days', now()),
      (2, 'available', 'mailing_x', 'MailJob', '{"user_id": "1", "total": 50.5}', '{"cron": true, "cron_name": "nightly"}', '{}', 3, 0, 20, now(), now()),
      (3, 'scheduled', 'emails', 'EmailUserJob', '{"user_id": [1, 2], "total": "6"}', '{"snoozed": 1}', '{vip,test}', 9, 1, 20, now(), now() + interval '1 hour'),
      (4, 'suspended', 'foo/bar.baz', 'a%b_c', '{"big": 12345678901234567890, "to": "Ann@ACME.com", "none": null, "deep": {"a b": true}}', '{}', '{}', 0, 0, 1, '2025-11-20T23:30:00Z', now());
    INSERT INTO eram_jobs (id, state, queue, worker, attempt, max_attempts, attempted_at, attempted_by, scheduled_at, errors, completed_at, discarded_at, crashes, cancel_requested_at) VALUES
      (5, 'executing', 'a', 'Slow', 1, 1, now() - interval '1 minute', '{web-1,b5a5f1f6-9ad5-4d4d-a2a8-9a4ee52b60a1}', now() - interval '7 minutes', '{}', null, null, 0, now()),
      (6, 'executing', 'a', 'Slow', 2, 9, now(), '{web-2,00000000-0000-0000-0000-000000000001}', now(), ARRAY['{"message": "SMTP 421 Timeout\nsecond line"}'::jsonb], null, null, 1, null),
      (7, 'completed', 'a', 'Quick', 1, 9, now() - interval '10 seconds', '{web-1,b5a5f1f6-9ad5-4d4d-a2a8-9a4ee52b60a1}', now() - interval '10 seconds', '{}', now(), null, 0, null),
      (8, 'discarded', 'a', 'Quick', 9, 9, now(), '{web-1,b5a5f1f6-9ad5-4d4d-a2a8-9a4ee52b60a1}', now(), ARRAY['{"message": "first"}'::jsonb, '{"message": "last"}'::jsonb], null, now() - interval '2 days', 0, null)
"#;

async fn found(db: &Database, text: &str) -> Vec<i64> {
    let terms = search::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
    let search = db.store.job_search(&terms, "Europe/Berlin".parse().expect("a zone"));
    let mut both = vec![];
    for from in [Start::Before(i64::MAX), Start::After(i64::MIN)] {
        let found = db.store.search_jobs(&search, from, 1000, 1000).await;
        let found = found.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(found.edge, None, "{text}");
        both.push(found.jobs);
    }
    // The same jobs, as the same texts, the other way round.
    let (newest, mut oldest) = (both.remove(0), both.remove(0));
    oldest.reverse();
    assert_eq!(newest, oldest, "{text}");
    newest.into_iter().map(|(id, _)| id).collect()
}

#[tokio::test]
async fn each_condition_finds_its_jobs() {
    with_database(async |db| {
        db.run(JOBS).await;
        for (text, ids) in [
            ("", vec![8, 7, 6, 5, 4, 3, 2, 1]),
            ("state:available", vec![2, 1]),
            ("-state:final", vec![6, 5, 4, 3, 2, 1]),
            ("state:live", vec![6, 5, 4, 3, 2, 1]),
            ("state:scheduled,retryable", vec![3]),
            ("queue:emails", vec![3, 1]),
            ("queue:mail*", vec![2]),
            ("queue:MAIL*", vec![]),
            ("queue:foo/bar.baz", vec![4]),
            ("worker:~email", vec![3, 1]),
            ("email", vec![3, 1]),
            ("%", vec![4]),
            ("worker:~b_c", vec![4]),
            ("2,3", vec![3, 2]),
            ("id:7..", vec![8, 7]),
            ("id:<=2 -1", vec![2]),
            ("node:web-2", vec![6]),
            ("-node:web-2 state:live", vec![5, 4, 3, 2, 1]),
            ("cron:nightly", vec![2]),
            ("tag:vip,nothing", vec![3, 1]),
            ("tag:vip -tag:test", vec![1]),
            ("priority:3..9", vec![3, 2]),
            ("attempt:>1", vec![8, 6]),
            ("max_attempts:1", vec![5, 4]),
            ("args.user_id:1", vec![3, 1]),
            ("args.user_id:\"1\"", vec![2]),
            ("args.total:>5", vec![2]),
            ("args.total:5..50.5", vec![2, 1]),
            ("args.total:>=99999999999999999999999", vec![]),
            ("args.big:12345678901234567890", vec![4]),
            ("args.big:12345678901234567891", vec![]),
            ("args.big:>12345678901234567889", vec![4]),
            ("args.to:~@acme", vec![4]),
            ("args.none:null", vec![4]),
            ("args.deep.\"a b\":true", vec![4]),
            ("has:args.total", vec![3, 2, 1]),
            ("has:args.none,meta.snoozed", vec![4, 3]),
            ("error:timeout", vec![6]),
            ("error:first", vec![]),
            ("inserted:<-2d", vec![4, 1]),
            ("inserted:2025-11-21", vec![4]),
            ("inserted:2025-11-20", vec![]),
            ("inserted:2025-11-21T00:30", vec![4]),
            ("inserted:2025-11-20T23:30:00Z..2025-11-20T23:30:00Z", vec![4]),
            ("scheduled:>+30m", vec![3]),
            ("finished:>-1d", vec![7]),
            ("attempted:<-30s", vec![5]),
            ("duration:>=10s", vec![7, 5]),
            ("wait:>5m", vec![5]),
            ("is:orphaned", vec![6]),
            ("is:crashed,snoozed", vec![6, 3]),
            ("is:retried", vec![8, 6]),
            ("is:last-attempt", vec![5]),
            ("is:cancelling", vec![5]),
            ("is:unique,rescued", vec![]),
            ("is:cron", vec![2]),
            ("state:live queue:a -is:orphaned", vec![5]),
        ] {
            assert_eq!(found(db, text).await, ids, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn whatever_can_be_typed_is_sql_that_runs() {
    with_database(async |db| {
        db.run(JOBS).await;
        let hostile =
            r#""'; DROP TABLE eram_jobs; --" queue:"$1 eram_jobs true /* search */" args."a'b\"c".d:"{x" tag:"{a,b}""#;
        assert_eq!(found(db, hostile).await, Vec::<i64>::new());
        for qualifier in QUALIFIERS {
            found(db, qualifier.example).await;
            found(db, &format!("-{}", qualifier.example)).await;
        }
        for text in [
            "inserted:>-99y",
            "inserted:>-5200w",
            "inserted:9998-12-31",
            "inserted:0002-01-01..",
            "inserted:9999-12-31",
            "args.a:1e400",
            "args.a:>-1e4000",
        ] {
            if search::parse(text).is_ok() {
                found(db, text).await;
            }
        }
        assert_eq!(db.count("true").await, 8);
    })
    .await;
}

#[tokio::test]
async fn a_search_goes_through_the_table_in_parts() {
    with_database(async |db| {
        // With gaps, as after a prune.
        db.run("INSERT INTO eram_jobs (id, worker, priority) SELECT -5 + n * 1000000, 'Sample', n % 10 FROM generate_series(0, 99) AS n").await;
        let search = db.store.job_search(&search::parse("priority:7").expect("a search"), chrono_tz::UTC);
        let mut expected: Vec<i64> = (0..10).rev().map(|n| -5 + (n * 10 + 7) * 1_000_000).collect();
        for (mut from, step) in [(Start::Before(i64::MAX), 1), (Start::After(i64::MIN), -1)] {
            let (mut ids, mut parts) = (vec![], 0);
            loop {
                let found = db.store.search_jobs(&search, from, 7, 100).await.expect("a part");
                ids.extend(found.jobs.into_iter().map(|(id, _)| id));
                parts += 1;
                let Some(edge) = found.edge else { break };
                from = from.at(edge + step);
            }
            assert_eq!(parts, 15, "100 rows in parts of 7");
            assert_eq!(ids, expected);
            expected.reverse();
        }
    })
    .await;
}
