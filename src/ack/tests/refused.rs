//! Acks that a trigger or constraint of the application refuses.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::running;
use crate::model::outcome::Outcome;
use crate::testing::{Act, Database, Node, draft, drafts, failed, until, with_database};

/// A trigger that refuses changes of which the condition is true.
async fn refuse(db: &Database, on: &str, condition: &str) {
    db.run(&format!(
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
         BEGIN IF {condition} THEN RAISE 'refused by the test'; END IF; RETURN coalesce(NEW, OLD); END $$;
         CREATE OR REPLACE TRIGGER refuse {on} ON eram_jobs FOR EACH ROW EXECUTE FUNCTION refuse()"
    ))
    .await;
}

async fn allow(db: &Database) {
    db.run("DROP TRIGGER refuse ON eram_jobs").await;
}

fn refused_jobs(node: &Node) -> Value {
    json!(node.engine.status().refused.iter().map(|it| it.job.id).collect::<Vec<_>>())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ack_that_is_refused_is_set_aside_and_the_others_are_written() {
    for detailed in [false, true] {
        with_database(async |db| {
            refuse(db, "BEFORE UPDATE", "NEW.state <> 'executing' AND NEW.args->>'n' = '13'").await;
            let ids = db.insert(&drafts(100)).await;
            let script = move |job: &crate::testing::Taken| {
                if detailed && job.args["n"] == 13 { Act::Settle(failed()) } else { Act::done() }
            };
            let (node, _main) = db.working(json!(100), script).await;
            until("the others are completed", async || db.count("state = 'completed'").await == 99).await;
            let event = node.wait_for_events("job:refused", 1).await.remove(0);
            assert_eq!(
                [&event["part"], &event["job"]["id"], &event["job"]["queue"], &event["job"]["worker"]],
                [&json!("ack"), &json!(ids[13]), &json!("default"), &json!("Sample")]
            );
            assert_eq!(
                [&event["sqlstate"], &event["constraint"], &event["message"], &event["tries"]],
                [&json!("P0001"), &Value::Null, &json!("refused by the test"), &json!(1)]
            );
            assert_eq!((db.state(ids[13]).await.as_str(), refused_jobs(&node)), ("executing", json!([ids[13]])));
            let again = node.wait_for_events("job:refused", 2).await.remove(1);
            assert_eq!((&again["job"], &again["tries"]), (&event["job"], &json!(2)));
            assert!(again["retry_ms"].as_u64() > event["retry_ms"].as_u64(), "{again}");
            let warnings = || {
                let mut all = node.events("warning");
                all.retain(|it| it["warning"] == "jobs_refused");
                all
            };
            assert_eq!((&warnings()[0]["subject"], &warnings()[0]["ids"]), (&json!("ack"), &json!([ids[13]])));
            allow(db).await;
            db.until_state(ids[13], if detailed { "retryable" } else { "completed" }).await;
            until("none is set aside", async || refused_jobs(&node) == json!([])).await;
            until("the warning is over", async || warnings().len() == 2).await;
            assert_eq!(warnings()[1]["resolved"], json!(true));
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_of_the_application_of_every_kind_cost_only_the_rows_that_break_them() {
    let own_table = "CREATE TABLE seen (n int PRIMARY KEY)";
    let rules = [
        ("a check", "ALTER TABLE eram_jobs ADD CHECK (state <> 'completed' OR args->>'n' <> '13')".to_owned(), "23514"),
        (
            "a unique index",
            "INSERT INTO eram_jobs (worker, state, args) VALUES ('Sample', 'completed', '{\"n\": 13}');
             CREATE UNIQUE INDEX ON eram_jobs ((args->>'n')) WHERE state = 'completed'"
                .to_owned(),
            "23505",
        ),
        (
            "a foreign key behind a deferred trigger",
            format!(
                "{own_table}; CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN
                   IF NEW.state = 'completed' THEN INSERT INTO seen VALUES ((NEW.args->>'n')::int); END IF; RETURN NULL; END $$;
                 INSERT INTO seen VALUES (13);
                 CREATE CONSTRAINT TRIGGER note AFTER UPDATE ON eram_jobs DEFERRABLE INITIALLY DEFERRED
                   FOR EACH ROW EXECUTE FUNCTION note()"
            ),
            "23505",
        ),
        (
            "a domain",
            "CREATE DOMAIN lucky AS int CHECK (VALUE <> 13);
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ DECLARE n lucky; BEGIN
               IF NEW.state = 'completed' THEN n := (NEW.args->>'n')::int; END IF; RETURN NEW; END $$;
             CREATE TRIGGER note BEFORE UPDATE ON eram_jobs FOR EACH ROW EXECUTE FUNCTION note()"
                .to_owned(),
            "23514",
        ),
        (
            "a notification that is too long",
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN
               IF NEW.state = 'completed' THEN PERFORM pg_notify('done', repeat('x', CASE NEW.args->>'n' WHEN '13' THEN 9000 ELSE 9 END)); END IF;
               RETURN NULL; END $$;
             CREATE TRIGGER note AFTER UPDATE ON eram_jobs FOR EACH ROW EXECUTE FUNCTION note()"
                .to_owned(),
            "22023",
        ),
        (
            "a trigger that fails to serialize each time",
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN
               IF NEW.state = 'completed' AND NEW.args->>'n' = '13' THEN RAISE 'no' USING ERRCODE = '40001'; END IF; RETURN NULL; END $$;
             CREATE TRIGGER note AFTER UPDATE ON eram_jobs FOR EACH ROW EXECUTE FUNCTION note()"
                .to_owned(),
            "40001",
        ),
        (
            "a trigger that asks for a lock each time",
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN
               IF NEW.state = 'completed' AND NEW.args->>'n' = '13' THEN RAISE 'no' USING ERRCODE = '55P03'; END IF; RETURN NULL; END $$;
             CREATE TRIGGER note AFTER UPDATE ON eram_jobs FOR EACH ROW EXECUTE FUNCTION note()"
                .to_owned(),
            "55P03",
        ),
    ];
    for (name, rule, sqlstate) in rules {
        with_database(async |db| {
            db.run(&rule).await;
            let ids = db.insert(&drafts(40)).await;
            let (node, _main) = db.working(json!(40), |_| Act::done()).await;
            until(&format!("{name}: the others are completed"), async || {
                db.count(&format!("state = 'completed' AND id >= {}", ids[0])).await == 39
            })
            .await;
            let event = node.wait_for_events("job:refused", 1).await.remove(0);
            assert_eq!((&event["job"]["id"], &event["sqlstate"]), (&json!(ids[13]), &json!(sqlstate)), "{name}");
            if name == "a check" {
                assert_eq!(event["constraint"], json!("eram_jobs_check"));
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_every_ack_is_refused_statements_are_few_and_all_is_written_soon_after_the_cause_is_gone() {
    with_database(async |db| {
        db.run("CREATE SEQUENCE tries").await;
        db.run("CREATE FUNCTION count_tries() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN PERFORM nextval('tries'); RETURN NULL; END $$").await;
        refuse(db, "BEFORE UPDATE", "NEW.state = 'completed'").await;
        db.insert(&drafts(1000)).await;
        let (node, main) = db.working(json!(1000), |_| Act::never()).await;
        let runs: Vec<u64> = main.took(1000).await.iter().map(|job| job.run).collect();
        // Counted with each statement, whether it is refused or not.
        db.run("CREATE TRIGGER counted BEFORE UPDATE ON eram_jobs FOR EACH STATEMENT EXECUTE FUNCTION count_tries()").await;
        for run in runs {
            main.settle(run, Outcome::done());
        }
        until("all are set aside", async || node.engine.status().refused_jobs == 1000).await;
        node.wait_for_events("job:refused", 2000).await;
        let tries = db.value("SELECT last_value FROM tries").await;
        assert!(tries.as_i64() < Some(500), "{tries} statements");
        assert_eq!(node.engine.status().unwritten, 1000);
        allow(db).await;
        until("all are completed", async || db.count("state = 'completed'").await == 1000).await;
        until("none is set aside", async || node.engine.status().refused_jobs == 0).await;
        assert_eq!(node.engine.status().unwritten, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_ack_stops_neither_its_queue_nor_the_stop_and_its_job_is_rescued_later() {
    with_database(async |db| {
        refuse(db, "BEFORE UPDATE", "NEW.state = 'completed' AND NEW.args->>'n' = '0'").await;
        let ids = db.insert(&drafts(2)).await;
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        db.until_state(ids[1], "completed").await;
        node.wait_for_events("job:refused", 1).await;
        let begun = Instant::now();
        node.engine.stop(Duration::from_secs(60)).await;
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        assert_eq!(db.state(ids[0]).await, "executing");
        // Its producer keeps its row, by which another node finds the job.
        assert_eq!(db.value("SELECT count(*) FROM eram_producers").await, json!(1));
        db.run("UPDATE eram_producers SET updated_at = now() - interval '1 hour'").await;
        let uuid = db.value("SELECT uuid FROM eram_producers").await;
        let uuid = uuid::Uuid::parse_str(uuid.as_str().expect("a text")).expect("a uuid");
        let rescue = db.store.rescue_jobs(0.0, None, &[uuid], None).await.expect("an answer");
        assert_eq!(rescue.jobs.iter().map(|it| it.id).collect::<Vec<_>>(), [ids[0]]);
        assert_eq!(db.state(ids[0]).await, "available");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_stopped_by_itself_does_not_wait_for_a_refused_ack() {
    with_database(async |db| {
        refuse(db, "BEFORE UPDATE", "NEW.state = 'completed'").await;
        let id = db.insert_one(draft()).await;
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        node.wait_for_events("job:refused", 1).await;
        node.end_queue("default").await;
        assert_eq!(db.state(id).await, "executing");
        assert_eq!(db.value("SELECT count(*) FROM eram_producers").await, json!(1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ack_that_is_set_aside_leaves_a_job_alone_that_was_rescued() {
    with_database(async |db| {
        let (node, main, id, run) = running(db).await;
        refuse(db, "BEFORE UPDATE", "NEW.state = 'completed'").await;
        main.settle(run, Outcome::done());
        node.wait_for_events("job:refused", 1).await;
        db.run("UPDATE eram_jobs SET state = 'available', worker = 'Unknown'").await;
        let before = db.job(id).await;
        let lost = node.wait_for_events("job:lost", 1).await;
        assert_eq!((&lost[0]["job"]["id"], &lost[0]["state"]), (&json!(id), &json!("success")));
        assert_eq!(db.job(id).await, before);
        assert_eq!(node.engine.status().unwritten, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ack_that_is_set_aside_outlives_an_outage_and_hinders_no_reclaim() {
    with_database(async |db| {
        let (node, main, id, run) = running(db).await;
        refuse(db, "BEFORE UPDATE", "NEW.state = 'completed' AND NEW.args->>'n' IS NULL").await;
        main.settle(run, Outcome::done());
        node.wait_for_events("job:refused", 1).await;
        // The producer reclaims what it does not know after a lost connection, and goes on.
        db.cut().await;
        db.run("INSERT INTO eram_jobs (worker, args) VALUES ('Sample', '{\"n\": 0}')").await;
        let next = main.took(2).await[1].clone();
        let (next, run) = (next.id, next.run);
        main.settle(run, Outcome::done());
        db.until_state(next, "completed").await;
        assert_eq!(db.state(id).await, "executing");
        allow(db).await;
        db.until_state(id, "completed").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_own_transaction_is_refused_fails_and_is_tried_again() {
    with_database(async |db| {
        let (_node, main, id, run) = running(db).await;
        refuse(db, "BEFORE UPDATE", "NEW.state = 'completed'").await;
        let text = main.prepare_ack(run, Outcome::done()).expect("a settlement");
        let client = db.client().await;
        let refused = client.execute("SELECT eram_ack_job($1)", &[&text]).await.expect_err("a refusal");
        assert!(format!("{refused:?}").contains("refused by the test"), "{refused:?}");
        main.settle(run, failed());
        db.until_state(id, "retryable").await;
    })
    .await;
}
