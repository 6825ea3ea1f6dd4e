//! From the outcome of an attempt to its row: outcome, completion, ack, and what the database
//! answered.

/// Writes acks in batches.
mod acker;
/// The acks that the database refuses.
mod aside;
/// A batch of acks.
mod batch;
/// An attempt that is over: what the executor passes to the acker.
mod completion;
/// Counts outcomes that are not yet written.
mod pending;
/// Writes acks of which the database refuses some.
mod refused;
/// Emits events and wakes queues once a batch has committed.
mod report;
/// From an outcome to its ack.
pub mod to_ack;
/// The statements, and what the database makes of a batch.
mod write;

#[cfg(test)]
mod tests;

pub use acker::{Acker, AckerDeps};
pub use completion::{Completion, Isolate, PreparedOutcome, RunEnd, Trace};
pub(crate) use pending::Pending;
pub use to_ack::{ack_of, ack_row};
