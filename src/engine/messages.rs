//! Messages on channels of the application, and signals between nodes.

use std::time::Duration;

use super::Engine;
use crate::error::{Error, Result};
use crate::model::read::Reader;
use crate::notifier::{Message, Signal, check_channel};
use crate::telemetry::Kind;

/// How long `listen` waits until the LISTEN connection receives notifications.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);

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
        self.store.notify("signal", &message.text(&self.config.node)?).await
    }

    /// Resolves when messages on the channel arrive.
    pub async fn await_messages(&self, channel: &str, scope: &str) -> Result<()> {
        check_channel(channel)?;
        if is_local(scope)? {
            return Ok(());
        }
        let Some(notifier) = &self.notifier else {
            return Err(Error::Config(
                "listen: expected an engine that receives notifications, got one with notify: false, or behind a pooler without \
                 listen_url; give listen_url, or listen with { scope: \"local\" }"
                    .into(),
            ));
        };
        if notifier.listens_within(LISTEN_TIMEOUT).await {
            return Ok(());
        }
        Err(Error::Unavailable(format!(
            "listen: expected the connection that listens to be there within {} s, it is not",
            LISTEN_TIMEOUT.as_secs()
        )))
    }

    pub(super) async fn signal(&self, signal: &Signal) -> Result<()> {
        self.store.notify("signal", &signal.text()).await
    }
}
