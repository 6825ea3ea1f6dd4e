//! Messages on channels of the application. Each is a row; the notification that announces it holds nothing.

use serde_json::json;

use crate::error::{Error, Result};
use crate::model::read::{Owner, shorten};

/// The maximum size of a payload in bytes of JSON.
const MAX_PAYLOAD_BYTES: usize = 7500;

/// The maximum length of a node's name in a message, in bytes; longer names are cut.
const MAX_NODE_BYTES: usize = 255;

/// A message on a channel of the application. The payload stays the text that was sent.
#[derive(Debug, Clone)]
pub struct Message {
    channel: String,
    payload: String,
}

impl Message {
    /// Checks a message; `payload` is JSON text.
    pub fn new(channel: &str, payload: &str) -> Result<Self> {
        check_channel(channel)?;
        Owner::Config.storable("payload", payload)?;
        Ok(Self { channel: channel.to_owned(), payload: payload.to_owned() })
    }

    /// The text from which `eram_notify` makes the row.
    pub fn text(&self, node: &str) -> Result<String> {
        if self.payload.len() > MAX_PAYLOAD_BYTES {
            return Err(Error::Config(format!(
                "payload: expected at most {MAX_PAYLOAD_BYTES} bytes of JSON, got {}; keep the data in a table and send its id",
                self.payload.len()
            )));
        }
        let mut end = node.len().min(MAX_NODE_BYTES);
        while !node.is_char_boundary(end) {
            end -= 1;
        }
        let (channel, node) = (json!(self.channel), json!(node[..end]));
        Ok(format!(r#"{{"channel":{channel},"node":{node},"payload":{}}}"#, self.payload))
    }

    /// The text of the event, for listeners in this process.
    pub fn event(&self, node: &str) -> String {
        event(&self.channel, &self.payload, Some(node), "local")
    }
}

/// The text of the event of a message in a row; `node`: `None` for a message sent from SQL.
pub fn received(channel: &str, payload: &str, node: Option<&str>) -> String {
    event(channel, payload, node, "cluster")
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
    fn a_message_that_is_too_long_is_refused_and_the_name_of_a_node_is_cut() {
        let node = "ä".repeat(255);
        let payload = format!("\"{}\"", "x".repeat(MAX_PAYLOAD_BYTES - 2));
        let text = Message::new(&"c".repeat(63), &payload).unwrap().text(&node).unwrap();
        let sent: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(sent["node"], "ä".repeat(127));
        let error = Message::new("c", &format!("[{payload}]")).unwrap().text("n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "payload: expected at most 7500 bytes of JSON, got 7502; keep the data in a table and send its id"
        );
    }

    #[test]
    fn payloads_stay_as_they_are() {
        let payload = r#"{"b":1.10,"a":[null,9007199254740993]}"#;
        let message = Message::new("a:b/c.d-e_1", payload).unwrap();
        assert_eq!(
            message.text("n").unwrap(),
            format!(r#"{{"channel":"a:b/c.d-e_1","node":"n","payload":{payload}}}"#)
        );
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
