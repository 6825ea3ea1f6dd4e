//! Signals between nodes, and the messages of applications: one line of JSON each.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::model::read::{Owner, shorten};

/// Stands for all nodes in place of a node's name.
pub const EVERYWHERE: &str = "*";

/// The maximum size of a payload in bytes of JSON. PostgreSQL accepts up to 7999 bytes, envelope
/// included.
const MAX_PAYLOAD_BYTES: usize = 7500;

/// The maximum length of a node's name in a message, in bytes; longer names are cut.
const MAX_NODE_BYTES: usize = 255;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Signal {
    /// The sentinel of a queue has released its lock.
    Wake { queue: String },
    /// A cancel was requested for running jobs.
    Cancel { ids: Vec<i64> },
    /// The pause or limit of a queue was set, for one node or for all.
    Queues { node: String },
    /// A cron entry was created, changed or deleted.
    Crons,
    /// Asks a node, or all nodes that serve queues, to serve this queue too.
    Start { queue: String, node: String, options: Value },
    /// Asks a node, or all nodes, to stop serving this queue; `grace` is in milliseconds.
    Stop { queue: String, node: String, grace: Option<u64> },
    /// The engine `from` awaits the ends of these jobs.
    Await { ids: Vec<i64>, from: String },
    /// These jobs have ended.
    Ended { ids: Vec<i64> },
}

impl Signal {
    pub fn text(&self) -> String {
        json!(self).to_string()
    }
}

/// A message on a channel of the application. The payload stays the text that was sent.
#[derive(Debug, Clone)]
pub struct Message {
    channel: String,
    payload: String,
}

/// A message as it arrives.
#[derive(Debug, Deserialize)]
pub struct ReceivedMessage<'a> {
    pub channel: String,
    #[serde(borrow)]
    pub payload: &'a serde_json::value::RawValue,
    /// `None` for a message sent from SQL.
    pub node: Option<String>,
}

impl Message {
    /// Checks a message; `payload` is JSON text.
    pub fn new(channel: &str, payload: &str) -> Result<Self> {
        check_channel(channel)?;
        Owner::Config.storable("payload", payload)?;
        Ok(Self { channel: channel.to_owned(), payload: payload.to_owned() })
    }

    /// The text to send. It is numbered, because PostgreSQL merges equal notifications of a
    /// transaction.
    pub fn text(&self, node: &str) -> Result<String> {
        if self.payload.len() > MAX_PAYLOAD_BYTES {
            return Err(Error::Config(format!(
                "payload: expected at most {MAX_PAYLOAD_BYTES} bytes of JSON, got {}; keep the data in a table and send its id",
                self.payload.len()
            )));
        }
        let id = &Uuid::new_v4().simple().to_string()[..8];
        let mut end = node.len().min(MAX_NODE_BYTES);
        while !node.is_char_boundary(end) {
            end -= 1;
        }
        let (channel, node) = (json!(self.channel), json!(node[..end]));
        Ok(format!(
            r#"{{"action":"message","id":"{id}","channel":{channel},"node":{node},"payload":{}}}"#,
            self.payload
        ))
    }

    /// The text of the event, for listeners in this process.
    pub fn event(&self, node: &str) -> String {
        event(&self.channel, &self.payload, Some(node), "local")
    }
}

impl ReceivedMessage<'_> {
    pub fn event(&self) -> String {
        event(&self.channel, self.payload.get(), self.node.as_deref(), "cluster")
    }
}

fn event(channel: &str, payload: &str, node: Option<&str>, scope: &str) -> String {
    let (channel, node) = (json!(channel), json!(node));
    format!(r#"{{"event":"message","channel":{channel},"node":{node},"scope":"{scope}","payload":{payload}}}"#)
}

/// Checks the name of a channel: it needs no quoting, in SQL either.
pub fn check_channel(channel: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.:/-".contains(c);
    if (1..=63).contains(&channel.len()) && channel.chars().all(fits) {
        return Ok(());
    }
    let got = shorten(&json!(channel).to_string());
    Err(Error::Config(format!("channel: expected 1 to 63 letters, digits and \"_.:/-\", got {got}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_within_what_postgresql_takes() {
        let node = "ä".repeat(255);
        let payload = format!("\"{}\"", "x".repeat(MAX_PAYLOAD_BYTES - 2));
        let text = Message::new(&"c".repeat(63), &payload).unwrap().text(&node).unwrap();
        assert!(text.len() < 8000, "{} bytes", text.len());
        let events: ReceivedMessage<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!((events.payload.get(), events.node.as_deref()), (payload.as_str(), Some(&*"ä".repeat(127))));
        let error = Message::new("c", &format!("[{payload}]")).unwrap().text("n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "payload: expected at most 7500 bytes of JSON, got 7502; keep the data in a table and send its id"
        );
    }

    #[test]
    fn equal_messages_are_two_and_payloads_stay_as_they_are() {
        let payload = r#"{"b":1.10,"a":[null,9007199254740993]}"#;
        let message = Message::new("a:b/c.d-e_1", payload).unwrap();
        assert_ne!(message.text("n").unwrap(), message.text("n").unwrap());
        assert!(message.event("n").ends_with(&format!(r#""scope":"local","payload":{payload}}}"#)));
    }

    #[test]
    fn channels_and_payloads_that_cannot_travel_are_refused() {
        for (channel, payload, said) in [
            ("", "1", "channel: expected 1 to 63 letters, digits and \"_.:/-\", got \"\""),
            ("a b", "1", "channel: expected 1 to 63 letters, digits and \"_.:/-\", got \"a b\""),
            (
                "a",
                r#"{"b":"\u0000"}"#,
                "payload.b: expected what PostgreSQL can store as jsonb, got a NUL character (\\u0000)",
            ),
        ] {
            assert_eq!(Message::new(channel, payload).unwrap_err().to_string(), said);
        }
        assert!(Message::new(&"c".repeat(64), "1").is_err());
    }
}
