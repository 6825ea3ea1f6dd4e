//! Calls of `eramjs/web`. JavaScript announces one and then calls a function of [`super::control`], whose work is then that of the
//! call; both in one turn of one thread.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use napi_derive::napi;
use parking_lot::Mutex;

use super::{to_js, types};
use crate::error::Error;
use crate::store::WebCall;

static CALLS: LazyLock<Mutex<HashMap<u32, Arc<WebCall>>>> = LazyLock::new(Mutex::default);
static NEXT: AtomicU32 = AtomicU32::new(1);

thread_local! {
    static ANNOUNCED: RefCell<Option<Arc<WebCall>>> = const { RefCell::new(None) };
}

/// The call whose work a promise of this thread is about to do.
pub fn take_announced() -> Option<Arc<WebCall>> {
    ANNOUNCED.with_borrow_mut(Option::take)
}

/// Announces a call; its number. `limit` is that of each statement, 0 for none, and `wait` that for a connection, in milliseconds.
#[napi(catch_unwind)]
pub fn begin_web_call(reads: bool, limit: u32, wait: u32) -> u32 {
    let millis = |ms: u32| Duration::from_millis(ms.into());
    let call = WebCall::new(reads, (limit > 0).then(|| millis(limit)), millis(wait));
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    CALLS.lock().insert(id, call.clone());
    ANNOUNCED.set(Some(call));
    id
}

/// The caller has gone.
#[napi(catch_unwind)]
pub fn leave_web_call(id: u32) {
    if let Some(call) = CALLS.lock().get(&id) {
        call.leave();
    }
}

/// Ends a call: [`crate::store::WebReport`].
#[napi(catch_unwind)]
pub fn end_web_call(id: u32) -> napi::Result<String> {
    let call = CALLS.lock().remove(&id).ok_or_else(|| to_js(Error::Internal(format!("web call {id}: ended"))))?;
    ANNOUNCED.with_borrow_mut(|announced| {
        announced.take_if(|it| Arc::ptr_eq(it, &call));
    });
    types::text(&call.report()).map_err(to_js)
}
