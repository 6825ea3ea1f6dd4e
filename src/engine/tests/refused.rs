//! Rows that a trigger or constraint of the application refuses to change: the others go on.

use serde_json::{Value, json};

use crate::engine::Engine;
use crate::testing::{Act, Database, Node, draft, drafts, until, with_database};

/// A trigger that refuses changes of which the condition is true.
async fn refuse(db: &Database, on: &str, condition: &str) {
    db.run(&format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN IF {condition} THEN RAISE 'refused by the test'; END IF; RETURN coalesce(NEW, OLD); END $$;
         CREATE TRIGGER refuse BEFORE {on} ON eram_jobs FOR EACH ROW EXECUTE FUNCTION refuse()"
    ))
    .await;
}

async fn is_refused(node: &Node, part: &str, id: i64) {
    let event = node.wait_for_events("job:refused", 1).await.remove(0);
    assert_eq!((&event["part"], &event["job"]["id"]), (&json!(part), &json!(id)), "{event}");
    let status = node.engine.status();
    assert_eq!((status.refused_jobs, status.refused[0].part, status.refused[0].job.id), (1, part, id));
}

async fn ask(engine: &Engine, action: &str, options: Value) -> Vec<Value> {
    let text = engine.jobs(action, &options.to_string()).await.expect("an answer");
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_due_job_that_is_refused_stops_no_other_and_costs_the_leader_nothing() {
    with_database(async |db| {
        let mut due = drafts(50);
        for draft in &mut due {
            draft["schedule_in"] = json!(0.2);
        }
        let ids = db.insert(&due).await;
        refuse(db, "UPDATE", "OLD.state = 'scheduled' AND NEW.state = 'available' AND NEW.args->>'n' = '0'").await;
        let (node, _main) = db.working(json!(50), |_| Act::done()).await;
        until("the others are completed", async || db.count("state = 'completed'").await == 49).await;
        is_refused(&node, "stage", ids[0]).await;
        // Later jobs are staged in time, with one refused.
        let mut late = draft();
        late["schedule_in"] = json!(0.2);
        let late = db.insert_one(late).await;
        db.until_state(late, "completed").await;
        db.run("DROP TRIGGER refuse ON eram_jobs").await;
        db.until_state(ids[0], "completed").await;
        assert_eq!((node.engine.status().refused_jobs, node.events("leader:lost")), (0, vec![]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_another_table_refers_to_are_left_and_the_others_pruned() {
    with_database(async |db| {
        let ids = db.insert(&drafts(50)).await;
        db.run("UPDATE eram_jobs SET state = 'completed', completed_at = now() - interval '1 day', inserted_at = now() - interval '1 day'")
            .await;
        db.run("CREATE TABLE reports (id int PRIMARY KEY, job_id bigint CONSTRAINT of_job REFERENCES eram_jobs (id))").await;
        db.run(&format!("INSERT INTO reports VALUES (1, {}), (2, {})", ids[0], ids[30])).await;
        let node = db.start(json!({ "queues": { "default": 1 }, "prune": { "interval": 10, "max_age": 1, "limit": 20 } })).await;
        node.engine.open().await;
        until("the others are deleted", async || db.count("true").await == 2).await;
        until("both are known", async || node.engine.status().refused_jobs == 2).await;
        let refused = node.events("job:refused");
        assert_eq!(
            [&refused[0]["part"], &refused[0]["sqlstate"], &refused[0]["constraint"], &refused[0]["job"]["worker"]],
            [&json!("prune"), &json!("23503"), &json!("of_job"), &json!("Sample")]
        );
        let held = || node.events("pruner:stop").last().map(|event| event["held"].clone());
        until("the event counts them", async || held() == Some(json!(2))).await;
        let deleted: i64 = node.events("pruner:stop").iter().filter_map(|event| event["completed"].as_i64()).sum();
        assert_eq!(deleted, 48);
        let mut warnings = node.events("warning");
        warnings.retain(|it| it["warning"] == "jobs_refused");
        assert_eq!((&warnings[0]["subject"], &warnings[0]["constraint"]), (&json!("prune"), &json!("of_job")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orphan_that_is_refused_stops_no_other_rescue() {
    with_database(async |db| {
        let ids = db.insert(&drafts(20)).await;
        db.run(
            "UPDATE eram_jobs SET state = 'executing', attempt = 1, attempted_at = now() - interval '1 day',
               attempted_by = ARRAY['gone', gen_random_uuid()::text]",
        )
        .await;
        refuse(db, "UPDATE", "OLD.state = 'executing' AND NEW.args->>'n' = '7'").await;
        let node =
            db.start(json!({ "queues": { "other": 1 }, "lifeline": { "interval": 1000, "rescue_after": 1000 } })).await;
        node.engine.open().await;
        until("the others are rescued", async || db.count("state = 'available'").await == 19).await;
        is_refused(&node, "rescue", ids[7]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exhausted_job_that_is_refused_stops_no_other() {
    with_database(async |db| {
        let ids = db.insert(&drafts(20)).await;
        db.run("UPDATE eram_jobs SET attempt = max_attempts").await;
        refuse(db, "UPDATE", "NEW.state = 'discarded' AND NEW.args->>'n' = '19'").await;
        let node = db.start(json!({ "queues": { "other": 1 }, "lifeline": { "interval": 1000 } })).await;
        node.engine.open().await;
        until("the others are discarded", async || db.count("state = 'discarded'").await == 19).await;
        is_refused(&node, "discard", ids[19]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_jobs_to_retry_the_one_whose_key_is_taken_is_reported_and_the_others_come_back() {
    with_database(async |db| {
        let unique = |n: i64| json!({ "worker": "Sample", "args": { "n": n }, "unique": true });
        let old = db.insert(&(0..1000).map(unique).collect::<Vec<_>>()).await;
        db.run("UPDATE eram_jobs SET state = 'discarded', discarded_at = now(), attempt = max_attempts").await;
        let new = db.insert_one(unique(500)).await;
        let node = db.start(json!({})).await;
        let done = ask(&node.engine, "retry", json!({ "filter": { "states": ["discarded"] } })).await;
        assert_eq!((done.len(), done.iter().filter(|it| it["refused"].is_null()).count()), (1000, 999));
        let last = &done[999];
        assert_eq!(
            [&last["id"], &last["state"], &last["refused"]["code"]],
            [&json!(old[500]), &json!("discarded"), &json!("ERAM_UNIQUE_CONFLICT")]
        );
        let message = last["refused"]["message"].as_str().expect("a text");
        assert!(message.contains(&format!("job {}, whose key job {new} has taken", old[500])), "{message}");
        assert_eq!(db.count("state = 'available'").await, 1000);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actions_do_what_is_accepted_and_say_what_is_refused() {
    for (action, rule, sqlstate) in [
        (
            "delete",
            "CREATE TABLE reports (job_id bigint REFERENCES eram_jobs (id)); INSERT INTO reports SELECT min(id) + 3 FROM eram_jobs",
            "23503",
        ),
        ("cancel", "ALTER TABLE eram_jobs ADD CHECK (state <> 'cancelled' OR args->>'n' <> '3')", "23514"),
        (
            "update",
            "CREATE UNIQUE INDEX ON eram_jobs (priority) WHERE args->>'n' = '3' OR worker = 'Other';
                    INSERT INTO eram_jobs (worker, queue, priority) VALUES ('Other', 'other', 5)",
            "23505",
        ),
    ] {
        with_database(async |db| {
            let ids = db.insert(&drafts(10)).await;
            db.run(rule).await;
            let node = db.start(json!({})).await;
            let request = json!({ "filter": { "queues": ["default"] }, "patch": { "priority": 5 } });
            let done = ask(&node.engine, action, request).await;
            let refused: Vec<&Value> = done.iter().filter(|it| !it["refused"].is_null()).collect();
            assert_eq!((done.len(), refused.len()), (10, 1), "{action}");
            assert_eq!(
                [
                    &refused[0]["id"],
                    &refused[0]["state"],
                    &refused[0]["refused"]["sqlstate"],
                    &refused[0]["refused"]["code"]
                ],
                [&json!(ids[3]), &json!("available"), &json!(sqlstate), &json!("ERAM_DATABASE")]
            );
            // Alone, it is an error.
            let one = json!({ "filter": { "ids": [ids[3]] }, "patch": { "priority": 5 } });
            let error = node.engine.jobs(action, &one.to_string()).await.expect_err("a refusal");
            assert_eq!(error.code(), "ERAM_DATABASE");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_that_is_refused_stops_no_other_job_of_the_queue() {
    with_database(async |db| {
        let ids = db.insert(&drafts(30)).await;
        refuse(db, "UPDATE", "NEW.state = 'executing' AND NEW.args->>'n' = '0'").await;
        let (node, _main) = db.working(json!(3), |_| Act::done()).await;
        until("the others are completed", async || db.count("state = 'completed'").await == 29).await;
        is_refused(&node, "claim", ids[0]).await;
        let late = db.insert_one(draft()).await;
        db.until_state(late, "completed").await;
        assert_eq!(db.state(ids[0]).await, "available");
        db.run("DROP TRIGGER refuse ON eram_jobs").await;
        db.until_state(ids[0], "completed").await;
    })
    .await;
}

/// Jobs that a fetch has claimed for the node, whose answer was lost.
async fn lost_claims(db: &Database, node: &Node, count: usize) -> Vec<i64> {
    let mut drafts = drafts(count);
    for draft in &mut drafts {
        draft["state"] = json!("suspended");
    }
    let ids = db.insert(&drafts).await;
    db.run(
        "UPDATE eram_jobs AS j SET state = 'executing', attempt = 1, attempted_at = clock_timestamp(), attempted_by = ARRAY[p.node, p.uuid::text]
         FROM eram_producers AS p WHERE j.state = 'suspended'",
    )
    .await;
    assert_eq!(node.engine.status().refused_jobs, 0);
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_claim_that_cannot_be_handed_back_stops_no_other_and_no_fetch() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(5), |_| Act::done()).await;
        let ids = lost_claims(db, &node, 10).await;
        refuse(db, "UPDATE", "OLD.state = 'executing' AND NEW.state = 'available' AND NEW.args->>'n' = '3'").await;
        db.cut().await;
        until("the others are completed", async || db.count("state = 'completed'").await == 9).await;
        is_refused(&node, "reclaim", ids[3]).await;
        let late = db.insert_one(draft()).await;
        db.until_state(late, "completed").await;
        assert_eq!(db.state(ids[3]).await, "executing");
        // It is tried again, although the queue is idle.
        db.run("DROP TRIGGER refuse ON eram_jobs").await;
        db.until_state(ids[3], "completed").await;
        assert_eq!(node.engine.status().refused_jobs, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_stops_with_a_claim_it_cannot_hand_back_leaves_its_row_to_the_lifeline() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(5), |_| Act::done()).await;
        let ids = lost_claims(db, &node, 2).await;
        refuse(db, "UPDATE", "OLD.state = 'executing' AND NEW.state = 'available' AND NEW.args->>'n' = '1'").await;
        db.cut().await;
        // By a connection that was not cut.
        let completed = async |id: i64| db.count(&format!("id = {id} AND state = 'completed'")).await == 1;
        until("the other is completed", async || completed(ids[0]).await).await;
        node.wait_for_events("job:refused", 1).await;
        node.engine.stop(std::time::Duration::ZERO).await;
        assert_eq!(db.value("SELECT count(*) FROM eram_producers").await, json!(1));
        // The cause is gone: nothing is left.
        let (node, _main) = db.working(json!(5), |_| Act::done()).await;
        db.run("DROP TRIGGER refuse ON eram_jobs; DELETE FROM eram_producers WHERE updated_at < (SELECT max(updated_at) FROM eram_producers)")
            .await;
        let ids = lost_claims(db, &node, 2).await;
        db.cut().await;
        until("both are completed", async || completed(ids[0]).await && completed(ids[1]).await).await;
        node.engine.stop(std::time::Duration::ZERO).await;
        assert_eq!(db.value("SELECT count(*) FROM eram_producers").await, json!(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_everything_passes_over_jobs_that_the_database_refuses_and_ends() {
    with_database(async |db| {
        let mut due = drafts(20);
        for draft in &mut due[..10] {
            draft["schedule_in"] = json!(0.01);
        }
        let ids = db.insert(&due).await;
        refuse(
            db,
            "UPDATE",
            "OLD.state = 'scheduled' AND NEW.state <> 'scheduled' AND NEW.args->>'n' = '2' OR NEW.state = 'executing' AND NEW.args->>'n' = '15'",
        )
        .await;
        let options = json!({ "queues": { "default": 5 }, "peer": false });
        let node = db.start(options).await;
        let _main = node.attach("default", crate::model::draft::Isolation::Main, |_| Act::done());
        node.engine.open().await;
        until("all are due", async || {
            db.value("SELECT bool_and(scheduled_at <= now()) FROM eram_jobs").await == json!(true)
        })
        .await;
        let ran = json!(node.engine.run_once(None).await.expect("a run"));
        assert_eq!((&ran["drained"], db.count("state = 'completed'").await), (&json!(true), 18));
        assert_eq!((db.state(ids[2]).await.as_str(), db.state(ids[15]).await.as_str()), ("scheduled", "available"));
        let refused: Vec<Value> = node.events("job:refused");
        let named = |part: &str, id: i64| refused.iter().any(|it| it["part"] == part && it["job"]["id"] == id);
        assert!(named("stage", ids[2]) && named("claim", ids[15]), "{refused:?}");
        // Also a queue of which all jobs are to run, due or not.
        db.run("UPDATE eram_jobs SET scheduled_at = now() + interval '1 hour' WHERE state = 'scheduled'").await;
        let drain =
            crate::engine::Target::read("drain", r#"{"queue":"default","with_scheduled":true}"#).expect("a target");
        node.engine.drain(&drain).await.expect("drained");
        // The cause is gone: they run.
        db.run("DROP TRIGGER refuse ON eram_jobs").await;
        until("they are completed", async || {
            node.engine.drain(&drain).await.expect("drained");
            db.count("state = 'completed'").await == 20
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_passes_over_jobs_that_the_database_refuses_and_names_them() {
    for (cancel, rule, sqlstate) in [
        (
            false,
            "CREATE TABLE reports (job_id bigint CONSTRAINT of_job REFERENCES eram_jobs (id));
             INSERT INTO reports SELECT id FROM eram_jobs WHERE args->>'n' IN ('0', '2400', '4999')",
            "23503",
        ),
        (
            true,
            "ALTER TABLE eram_jobs ADD CONSTRAINT of_job CHECK (state <> 'cancelled' OR args->>'n' NOT IN ('0', '2400', '4999'))",
            "23514",
        ),
    ] {
        with_database(async |db| {
            let mut all = drafts(5000);
            for draft in &mut all[..2500] {
                draft["schedule_in"] = json!(3600);
            }
            let ids = db.insert(&all).await;
            db.run(rule).await;
            let node = db.start(json!({})).await;
            let request = json!({ "queue": "default", "cancel": cancel }).to_string();
            let target = crate::engine::Target::read("purge", &request).expect("a target");
            let purged = json!(node.engine.purge(&target).await.expect("purged"));
            assert_eq!(purged, json!({ "purged": 4997, "refused": 3 }));
            assert_eq!(db.count("state IN ('available', 'scheduled')").await, 3);
            let events = node.wait_for_events("job:refused", 3).await;
            let mut named: Vec<i64> = events.iter().filter_map(|it| it["job"]["id"].as_i64()).collect();
            named.sort_unstable();
            assert_eq!(named, [ids[0], ids[2400], ids[4999]]);
            for event in events {
                assert_eq!(
                    [
                        &event["part"],
                        &event["sqlstate"],
                        &event["constraint"],
                        &event["job"]["worker"],
                        &event["retry_ms"]
                    ],
                    [&json!("purge"), &json!(sqlstate), &json!("of_job"), &json!("Sample"), &json!(null)]
                );
            }
        })
        .await;
    }
}
