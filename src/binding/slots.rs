//! Isolates that perform jobs: attach, exchange, detach. The shapes are in [`super::types`].

use napi::Env;
use napi::bindgen_prelude::{Float64ArraySlice, Function, Uint8ArraySlice};
use napi::threadsafe_function::UnknownReturnValue;
use napi_derive::napi;

use super::{attached, to_js};

/// Attaches the calling isolate to a queue of an engine; `target` is `{"queue":…,"isolation":"main"|"thread"|"process","beside"?:…}`,
/// `beside` another slot of the same isolate. Returns the slot's number. `wake` means: call `exchange` soon.
#[napi]
pub fn attach(env: &Env, engine: u32, target: String, wake: Function<'_, (), UnknownReturnValue>) -> napi::Result<u32> {
    attached::attach(env, engine, &target, &wake)
}

/// Hands over finished runs and takes what is to be done next. `codes` has for each of `runs` 0 for a plain success, or 1 for an
/// outcome that the job's own transaction committed, as `settlement` gave it. `details` is a list of other outcomes:
/// `{"run":…,"outcome":"completed"|"failed"|"cancelled"|"discarded"|"snoozed"|"released",…}`.
///
/// Returns `[[row,…],[abort,…]]`, or null when there is nothing. The columns of a row are those of `lib/perform/columns.js`. An
/// abort is `[run, "timeout"|"cancelled"|"shutdown"]`; `[0, "stop"]` is the last, no more jobs will come.
#[napi(catch_unwind)]
pub fn exchange(
    slot: u32,
    runs: Float64ArraySlice<'_>,
    codes: Uint8ArraySlice<'_>,
    details: Option<String>,
) -> napi::Result<Option<String>> {
    attached::exchange(slot, &runs, &codes, details.as_deref()).map_err(to_js)
}

/// What the last statement of a job's own transaction writes, the text for `eram_ack_job`; `detail` is one outcome as in the
/// details of `exchange`. Null when the run does not belong to this slot any more: the transaction must then be rolled back.
#[napi(catch_unwind)]
pub fn settlement(slot: u32, detail: String) -> napi::Result<Option<String>> {
    attached::settlement(slot, &detail).map_err(to_js)
}

/// A running job reports its progress, `{"run":…,"value":0.4,"message"?:…}`, or the CPU profile of its attempt,
/// `{"run":…,"attempt":1,"profile":"…","note":null}`. Ignored when the run does not belong to this slot.
#[napi(catch_unwind)]
pub fn progress(slot: u32, report: String) -> napi::Result<()> {
    attached::progress(slot, &report).map_err(to_js)
}

/// Detaches a slot; its runs wait for `died`, which gives the reason.
#[napi(catch_unwind)]
pub fn detach(slot: u32) {
    attached::detach(slot);
}

/// The isolate of a slot has ended. `exit` is `{"message":…,"run"?:…,"last"?:…,"code"?:…}`: `run` is the run whose code was on the
/// stack, `last` the newest that had begun.
#[napi(catch_unwind)]
pub fn died(slot: u32, exit: String) -> napi::Result<()> {
    attached::exited(slot, &exit).map_err(to_js)
}
