use serde_json::json;

use super::Ahead;
use crate::model::schedule::Schedule;
use crate::plugins::Due;
use crate::store::Cron;
use crate::testing::{Database, until, with_database};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

async fn entry(db: &Database, name: &str, expression: &str, columns: &str) -> Cron {
    db.run(&format!(
        "INSERT INTO eram_crons (name, expression, worker) VALUES ('{name}', '{expression}', 'Sample');
         UPDATE eram_crons SET {columns} WHERE name = '{name}'"
    ))
    .await;
    read(db, name).await
}

async fn read(db: &Database, name: &str) -> Cron {
    db.store.load_crons(Some(name)).await.expect("an answer").pop().expect("the entry")
}

fn schedule(expression: &str) -> Schedule {
    Schedule::parse(expression, "Etc/UTC").expect("a schedule")
}

#[tokio::test]
async fn up_to_a_day_ahead_an_entry_waits_and_beyond_that_it_ticks_from_now_on() {
    with_database(async |db| {
        let row = entry(db, "e", "* * * * *", "last_at = now()").await;
        let at = |ahead: i64| Cron { base: row.now + ahead, ..row.clone() };
        let (minutely, reboot) = (schedule("* * * * *"), schedule("@reboot"));
        for (ahead, of_ticks, of_reboot) in [
            (-HOUR, None, None),
            (0, None, None),
            (60 * SECOND, None, None),
            (61 * SECOND, Some(Ahead::Waits), Some(Ahead::TooFar)),
            (HOUR, Some(Ahead::Waits), Some(Ahead::TooFar)),
            (24 * HOUR, Some(Ahead::Waits), Some(Ahead::TooFar)),
            (24 * HOUR + 1, Some(Ahead::TooFar), Some(Ahead::TooFar)),
            (i64::MAX - row.now, Some(Ahead::TooFar), Some(Ahead::TooFar)),
        ] {
            assert_eq!((Ahead::of(&at(ahead), &minutely), Ahead::of(&at(ahead), &reboot)), (of_ticks, of_reboot), "{ahead}");
        }
        // One that waits has its next tick after those that had their jobs; the other has it now.
        let next = |ahead: i64| Due::of(&at(ahead), &minutely).next.expect("a tick") - row.now;
        assert!(next(HOUR) > HOUR && next(25 * HOUR) <= 60 * SECOND);
        assert_eq!(
            Ahead::Waits.problem(&Cron { now: 0, base: HOUR, ..row.clone() }),
            "last_at: expected ticks up to now to be settled, got those up to 1970-01-01T01:00:00.000000Z, 3600 s ahead of the database's \
             clock; it waits for the first tick after that"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_nodes_one_brings_an_entry_back_and_one_that_was_frozen_changes_nothing() {
    with_database(async |db| {
        let row = entry(db, "e", "* * * * *", "last_at = now() + interval '3 years'").await;
        let all = (0..8).map(|_| db.store.bring_back_cron(&row, 86_400.0));
        let done = futures_util::future::join_all(all).await;
        assert_eq!(done.into_iter().filter(|it| *it.as_ref().expect("an answer")).count(), 1);
        let back = read(db, "e").await;
        assert!(back.base <= back.now && back.updated_at != row.updated_at);
        assert_eq!(db.value("SELECT last_at FROM eram_crons").await, json!(null));
        // It read the row before; nor does a tick of the wrong clock become a job.
        assert!(!db.store.bring_back_cron(&row, 86_400.0).await.expect("an answer"));
        let draft = json!({ "worker": "Sample" }).to_string();
        for cron in [&row, &back] {
            let tick = db.store.insert_tick(cron, back.now + 72 * HOUR, 0, &draft, 60.0).await.expect("an answer");
            assert!(tick.is_none());
            assert!(!db.store.skip_ticks(cron, back.now + 72 * HOUR, 1).await.expect("an answer"));
        }
        assert_eq!(db.count("true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_entry_within_the_bound_or_locked_is_left_as_it_is() {
    with_database(async |db| {
        let near = entry(db, "near", "* * * * *", "last_at = now() + interval '1 hour'").await;
        assert!(!db.store.bring_back_cron(&near, 86_400.0).await.expect("an answer"));
        assert_eq!(read(db, "near").await.base, near.base);
        let held = entry(db, "held", "* * * * *", "since = now() + interval '2 days'").await;
        let mut other = db.client().await;
        let lock = other.transaction().await.expect("a transaction");
        lock.execute("SELECT FROM eram_crons FOR UPDATE", &[]).await.expect("a lock");
        assert!(!db.store.bring_back_cron(&held, 86_400.0).await.expect("an answer"));
        lock.rollback().await.expect("a rollback");
        assert!(db.store.bring_back_cron(&held, 86_400.0).await.expect("an answer"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_that_the_wrong_clock_settled_tick_again_and_those_of_an_hour_ago_make_nothing_twice() {
    with_database(async |db| {
        entry(db, "lost", "0 0 1 1 *", "guaranteed = true, last_at = now() + interval '3 years'").await;
        entry(db, "created", "0 0 1 1 *", "since = now() + interval '2 years'").await;
        entry(db, "hourly", "* * * * *", "last_at = date_trunc('minute', now()) + interval '1 hour'").await;
        let nodes = [db.start(json!({ "queues": { "default": 1 } })).await, db.start(json!({ "queues": { "default": 1 } })).await];
        for node in &nodes {
            node.engine.open().await;
        }
        let settled = async |name: &str| db.value(&format!("SELECT greatest(last_at, since) <= now() FROM eram_crons WHERE name = '{name}'")).await;
        for name in ["lost", "created"] {
            until("it ticks from now on", async || settled(name).await == json!(true)).await;
        }
        let events = || nodes.iter().flat_map(|node| node.events("cron:exception")).collect::<Vec<_>>();
        let of = |name: &str| events().into_iter().filter(|it| it["name"] == name).collect::<Vec<_>>();
        // Each node says that the entry waits; the one that brings another back says so.
        until("all is reported", async || of("lost").len() == 1 && of("created").len() == 1 && of("hourly").len() == 2).await;
        assert!(of("hourly")[0]["message"].as_str().expect("a text").ends_with("it waits for the first tick after that"));
        assert!(of("lost")[0]["message"].as_str().expect("a text").ends_with("it ticks from now on"));
        let list: serde_json::Value =
            serde_json::from_str(&nodes[0].engine.crons("list", "{}").await.expect("a list")).expect("JSON");
        let problem = |name: &str| list.as_array().expect("a list").iter().find(|it| it["name"] == name).map(|it| it["problem"].clone());
        assert!(problem("hourly").expect("an entry").as_str().expect("a text").starts_with("last_at: expected ticks up to now"));
        assert_eq!(problem("lost"), Some(json!(null)));
        // From there on it makes its jobs: a tick that comes has one, of whichever node.
        db.run("UPDATE eram_crons SET since = date_trunc('year', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 day' WHERE name = 'lost'").await;
        until("its tick has a job", async || db.count("meta->>'cron_name' = 'lost'").await == 1).await;
        assert_eq!(db.count("meta->>'cron_name' <> 'lost'").await, 0);
    })
    .await;
}
