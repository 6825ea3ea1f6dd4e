//! What the engine does with what it hears from the notifier.

use std::sync::{Arc, Weak};

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::WakeRouter;
use crate::cluster::leader::Peer;
use crate::notifier::{EVERYWHERE, Listener, ReceivedMessage, Signal};
use crate::telemetry::{Kind, Telemetry};

pub(super) struct NotificationRouter {
    pub router: Arc<WakeRouter>,
    pub telemetry: Arc<Telemetry>,
    pub peer: Arc<Peer>,
    pub node: String,
    /// To load what was set for queues; weak, because the engine owns the notifier that owns this.
    pub engine: std::sync::OnceLock<Weak<super::Engine>>,
}

impl NotificationRouter {
    fn is_meant(&self, node: &str) -> bool {
        node == EVERYWHERE || node == self.node
    }

    /// Does what takes time, apart from the connection that listens.
    fn act<F: Future<Output = ()> + Send + 'static>(&self, act: impl FnOnce(Arc<super::Engine>) -> F) {
        if let Some(engine) = self.engine.get().and_then(Weak::upgrade) {
            self.router.runtime.spawn(act(engine));
        }
    }
}

/// The leader of the engines of a name resigned, or is to.
#[derive(Debug, Deserialize)]
struct Down {
    down: String,
    owner: String,
}

impl Listener for NotificationRouter {
    fn insert(&self, queue: &str) {
        if let Some(producer) = self.router.one(queue) {
            producer.on_notify();
        }
    }

    fn stage(&self) {
        self.router.wakes.scheduled.notify_one();
    }

    fn leader(&self, payload: &str) {
        match serde_json::from_str(payload) {
            Ok(Down { down, owner }) => {
                if let Ok(owner) = Uuid::parse_str(&owner) {
                    self.peer.on_step_down(&down, owner);
                }
            }
            Err(error) => tracing::debug!(%error, payload, "notifier: a word about the leader that is not understood"),
        }
    }

    fn signal(&self, payload: &str) {
        if let Ok(message) = serde_json::from_str::<ReceivedMessage<'_>>(payload) {
            return self.telemetry.emit_text(Kind::Message, || message.event());
        }
        match serde_json::from_str(payload) {
            Ok(Signal::Wake { queue }) => {
                if let Some(producer) = self.router.one(&queue) {
                    producer.on_sentinel_lost();
                }
            }
            Ok(Signal::Cancel { ids }) => {
                for producer in self.router.all() {
                    producer.executor.cancel(&ids);
                }
            }
            Ok(Signal::Queues { node }) if self.is_meant(&node) => self.act(|engine| async move {
                if let Err(error) = engine.load_queues().await {
                    tracing::warn!(%error, "queues: their settings could not be read; the next heartbeat tries again");
                }
            }),
            Ok(Signal::Start { queue, node, options }) if self.is_meant(&node) => self.act(|engine| async move {
                engine.obey_start(&queue, &node, &options).await;
            }),
            Ok(Signal::Stop { queue, node, grace }) if self.is_meant(&node) => self.act(|engine| async move {
                engine.obey_stop(&queue, grace).await;
            }),
            Ok(Signal::Queues { .. } | Signal::Start { .. } | Signal::Stop { .. }) => {}
            Ok(Signal::Crons) => self.router.wakes.crons.notify_one(),
            // A newer version may say more than this one understands.
            Err(error) => tracing::debug!(%error, payload, "notifier: a signal that is not understood"),
        }
    }

    fn switch(&self, listening: bool) {
        self.telemetry.emit(Kind::NotifierSwitch, || json!({ "listening": listening }));
        for producer in self.router.all() {
            producer.on_sentinel_lost();
            if listening {
                producer.suspect_lost_acks();
            }
        }
        self.router.wakes.scheduled.notify_one();
        self.router.wakes.crons.notify_one();
    }
}
