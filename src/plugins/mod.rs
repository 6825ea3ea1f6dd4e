//! What runs on a clock. The loop is written once, here; a plugin is its options and one tick.
//!
//! A tick says how long to wait for the next; a nudge cuts the wait short. An error never ends the loop.

pub mod cron;
pub mod lifeline;
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

use crate::error::Result;
use crate::patience::Patience;

pub type Tick<'a> = Pin<Box<dyn Future<Output = Result<Duration>> + Send + 'a>>;

pub trait Plugin: Send + Sync + 'static {
    /// For logs.
    fn name(&self) -> &'static str;

    /// Does what is due; the wait until the next time.
    fn tick(&self) -> Tick<'_>;
}

/// Runs the plugin until told to stop; a tick under way is finished first.
pub async fn run(plugin: Arc<dyn Plugin>, nudge: Arc<Notify>, mut stopping: watch::Receiver<bool>) {
    let mut patience = Patience::default();
    while !*stopping.borrow_and_update() {
        let wait = match plugin.tick().await {
            Ok(wait) => {
                patience = Patience::default();
                wait
            }
            Err(error) => patience.next(plugin.name(), &error),
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = nudge.notified() => {}
            _ = stopping.changed() => {}
        }
    }
}
