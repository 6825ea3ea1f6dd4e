//! The stager: makes scheduled and retryable jobs available when they are due.
//!
//! It sleeps until the next due time instead of polling. Each heartbeat of the leader returns the
//! next due time; the enqueue's notification, or the stager's own engine, announces a job that is
//! due sooner.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::Notify;

use super::definition::{Definition, Loaded, switch};
use super::plugin::{Plugin, PluginContext, Tick, Wakes};
use crate::cluster::leader::LastHeartbeat;
use crate::error::Result;
use crate::model::config::kind::{Row, interval, rows};
use crate::model::config::options;
use crate::refusals::{JobName, Part, Rows};
use crate::store::{Choice, Lease, NamedJob, Staged, Store};
use crate::telemetry::Kind;

options! {
    struct Options() {
        interval: Duration = interval() => Duration::from_secs(5),
            "Longest sleep. The stager wakes earlier when a job is due.";
        limit: u32 = rows() => 5_000,
            "Maximum number of jobs per statement.";
    }
}

pub const DEFINITION: Definition = Definition {
    option: Some(Row::new(
        "stager",
        "boolean or [object](#stager)",
        "`true`",
        "Makes due jobs available, on the leader.",
    )),
    table: Some(("Stager", Options::rows)),
    read: |all, config| {
        let Some(options) = switch(all, "stager", true, Options::read)? else { return Ok(Loaded::off()) };
        let values = options.values();
        let poll_interval = config.poll_interval;
        Ok(Loaded::on(values, Stager { options, poll_interval, last: Mutex::default() }))
    },
};

/// How much older than the longest wait a heartbeat may be and still replace a query of the
/// stager's own. The sum of both stays below the ten seconds within which an enqueue announces a
/// scheduled job.
const MAX_LAG: Duration = Duration::from_secs(2);

/// The wait before a due job that another transaction has locked is tried again.
const LOCKED_RETRY: Duration = Duration::from_millis(100);

struct Stager {
    options: Options,
    /// The maximum wait where no notification announces a job that is due sooner.
    poll_interval: Duration,
    last: Mutex<Option<Look>>,
}

/// The next due time, and when it was read.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: Instant,
    due_at: Option<Instant>,
}

impl Plugin for Stager {
    fn name(&self) -> &'static str {
        "stager"
    }

    fn wake(&self, wakes: &Wakes) -> Arc<Notify> {
        wakes.scheduled.clone()
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            let mut fresh = context.woken;
            loop {
                let look = self.look(context, fresh).await?;
                let now = Instant::now();
                let longest = self.longest_wait(context);
                let refused_at = context.refusals.due_at(Part::Stage);
                match look.due_at.into_iter().chain(refused_at).min() {
                    Some(due_at) if due_at <= now => {}
                    Some(due_at) => return Ok(longest.min(due_at - now)),
                    None => return Ok(longest),
                }
                fresh = true;
                if !self.stage(context).await? {
                    return Ok(LOCKED_RETRY);
                }
                if context.peer.lease().is_none() {
                    return Ok(longest);
                }
            }
        })
    }
}

impl Stager {
    /// The next due time: the known one or, if that may be out of date, the database's.
    async fn look(&self, context: &PluginContext, fresh: bool) -> Result<Look> {
        let own = *self.last.lock();
        // A heartbeat knows nothing of jobs that are set aside.
        let except = context.refusals.ids(Part::Stage);
        let seen = match context.peer.last_heartbeat() {
            LastHeartbeat::Answered(seen) if seen.leads && except.is_empty() => {
                Some(Look { at: seen.at, due_at: seen.due_at })
            }
            _ => None,
        };
        let newest = [own, seen].into_iter().flatten().max_by_key(|look| look.at);
        if let Some(look) = newest.filter(|look| !fresh && look.at.elapsed() < self.longest_wait(context) + MAX_LAG) {
            return Ok(look);
        }
        let at = Instant::now();
        let seconds = context.store.next_due(&except).await?;
        let due_at = seconds.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0)));
        let look = Look { at, due_at };
        *self.last.lock() = Some(look);
        Ok(look)
    }

    /// Stages one batch of due jobs; false if there were none.
    async fn stage(&self, context: &PluginContext) -> Result<bool> {
        let (store, lease) = (&*context.store, context.lease.as_ref());
        let report = |staged: Vec<Staged>| report(context, staged);
        context
            .refusals
            .write(Part::Stage, &Staging { store, limit: self.options.limit.into(), queue: None, lease, report })
            .await
    }

    fn longest_wait(&self, context: &PluginContext) -> Duration {
        let interval = self.options.interval;
        if context.is_listening() { interval } else { interval.min(self.poll_interval) }
    }
}

fn report(context: &PluginContext, staged: Vec<Staged>) {
    let jobs = || staged.iter().map(|it| (&it.queue, it.jobs)).collect::<std::collections::BTreeMap<_, _>>();
    context.telemetry.emit(Kind::StagerStop, || json!({ "queues": jobs() }));
    for event in staged.iter().flat_map(|it| &it.discarded) {
        context.telemetry.emit(Kind::JobDiscarded, || event.clone());
    }
    context.after_commit.available(staged.into_iter().map(|it| it.queue).collect());
}

/// What one statement stages: jobs that are due, or all that wait in a queue.
pub struct Staging<'a, F> {
    pub store: &'a Store,
    pub limit: i64,
    pub queue: Option<&'a str>,
    /// With a lease, only while that holds.
    pub lease: Option<&'a Lease>,
    pub report: F,
}

impl<F: Fn(Vec<Staged>) + Sync> Rows for Staging<'_, F> {
    type Done = Vec<Staged>;

    async fn write(&self, choice: Choice) -> Result<Self::Done> {
        self.store.stage_chosen(self.limit, self.queue, self.lease, &choice).await
    }

    async fn candidates(&self, except: Vec<i64>) -> Result<Vec<NamedJob>> {
        self.store.due_jobs(self.limit, self.queue, &except).await
    }

    fn takes(&self, job: &JobName) -> bool {
        self.queue.is_none_or(|queue| job.queue.as_deref() == Some(queue))
    }

    fn report(&self, staged: Self::Done) -> bool {
        let some = !staged.is_empty();
        if some {
            (self.report)(staged);
        }
        some
    }
}
