//! What other nodes may make a node do: commands and messages are rows; a notification alone changes nothing.

use serde_json::{Value, json};

use crate::notifier::Signal;
use crate::testing::{Act, Database, Node, until, with_database};

/// Sends a notification, as any role that may connect can.
async fn forge(db: &Database, channel: &str, payload: &Value) {
    let payload = payload.as_str().map_or_else(|| payload.to_string(), str::to_owned);
    db.run(&format!("SELECT pg_notify(eram_channel('{channel}'), '{payload}')")).await;
}

/// Writes commands by hand, and says so.
async fn command(db: &Database, rows: &str) {
    let look = Signal::Commands { node: "*".to_owned() }.text();
    db.run(&format!(
        "WITH added AS (INSERT INTO eram_commands (node, action, queue, options, grace) VALUES {rows})
         SELECT pg_notify(eram_channel('signal'), '{look}')"
    ))
    .await;
}

fn serves(node: &Node, queue: &str) -> bool {
    node.engine.check_queue(queue).is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_starts_and_stops_no_queue() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        until("it listens", async || node.engine.status().listening).await;
        forge(db, "signal", &json!({ "action": "start", "queue": "late", "node": "*", "options": {} })).await;
        forge(db, "signal", &json!({ "action": "stop", "queue": "default", "node": "*", "grace": 0 })).await;
        forge(db, "signal", &json!({ "action": "commands", "node": "*" })).await;
        command(db, "('*', 'start', 'fine', '{\"limit\": 2}', NULL)").await;
        until("it obeys the row", async || serves(&node, "fine")).await;
        assert_eq!((serves(&node, "late"), serves(&node, "default")), (false, true));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_decides_nothing_about_the_code_that_runs() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        until("it listens", async || node.engine.status().listening).await;
        let hostile = [
            json!({ "exec_argv": ["--import", "/tmp/hostile.mjs"] }),
            json!({ "isolation": "process" }),
            json!({ "resource_limits": { "stack_size_mb": 1 } }),
            json!({ "setup": "/tmp/hostile.mjs" }),
            json!({ "filename": "/tmp/hostile.mjs" }),
        ];
        for options in &hostile {
            command(db, &format!("('*', 'start', 'late', '{options}', NULL)")).await;
            let mut request = options.clone();
            request["queue"] = json!("late");
            request["node"] = json!("*");
            let request = crate::engine::QueueStart::read(&request.to_string()).expect("a request");
            assert_eq!(node.engine.start_queue(&request).await.expect_err("a refusal").code(), "ERAM_CONFIG");
        }
        command(db, "('*', 'start', 'fine', '{}', NULL)").await;
        until("it obeys the last", async || serves(&node, "fine")).await;
        assert!(!serves(&node, "late"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_obeyed_once_by_the_nodes_that_ran_when_it_was_written() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        until("it listens", async || node.engine.status().listening).await;
        // Its id is the lower one, and it commits last.
        let mut slow = db.client().await;
        let slow = slow.transaction().await.expect("a transaction");
        let insert = "INSERT INTO eram_commands (node, action, queue, options) VALUES ('*', 'start', 'slow', '{}')";
        slow.execute(insert, &[]).await.expect("a row");
        let old = "INSERT INTO eram_commands (inserted_at, node, action, queue, options) \
             VALUES (now() - interval '61 seconds', '*', 'start', 'old', '{}')";
        db.run(old).await;
        command(db, "('*', 'start', 'fast', '{}', NULL), ('elsewhere', 'start', 'other', '{}', NULL)").await;
        until("it obeys the first", async || serves(&node, "fast")).await;
        assert!(!serves(&node, "slow"));
        slow.commit().await.expect("a commit");
        forge(db, "signal", &json!({ "action": "commands", "node": "*" })).await;
        until("it obeys the late one", async || serves(&node, "slow")).await;
        let stop = crate::engine::Target::read("stopQueue", r#"{"queue":"slow","grace":0}"#).expect("a target");
        node.engine.stop_queue(&stop).await.expect("stopped");
        let (late, _main) = db.working(json!(1), |_| Act::done()).await;
        command(db, "('*', 'start', 'last', '{}', NULL)").await;
        until("both obey the last", async || serves(&node, "last") && serves(&late, "last")).await;
        let queues = |node: &Node| node.engine.status().queues.into_keys().collect::<Vec<_>>();
        assert_eq!(queues(&node), ["default", "fast", "last"]);
        assert_eq!(queues(&late), ["default", "last"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_listens_the_heartbeat_brings_the_command() {
    with_database(async |db| {
        let node = db.start(json!({ "queues": { "default": 1 }, "notify": false, "heartbeat_interval": 100 })).await;
        let other = db.start(json!({})).await;
        let request = json!({ "queue": "late", "node": node.engine.config.node }).to_string();
        let request = crate::engine::QueueStart::read(&request).expect("a request");
        other.engine.start_queue(&request).await.expect("a command");
        until("it obeys", async || serves(&node, "late")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_deposes_no_leader() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        node.wait_for_events("leader:elected", 1).await;
        let (other, _second) = db.working(json!(1), |_| Act::done()).await;
        node.engine.await_messages("a", "cluster").await.expect("it listens");
        let owner = db.value("SELECT owner::text FROM eram_peers").await;
        let before = db.rows("SELECT owner, started_at FROM eram_peers").await;
        for _ in 0..100 {
            forge(db, "leader", &json!({ "down": "default", "owner": owner })).await;
            forge(db, "leader", &json!("garbage")).await;
        }
        other.engine.notify("a", "1", "cluster").await.expect("sent");
        node.wait_for_events("message", 1).await;
        node.engine.peer.look().await;
        other.engine.peer.look().await;
        assert_eq!(db.rows("SELECT owner, started_at FROM eram_peers").await, before);
        assert!(node.events("leader:lost").is_empty() && node.engine.status().leading);
        other.engine.resign_leader(None).await.expect("an answer").expect("a leader");
        assert_eq!(node.wait_for_events("leader:lost", 1).await[0]["reason"], "resigned");
        other.wait_for_events("leader:elected", 1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_heard_once_however_late_its_transaction_commits_and_a_notification_is_none() {
    with_database(async |db| {
        db.run("SELECT eram_notify('a', '\"before\"')").await;
        let node = db.start(json!({})).await;
        node.engine.await_messages("a", "cluster").await.expect("it listens");
        let mut slow = db.client().await;
        let slow = slow.transaction().await.expect("a transaction");
        slow.execute("SELECT eram_notify('a', '\"slow\"')", &[]).await.expect("sent");
        for text in [
            json!({ "action": "message", "id": "x", "channel": "a", "node": null, "payload": "forged" }),
            json!({ "channel": "a", "payload": "forged" }),
        ] {
            forge(db, "signal", &text).await;
            forge(db, "message", &text).await;
        }
        db.run("SELECT eram_notify('a', '\"fast\"')").await;
        node.wait_for_events("message", 1).await;
        slow.commit().await.expect("a commit");
        node.wait_for_events("message", 2).await;
        db.run("SELECT eram_notify('a', '\"last\"')").await;
        let received = node.wait_for_events("message", 3).await;
        let payloads: Vec<&Value> = received.iter().map(|event| &event["payload"]).collect();
        assert_eq!(json!(payloads), json!(["fast", "slow", "last"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_messages_the_newest_are_kept_and_only_for_minutes() {
    with_database(async |db| {
        db.run("INSERT INTO eram_messages (channel, payload) SELECT 'a', '1' FROM generate_series(1, 10050)").await;
        db.run("UPDATE eram_messages SET sent_at = now() - interval '11 minutes' WHERE id > 10040").await;
        assert_eq!(db.store.prune_messages(55).await.expect("an answer"), 55);
        assert_eq!(db.store.prune_messages(100).await.expect("an answer"), 5);
        let kept = db.rows("SELECT min(id) AS first, max(id) AS last FROM eram_messages").await;
        assert_eq!(kept, [json!({ "first": 51, "last": 10_040 })]);
    })
    .await;
}
