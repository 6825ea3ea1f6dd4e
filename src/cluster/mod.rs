//! The other nodes: heartbeats, and which node leads.

/// Health checks on the answers to heartbeats.
mod health;
/// Renews this node's registration and its lease.
mod heartbeat;
/// Which node leads: elections and the lease.
pub mod leader;

pub use heartbeat::HeartbeatTask;
