//! Isolates that perform jobs: attach, exchange, detach.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use napi::Env;
use napi::bindgen_prelude::{Float64ArraySlice, Function, Uint8ArraySlice};
use napi::threadsafe_function::UnknownReturnValue;
use napi_derive::napi;
use parking_lot::RwLock;
use serde::Deserialize;

use super::isolate_waker::IsolateWaker;
use super::{running, to_js};
use crate::ack::RunEnd;
use crate::model::draft::Isolation;
use crate::model::outcome::{Outcome, parse_details};
use crate::queue::executor::{Executor, WorkerExit};

static SLOTS: LazyLock<RwLock<HashMap<u32, Entry>>> = LazyLock::new(RwLock::default);

/// Slots whose isolate is gone and whose exit has not been reported yet.
static GONE: LazyLock<RwLock<HashMap<u32, Arc<Executor>>>> = LazyLock::new(RwLock::default);

#[derive(Clone)]
struct Entry {
    executor: Arc<Executor>,
    waker: Arc<IsolateWaker>,
}

#[derive(Deserialize)]
struct Attachment {
    queue: String,
    isolation: Isolation,
}

/// Attaches the calling isolate to a queue of an engine; `place` is `{"queue":…,"isolation":"main"|"thread"|"process"}`.
/// Returns the slot's number. `wake` means: call `exchange` soon.
#[napi]
pub fn attach(env: &Env, engine: u32, place: String, wake: Function<'_, (), UnknownReturnValue>) -> napi::Result<u32> {
    let place: Attachment = serde_json::from_str(&place).map_err(|e| napi::Error::from_reason(e.to_string()))?;
    let executor = running::find(engine).and_then(|member| member.engine.executor(&place.queue)).map_err(to_js)?;
    let waker = Arc::new(IsolateWaker::new(&wake)?);
    let slot = executor.attach(place.isolation, waker.clone());
    SLOTS.write().insert(slot, Entry { executor, waker });
    // After the waker was made, so that this runs before Node closes it.
    IsolateWaker::on_cleanup(*env, move || detach(slot))?;
    Ok(slot)
}

/// Settles `runs` (`codes`: 0 for a plain success, 1 for an outcome that committed with the job's own transaction, as
/// `settlement` gave it) and those in `details`, and takes what is to be done next:
/// `[[job,…],[abort,…]]`, or null when there is nothing.
///
/// A job is `[run, id, worker, queue, attempt, max_attempts, priority, args, meta|0, tags|0, errors|0, inserted_at, scheduled_at,
/// attempted_at, timeout|0]` (times in ms), an abort `[run, "timeout"|"cancelled"|"shutdown"]`, and `[0, "stop"]` the end.
#[napi(catch_unwind)]
pub fn exchange(
    slot: u32,
    runs: Float64ArraySlice<'_>,
    codes: Uint8ArraySlice<'_>,
    details: Option<String>,
) -> napi::Result<Option<String>> {
    let Some(entry) = SLOTS.read().get(&slot).cloned() else { return Ok(None) };
    let end = |code: u8| if code == 0 { RunEnd::Outcome(Outcome::done()) } else { RunEnd::Committed };
    let mut finished: Vec<(u64, RunEnd)> =
        runs.iter().zip(codes.iter()).map(|(run, code)| (whole(*run), end(*code))).collect();
    if let Some(details) = details {
        let details = parse_details(&details).map_err(to_js)?;
        finished.extend(details.into_iter().map(|(run, outcome)| (run, RunEnd::Outcome(outcome))));
    }
    Ok(entry.executor.exchange(slot, finished))
}

/// What the last statement of a job's own transaction writes, the text for `eram_settle`; `detail` is one settled run as in
/// `exchange`. Null when the run is no longer this slot's: then the transaction must be rolled back.
#[napi(catch_unwind)]
pub fn settlement(slot: u32, detail: String) -> napi::Result<Option<String>> {
    let Some(entry) = SLOTS.read().get(&slot).cloned() else { return Ok(None) };
    let details = parse_details(&format!("[{detail}]")).map_err(to_js)?;
    Ok(details.into_iter().next().and_then(|(run, outcome)| entry.executor.prepare_ack(slot, run, outcome)))
}

/// Detaches a slot; the jobs it holds wait for `died`, which reports why.
#[napi(catch_unwind)]
pub fn detach(slot: u32) {
    let Some(entry) = SLOTS.write().remove(&slot) else { return };
    entry.waker.disconnect();
    if entry.executor.detach(slot) {
        GONE.write().insert(slot, entry.executor);
    }
}

/// The thread or process of a slot ended; `death` is `{"message":…,"run"?:…,"last"?:…}`, where `run` is the run whose code was
/// on the stack and `last` the newest that had begun.
#[napi(catch_unwind)]
pub fn died(slot: u32, death: String) -> napi::Result<()> {
    let death: WorkerExit = serde_json::from_str(&death).map_err(|e| napi::Error::from_reason(e.to_string()))?;
    detach(slot);
    if let Some(executor) = GONE.write().remove(&slot) {
        executor.exited(slot, &death);
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "runs are whole numbers below 2^53")]
fn whole(run: f64) -> u64 {
    run as u64
}
