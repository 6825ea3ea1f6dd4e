//! One queue on this node: the producer claims jobs, the executor keeps them ready and gives them to isolates.

/// The queue's jobs in memory, and the isolates that run them.
pub mod executor;
/// Looks for jobs and claims as many as the executor can use.
pub mod producer;
/// The producers of an engine.
mod producers;
/// How the engine wakes an isolate.
mod waker;

pub use producers::Producers;
pub use waker::Waker;
