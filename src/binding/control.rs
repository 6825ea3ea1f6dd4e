//! Enqueueing and control, each one delegation to the engine.

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;
use serde::de::DeserializeOwned;

use super::engines::find;
use super::promise::promise;
use crate::engine::{Message, QueueStart, Target};
use crate::error::{Error, Result};

/// Inserts one draft (JSON with `args`); resolves to `{id, state, queue, scheduled_at, inserted_at, conflict, existing?}` once
/// it is committed. Times are milliseconds since 1970.
#[napi(ts_return_type = "Promise<string>")]
pub fn enqueue(env: &Env, engine: u32, draft: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.enqueue(draft).await })
}

/// Inserts a JSON array of drafts in one transaction; resolves to an array of what `enqueue` resolves to.
#[napi(ts_return_type = "Promise<string>")]
pub fn enqueue_all(env: &Env, engine: u32, drafts: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.enqueue_all(&drafts).await })
}

#[napi(ts_return_type = "Promise<void>")]
pub fn pause(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.pause(&read::<Target>(&target)?, true).await })
}

#[napi(ts_return_type = "Promise<void>")]
pub fn resume(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.pause(&read::<Target>(&target)?, false).await })
}

#[napi(ts_return_type = "Promise<void>")]
pub fn scale(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.scale(&read::<Target>(&target)?).await })
}

#[napi(ts_return_type = "Promise<void>")]
pub fn start_queue(env: &Env, engine: u32, queue: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.start_queue(&read::<QueueStart>(&queue)?).await })
}

#[napi(ts_return_type = "Promise<string>")]
pub fn stop_queue(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(env, async move { Ok(find(engine)?.engine.stop_queue(&read::<Target>(&target)?).await?.to_string()) })
}

#[napi(ts_return_type = "Promise<string>")]
pub fn check_queue(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(env, async move { Ok(find(engine)?.engine.check_queue(&read::<Target>(&target)?.queue).to_string()) })
}

#[napi(ts_return_type = "Promise<string>")]
pub fn drain(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(env, async move { Ok(find(engine)?.engine.drain(&read::<Target>(&target)?).await?.to_string()) })
}

/// Sends `{channel, payload}` to every node that listens.
#[napi(ts_return_type = "Promise<void>")]
pub fn notify(env: &Env, engine: u32, message: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.notify(&read::<Message>(&message)?).await })
}

/// `find`, `list`, `cancel`, `retry`, `delete` or `update`; options and answer are JSON.
#[napi(ts_return_type = "Promise<string>")]
pub fn jobs(env: &Env, engine: u32, action: String, options: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.jobs(&action, &options).await })
}

/// `list`, `insert`, `upsert`, `update`, `pause`, `resume`, `delete`, `run` or `next`; options and answer are JSON.
#[napi(ts_return_type = "Promise<string>")]
pub fn crons(env: &Env, engine: u32, action: String, options: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.crons(&action, &options).await })
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::Config(e.to_string()))
}
