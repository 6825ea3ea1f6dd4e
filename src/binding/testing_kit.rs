//! What the testing kit, `eramjs/testing`, calls.

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use super::promise::promise;
use super::running::find;
use super::{registries, to_js, types};
use crate::store::TestStatement;

/// Runs a statement of the testing kit on the engine's connections, by its name; resolves to the one text that it returns, if any.
#[napi(ts_return_type = "Promise<string | null>")]
pub fn testing(env: &Env, engine: u32, statement: String, text: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.testing(&statement, &text).await })
}

/// The SQL of such a statement for a schema, to run in a transaction of the test: one text parameter, one text column `eram`.
#[napi(catch_unwind)]
pub fn testing_sql(statement: String, prefix: String) -> napi::Result<String> {
    TestStatement::named(&statement).map(|it| it.sql(&prefix)).map_err(to_js)
}

/// Runs one tick of each of these plugins now; `plugins` is a list of names.
#[napi(ts_return_type = "Promise<void>")]
pub fn tick(env: &Env, engine: u32, plugins: String) -> napi::Result<Object<'_>> {
    promise(env, async move {
        let names: Vec<String> = types::read("tick", &plugins)?;
        find(engine)?.engine.tick(&names).await
    })
}

/// What an outcome means for a claimed job: `{state, delay, event, ack}`, `ack` being the text for `eram_ack_job`. `job` is a row as
/// the statement `claim` returns it, `detail` one outcome as in the details of `exchange`.
#[napi(catch_unwind)]
pub fn judge(registry: u32, job: String, detail: String) -> napi::Result<String> {
    registries::find(registry).and_then(|it| crate::engine::judge(&it, &job, &detail)).map_err(to_js)
}
