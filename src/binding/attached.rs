//! The isolates of this process that are attached to a queue, by slot.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use napi::Env;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::UnknownReturnValue;
use parking_lot::RwLock;

use super::isolate_waker::IsolateWaker;
use super::types::{Report, SlotTarget, read};
use super::{running, runtime, to_js};
use crate::error::Result;
use crate::model::outcome::parse_details;
use crate::queue::executor::{Executor, SharedIsolate, finished_runs};

static SLOTS: LazyLock<RwLock<HashMap<u32, Entry>>> = LazyLock::new(RwLock::default);

/// Slots whose isolate is gone and whose exit has not been reported yet.
static GONE: LazyLock<RwLock<HashMap<u32, Arc<Executor>>>> = LazyLock::new(RwLock::default);

#[derive(Clone)]
struct Entry {
    engine: u32,
    executor: Arc<Executor>,
    waker: Arc<IsolateWaker>,
    isolate: Arc<SharedIsolate>,
}

fn find(slot: u32) -> Option<Entry> {
    SLOTS.read().get(&slot).cloned()
}

/// Attaches the calling isolate, until it detaches or ends.
pub fn attach(env: &Env, engine: u32, target: &str, wake: &Function<'_, (), UnknownReturnValue>) -> napi::Result<u32> {
    let target: SlotTarget = read("attach", target).map_err(to_js)?;
    let executor = running::find(engine).and_then(|member| member.engine.executor(&target.queue)).map_err(to_js)?;
    let waker = Arc::new(IsolateWaker::new(wake)?);
    let isolate = target.beside.and_then(find).map_or_else(Arc::default, |it| it.isolate);
    let slot = executor.attach(target.isolation, waker.clone(), isolate.clone());
    SLOTS.write().insert(slot, Entry { engine, executor, waker, isolate });
    // After the waker was made, so that this runs before Node closes it.
    IsolateWaker::on_cleanup(*env, move || detach(slot))?;
    Ok(slot)
}

/// See [`Executor::exchange`].
pub fn exchange(slot: u32, runs: &[f64], codes: &[u8], details: Option<&str>) -> Result<Option<String>> {
    let Some(entry) = find(slot) else { return Ok(None) };
    Ok(entry.executor.exchange(slot, finished_runs(runs, codes, details)?))
}

/// See [`Executor::prepare_ack`].
pub fn settlement(slot: u32, detail: &str) -> Result<Option<String>> {
    let Some(entry) = find(slot) else { return Ok(None) };
    let details = parse_details(&format!("[{detail}]"))?.settled;
    Ok(details.into_iter().next().and_then(|settled| entry.executor.prepare_ack(slot, settled)))
}

/// See [`crate::engine::Engine::report_progress`] and [`crate::engine::Engine::report_profile`].
pub fn progress(slot: u32, report: &str) -> Result<()> {
    let report = read("progress", report)?;
    let Some(Entry { engine, executor, .. }) = find(slot) else { return Ok(()) };
    let _runtime = runtime::handle().enter();
    let engine = &running::find(engine)?.engine;
    match report {
        Report::Progress { run, value, message } => engine.report_progress(&executor, slot, run, value, message),
        Report::Profile { run, attempt, profile, note } => {
            engine.report_profile(&executor, slot, run, attempt, profile, note);
        }
    }
    Ok(())
}

pub fn detach(slot: u32) {
    let Some(entry) = SLOTS.write().remove(&slot) else { return };
    entry.waker.disconnect();
    if entry.executor.detach(slot) {
        GONE.write().insert(slot, entry.executor);
    }
}

/// The isolate has ended for the reason that `exit` gives.
pub fn exited(slot: u32, exit: &str) -> Result<()> {
    let exit = read("died", exit)?;
    detach(slot);
    if let Some(executor) = GONE.write().remove(&slot) {
        executor.exited(slot, &exit);
    }
    Ok(())
}
