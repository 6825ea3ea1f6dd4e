//! The pruner: deletes jobs that ended long ago.
//!
//! It walks the primary key from the oldest job, a page at a time, and remembers its position. Ids grow with time, so deletable
//! jobs lie close together and need no index. A round ends where jobs are too young to have ended long ago; the next begins at the
//! oldest job that was kept.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::json;

use super::{Plugin, Tick, TickContext};
use crate::cluster::leader::Peer;
use crate::error::Result;
use crate::model::config::MaxAge;
use crate::store::{Pruned, Store};
use crate::telemetry::{Kind, Telemetry};

/// The number of consecutive pages without deletable jobs after which a tick ends, so that a long history costs little.
const MAX_IDLE_PAGES: u32 = 20;

/// How often a round begins at the very first job, in case jobs with old ids were restored.
const FULL_SCAN_INTERVAL: Duration = Duration::from_secs(3_600);

pub struct Pruner {
    pub store: Arc<Store>,
    pub telemetry: Arc<Telemetry>,
    pub peer: Arc<Peer>,
    pub interval: Duration,
    /// The number of jobs in one statement.
    pub limit: i64,
    pub max_age: MaxAge,
    pub walk: Mutex<Walk>,
}

/// The position of the walk.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// Everything up to this id has been looked at in this round.
    at: i64,
    /// Nothing was left up to this id.
    floor: i64,
    /// When a round began at the very first job.
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

    fn tick(&self, context: TickContext) -> Tick<'_> {
        Box::pin(async move {
            let mut sum = Pruned::default();
            let begun = Instant::now();
            let ended = self.walk_on(&context, &mut sum).await;
            // Deleted jobs are reported, even if something failed later.
            if sum.deleted() > 0 {
                let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.telemetry.emit(Kind::PrunerStop, || {
                    json!({
                        "completed": sum.completed, "cancelled": sum.cancelled, "discarded": sum.discarded, "elapsed_ms": took,
                    })
                });
            }
            ended.map(|()| self.interval)
        })
    }
}

impl Pruner {
    async fn walk_on(&self, context: &TickContext, sum: &mut Pruned) -> Result<()> {
        let mut idle = 0;
        while idle < MAX_IDLE_PAGES && self.peer.lease() == context.lease {
            let walk = *self.walk.lock();
            let begun = Instant::now();
            let page = self.store.prune_jobs(walk.at, self.limit, &self.max_age, context.lease.as_ref()).await?;
            *self.walk.lock() = walk.after(&page);
            sum.add(&page);
            if page.ended {
                return Ok(());
            }
            idle = if page.deleted() == 0 { idle + 1 } else { 0 };
            // Leaves the database alone for as long as the statement took.
            tokio::time::sleep(begun.elapsed()).await;
        }
        Ok(())
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
