//! Messages on channels of the application, which are rows of `eram_messages`, and signals between nodes. An engine reads messages
//! while it has a listener: those that its last look did not show, in the order in which they were sent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Engine;
use crate::error::{Error, Result};
use crate::model::read::Reader;
use crate::notifier::{Message, Notifier, Signal, check_channel, received};
use crate::store::{MessageRow, News};
use crate::telemetry::Kind;

/// How long `listen` waits until the LISTEN connection receives notifications.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);

/// How often an engine that leads, sends or listens deletes what need not be kept.
const PRUNE_INTERVAL: Duration = Duration::from_secs(60);

/// Rows that one statement deletes.
const PRUNED_AT_ONCE: u32 = 10_000;

/// The channel of the events of jobs, which no application can name.
pub(super) const EVENTS: &str = "*events";

/// What the engine has read.
pub(super) struct Messages {
    /// The snapshot of the last look; `None`: no listener.
    seen: tokio::sync::Mutex<Option<String>>,
    pruned_at: Mutex<Instant>,
}

impl Default for Messages {
    fn default() -> Self {
        Self { seen: tokio::sync::Mutex::default(), pruned_at: Mutex::new(Instant::now()) }
    }
}

/// Reads the scope of a message: `true` means this engine only.
fn is_local(scope: &str) -> Result<bool> {
    let value = serde_json::Value::from(scope);
    Reader::new(crate::model::read::Owner::Config, "scope", &value).word(&[("cluster", false), ("local", true)])
}

impl Engine {
    /// Sends a message to all listeners on the channel: on every node, or in this engine only.
    /// `payload` is JSON text.
    pub async fn notify(&self, channel: &str, payload: &str, scope: &str) -> Result<()> {
        let message = Message::new(channel, payload)?;
        if is_local(scope)? {
            self.telemetry.emit_text(Kind::Message, || message.event(&self.config.node));
            return Ok(());
        }
        self.store.send_message(&message.text(&self.config.node)?).await?;
        self.prune_messages();
        Ok(())
    }

    /// Resolves when messages on the channel arrive.
    pub async fn await_messages(&self, channel: &str, scope: &str) -> Result<()> {
        check_channel(channel)?;
        if is_local(scope)? {
            return Ok(());
        }
        let notifier = self.listening("listen")?;
        if notifier.listens_within(LISTEN_TIMEOUT).await {
            return self.begin_to_hear().await;
        }
        Err(Error::Unavailable(format!(
            "listen: expected the connection that listens to be there within {} s, it is not",
            LISTEN_TIMEOUT.as_secs()
        )))
    }

    /// Only what commits from now on is heard.
    async fn begin_to_hear(&self) -> Result<()> {
        let mut seen = self.messages.seen.lock().await;
        if seen.is_none() {
            let news = self.store.read_messages(&self.store.snapshot().await?, true, false).await?;
            *seen = Some(news.snapshot);
        }
        Ok(())
    }

    /// Passes on what was sent since the last look. An error is one that passes.
    pub(super) async fn look_for_messages(&self) -> Result<()> {
        // An engine without notifications listens to none.
        let listens = self.notifier.is_some();
        let (messages, events) =
            (listens && self.telemetry.wants(Kind::Message), listens && self.telemetry.wants_cluster());
        let mut seen = self.messages.seen.lock().await;
        if !messages && !events {
            *seen = None;
            return Ok(());
        }
        let looked = match seen.as_deref() {
            None => self.store.snapshot().await.map(|snapshot| News { snapshot, rows: vec![] }),
            Some(since) => self.store.read_messages(since, messages, events).await,
        };
        match looked {
            Ok(news) => {
                *seen = Some(news.snapshot);
                drop(seen);
                for MessageRow { channel, node, payload } in &news.rows {
                    if channel == EVENTS {
                        self.telemetry.receive(payload);
                    } else {
                        self.telemetry.emit_text(Kind::Message, || received(channel, payload, node.as_deref()));
                    }
                }
                self.prune_messages();
            }
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => tracing::warn!(%error, "messages: cannot read them"),
        }
        Ok(())
    }

    /// Deletes, now and then, messages that need not be kept.
    pub(super) fn prune_messages(&self) {
        let mut pruned_at = self.messages.pruned_at.lock();
        if pruned_at.elapsed() < PRUNE_INTERVAL {
            return;
        }
        *pruned_at = Instant::now();
        let store = self.store.clone();
        tokio::spawn(async move {
            // An error is that of a role that may send and not delete; other engines delete.
            while store
                .prune_messages(PRUNED_AT_ONCE.into())
                .await
                .is_ok_and(|count| count == u64::from(PRUNED_AT_ONCE))
            {}
        });
    }

    /// Refuses `subject` where notifications cannot arrive.
    pub(super) fn listening(&self, subject: &str) -> Result<&Arc<Notifier>> {
        self.notifier.as_ref().ok_or_else(|| {
            Error::Config(format!(
                "{subject}: expected an engine that receives notifications, got one with notify: false, or behind a pooler without \
                 listen_url; give listen_url, or listen with {{ scope: \"local\" }}"
            ))
        })
    }

    pub(super) async fn signal(&self, signal: &Signal) -> Result<()> {
        self.store.notify("signal", &signal.text()).await
    }
}
