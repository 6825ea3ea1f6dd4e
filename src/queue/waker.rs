//! All that the engine asks of its host: a bell.
//!
//! Jobs are pulled, never pushed. The host attaches an environment (a JavaScript thread, or a scripted one in tests) to a
//! queue's [`Executor`](crate::queue::executor::Executor) and gets a slot; when there is something to take, the engine rings, and
//! the environment calls `exchange`: outcomes in, next jobs out. No job ever travels through the bell, so none is lost in it.

/// How the engine reaches one environment of its host.
pub trait Dispatcher: Send + Sync + 'static {
    /// Asks the environment to call `exchange` soon. Never waits; may be called from any thread, and in vain.
    fn ring(&self);
}
