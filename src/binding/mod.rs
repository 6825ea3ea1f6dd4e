//! The Node.js binding: the only folder that knows napi. Each exported function is one delegation; objects cross as JSON text,
//! errors as `ERAM_CODE: message`.
//!
//! The engine and its runtime are process-global; every isolate of the process (the main thread, each worker thread) loads the
//! same addon and attaches to them. Measured to be safe and fast: a weak waker without payload, one call that exchanges outcomes
//! for jobs, a clean-up hook in every isolate, a runtime of our own, and promises settled by a drop guard.

#![expect(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    reason = "the shapes in which napi hands values over"
)]

/// The isolates that are attached to a queue.
mod attached;
/// Enqueueing and control.
mod control;
/// Takes orders and events from an engine.
mod directives;
/// Starts, opens and stops engines.
mod engines;
/// Wakes a JavaScript thread.
mod isolate_waker;
/// From the start of an engine to its stop.
mod lifecycle;
/// The engine's log lines as events.
mod log;
/// The engine's host in Node.js.
mod node_host;
/// Promises that settle in any case.
mod promise;
/// Job classes and drafts.
mod registration;
/// The registries of the JavaScript environments.
mod registries;
/// The engines that run in this process.
mod running;
/// The async runtime of the library.
mod runtime;
/// Migrations and the environment stamp.
mod schema;
/// How a JavaScript thread exchanges outcomes for jobs.
mod slots;
/// The lists of the engine, for the generator and for tests.
mod tables;
/// What the testing kit calls.
mod testing_kit;
/// The JSON that crosses, by function.
mod types;
/// Calls of `eramjs/web`.
mod web_calls;

use crate::error::Error;

/// The text in which an error crosses; `lib/shared/errors.js` reads it.
fn to_js(error: Error) -> napi::Error {
    napi::Error::from_reason(error.with_code())
}
