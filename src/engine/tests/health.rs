//! What an engine knows of its own health.

use serde_json::json;

use crate::engine::health::RaisedWarning;
use crate::telemetry::Warning;
use crate::testing::{Act, until, with_database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_ends_while_the_engine_runs_is_named_and_one_that_a_stop_ends_is_not() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        assert_eq!(node.engine.health().ended_tasks, Vec::<String>::new());
        let heartbeat = |tasks: &[(&str, tokio::task::JoinHandle<()>)]| {
            tasks.iter().find(|(name, _)| *name == "heartbeat").expect("a task").1.abort();
        };
        heartbeat(&node.engine.tasks.lock());
        until("the end is seen", async || node.engine.health().ended_tasks.contains(&"heartbeat".to_owned())).await;
        node.engine.stop(std::time::Duration::ZERO).await;
        let stopped = node.engine.health();
        assert!(stopped.stopping && stopped.ended_tasks.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn warnings_show_while_they_last() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        let problem = Some(("a message".to_owned(), json!({})));
        node.engine.warnings.set(Warning::QueueUnattended, "emails", problem);
        let raised = RaisedWarning { warning: "queue_unattended", subject: "emails".to_owned() };
        assert_eq!(node.engine.health().warnings, [raised]);
        node.engine.warnings.set(Warning::QueueUnattended, "emails", None);
        assert_eq!(node.engine.health().warnings, []);
    })
    .await;
}
