//! Job classes and drafts: checked here, by the one set of rules, before any SQL.

use napi_derive::napi;

use super::to_js;
use crate::error::Result;
use crate::model::draft::Registration;
use crate::registry;

/// Checks the options of `register()` and records the class for the whole process; returns them with every default.
#[napi(catch_unwind)]
pub fn register(registration: String) -> napi::Result<String> {
    let checked = Registration::from_json(&registration).map_err(to_js)?;
    Ok(registry::register(checked).to_json())
}

/// The recorded class of this name or alias, or null.
#[napi(catch_unwind)]
pub fn worker(name: String) -> Option<String> {
    registry::find(&name).map(|class| class.to_json())
}

/// Every recorded class, a JSON array.
#[napi(catch_unwind)]
pub fn workers() -> String {
    let all: Vec<String> = registry::all()
        .into_iter()
        .filter(|(name, class)| *name == class.name)
        .map(|(_, class)| class.to_json())
        .collect();
    format!("[{}]", all.join(","))
}

/// Checks enqueue options over those of the class; returns the draft as JSON, without `args`.
#[napi(catch_unwind)]
pub fn draft(worker: String, options: String) -> napi::Result<String> {
    fn checked(worker: &str, options: &str) -> Result<String> {
        match registry::find(worker) {
            Some(class) => class.draft(options),
            None => Registration::unknown(worker)?.draft(options),
        }
    }
    checked(&worker, &options).map_err(to_js)
}
