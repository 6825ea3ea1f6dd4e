//! The other nodes: heartbeats, and which node leads.

/// Health checks on the answers to heartbeats.
mod health;
/// Renews this node's registration and its lease.
mod heartbeat;
/// Whether this engine sleeps.
pub mod idle;
/// Which node leads: elections and the lease.
pub mod leader;

pub use heartbeat::{HeartbeatTask, Surroundings};
