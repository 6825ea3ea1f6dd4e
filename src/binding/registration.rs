//! Job classes and drafts: checked here, by the one set of rules, before any SQL.

use napi_derive::napi;

use super::to_js;
use crate::model::draft::Registration;
use crate::registry;

/// Checks the options of `register()` and registers the class for the whole process; returns them with every default.
#[napi(catch_unwind)]
pub fn register(registration: String) -> napi::Result<String> {
    let checked = Registration::from_json(&registration).map_err(to_js)?;
    Ok(registry::register(checked).to_json())
}

/// The registered class of this name or alias, or null; as `register` returns it.
#[napi(catch_unwind)]
pub fn worker(name: String) -> Option<String> {
    registry::find(&name).map(|class| class.to_json())
}

/// Every registered class, a list.
#[napi(catch_unwind)]
pub fn workers() -> String {
    format!("[{}]", registry::all_as_json().join(","))
}

/// Checks enqueue options over those of the class; returns the draft as JSON, without `args`.
#[napi(catch_unwind)]
pub fn draft(worker: String, options: String) -> napi::Result<String> {
    registry::draft(&worker, &options).map_err(to_js)
}
