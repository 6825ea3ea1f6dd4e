//! When the application's plugins tick.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;

use super::{Custom, Options, backoff};
use crate::model::read::{Owner, Reader};
use crate::plugins::plugin::Plugin;
use crate::plugins::testing::leading;
use crate::plugins::{Calls, PluginContext, PluginOrder, TickEnd};
use crate::testing::{Database, soon, with_database};

fn plugin(on: &str) -> Custom {
    let given = json!({ "name": "Sweep", "on": on, "interval": 1_000 });
    Custom::new(Options::read(&Reader::new(Owner::Config, "plugins[0]", &given)).expect("options"))
}

/// A context of a leader, and the orders that the host receives.
async fn context(db: &Database) -> (PluginContext, mpsc::UnboundedReceiver<PluginOrder>) {
    let (sender, orders) = mpsc::unbounded_channel();
    let send = move |_: &str, order| sender.send(order).expect("a receiver");
    let context = PluginContext { calls: Arc::new(Calls::new(send)), ..leading(db).await };
    (context, orders)
}

#[test]
fn the_wait_doubles_with_each_failure_up_to_an_hour_or_the_interval() {
    let (second, hour) = (Duration::from_secs(1), Duration::from_secs(3_600));
    for (interval, failures, wait) in [
        (second, 0, second),
        (second, 1, 2 * second),
        (second, 6, 64 * second),
        (second, u32::MAX, 64 * second),
        (hour / 2, 1, hour),
        (hour / 2, 2, hour),
        (24 * hour, 3, 24 * hour),
    ] {
        assert_eq!(backoff(interval, failures), wait, "{interval:?} after {failures} failures");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_in_a_row_count_and_an_abort_counts_for_nothing() {
    with_database(async |db| {
        let (context, mut orders) = context(db).await;
        let plugin = plugin("leader");
        for (end, seconds) in
            [(TickEnd::Failed, 2), (TickEnd::Failed, 4), (TickEnd::Aborted, 4), (TickEnd::Ok, 1), (TickEnd::Aborted, 1)]
        {
            let report = async {
                assert_eq!(orders.recv().await, Some(PluginOrder::Tick));
                context.calls.ended("Sweep", end);
            };
            let (wait, ()) = tokio::join!(plugin.tick(&context), report);
            assert_eq!(wait.expect("a wait"), Duration::from_secs(seconds), "{end:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tick_is_asked_to_end_when_the_lease_is_lost_and_waited_for() {
    with_database(async |db| {
        let (context, mut orders) = context(db).await;
        let plugin = plugin("leader");
        let lose = async {
            assert_eq!(orders.recv().await, Some(PluginOrder::Tick));
            context.peer.leave();
            assert_eq!(soon("an abort", orders.recv()).await, Some(PluginOrder::Abort));
            context.calls.ended("Sweep", TickEnd::Aborted);
        };
        let (wait, ()) = tokio::join!(plugin.tick(&context), lose);
        assert_eq!(wait.expect("a wait"), Duration::from_secs(1));
        assert!(orders.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_nodes_the_first_tick_and_all_others_are_spread() {
    with_database(async |db| {
        let (context, mut orders) = context(db).await;
        let plugin = plugin("node");
        let first = PluginContext { woken: true, ..context.clone() };
        assert!(plugin.tick(&first).await.expect("a wait") <= Duration::from_millis(100));
        assert!(orders.is_empty());
        let report = async {
            assert_eq!(orders.recv().await, Some(PluginOrder::Tick));
            context.calls.ended("Sweep", TickEnd::Ok);
        };
        let (wait, ()) = tokio::join!(plugin.tick(&context), report);
        let wait = wait.expect("a wait");
        assert!((Duration::from_millis(900)..=Duration::from_millis(1_100)).contains(&wait), "{wait:?}");
    })
    .await;
}
