//! Operations on the leader: which it is, and making it step down.

use serde_json::{Value, json};

use super::Engine;
use crate::error::Result;

impl Engine {
    /// Who leads the engines of this name: `{node, since, me}`, since in milliseconds, or null.
    pub async fn leader(&self) -> Result<Value> {
        let leader = self.peer.leader().await?;
        Ok(leader.map_or(
            Value::Null,
            |(holder, me)| json!({ "node": holder.node, "since": holder.since.div_euclid(1000), "me": me }),
        ))
    }

    /// Makes the leader step down, on whichever node: `{node, since}`, or null when there was none.
    pub async fn resign_leader(&self) -> Result<Value> {
        let ended = self.peer.resign_leader().await?;
        Ok(ended.map_or(Value::Null, |holder| json!({ "node": holder.node, "since": holder.since.div_euclid(1000) })))
    }
}
