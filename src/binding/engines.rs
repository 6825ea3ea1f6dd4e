//! Starts, opens and stops engines.

use std::sync::Arc;
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use super::node_host::NodeHost;
use super::promise::promise;
use super::running::{self, find};
use super::{log, runtime, to_js};
use crate::engine::Engine;
use crate::model::config::Config;
use crate::plugins;

/// The version of this library.
#[napi]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Checks the configuration, connects, checks the schema, registers the queues; begins no job. Resolves to the engine's number.
#[napi(ts_return_type = "Promise<number>")]
pub fn start(env: &Env, config: String) -> napi::Result<Object<'_>> {
    promise(env, async move {
        log::connect();
        let config = Config::from_json(&config, &plugins::keys())?;
        let host = Arc::new(NodeHost::default());
        let engine = Engine::start(config, host.clone()).await?;
        let sink = host.clone();
        engine.telemetry.connect(Arc::new(move |event| sink.push(event)));
        Ok(running::add(engine, host))
    })
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
/// `takeDirectives` has not taken by then: the environment may have been busy all the time.
#[napi(ts_return_type = "Promise<string | null>")]
pub fn stop(env: &Env, engine: u32, grace_ms: Option<f64>) -> napi::Result<Object<'_>> {
    promise(env, async move {
        let Ok(member) = find(engine) else { return Ok(None) };
        let grace =
            grace_ms.map_or(member.engine.config.grace, |ms| Duration::from_secs_f64((ms / 1000.0).clamp(0.0, 1e6)));
        member.engine.stop(grace).await;
        running::remove(engine);
        Ok(member.host.take())
    })
}

/// For the end of the process, which cannot wait for promises: hands back running jobs and writes outcomes, within `timeout_ms`.
#[napi(catch_unwind)]
pub fn exit_sync(engine: u32, timeout_ms: f64) {
    let Ok(member) = find(engine) else { return };
    let limit = Duration::from_secs_f64((timeout_ms / 1000.0).clamp(0.0, 60.0));
    runtime::handle().block_on(member.engine.exit(limit));
    running::remove(engine);
}

/// How an engine is: JSON of its name, node, connections and queues.
#[napi(catch_unwind)]
pub fn status(engine: u32) -> napi::Result<String> {
    Ok(find(engine).map_err(to_js)?.engine.status().to_string())
}

/// The effective configuration, defaults included.
#[napi(catch_unwind)]
pub fn config(engine: u32) -> napi::Result<String> {
    Ok(find(engine).map_err(to_js)?.engine.options().to_string())
}
