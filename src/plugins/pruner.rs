//! Deletes jobs that ended long ago.
//!
//! Walks the primary key from the old end, a page at a time, and remembers where it was: ids grow with time, so what may be
//! deleted lies close together, and no index has to be kept for it. A round ends where jobs are too young to have ended long
//! ago; the next begins at the oldest job that was left.

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

/// Pages in a row that had nothing to delete; then it goes on at its next tick. So a long history that is kept costs little.
const MAX_IDLE_PAGES: u32 = 20;

/// A round begins this often at the very first job, should old ids have come back.
const FULL_SCAN_INTERVAL: Duration = Duration::from_secs(3_600);

pub struct Pruner {
    pub store: Arc<Store>,
    pub telemetry: Arc<Telemetry>,
    pub peer: Arc<Peer>,
    pub interval: Duration,
    /// Jobs in one statement.
    pub limit: i64,
    pub max_age: MaxAge,
    pub walk: Mutex<Walk>,
}

/// How far it has come.
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
            // What was deleted is told of, also when something failed later.
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
            // As long as the statement took, the database is left to those who work.
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
