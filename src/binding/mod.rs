//! The wall between the engine and Node.js: the only folder that knows napi. Each exported function is one delegation; objects
//! cross as JSON text, errors as `ERAM_CODE: message`.
//!
//! The engine and its runtime are process-global; every JavaScript environment of the process (the main thread, each worker
//! thread) loads the same addon and attaches to them. What is safe and fast here, and what hangs or aborts, was measured:
//! a weak bell without payload, one call that exchanges outcomes for jobs, a clean-up hook in every environment, our own
//! runtime, promises that a drop guard settles.

#![expect(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    reason = "the shapes in which napi hands values over"
)]

mod bell;
mod control;
mod directives;
mod engines;
mod log;
mod promise;
mod runtime;
mod schema;
mod slots;
mod words;

use crate::error::Error;

/// The text in which an error crosses; `lib/shared/errors.js` reads it.
fn to_js(error: Error) -> napi::Error {
    napi::Error::from_reason(error.told())
}
