//! Runs the engine's work as a promise. The promise is always settled, even when the work panics or is dropped: a pending promise
//! would keep the process alive.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use napi::bindgen_prelude::{Object, ToNapiValue};
use napi::{Env, JsDeferred, Status};

use super::{runtime, to_js, web_calls};
use crate::error::{Error, Result};

type Resolver<T> = Box<dyn FnOnce(Env) -> napi::Result<T>>;

struct Guard<T: ToNapiValue + 'static>(Option<JsDeferred<T, Resolver<T>>>);

impl<T: ToNapiValue + 'static> Drop for Guard<T> {
    fn drop(&mut self) {
        if let Some(deferred) = self.0.take() {
            deferred.reject(napi::Error::new(Status::Cancelled, "ERAM_NOT_RUNNING: the engine has stopped".to_owned()));
        }
    }
}

pub fn promise<T, F>(env: &Env, work: F) -> napi::Result<Object<'_>>
where
    T: ToNapiValue + Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let (deferred, object) = env.create_deferred::<T, Resolver<T>>()?;
    let mut guard = Guard(Some(deferred));
    let call = web_calls::take_announced();
    runtime::handle().spawn(async move {
        let work = async move {
            match call {
                Some(call) => call.scope(work).await,
                None => work.await,
            }
        };
        let done = AssertUnwindSafe(work).catch_unwind().await;
        let Some(deferred) = guard.0.take() else { return };
        match done {
            Ok(Ok(value)) => deferred.resolve(Box::new(move |_| Ok(value))),
            Ok(Err(error)) => deferred.reject(to_js(error)),
            Err(_) => deferred.reject(to_js(Error::Internal("the engine panicked; please report this".into()))),
        }
    });
    Ok(object)
}
