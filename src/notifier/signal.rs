//! Signals between nodes: one line of JSON each. Every role that may connect can send one, so a signal only says where to look: at
//! rows, which decide.

use serde::{Deserialize, Serialize};
use serde_json::json;

/// Stands for all nodes in place of a node's name.
pub const EVERYWHERE: &str = "*";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Signal {
    /// The sentinel of a queue has released its lock.
    Wake { queue: String },
    /// A cancel was requested for running jobs.
    Cancel { ids: Vec<i64> },
    /// The pause or limit of a queue was set, for one node or for all.
    Queues { node: String },
    /// Something may need engines that sleep.
    Rouse,
    /// A cron entry was created, changed or deleted.
    Crons,
    /// A command was written, to one node or to all.
    Commands { node: String },
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
