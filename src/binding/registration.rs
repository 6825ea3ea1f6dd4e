//! Job classes and drafts: checked here, by the one set of rules, before any SQL.

use napi::Env;
use napi_derive::napi;

use super::{registries, to_js};
use crate::model::draft::Registration;

/// Makes a registry for the calling JavaScript environment; its number.
#[napi]
pub fn new_registry(env: &Env) -> napi::Result<u32> {
    registries::add(env)
}

/// Checks the options of `register()` and registers the class; returns them with every default.
#[napi(catch_unwind)]
pub fn register(registry: u32, registration: String) -> napi::Result<String> {
    let checked = Registration::from_json(&registration).map_err(to_js)?;
    registries::find(registry).map(|it| it.register(checked).to_json()).map_err(to_js)
}

/// The registered class of this name or alias, or null; as `register` returns it.
#[napi(catch_unwind)]
pub fn worker(registry: u32, name: String) -> napi::Result<Option<String>> {
    registries::find(registry).map(|it| it.find(&name).map(|class| class.to_json())).map_err(to_js)
}

/// Every registered class, a list.
#[napi(catch_unwind)]
pub fn workers(registry: u32) -> napi::Result<String> {
    registries::find(registry).map(|it| format!("[{}]", it.all_as_json().join(","))).map_err(to_js)
}

/// Checks enqueue options over those of the class; returns the draft as JSON, without `args`.
#[napi(catch_unwind)]
pub fn draft(registry: u32, worker: String, options: String) -> napi::Result<String> {
    registries::find(registry).and_then(|it| it.draft(&worker, &options)).map_err(to_js)
}
