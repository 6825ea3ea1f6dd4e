//! Frees the jobs of nodes that died.
//!
//! A producer that has not been heard of for [`GONE_AFTER`] is given up: its row goes and its jobs are free, in one statement, so
//! that one that comes back knows. It must have been silent at an earlier look too: when the server has stood still, or the
//! network to it, everyone looks silent at first. Age alone proves nothing: a job whose producer lives is never touched.
//! `rescue_after` is for jobs whose producer has no row at all, such as those restored from a backup. They are looked for in the
//! whole table, for no index knows of them: a page each second at most, however long the table is.
//!
//! Every node watches who is silent, as its heartbeats see it, so that whoever comes to lead knows already. The leader rescues.

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

/// Between looks at what the heartbeats saw; they cost nothing.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// For so long it must have been watched. Whoever lives had a heartbeat on its way already, or sends another each second.
const MIN_OBSERVED: Duration = Duration::from_secs(4);

/// The most exhausted jobs in one statement.
const MAX_BATCH: i64 = 1000;

struct Lifeline {
    /// The interval is also that between looks for jobs without an attempt left.
    options: Options,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    tidied_at: Option<Instant>,
    /// Where the look for jobs without a producer goes on.
    unowned_after: Option<i64>,
    /// When the last heartbeat was sent that was looked at.
    seen_at: Option<Instant>,
    losses: u64,
    contact: Contact,
    unresponsive: HashMap<Uuid, Unresponsive>,
}

/// A producer that is silent.
#[derive(Clone, Copy)]
struct Unresponsive {
    /// Its last heartbeat, by the database's clock.
    heartbeat_at: i64,
    since: Instant,
    /// When its time is over, unless it is heard of before.
    gone_at: Instant,
}

/// Whether the database answers. When it did not, other nodes were cut off as well, and must be given the time for a
/// heartbeat before they are taken for dead.
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
    /// Takes in what the last heartbeat saw.
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
            // Whoever is still there was heard of meanwhile, or is seen again by the next heartbeat.
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
        // Counted from the answer, not from the question: the server may have stood still in between.
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

    /// Producers that were silent at an earlier look, and whose time is over. The statement that rescues looks once more.
    fn gone(&self) -> Vec<Uuid> {
        let now = Instant::now();
        let over = |it: &Unresponsive| now >= it.since + MIN_OBSERVED && now >= it.gone_at;
        self.unresponsive.iter().filter(|(_, it)| over(it)).map(|(uuid, _)| *uuid).collect()
    }
}
