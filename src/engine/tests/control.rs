//! Operations on a running engine: pause, scale, drain.

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::engine::{Purged, QueueStart, Target};
use crate::model::draft::Isolation;
use crate::model::outcome::Outcome;
use crate::notifier::Signal;
use crate::testing::{Act, draft, drafts, failed, until, with_database};

fn target(action: &str, options: &Value) -> Target {
    Target::read(action, &options.to_string()).expect("a target")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_holds_on_every_node_and_outlives_them() {
    with_database(async |db| {
        let (node, main) = db.working(json!(10), |_| Act::done()).await;
        let (other, second) = db.working(json!(10), |_| Act::done()).await;
        node.engine.pause(&target("pause", &json!({ "queue": "default" })), true).await.expect("paused");
        other.wait_for_events("queue:update", 1).await;
        let (late, third) = db.working(json!(10), |_| Act::done()).await;
        assert!(late.engine.check_queue("default").expect("a queue").paused);
        let id = db.insert_one(draft()).await;
        // The message proves that the other node has handled what was sent before it.
        node.engine.notify("a", "1", "cluster").await.expect("sent");
        other.wait_for_events("message", 1).await;
        assert_eq!(db.state(id).await, "available");
        other.engine.pause(&target("pause", &json!({ "queue": "*" })), false).await.expect("resumed");
        db.until_state(id, "completed").await;
        assert_eq!(main.ids().len() + second.ids().len() + third.ids().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_hands_back_what_was_not_begun() {
    with_database(async |db| {
        db.insert(&drafts(2000)).await;
        let (node, main) = db.working(json!(2), |_| Act::done()).await;
        main.took(300).await;
        node.engine.pause(&target("pause", &json!({ "queue": "default" })), true).await.expect("paused");
        // A fetch that was in flight hands back the jobs that it claimed.
        until("nothing is claimed", async || {
            !node.is_fetching("default") && db.count("state = 'executing'").await == 0
        })
        .await;
        let left = db.count("state = 'available'").await;
        assert_eq!(db.count("state = 'completed'").await + left, 2000);
        node.engine.pause(&target("pause", &json!({ "queue": "default" })), false).await.expect("resumed");
        until("all are done", async || db.count("state = 'completed'").await == 2000).await;
        assert_eq!(main.ids().len(), 2000);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_limit_holds_on_the_node_that_it_is_for() {
    with_database(async |db| {
        let (node, main) = db.working(json!(1), |_| Act::never()).await;
        let (other, second) = db.working(json!(1), |_| Act::never()).await;
        let on = json!({ "queue": "default", "limit": 3, "node": other.engine.config.node });
        node.engine.scale(&target("scale", &on)).await.expect("scaled");
        let events = other.wait_for_events("queue:update", 1).await;
        assert_eq!(events[0]["limit"], json!(3));
        db.insert(&drafts(10)).await;
        second.took(3).await;
        main.took(1).await;
        assert_eq!((main.ids().len(), second.ids().len()), (1, 3));
        let error = Target::read("scale", r#"{"queue":"default","limit":0}"#).expect_err("a refusal");
        assert_eq!(error.to_string(), "scale.limit: expected a positive integer, got 0");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_is_started_and_stopped_while_the_engine_runs() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        let request = QueueStart::read(r#"{"queue":"late","limit":2}"#).expect("a request");
        node.engine.start_queue(&request).await.expect("started");
        let late = node.attach("late", Isolation::Main, |_| Act::never());
        let id = db.insert_one(json!({ "worker": "Sample", "queue": "late" })).await;
        late.took(1).await;
        assert_eq!(node.engine.start_queue(&request).await.expect_err("a refusal").code(), "ERAM_ALREADY_RUNNING");
        let stopped = node
            .engine
            .stop_queue(&target("stopQueue", &json!({ "queue": "late", "grace": 0 })))
            .await
            .expect("stopped");
        assert_eq!(stopped.released, [id]);
        assert_eq!(db.state(id).await, "available");
        assert_eq!(db.value("SELECT string_agg(queue, ',') FROM eram_producers").await, json!("default"));
        assert!(node.engine.check_queue("late").is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_runs_what_there_is_and_counts_what_became_of_it() {
    with_database(async |db| {
        // A drain does not count attempts that end before it begins, so no attempt ends before.
        let (start, started) = watch::channel(false);
        let (node, _main) = db
            .working(json!(5), move |job| {
                let outcome = match job.args["n"].as_i64().unwrap_or(0) % 3 {
                    0 => Outcome::done(),
                    1 => failed(),
                    _ => Outcome::Cancelled { reason: String::new() },
                };
                let mut started = started.clone();
                Act::perform(async move {
                    started.wait_for(|it| *it).await.expect("the test goes on");
                    outcome
                })
            })
            .await;
        db.insert(&drafts(30)).await;
        db.insert(&[json!({ "worker": "Sample", "schedule_in": 3600 }), json!({ "worker": "Unknown" })]).await;
        let request = target("drain", &json!({ "queue": "default" }));
        let (counts, _) = tokio::join!(biased; node.engine.drain(&request), async { start.send_replace(true) });
        let counts = json!(counts.expect("drained"));
        assert_eq!(
            (&counts["success"], &counts["failure"], &counts["cancelled"]),
            (&json!(10), &json!(10), &json!(10))
        );
        assert_eq!(db.count("state IN ('retryable', 'scheduled')").await, 11);
        // A job that fails every time is run until its attempts are used up.
        let all = json!({ "queue": "default", "with_scheduled": true });
        let counts = json!(node.engine.drain(&target("drain", &all)).await.expect("drained"));
        assert_eq!((&counts["success"], &counts["discard"]), (&json!(1), &json!(10)));
        assert_eq!(db.count("state IN ('retryable', 'scheduled')").await, 0);
        // No isolate here can run this job, so the drain does not wait for it.
        assert_eq!(db.count("state = 'available' AND worker = 'Unknown'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_that_takes_too_long_is_given_up() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::never()).await;
        db.insert_one(draft()).await;
        let request = json!({ "queue": "default", "timeout": 50 });
        let error = node.engine.drain(&target("drain", &request)).await.expect_err("a refusal");
        assert_eq!(error.to_string(), "drain: expected \"default\" to be empty within 50 ms, it is not");
        assert_eq!(
            node.engine.drain(&target("drain", &json!({ "queue": "other" }))).await.expect_err("none").code(),
            "ERAM_NOT_FOUND"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finished_jobs_are_retried_and_changed_ones_run_as_changed() {
    with_database(async |db| {
        let (node, main) = db.working(json!(1), |_| Act::done()).await;
        let ask = async |action: &str, options: Value| -> Value {
            serde_json::from_str(&node.engine.jobs(action, &options.to_string()).await.expect("an answer"))
                .expect("JSON")
        };
        let id = db.insert_one(json!({ "worker": "Sample", "schedule_in": 3600, "max_attempts": 1 })).await;
        let filter = json!({ "ids": [id] });
        ask("update", json!({ "filter": filter, "patch": { "args": { "new": true }, "schedule_in": 0 } })).await;
        assert_eq!(main.took(1).await[0].args, json!({ "new": true }));
        db.until_state(id, "completed").await;
        ask("retry", json!({ "filter": filter })).await;
        assert_eq!(main.took(2).await[1].attempt, 2);
        db.until_state(id, "completed").await;
        assert_eq!(
            ask("list", json!({ "filter": { "states": ["completed"] } })).await.as_array().map(Vec::len),
            Some(1)
        );
        assert_eq!(ask("delete", json!({ "filter": filter })).await[0]["state"], "deleted");
        assert_eq!(ask("find", json!({ "id": id })).await, Value::Null);
        for action in ["cancel", "retry", "delete", "update"] {
            let error = node.engine.jobs(action, "{}").await.expect_err("a refusal");
            assert_eq!(error.code(), "ERAM_CONFIG", "{action}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_hears_nothing_obeys_with_its_next_heartbeat() {
    with_database(async |db| {
        let deaf = json!({ "queues": { "default": 3 }, "notify": false, "heartbeat_interval": 100 });
        let node = db.start(deaf).await;
        node.engine.open().await;
        let (other, _main) = db.working(json!(1), |_| Act::done()).await;
        let all = json!({ "queue": "default" });
        other.engine.pause(&target("pause", &all), true).await.expect("paused");
        assert_eq!(node.wait_for_events("queue:update", 1).await[0]["paused"], true);
        // A setting for the node takes precedence over one for all nodes.
        let own = json!({ "queue": "default", "node": node.engine.config.node, "limit": 7 });
        other.engine.scale(&target("scale", &own)).await.expect("scaled");
        assert_eq!(node.wait_for_events("queue:update", 2).await[1]["limit"], 7);
        other.engine.reset_queue(&target("resetQueue", &all)).await.expect("reset");
        let last = node.wait_for_events("queue:update", 3).await.remove(2);
        assert_eq!((&last["paused"], &last["limit"]), (&json!(false), &json!(3)));
        assert!(!other.engine.check_queue("default").expect("a queue").paused);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_star_means_every_known_queue() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        let other = db.start(json!({ "queues": { "other": 1 } })).await;
        db.insert_one(json!({ "worker": "Sample", "queue": "waiting" })).await;
        node.engine.pause(&target("pause", &json!({ "queue": "*" })), true).await.expect("paused");
        other.wait_for_events("queue:update", 1).await;
        let late = db.start(json!({ "queues": { "waiting": 1, "new": 1 } })).await;
        let paused = |node: &crate::testing::Node, queue: &str| node.engine.check_queue(queue).expect("a queue").paused;
        assert_eq!([paused(&node, "default"), paused(&other, "other"), paused(&late, "waiting")], [true, true, true]);
        assert!(!paused(&late, "new"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_names_are_refused_unless_they_are_meant() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        let own = &node.engine.config.node;
        let hint = "; one that is not there yet, pass { force: true }";
        for (request, said) in [
            (
                json!({ "queue": "defualt" }),
                format!(
                    "queue: expected one that is known (default), got \"defualt\", did you mean \"default\"?{hint}"
                ),
            ),
            (
                json!({ "queue": "default", "node": format!("{own}x") }),
                format!("node: expected one that is known ({own}), got \"{own}x\", did you mean {own:?}?{hint}"),
            ),
        ] {
            let error = node.engine.pause(&target("pause", &request), true).await.expect_err("a refusal");
            assert_eq!((error.code(), error.to_string()), ("ERAM_NOT_FOUND", said));
            let mut forced = request.clone();
            forced["force"] = json!(true);
            node.engine.pause(&target("pause", &forced), true).await.expect("paused");
        }
        let late = db.start(json!({ "queues": { "defualt": 1 } })).await;
        assert!(late.engine.check_queue("defualt").expect("a queue").paused);
        for (action, request, said) in [
            ("pause", r#"{"queue":"a","nod":"b"}"#, "pause: unknown option \"nod\", did you mean \"node\"?"),
            ("purge", "{}", "purge.queue: expected a queue's name, got nothing"),
            ("purge", r#"{"queue":"*"}"#, "purge.queue: expected one queue, got \"*\", which purge does not take"),
            ("scale", r#"{"queue":"a"}"#, "scale.limit: expected a positive integer, got nothing"),
        ] {
            assert_eq!(Target::read(action, request).expect_err("a refusal").to_string(), said);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_is_started_and_stopped_on_other_nodes() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        let (other, _second) = db.working(json!(1), |_| Act::done()).await;
        let idle = db.start(json!({})).await;
        let request = |node: &str| QueueStart::read(&json!({ "queue": "late", "limit": 2, "node": node }).to_string());
        let serves = |node: &crate::testing::Node| node.engine.check_queue("late").is_some();
        until("each listens", async || [&node, &other, &idle].iter().all(|node| node.engine.status().listening)).await;
        node.engine.start_queue(&request(&other.engine.config.node).expect("a request")).await.expect("started");
        until("the other serves it", async || serves(&other)).await;
        assert!(!serves(&node));
        node.engine.start_queue(&request("*").expect("a request")).await.expect("started");
        until("both serve it", async || serves(&node) && serves(&other)).await;
        let stop = target("stopQueue", &json!({ "queue": "late", "node": "*", "grace": 0 }));
        node.engine.stop_queue(&stop).await.expect("stopped");
        until("no node serves it", async || !serves(&node) && !serves(&other)).await;
        assert!(!serves(&idle));
        let error = node.engine.start_queue(&request("unknown").expect("a request")).await.expect_err("a refusal");
        assert_eq!(error.code(), "ERAM_NOT_FOUND");
        let bad = QueueStart::read(r#"{"queue":"late","node":"*","limt":2}"#).expect("a request");
        let error = node.engine.start_queue(&bad).await.expect_err("a refusal");
        assert_eq!(error.to_string(), "late: unknown option \"limt\", did you mean \"limit\"?");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_and_a_stop_that_arrive_together_are_obeyed_in_their_order() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        let serves = || node.engine.check_queue("late").is_some();
        until("it listens", async || node.engine.status().listening).await;
        let start = "('*', 'start', 'late', '{\"limit\": 2}', NULL)";
        let stop = "('*', 'stop', 'late', NULL, 0)";
        let look = Signal::Commands { node: "*".to_owned() }.text();
        let send = async |commands: [&str; 2]| {
            db.run(&format!(
                "WITH added AS (INSERT INTO eram_commands (node, action, queue, options, grace) VALUES {})
                 SELECT pg_notify(eram_channel('signal'), '{look}')",
                commands.join(", ")
            ))
            .await;
        };
        for round in 1..=20 {
            send([start, stop]).await;
            node.wait_for_events("queue:shutdown", round).await;
            assert!(!serves(), "round {round}");
        }
        node.engine.start_queue(&QueueStart::read(r#"{"queue":"late"}"#).expect("a request")).await.expect("started");
        send([stop, start]).await;
        node.wait_for_events("queue:shutdown", 21).await;
        until("it serves it again", async || serves()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_is_served_by_the_nodes_that_it_is_for() {
    with_database(async |db| {
        let queues = json!({ "default": 1, "reports": { "limit": 1, "only": ["big-*", "other"] } });
        let names = async |node: &str| -> Value {
            let node = db.start(json!({ "node": node, "queues": queues })).await;
            node.engine.status().queues.into_keys().collect()
        };
        assert_eq!(names("big-1").await, json!(["default", "reports"]));
        assert_eq!(names("other").await, json!(["default", "reports"]));
        assert_eq!(names("small").await, json!(["default"]));
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        let request = QueueStart::read(r#"{"queue":"late","only":"big-*"}"#).expect("a request");
        let error = node.engine.start_queue(&request).await.expect_err("a refusal");
        assert_eq!(error.code(), "ERAM_CONFIG");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_takes_what_waits_in_its_queue_and_nothing_else() {
    with_database(async |db| {
        let node = db.start(json!({})).await;
        let fill = "INSERT INTO eram_jobs (worker, queue, state, scheduled_at, attempt, attempted_by, attempted_at)
             SELECT 'Unknown', q, s, now() + n * interval '1 second', 0, NULL, NULL
             FROM unnest(ARRAY['a', 'b']) AS q, unnest(enum_range(NULL::eram_job_state)) AS s, generate_series(1, 2500) AS n";
        let waiting = "state IN ('available', 'scheduled', 'retryable')";
        for cancel in [false, true] {
            db.run(fill).await;
            let others = db.count(&format!("queue = 'b' OR NOT {waiting}")).await;
            let request = target("purge", &json!({ "queue": "a", "cancel": cancel }));
            assert_eq!(node.engine.purge(&request).await.expect("purged"), Purged { purged: 7500, refused: 0 });
            assert_eq!(db.count(&format!("queue = 'a' AND {waiting}")).await, 0);
            assert_eq!(
                db.count(&format!("queue = 'b' OR NOT {waiting}")).await,
                others + if cancel { 7500 } else { 0 }
            );
            assert_eq!(node.engine.purge(&target("purge", &json!({ "queue": "b" }))).await.expect("purged"), Purged { purged: 7500, refused: 0 });
        }
        let error = node.engine.purge(&target("purge", &json!({ "queue": "c" }))).await.expect_err("a refusal");
        assert_eq!(error.code(), "ERAM_NOT_FOUND");
    })
    .await;
}
