//! What the engine does with what it hears from the notifier.

use std::sync::{Arc, Weak};

use serde::Deserialize;
use serde_json::{Value, json};

use super::Wakes;
use crate::notifier::Listener;
use crate::telemetry::{Kind, Telemetry};

pub(super) struct Ears {
    pub wakes: Arc<Wakes>,
    pub telemetry: Arc<Telemetry>,
    pub node: String,
    /// To load what was set for queues; weak, because the engine owns the notifier that owns this.
    pub engine: std::sync::OnceLock<Weak<super::Engine>>,
}

/// Messages between nodes.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
enum Signal {
    /// The sentinel of a queue let go.
    Wake { queue: String },
    /// Running jobs were asked to stop.
    Cancel { ids: Vec<i64> },
    /// Pause or limit of a queue was set; for one node or for all (`*`).
    Queues { node: String },
    /// A cron entry was made, changed or deleted.
    Crons,
    /// A message on a channel of the users'.
    Message { channel: String, payload: Value, node: String },
}

impl Listener for Ears {
    fn insert(&self, queue: &str) {
        if let Some(producer) = self.wakes.one(queue) {
            producer.called();
        }
    }

    fn stage(&self) {
        self.wakes.stager.notify_one();
    }

    fn signal(&self, payload: &str) {
        match serde_json::from_str(payload) {
            Ok(Signal::Wake { queue }) => {
                if let Some(producer) = self.wakes.one(&queue) {
                    producer.unwatch();
                }
            }
            Ok(Signal::Cancel { ids }) => {
                for producer in self.wakes.all() {
                    producer.executor.cancel(&ids);
                }
            }
            Ok(Signal::Queues { node }) if node == "*" || node == self.node => {
                if let Some(engine) = self.engine.get().and_then(Weak::upgrade) {
                    self.wakes.runtime.spawn(async move { engine.load_queues().await });
                }
            }
            Ok(Signal::Queues { .. }) => {}
            Ok(Signal::Crons) => self.wakes.cron.notify_one(),
            Ok(Signal::Message { channel, payload, node }) => {
                self.telemetry.emit(Kind::Message, || json!({ "channel": channel, "payload": payload, "node": node }));
            }
            // A newer version may say more than this one understands.
            Err(error) => tracing::debug!(%error, payload, "notifier: a signal that is not understood"),
        }
    }

    fn switch(&self, listening: bool) {
        self.telemetry.emit(Kind::NotifierSwitch, || json!({ "listening": listening }));
        for producer in self.wakes.all() {
            producer.unwatch();
        }
        self.wakes.stager.notify_one();
        self.wakes.cron.notify_one();
    }
}
