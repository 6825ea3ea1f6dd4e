//! The other nodes: heartbeats, and which node leads.

/// What a heartbeat's answer says about this node's health.
mod health;
/// Renews this node's registration and its lease.
mod heartbeat;
/// Which node leads: elections and the lease.
pub mod leader;

pub use heartbeat::HeartbeatTask;
