//! Events of jobs between nodes: the messages of this engine, and the first listener of those of others.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::Engine;
use super::messages::EVENTS;
use crate::error::Result;
use crate::store::Store;
use crate::telemetry::{Subscription, Telemetry};

/// The least time between two messages with events: while a transaction with a notification commits, no other transaction with one
/// can, in the whole database.
const MIN_INTERVAL: Duration = Duration::from_millis(250);

/// How long the last message of an engine that stops may take.
const LAST_TIMEOUT: Duration = Duration::from_secs(1);

/// Sends what waits, as long as the engine runs.
pub(super) async fn publish(store: Arc<Store>, telemetry: Arc<Telemetry>) {
    let Some(unsent) = telemetry.unsent() else { return };
    loop {
        let outgoing = unsent.next().await;
        if store.send_message(&message(&outgoing.text)).await.is_err() {
            unsent.lost(&outgoing);
        }
        tokio::time::sleep(MIN_INTERVAL).await;
    }
}

fn message(events: &str) -> String {
    format!(r#"{{"channel":"{EVENTS}","payload":{events}}}"#)
}

impl Engine {
    /// Replaces the wanted events. Those of other nodes are refused where notifications cannot arrive.
    pub fn subscribe(&self, subscription: &Subscription) -> Result<()> {
        if !subscription.cluster.is_empty() {
            self.listening("engine.on")?.receive_events();
        }
        self.telemetry.subscribe(subscription);
        self.router.looks.messages.notify_one();
        Ok(())
    }

    /// Sends what still waits.
    pub(super) async fn publish_rest(&self) {
        if let Some(outgoing) = self.telemetry.unsent().and_then(crate::telemetry::Unsent::take) {
            // Other nodes count on no event.
            drop(timeout(LAST_TIMEOUT, self.store.send_message(&message(&outgoing.text))).await);
        }
    }
}
