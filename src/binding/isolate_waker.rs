//! Wakes a JavaScript isolate: a threadsafe function without payload that does not keep the isolate alive.

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode, UnknownReturnValue};
use napi::{Env, Status};
use parking_lot::RwLock;

use crate::queue::Waker;

type Wake = ThreadsafeFunction<(), UnknownReturnValue, (), Status, false, true, 0>;

pub struct IsolateWaker(RwLock<Option<Wake>>);

impl IsolateWaker {
    pub fn new(wake: &Function<'_, (), UnknownReturnValue>) -> napi::Result<Self> {
        let wake = wake.build_threadsafe_function::<()>().callee_handled::<false>().weak::<true>().build()?;
        Ok(Self(RwLock::new(Some(wake))))
    }

    /// Never wakes the isolate again. Waits for a call under way; must be called on the isolate's own thread, by the hook that
    /// runs before Node closes the function.
    pub fn disconnect(&self) {
        drop(self.0.write().take());
    }

    /// Runs `hook` when the isolate ends, before its waker is closed: hooks run last in, first out, and the waker is older.
    pub fn on_cleanup(env: Env, hook: impl FnOnce() + 'static) -> napi::Result<()> {
        env.add_env_cleanup_hook(hook, |hook| hook())?;
        Ok(())
    }
}

impl Waker for IsolateWaker {
    fn wake(&self) {
        if let Some(wake) = self.0.read().as_ref() {
            // Non-blocking: a blocked call and the end of the thread would wait for each other.
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}
