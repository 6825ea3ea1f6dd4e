//! Migrations from JavaScript and the command line.

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use super::promise::promise;

/// Migrates, rolls back, or reports. `options`: the connection options of `start`, and `to`, `search_indexes`, `status`, `sql`,
/// `from`. Resolves to JSON: `{prefix, version, latest, pending, steps, indexes}`, or `{sql}`.
#[napi(ts_return_type = "Promise<string>")]
pub fn migrate(env: &Env, options: String) -> napi::Result<Object<'_>> {
    promise(env, async move { crate::engine::migrate(&options).await })
}
