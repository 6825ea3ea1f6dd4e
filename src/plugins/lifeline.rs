//! The lifeline: rescues the jobs of dead nodes.
//!
//! A producer without a heartbeat for [`GONE_AFTER`] is declared lost: one statement deletes its
//! row and frees its jobs, so that a producer that returns notices. It must also have been silent
//! at an earlier check, because every producer looks silent after the server or the network has
//! stood still, or after its clock has stepped. Whether a heartbeat arrives is therefore measured by the
//! clock of the observing process, and seen in the row, which each heartbeat changes. The age of a
//! job proves nothing: a job whose producer is alive is never touched.
//! `rescue_after` is for jobs whose producer has no row, such as those restored from a backup. No
//! index covers them, so the whole table is searched, at most one page per second, and then left alone
//! for nine times as long, see [`rest`].
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
use crate::refusals::{Part, Rows};
use crate::store::{Choice, Lease, NamedJob, Rescue, Rescued, UnownedJobs};
use crate::telemetry::Kind;

options! {
    struct Options() {
        interval: Duration = interval() => Duration::from_secs(60),
            "Interval between searches for executing jobs whose producer has no row; after a search of many seconds nine times as long, up to an hour.";
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

/// How long a silent producer must have been observed: longer than a live one takes between two
/// heartbeats.
const MIN_OBSERVED: Duration = Duration::from_secs(7);

/// By how much the database's clock may run ahead between two heartbeats. More is a step, after which
/// all producers look silent, or the server stood still.
const MAX_CLOCK_STEP: Duration = Duration::from_secs(5);

/// The longest rest after a search through the table.
const MAX_REST: Duration = Duration::from_secs(3600);

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
    /// The id after which the search for jobs without a producer continues, and since when it goes on.
    unowned: Option<(i64, Instant)>,
    /// When the next search may begin.
    unowned_due: Option<Instant>,
    /// When the last evaluated heartbeat was sent.
    seen_at: Option<Instant>,
    /// The database's clock in the answer to it.
    clock: Option<i64>,
    losses: u64,
    contact: Contact,
    unresponsive: HashMap<Uuid, Unresponsive>,
}

/// A producer that is silent.
#[derive(Clone, Copy)]
struct Unresponsive {
    /// The version of its row.
    version: i64,
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
                if memory.steps_to(&seen) {
                    memory.contact = Contact::Lost;
                    memory.unresponsive.clear();
                }
                (memory.seen_at, memory.clock) = (Some(seen.at), Some(seen.clock));
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
            (memory.gone(), tidy, memory.search(tidy))
        };
        if after.is_some() || !gone.is_empty() || !context.refusals.due(Part::Rescue).is_empty() {
            let unowned =
                after.map(|(after, _)| UnownedJobs { after, seconds: self.options.rescue_after.as_secs_f64() });
            let orphans = Orphans { context, lease, gone: &gone, unowned, last: Mutex::default() };
            context.refusals.write(Part::Rescue, &orphans).await?;
            let memory = &mut *self.memory.lock();
            if let Some((_, since)) = after {
                memory.searched(since, orphans.last.into_inner(), self.options.interval);
            }
            // A producer that still exists has sent a heartbeat in the meantime, or the next
            // heartbeat observes it again.
            memory.unresponsive.retain(|uuid, _| !gone.contains(uuid));
        }
        if tidy {
            while context.refusals.write(Part::Discard, &Exhausted { context, lease }).await? {}
            self.memory.lock().tidied_at = Some(Instant::now());
        }
        Ok(())
    }
}

/// Jobs to free from lost producers.
struct Orphans<'a> {
    context: &'a PluginContext,
    lease: &'a Lease,
    gone: &'a [Uuid],
    unowned: Option<UnownedJobs>,
    /// Where the search for jobs without a producer continues.
    last: Mutex<Option<i64>>,
}

impl Rows for Orphans<'_> {
    type Done = Rescue;

    async fn write(&self, choice: Choice) -> Result<Rescue> {
        let first = choice.only.as_ref().and_then(|ids| ids.iter().min().copied());
        // Those chosen may belong to producers that were declared lost before, or to none.
        let unowned = match first {
            None => self.unowned,
            Some(first) => {
                let seconds = self.unowned.map_or(MAX_DURATION.as_secs_f64(), |it| it.seconds);
                Some(UnownedJobs { after: first - 1, seconds })
            }
        };
        let store = &self.context.store;
        let is_all = choice.only.is_none();
        let rescue =
            store.rescue_chosen(GONE_AFTER.as_secs_f64(), unowned, self.gone, Some(self.lease), &choice).await?;
        if is_all {
            *self.last.lock() = rescue.last;
        }
        Ok(rescue)
    }

    async fn candidates(&self, except: Vec<i64>) -> Result<Vec<NamedJob>> {
        // First the producers alone are declared lost: what they hold is found by that.
        let none = Choice { except: vec![], only: Some(vec![]) };
        let store = &self.context.store;
        let silent = GONE_AFTER.as_secs_f64();
        let declared = store.rescue_chosen(silent, self.unowned, self.gone, Some(self.lease), &none).await?;
        *self.last.lock() = declared.last;
        store.orphan_jobs(self.unowned, &except).await
    }

    fn report(&self, rescue: Rescue) -> bool {
        let some = !rescue.jobs.is_empty();
        report(self.context, rescue.jobs);
        some
    }
}

/// Available jobs without an attempt left.
struct Exhausted<'a> {
    context: &'a PluginContext,
    lease: &'a Lease,
}

impl Rows for Exhausted<'_> {
    type Done = Vec<serde_json::Value>;

    async fn write(&self, choice: Choice) -> Result<Self::Done> {
        self.context.store.discard_exhausted(MAX_BATCH, Some(self.lease), &choice).await
    }

    async fn candidates(&self, except: Vec<i64>) -> Result<Vec<NamedJob>> {
        self.context.store.exhausted_jobs(MAX_BATCH, &except).await
    }

    fn report(&self, discarded: Self::Done) -> bool {
        for event in &discarded {
            tracing::warn!(job = %event["job"], "lifeline: discarded an available job without an attempt left");
            self.context.telemetry.emit(Kind::JobDiscarded, || event.clone());
        }
        !discarded.is_empty()
    }
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
    /// Whether the database's clock has run ahead of this process's since the last heartbeat.
    fn steps_to(&self, seen: &ClusterSnapshot) -> bool {
        let (Some(at), Some(clock)) = (self.seen_at, self.clock) else { return false };
        let passed = u64::try_from(seen.clock.saturating_sub(clock)).unwrap_or_default();
        Duration::from_micros(passed) > seen.at.duration_since(at) + MAX_CLOCK_STEP
    }

    /// Where the search for jobs without a producer goes on, if one is under way or due.
    fn search(&self, tidy: bool) -> Option<(i64, Instant)> {
        let is_due = tidy && self.unowned_due.is_none_or(|due| Instant::now() >= due);
        self.unowned.or_else(|| is_due.then(|| (i64::MIN, Instant::now())))
    }

    /// A page was searched up to `last`, or up to the end of the table.
    fn searched(&mut self, since: Instant, last: Option<i64>, interval: Duration) {
        self.unowned = last.map(|last| (last, since));
        self.unowned_due = last.is_none().then(|| Instant::now() + rest(since.elapsed(), interval));
    }

    fn observe(&mut self, seen: &ClusterSnapshot) {
        // Counted from the reply, not from the request: the server may have stood still in between.
        let now = Instant::now();
        let before = std::mem::take(&mut self.unresponsive);
        let watched = seen.silent.iter().map(|it| {
            let known = before.get(&it.uuid).copied().filter(|known| known.version == it.version);
            let left = Duration::from_secs_f64((GONE_AFTER.as_secs_f64() - it.seconds.max(0.0)).max(0.0));
            let new = Unresponsive { version: it.version, since: now, gone_at: now + left };
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

/// How long no search begins after one that took so long: a tenth of the time at most is spent on
/// searches, in which a page of five thousand jobs is read each second, unless that would mean more than
/// [`MAX_REST`].
fn rest(took: Duration, interval: Duration) -> Duration {
    // A search of one page takes a moment.
    if took < CHECK_INTERVAL { Duration::ZERO } else { interval.max((took * 9).min(MAX_REST)) }
}
