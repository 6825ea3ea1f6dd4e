//! Events of one node in one notification.

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::event::boundary;

/// The maximum size of a notification that nodes send, in bytes; PostgreSQL accepts up to 7999.
pub const MAX_BYTES: usize = 7_500;

/// The maximum length of the name of a node, in bytes; longer names are cut.
const MAX_NODE_BYTES: usize = 255;

/// The maximum length of an engine's id, in bytes.
const MAX_FROM_BYTES: usize = 64;

/// The beginning of every notification of an engine.
pub fn head(from: &str, node: &str) -> String {
    let node = &node[..boundary(node, MAX_NODE_BYTES)];
    format!(r#"{{"from":{},"node":{},"events":["#, json!(from), json!(node))
}

/// The end of a notification; `dropped`: how many events were left out since the last.
pub fn tail(dropped: u64) -> String {
    format!(r#"],"dropped":{dropped}}}"#)
}

/// The maximum length of [`tail`], in bytes.
pub const TAIL_BYTES: usize = 36;

/// What a notification holds.
#[derive(Debug, Deserialize)]
pub struct Packet<'a> {
    /// The engine.
    pub from: String,
    pub node: String,
    #[serde(borrow)]
    pub events: Vec<&'a RawValue>,
    pub dropped: u64,
}

impl<'a> Packet<'a> {
    /// `None` for a notification that no node sends.
    pub fn received(text: &'a str) -> Option<Self> {
        let packet: Self = serde_json::from_str(text).ok()?;
        (packet.from.len() <= MAX_FROM_BYTES && packet.node.len() <= MAX_NODE_BYTES).then_some(packet)
    }
}
