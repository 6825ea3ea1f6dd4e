//! The lifeline: rescues the jobs of dead nodes.
//!
//! A producer without a heartbeat for [`GONE_AFTER`] is declared lost: one statement deletes its
//! row and frees its jobs, so that a producer that returns notices. It must also have been silent
//! at an earlier check, because every producer looks silent after the server or the network has
//! stood still. The age of a job proves nothing: a job whose producer is alive is never touched.
//! `rescue_after` is for jobs whose producer has no row, such as those restored from a backup. No
//! index covers them, so the whole table is searched, at most one page per second.
//!
//! Every node observes silent producers through its heartbeats, so a new leader already knows them.
//! Only the leader rescues.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::json;
use uuid::Uuid;

use super::definition::{Definition, Loaded, switch};
use super::plugin::{Plugin, PluginContext, Scope, Tick};
use crate::cluster::leader::{ClusterSnapshot, LastHeartbeat};
use crate::error::Result;
use crate::model::config::kind::{Row, interval, millis};
use crate::model::config::{GONE_AFTER, options};
use crate::model::read::MAX_DURATION;
use crate::store::{Lease, Rescued, UnownedJobs};
use crate::telemetry::Kind;

options! {
    struct Options() {
        interval: Duration = interval() => Duration::from_secs(60),
            "Interval between searches for executing jobs whose producer has no row.";
        rescue_after: Duration = millis(Duration::from_secs(1)..=MAX_DURATION) => Duration::from_secs(3_600),
            "Minimum age of the attempt of such a job; the timeout of its class is added.";
    }
}

pub const DEFINITION: Definition = Definition {
    option: Some(Row::new(
        "lifeline",
        "boolean or [object](#lifeline)",
        "`true`",
        "Rescues jobs of lost nodes, on the leader.",
    )),
    table: Some(("Lifeline", Options::rows)),
    read: |all, _| {
        let Some(options) = switch(all, "lifeline", true, Options::read)? else { return Ok(Loaded::off()) };
        let values = options.values();
        Ok(Loaded::on(values, Lifeline { options, memory: Mutex::default() }))
    },
};

/// How often the results of the heartbeats are checked, which needs no query.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// How long a silent producer must have been observed. A live producer has a heartbeat in flight,
/// or sends one each second.
const MIN_OBSERVED: Duration = Duration::from_secs(4);

/// The maximum number of exhausted jobs in one statement.
const MAX_BATCH: i64 = 1000;

struct Lifeline {
    /// `interval` is also how often jobs without an attempt left are discarded.
    options: Options,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    tidied_at: Option<Instant>,
    /// The id after which the search for jobs without a producer continues.
    unowned_after: Option<i64>,
    /// When the last evaluated heartbeat was sent.
    seen_at: Option<Instant>,
    losses: u64,
    contact: Contact,
    unresponsive: HashMap<Uuid, Unresponsive>,
}

/// A producer that is silent.
#[derive(Clone, Copy)]
struct Unresponsive {
    /// The time of its last heartbeat, by the database's clock.
    heartbeat_at: i64,
    since: Instant,
    /// When the producer may be declared lost, unless another heartbeat arrives.
    gone_at: Instant,
}

/// Whether the database responds. After an outage, other nodes were cut off too, and get time for a
/// heartbeat before they are declared lost.
#[derive(Clone, Copy, Default)]
enum Contact {
    #[default]
    Steady,
    Lost,
    Back(Instant),
}

impl Plugin for Lifeline {
    fn name(&self) -> &'static str {
        "lifeline"
    }

    fn scope(&self) -> Scope {
        Scope::Standby
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            self.watch(context);
            let failed = matches!(context.peer.last_heartbeat(), LastHeartbeat::Failed);
            let Some(lease) = context.lease.as_ref().filter(|_| !failed) else { return Ok(CHECK_INTERVAL) };
            let ended = self.rescue(context, lease).await;
            if ended.is_err() {
                self.memory.lock().contact = Contact::Lost;
            }
            ended.map(|()| CHECK_INTERVAL)
        })
    }
}

impl Lifeline {
    /// Evaluates the last heartbeat.
    fn watch(&self, context: &PluginContext) {
        let memory = &mut *self.memory.lock();
        match context.peer.last_heartbeat() {
            LastHeartbeat::None | LastHeartbeat::Failed => {}
            LastHeartbeat::Answered(seen) if memory.seen_at == Some(seen.at) => {}
            LastHeartbeat::Answered(seen) => {
                memory.seen_at = Some(seen.at);
                if std::mem::replace(&mut memory.losses, seen.losses) != seen.losses {
                    memory.contact = Contact::Lost;
                }
                memory.contact = match memory.contact {
                    Contact::Lost => Contact::Back(seen.at),
                    Contact::Back(at) if at.elapsed() < GONE_AFTER => Contact::Back(at),
                    Contact::Steady | Contact::Back(_) => Contact::Steady,
                };
                memory.observe(&seen);
            }
        }
    }

    async fn rescue(&self, context: &PluginContext, lease: &Lease) -> Result<()> {
        let (gone, tidy, after) = {
            let memory = self.memory.lock();
            if !matches!(memory.contact, Contact::Steady) {
                return Ok(());
            }
            let tidy = memory.tidied_at.is_none_or(|at| at.elapsed() >= self.options.interval);
            (memory.gone(), tidy, memory.unowned_after.or_else(|| tidy.then_some(i64::MIN)))
        };
        if after.is_some() || !gone.is_empty() {
            let unowned = after.map(|after| UnownedJobs { after, seconds: self.options.rescue_after.as_secs_f64() });
            let rescue = context.store.rescue_jobs(GONE_AFTER.as_secs_f64(), unowned, &gone, Some(lease)).await?;
            report(context, rescue.jobs);
            let memory = &mut *self.memory.lock();
            memory.unowned_after = rescue.last;
            // A producer that still exists has sent a heartbeat in the meantime, or the next
            // heartbeat observes it again.
            memory.unresponsive.retain(|uuid, _| !gone.contains(uuid));
        }
        if tidy {
            while discard_exhausted(context, lease).await? == MAX_BATCH {}
            self.memory.lock().tidied_at = Some(Instant::now());
        }
        Ok(())
    }
}

async fn discard_exhausted(context: &PluginContext, lease: &Lease) -> Result<i64> {
    let discarded = context.store.discard_exhausted(MAX_BATCH, Some(lease)).await?;
    for event in &discarded {
        tracing::warn!(job = %event["job"], "lifeline: discarded an available job without an attempt left");
        context.telemetry.emit(Kind::JobDiscarded, || event.clone());
    }
    Ok(i64::try_from(discarded.len()).unwrap_or(MAX_BATCH))
}

fn report(context: &PluginContext, rescued: Vec<Rescued>) {
    let mut queues = vec![];
    if !rescued.is_empty() {
        tracing::warn!("lifeline: rescued {} jobs of lost nodes", rescued.len());
    }
    for job in rescued {
        context.metrics.count(&job.queue, &job.worker, |counts| counts.rescued += 1);
        context.telemetry.emit(Kind::JobRescued, || {
            json!({ "job": { "id": job.id, "worker": job.worker, "queue": job.queue, "attempt": job.attempt, "state": job.state } })
        });
        if job.state == "available" && !queues.contains(&job.queue) {
            queues.push(job.queue);
        }
    }
    if !queues.is_empty() {
        context.after_commit.available(queues);
    }
}

impl Memory {
    fn observe(&mut self, seen: &ClusterSnapshot) {
        // Counted from the reply, not from the request: the server may have stood still in between.
        let now = Instant::now();
        let before = std::mem::take(&mut self.unresponsive);
        let watched = seen.silent.iter().map(|it| {
            let known = before.get(&it.uuid).copied().filter(|known| known.heartbeat_at == it.heartbeat_at);
            let left = Duration::from_secs_f64((GONE_AFTER.as_secs_f64() - it.seconds).max(0.0));
            let new = Unresponsive { heartbeat_at: it.heartbeat_at, since: now, gone_at: now + left };
            (it.uuid, known.unwrap_or(new))
        });
        self.unresponsive = watched.collect();
    }

    /// Producers that have been observed long enough and silent for too long. The statement that
    /// rescues checks them once more.
    fn gone(&self) -> Vec<Uuid> {
        let now = Instant::now();
        let over = |it: &Unresponsive| now >= it.since + MIN_OBSERVED && now >= it.gone_at;
        self.unresponsive.iter().filter(|(_, it)| over(it)).map(|(uuid, _)| *uuid).collect()
    }
}
