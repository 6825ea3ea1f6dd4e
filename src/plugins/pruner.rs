//! The pruner: deletes jobs that ended long ago, and old records of changes.
//!
//! It walks the primary key from the oldest job, page by page, and remembers its position. Ids grow
//! with time, so deletable jobs lie close together and need no index. A round ends at jobs that are
//! too young to have ended long ago; the next begins at the oldest job that was kept.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::json;

use super::definition::{Definition, Loaded, switch};
use super::plugin::{Plugin, PluginContext, Tick};
use crate::error::Result;
use crate::model::config::kind::{DAY, Row, interval, rows, seconds};
use crate::model::config::{MaxAge, options};
use crate::model::read::MAX_DURATION;
use crate::refusals::{Part, Rows};
use crate::store::{Choice, NamedJob, Pruned};
use crate::telemetry::Kind;

options! {
    struct Options() {
        interval: Duration = interval() => Duration::from_secs(30),
            "Interval between rounds.";
        limit: u32 = rows() => 10_000,
            "Maximum number of jobs that one statement reads or deletes.";
        max_age: MaxAge = MaxAge::kind(MaxAge::all(DAY)) => MaxAge::all(DAY),
            "Time that a job is kept after its end, for all or by state: `{ completed, cancelled, discarded }`.";
        audit_max_age: Duration = seconds(Duration::from_secs(1)..=MAX_DURATION) => 90 * DAY,
            "Time for which a change over HTTP is kept in `eram_audit`.";
    }
}

pub const DEFINITION: Definition = Definition {
    option: Some(Row::new("prune", "boolean or [object](#pruner)", "`true`", "Deletes finished jobs, on the leader.")),
    table: Some(("Pruner", Options::rows)),
    read: |all, _| {
        let Some(options) = switch(all, "prune", true, Options::read)? else { return Ok(Loaded::off()) };
        let values = options.values();
        Ok(Loaded::on(values, Pruner { options, walk: Mutex::default() }))
    },
};

/// The number of consecutive pages without a deletable job after which a tick ends, so that a long
/// history costs little.
const MAX_IDLE_PAGES: u32 = 20;

/// How often a round begins at the very first job, in case jobs with old ids were restored.
const FULL_SCAN_INTERVAL: Duration = Duration::from_secs(3_600);

struct Pruner {
    options: Options,
    walk: Mutex<Walk>,
}

/// The position of the walk.
#[derive(Debug, Clone, Copy)]
struct Walk {
    /// The walk has examined all jobs up to this id in this round.
    at: i64,
    /// No jobs are left up to this id.
    floor: i64,
    /// When a round last began at the very first job.
    begun: Option<Instant>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { at: i64::MIN, floor: i64::MIN, begun: None }
    }
}

impl Plugin for Pruner {
    fn name(&self) -> &'static str {
        "pruner"
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            let mut sum = Pruned::default();
            let held_before = context.refusals.count(Part::Prune);
            let begun = Instant::now();
            let ended = self.walk_on(context, &mut sum).await;
            // Deleted jobs are reported even if a later statement failed.
            let held = context.refusals.count(Part::Prune);
            if sum.deleted() > 0 || held > held_before {
                let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                context.telemetry.emit(Kind::PrunerStop, || {
                    json!({
                        "completed": sum.completed, "cancelled": sum.cancelled, "discarded": sum.discarded, "held": held,
                        "elapsed_ms": took,
                    })
                });
            }
            ended?;
            self.prune_audit(context).await?;
            Ok(self.options.interval)
        })
    }
}

impl Pruner {
    /// Jobs after this id that the database refuses to delete, as many as a page may have.
    fn held(&self, context: &PluginContext, after: i64) -> Vec<i64> {
        let held = context.refusals.ids(Part::Prune).into_iter().filter(|id| *id > after);
        held.take(self.options.limit as usize).collect()
    }

    async fn prune_audit(&self, context: &PluginContext) -> Result<()> {
        let Options { limit, audit_max_age, .. } = self.options;
        let lease = context.lease.as_ref();
        while context.store.prune_audit(audit_max_age, limit.into(), lease).await? >= u64::from(limit) {}
        Ok(())
    }

    async fn walk_on(&self, context: &PluginContext, sum: &mut Pruned) -> Result<()> {
        let mut idle = 0;
        let page = Page { pruner: self, context, after: i64::MIN, pruned: Mutex::default() };
        context.refusals.write_due(Part::Prune, &page).await?;
        sum.add(&page.pruned.into_inner());
        while idle < MAX_IDLE_PAGES && context.peer.lease() == context.lease {
            let walk = *self.walk.lock();
            let begun = Instant::now();
            let page = Page { pruner: self, context, after: walk.at, pruned: Mutex::default() };
            context.refusals.write(Part::Prune, &page).await?;
            let page = page.pruned.into_inner();
            // A page that was refused is looked at again, without the jobs that are set aside now.
            if page.last.is_some() || page.looked_at > 0 || page.ended {
                *self.walk.lock() = walk.after(&page);
            }
            sum.add(&page);
            if page.ended {
                return Ok(());
            }
            idle = if page.deleted() == 0 { idle + 1 } else { 0 };
            // Pauses for as long as the statement took, to leave the database to others.
            tokio::time::sleep(begun.elapsed()).await;
        }
        Ok(())
    }
}

/// A page of jobs, and what became of it.
struct Page<'a> {
    pruner: &'a Pruner,
    context: &'a PluginContext,
    after: i64,
    pruned: Mutex<Pruned>,
}

impl Rows for Page<'_> {
    type Done = Pruned;

    async fn write(&self, choice: Choice) -> Result<Pruned> {
        let Options { limit, max_age, .. } = &self.pruner.options;
        let (store, lease) = (&self.context.store, self.context.lease.as_ref());
        if let Some(ids) = choice.only {
            return store.prune_chosen(&ids, max_age, lease).await;
        }
        let held = self.pruner.held(self.context, self.after);
        store.prune_jobs(self.after, (*limit).into(), max_age, lease, &held).await
    }

    async fn candidates(&self, _: Vec<i64>) -> Result<Vec<NamedJob>> {
        let Options { limit, max_age, .. } = &self.pruner.options;
        let held = self.pruner.held(self.context, self.after);
        self.context.store.prunable_jobs(self.after, (*limit).into(), max_age, &held).await
    }

    fn report(&self, page: Pruned) -> bool {
        let sum = &mut *self.pruned.lock();
        sum.add(&page);
        (sum.last, sum.looked_at, sum.ended) = (page.last, page.looked_at, page.ended);
        page.deleted() > 0
    }
}

impl Walk {
    fn after(self, page: &Pruned) -> Self {
        let at = page.last.unwrap_or(self.at);
        let floor = if self.floor == self.at && page.deleted() == page.looked_at { at } else { self.floor };
        if !page.ended {
            return Self { at, floor, begun: self.begun.or_else(|| Some(Instant::now())) };
        }
        match self.begun {
            Some(begun) if begun.elapsed() < FULL_SCAN_INTERVAL => Self { at: floor, floor, begun: self.begun },
            _ => Self { begun: Some(Instant::now()), ..Self::default() },
        }
    }
}
