//! How the engine wakes an isolate.
//!
//! Jobs are pulled, never pushed. The host attaches an isolate (a JavaScript thread or process, or a scripted one in tests) to a
//! queue's [`Executor`](crate::queue::executor::Executor) and gets a slot. When there is something to take, the engine wakes the
//! isolate, which calls `exchange`: outcomes in, next jobs out. No job travels with a wake-up, so a lost one loses no job.

/// Wakes one isolate of the host.
pub trait Waker: Send + Sync + 'static {
    /// Asks the isolate to call `exchange` soon. Never waits; may be called from any thread, and when there is nothing to take.
    fn wake(&self);
}
