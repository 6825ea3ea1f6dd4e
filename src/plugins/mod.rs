//! Plugins: periodic work. The loop is here; a plugin consists of its options and one tick.
//!
//! A plugin runs on the leader only, unless `is_everywhere`. A tick returns how long to wait for the next; a wake-up or an election
//! cuts the wait short. An error never ends the loop.

pub mod cron;
pub mod lifeline;
pub mod pruner;
pub mod reindexer;
pub mod stager;
pub mod unattended;
pub mod unhandled;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::cluster::leader::Peer;
use crate::error::Result;
use crate::retry_delay::RetryDelay;
use crate::store::Lease;

pub type Tick<'a> = Pin<Box<dyn Future<Output = Result<Duration>> + Send + 'a>>;

/// The circumstances of a tick.
#[derive(Debug, Clone)]
pub struct TickContext {
    /// The lease that the tick's statements must check. `None` on a node that does not lead.
    pub lease: Option<Lease>,
    /// The plugin was woken, or has just begun: what it knows may be out of date.
    pub woken: bool,
}

pub trait Plugin: Send + Sync + 'static {
    /// The name in log lines.
    fn name(&self) -> &'static str;

    /// Does what is due; returns the wait until the next tick.
    fn tick(&self, context: TickContext) -> Tick<'_>;

    /// The plugin also runs on nodes that do not lead.
    fn is_everywhere(&self) -> bool {
        false
    }
}

/// Runs the plugin until `stopping`; a tick under way is finished first.
pub async fn run(plugin: Arc<dyn Plugin>, peer: Arc<Peer>, wake: Arc<Notify>, mut stopping: watch::Receiver<bool>) {
    let mut retry_delay = RetryDelay::default();
    let mut leading = peer.leading();
    let mut woken = true;
    while !*stopping.borrow_and_update() {
        leading.mark_unchanged();
        let lease = peer.lease();
        let wait = if lease.is_none() && !plugin.is_everywhere() {
            None
        } else {
            match plugin.tick(TickContext { lease, woken }).await {
                Ok(wait) => {
                    retry_delay = RetryDelay::default();
                    Some(wait)
                }
                Err(error) => Some(retry_delay.next(plugin.name(), &error)),
            }
        };
        woken = tokio::select! {
            () = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            } => false,
            () = wake.notified(), if wait.is_some() => true,
            _ = leading.changed() => true,
            _ = stopping.changed() => true,
        }
    }
}
