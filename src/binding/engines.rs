//! The engines of this process, by number: numbers can be handed to a worker thread, objects cannot.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;
use parking_lot::Mutex;

use super::directives::Directives;
use super::promise::promise;
use super::{runtime, to_js};
use crate::config::Config;
use crate::engine::Engine;
use crate::error::{Error, Result};

static ENGINES: LazyLock<Mutex<HashMap<u32, Member>>> = LazyLock::new(Mutex::default);
static NEXT: AtomicU32 = AtomicU32::new(1);

#[derive(Clone)]
pub struct Member {
    pub engine: Arc<Engine>,
    pub directives: Arc<Directives>,
}

pub fn find(id: u32) -> Result<Member> {
    let found = ENGINES.lock().get(&id).cloned();
    found.ok_or_else(|| Error::Stopped(format!("engine {id}: expected one that runs, got one that has stopped")))
}

/// Tells the environment of every engine.
pub fn tell_all(text: &str) {
    let members: Vec<Member> = ENGINES.lock().values().cloned().collect();
    for member in members {
        member.directives.push(text.to_owned());
    }
}

/// The version of this library.
#[napi]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Checks the configuration, connects, checks the schema, registers the queues; begins no job. Resolves to the engine's number.
#[napi(ts_return_type = "Promise<number>")]
pub fn start(env: &Env, config: String) -> napi::Result<Object<'_>> {
    promise(env, async move {
        super::log::connect();
        let config = Config::from_json(&config)?;
        let directives = Arc::new(Directives::default());
        let engine = Engine::start(config, directives.clone()).await?;
        let sink = directives.clone();
        engine.telemetry.connect(Arc::new(move |event| sink.push(event)));
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        ENGINES.lock().insert(id, Member { engine, directives });
        Ok(id)
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
        ENGINES.lock().remove(&engine);
        Ok(member.directives.take())
    })
}

/// For the end of the process, which cannot wait for promises: hands back running jobs and writes outcomes, within `timeout_ms`.
#[napi(catch_unwind)]
pub fn exit_sync(engine: u32, timeout_ms: f64) {
    let Ok(member) = find(engine) else { return };
    let limit = Duration::from_secs_f64((timeout_ms / 1000.0).clamp(0.0, 60.0));
    runtime::handle().block_on(member.engine.exit(limit));
    ENGINES.lock().remove(&engine);
}

/// How an engine is: JSON of its name, node, connections and queues.
#[napi(catch_unwind)]
pub fn status(engine: u32) -> napi::Result<String> {
    Ok(find(engine).map_err(to_js)?.engine.status().to_string())
}

/// The effective configuration, defaults included.
#[napi(catch_unwind)]
pub fn config(engine: u32) -> napi::Result<String> {
    Ok(find(engine).map_err(to_js)?.engine.config.effective().to_string())
}
