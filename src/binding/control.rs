//! Enqueueing and control, each one delegation to the engine. The shapes are in [`super::types`].

use std::collections::BTreeMap;

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use super::promise::promise;
use super::running::find;
use super::{to_js, types};
use crate::engine::{Exposition, QueueStart, Target, ThreadCounts, exposition, read_budget};
use crate::error::Result;
use crate::notifier::Message;

/// Inserts drafts (JSON with `args`), each for itself, one a line; resolves, once all are committed or rejected, to a list of
/// `{id, state, queue, scheduled_at, inserted_at, conflict, existing?}`, or `{refused}` with the text of an error. Times are
/// milliseconds since 1970.
#[napi(ts_return_type = "Promise<string>")]
pub fn enqueue_each(env: &Env, engine: u32, drafts: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.enqueue_each(&drafts).await })
}

/// Inserts a list of drafts in one transaction; resolves to a list of such jobs.
#[napi(ts_return_type = "Promise<string>")]
pub fn enqueue_all(env: &Env, engine: u32, drafts: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.enqueue_all(&drafts).await })
}

/// Pauses a queue, or all: `{queue, node?, force?}`.
#[napi(ts_return_type = "Promise<void>")]
pub fn pause(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.pause(&Target::read("pause", &target)?, true).await })
}

/// Resumes a queue, or all: `{queue, node?, force?}`.
#[napi(ts_return_type = "Promise<void>")]
pub fn resume(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.pause(&Target::read("resume", &target)?, false).await })
}

/// Sets the limit of a queue, or of all: `{queue, node?, force?, limit}`.
#[napi(ts_return_type = "Promise<void>")]
pub fn scale(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.scale(&Target::read("scale", &target)?).await })
}

/// Starts a queue: `{queue, node?, …options}`.
#[napi(ts_return_type = "Promise<void>")]
pub fn start_queue(env: &Env, engine: u32, queue: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.start_queue(&QueueStart::read(&queue)?).await })
}

/// Stops a queue, `{queue, node?, grace?}`; resolves to `{released}`, the ids of the jobs that it handed back.
#[napi(ts_return_type = "Promise<string>")]
pub fn stop_queue(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(
        env,
        async move { types::text(&find(engine)?.engine.stop_queue(&Target::read("stopQueue", &target)?).await?) },
    )
}

/// A queue on this node, by `{queue}`: `{queue, node, uuid, limit, paused, running, claimed, stuck, workers}`, or null.
#[napi(ts_return_type = "Promise<string>")]
pub fn check_queue(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(
        env,
        async move { types::text(&find(engine)?.engine.check_queue(&Target::read("checkQueue", &target)?.queue)) },
    )
}

/// Runs a queue until it is empty: `{queue, with_scheduled?, timeout?}`. Resolves to counts of attempts:
/// `{success, failure, discard, cancelled, snoozed, released}`.
#[napi(ts_return_type = "Promise<string>")]
pub fn drain(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(env, async move { types::text(&find(engine)?.engine.drain(&Target::read("drain", &target)?).await?) })
}

/// Runs what is runnable in all queues, `{budget?}`. Resolves to counts of attempts as `drain` does,
/// and `drained`.
#[napi(ts_return_type = "Promise<string>")]
pub fn run_once(env: &Env, engine: u32, options: String) -> napi::Result<Object<'_>> {
    promise(env, async move { types::text(&find(engine)?.engine.run_once(read_budget(&options)?).await?) })
}

/// Counts jobs that JavaScript has inserted: a list of `[queue, class, number]`. An engine that has stopped counts nothing.
#[napi(catch_unwind)]
pub fn enqueued(engine: u32, counts: String) -> napi::Result<()> {
    let counts: Vec<(String, String, u64)> = types::read("enqueued", &counts).map_err(to_js)?;
    if let Ok(member) = find(engine) {
        member.engine.count_enqueued(&counts);
    }
    Ok(())
}

/// What this process has counted since the engine started, with `{histograms?}`: [`crate::engine::MetricsReport`].
#[napi(ts_return_type = "Promise<string>")]
pub fn metrics(env: &Env, engine: u32, options: Option<String>) -> napi::Result<Object<'_>> {
    promise(env, async move {
        let options: types::MetricsOptions = types::read("metrics", options.as_deref().unwrap_or("{}"))?;
        types::text(&find(engine)?.engine.metrics(options.histograms.unwrap_or(true)))
    })
}

/// A chart of the cluster, by a query: [`crate::engine::History`].
#[napi(ts_return_type = "Promise<string>")]
pub fn history(env: &Env, engine: u32, query: String) -> napi::Result<Object<'_>> {
    promise(env, async move { types::text(&find(engine)?.engine.history(&query).await?) })
}

/// Metrics in a text format of Prometheus: `{format?, labels?, cluster?}`. `threads` names the engines: their numbers, each with a
/// list of `[queue, state, number]` of its threads.
#[napi(ts_return_type = "Promise<string>")]
pub fn prometheus(env: &Env, _engine: u32, options: String, threads: String) -> napi::Result<Object<'_>> {
    promise(env, async move {
        let options = Exposition::read(&options)?;
        let threads: BTreeMap<u32, ThreadCounts> = types::read("prometheus", &threads)?;
        let engines = threads.into_iter().map(|(id, threads)| Ok((find(id)?.engine, threads)));
        types::text(&exposition(engines.collect::<Result<_>>()?, options).await?)
    })
}

/// The leader of the engines of a name, by default of this one's: `{node, since, me}`, or null. `since` is in milliseconds.
#[napi(ts_return_type = "Promise<string>")]
pub fn leader(env: &Env, engine: u32, name: Option<String>) -> napi::Result<Object<'_>> {
    promise(env, async move { types::text(&find(engine)?.engine.leader(name.as_deref()).await?) })
}

/// Makes that leader step down, on whichever node: `{node, since}`, or null when there was none.
#[napi(ts_return_type = "Promise<string>")]
pub fn resign_leader(env: &Env, engine: u32, name: Option<String>) -> napi::Result<Object<'_>> {
    promise(env, async move { types::text(&find(engine)?.engine.resign_leader(name.as_deref()).await?) })
}

/// Forgets what `pause`, `resume` and `scale` have set: `{queue, node?, force?}`.
#[napi(ts_return_type = "Promise<void>")]
pub fn reset_queue(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.reset_queue(&Target::read("resetQueue", &target)?).await })
}

/// Deletes or cancels the waiting jobs of a queue, `{queue, cancel?}`; resolves to `{purged}`, their number.
#[napi(ts_return_type = "Promise<string>")]
pub fn purge(env: &Env, engine: u32, target: String) -> napi::Result<Object<'_>> {
    promise(env, async move { types::text(&find(engine)?.engine.purge(&Target::read("purge", &target)?).await?) })
}

/// Each known queue, with its jobs by state and the nodes that serve it: a list of `QueueInfo`.
#[napi(ts_return_type = "Promise<string>")]
pub fn queues(env: &Env, engine: u32) -> napi::Result<Object<'_>> {
    promise(env, async move { types::text(&find(engine)?.engine.queues().await?) })
}

/// The load of each known queue: a list of `QueueBacklog`.
#[napi(ts_return_type = "Promise<string>")]
pub fn backlog(env: &Env, engine: u32) -> napi::Result<Object<'_>> {
    promise(env, async move { types::text(&find(engine)?.engine.backlog().await?) })
}

/// Whether the database answers now: `{ok, ms, message?}`.
#[napi(ts_return_type = "Promise<string>")]
pub fn probe(env: &Env, engine: u32) -> napi::Result<Object<'_>> {
    promise(env, async move { types::text(&find(engine)?.engine.probe().await) })
}

/// Each engine that serves queues: a list of `NodeInfo`.
#[napi(ts_return_type = "Promise<string>")]
pub fn nodes(env: &Env, engine: u32) -> napi::Result<Object<'_>> {
    promise(env, async move { types::text(&find(engine)?.engine.nodes().await?) })
}

/// Sends JSON to all listeners of the channel; `scope` is `cluster`, or `local` for this engine alone.
#[napi(ts_return_type = "Promise<void>")]
pub fn notify(env: &Env, engine: u32, channel: String, payload: String, scope: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.notify(&channel, &payload, &scope).await })
}

/// Resolves when messages of that channel and scope arrive.
#[napi(ts_return_type = "Promise<void>")]
pub fn await_messages(env: &Env, engine: u32, channel: String, scope: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.await_messages(&channel, &scope).await })
}

/// The text with which `eram_notify` sends a message of that node in a transaction.
#[napi(catch_unwind)]
pub fn message(node: String, channel: String, payload: String) -> napi::Result<String> {
    Message::new(&channel, &payload).and_then(|message| message.text(&node)).map_err(to_js)
}

/// What needs attention: [`crate::model::attention::Attention`].
#[napi(ts_return_type = "Promise<string>")]
pub fn attention(env: &Env, engine: u32) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.attention().await })
}

/// How many jobs there are, by state and by queue: `{at, states, queues}`.
#[napi(ts_return_type = "Promise<string>")]
pub fn counts(env: &Env, engine: u32) -> napi::Result<Object<'_>> {
    promise(env, async move { types::text(&find(engine)?.engine.counts().await?) })
}

/// `find`, `attempts`, `why`, `list`, `wait`, `abandon`, `cancel`, `retry`, `delete` or `update`; options and answer are JSON.
#[napi(ts_return_type = "Promise<string>")]
pub fn jobs(env: &Env, engine: u32, action: String, options: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.jobs(&action, &options).await })
}

/// `list`, `find`, `insert`, `upsert`, `update`, `pause`, `resume`, `delete`, `run` or `next`; options and answer are JSON.
#[napi(ts_return_type = "Promise<string>")]
pub fn crons(env: &Env, engine: u32, action: String, options: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.crons(&action, &options).await })
}

/// What is recorded of changes over HTTP: `insert`, `list`, or `settings` of a queue; options and answer are JSON.
#[napi(ts_return_type = "Promise<string>")]
pub fn audit(env: &Env, engine: u32, action: String, options: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.audit(&action, &options).await })
}

/// Marks that differ once something has changed, and the jobs of these ids, a JSON array: `{at, jobs, crons, watched}`.
#[napi(ts_return_type = "Promise<string>")]
pub fn live_marks(env: &Env, engine: u32, jobs: String) -> napi::Result<Object<'_>> {
    promise(env, async move { find(engine)?.engine.live_marks(&jobs).await })
}
