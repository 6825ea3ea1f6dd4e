//! Starts, opens and stops engines. The shapes are in [`super::types`].

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use super::promise::promise;
use super::running::find;
use super::{lifecycle, to_js, types};

/// The version of this library.
#[napi]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Checks the configuration, connects, checks the schema, registers the queues; begins no job. Performs the classes of the
/// registry. Resolves to the engine's number.
#[napi(ts_return_type = "Promise<number>")]
pub fn start(env: &Env, registry: u32, config: String) -> napi::Result<Object<'_>> {
    promise(env, async move { lifecycle::start(registry, &config).await })
}

/// Lets an engine begin, once its threads are attached.
#[napi(ts_return_type = "Promise<void>")]
pub fn open(env: &Env, engine: u32) -> napi::Result<Object<'_>> {
    promise(env, async move {
        find(engine)?.engine.open().await;
        Ok(())
    })
}

/// Stops an engine: running jobs get `grace_ms` (the configured grace when null), then are handed back. Resolves with what
/// `takeDirectives` has not taken by then: the isolate may have been busy all the time.
#[napi(ts_return_type = "Promise<string | null>")]
pub fn stop(env: &Env, engine: u32, grace_ms: Option<f64>) -> napi::Result<Object<'_>> {
    promise(env, async move { Ok(lifecycle::stop(engine, grace_ms).await) })
}

/// For the end of the process, which cannot wait for promises: hands back running jobs and writes outcomes, within `timeout_ms`.
#[napi(catch_unwind)]
pub fn exit_sync(engine: u32, timeout_ms: f64) {
    lifecycle::exit(engine, timeout_ms);
}

/// An engine and its queues on this node: `{"name":…,"node":…,"listening":…,"leading":…,"queues":{…},…}`.
#[napi(catch_unwind)]
pub fn status(engine: u32) -> napi::Result<String> {
    find(engine).and_then(|it| types::text(&it.engine.status())).map_err(to_js)
}

/// What the engine knows of its own health, without a statement.
#[napi(catch_unwind)]
pub fn health(engine: u32) -> napi::Result<String> {
    find(engine).and_then(|it| types::text(&it.engine.health())).map_err(to_js)
}

/// The configuration in effect, with every default; as `start` takes it.
#[napi(catch_unwind)]
pub fn config(engine: u32) -> napi::Result<String> {
    find(engine).and_then(|it| types::text(&it.engine.options())).map_err(to_js)
}
