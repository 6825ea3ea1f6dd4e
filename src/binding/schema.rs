//! Migrations, the stamp of a database, and statements that check it, from JavaScript and the command line.

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use super::promise::promise;

/// The environment that a database is stamped with. `options`: the connection options of `start`, `set` (a name, or null for
/// none) and `force`. Resolves to JSON: `{prefix, environment, previous}`.
#[napi(ts_return_type = "Promise<string>")]
pub fn environment(env: &Env, options: String) -> napi::Result<Object<'_>> {
    promise(env, async move { crate::engine::environment(&options).await })
}

/// Migrates, rolls back, or reports. `options`: the connection options of `start`, and `to`, `search_indexes`, `status`, `sql`,
/// `from`. Resolves to JSON: `{prefix, version, latest, pending, steps, indexes}`, or `{sql}`.
#[napi(ts_return_type = "Promise<string>")]
pub fn migrate(env: &Env, options: String) -> napi::Result<Object<'_>> {
    promise(env, async move { crate::engine::migrate(&options).await })
}

/// Runs statements that only read, on one connection, each in a transaction of its own. `options`: the connection options of
/// `start`, and `statements`; `$1` in them is the schema. Resolves to JSON: for each `{rows}` or `{error: {sqlstate, message}}`.
#[napi(ts_return_type = "Promise<string>")]
pub fn inspect(env: &Env, options: String) -> napi::Result<Object<'_>> {
    promise(env, async move { crate::engine::inspect(&options).await })
}
