//! How the JavaScript that started an engine receives directives and events. The shapes are in [`super::types`].

use std::sync::Arc;

use napi::Env;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::UnknownReturnValue;
use napi_derive::napi;

use super::isolate_waker::IsolateWaker;
use super::{lifecycle, running, to_js, types};
use crate::error::Error;
use crate::plugins::TickEnd;

/// Makes the calling isolate the one that takes the engine's directives; `wake` means: call `takeDirectives` soon. An engine that
/// still runs when the isolate ends is stopped, and `unstopped` is printed.
#[napi]
pub fn directives(
    env: &Env,
    engine: u32,
    unstopped: Option<String>,
    wake: Function<'_, (), UnknownReturnValue>,
) -> napi::Result<u32> {
    let member = running::find(engine).map_err(to_js)?;
    let waker = Arc::new(IsolateWaker::new(&wake)?);
    member.host.connect(Some(waker.clone()));
    let (waker, host) = (waker, member.host);
    IsolateWaker::on_cleanup(*env, move || {
        host.connect(None);
        waker.disconnect();
        lifecycle::abandon(engine, unstopped.as_deref());
    })?;
    Ok(engine)
}

/// A list of directives and events, or null: `{"do":"spawn"|"terminate"|"replace"|"open"|"close"|"tick"|"abort",…}`, `{"event":"job:stop",…}`.
#[napi(catch_unwind)]
pub fn take_directives(control: u32) -> napi::Result<Option<String>> {
    Ok(running::find(control).map_err(to_js)?.host.take())
}

/// Replaces the events that are wanted, those that are wanted with the args of their job, and those that are wanted of all nodes:
/// lists of names, `"*"` for all.
#[napi(catch_unwind)]
pub fn subscribe(engine: u32, subscription: String) -> napi::Result<()> {
    let subscription = types::read("subscribe", &subscription).map_err(to_js)?;
    running::find(engine).and_then(|member| member.engine.subscribe(&subscription)).map_err(to_js)
}

/// Reports how a tick of a plugin ended: `ok`, `failed` (it threw, or took too long) or `aborted` (it threw after an abort).
#[napi(catch_unwind)]
pub fn plugin_ended(engine: u32, plugin: String, end: String) -> napi::Result<()> {
    let end = TickEnd::named(&end)
        .ok_or_else(|| to_js(Error::Internal(format!("plugin: expected the end of a tick, got {end:?}"))))?;
    // A stopped engine waits for no tick.
    if let Ok(member) = running::find(engine) {
        member.engine.plugin_ended(&plugin, end);
    }
    Ok(())
}
