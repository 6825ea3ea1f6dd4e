//! Inserting jobs, and handing them to an idle queue of the same process.

/// The fast path: an idle queue offers its free capacity, and an enqueue inserts and claims in one
/// transaction.
mod handoff;
/// Inserts jobs; those in flight together share a statement.
mod inserter;

pub use handoff::{Claimed, Offers};
pub use inserter::{Inserter, after_insert};
