//! The bell of a JavaScript environment: a threadsafe function that carries nothing and keeps nothing alive.

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode, UnknownReturnValue};
use napi::{Env, Status};
use parking_lot::RwLock;

use crate::queue::Dispatcher;

type Wake = ThreadsafeFunction<(), UnknownReturnValue, (), Status, false, true, 0>;

pub struct Bell(RwLock<Option<Wake>>);

impl Bell {
    pub fn new(wake: &Function<'_, (), UnknownReturnValue>) -> napi::Result<Self> {
        let wake = wake.build_threadsafe_function::<()>().callee_handled::<false>().weak::<true>().build()?;
        Ok(Self(RwLock::new(Some(wake))))
    }

    /// Never rings again. Waits for a ring under way; to be called on the environment's own thread, by the hook that runs
    /// before Node closes the function.
    pub fn silence(&self) {
        drop(self.0.write().take());
    }

    /// Runs `hook` when the environment ends, before its bell is closed: hooks run last in, first out, and the bell is older.
    pub fn at_end_of(env: Env, hook: impl FnOnce() + 'static) -> napi::Result<()> {
        env.add_env_cleanup_hook(hook, |hook| hook())?;
        Ok(())
    }
}

impl Dispatcher for Bell {
    fn ring(&self) {
        if let Some(wake) = self.0.read().as_ref() {
            // Never blocking: a blocked ring and the end of the thread would wait for each other.
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}
