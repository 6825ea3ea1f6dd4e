//! What a plugin is, and the loop that runs it.
//!
//! A plugin runs on the leader only, unless it says otherwise. A tick returns how long to wait for the next; a wake-up cuts the
//! wait short, and so does an election. An error never ends the loop.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use uuid::Uuid;

use super::calls::Calls;
use crate::cluster::leader::Peer;
use crate::error::Result;
use crate::model::draft::DefaultsByQueue;
use crate::notifier::{AfterCommit, Notifier};
use crate::pg::conninfo::ConnInfo;
use crate::retry_delay::RetryDelay;
use crate::store::{Lease, Store};
use crate::telemetry::{Telemetry, Warnings};

pub type Tick<'a> = Pin<Box<dyn Future<Output = Result<Duration>> + Send + 'a>>;
pub type Prepared<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// Where a plugin ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// On the leader, first when it is elected.
    Leader,
    /// On every node, so that the one that is elected is prepared; it ticks then, too.
    Standby,
    /// On every node, whichever leads.
    Node,
}

/// What a plugin works with.
#[derive(Clone)]
pub struct PluginContext {
    pub store: Arc<Store>,
    pub telemetry: Arc<Telemetry>,
    pub warnings: Arc<Warnings>,
    pub peer: Arc<Peer>,
    /// None where nothing can listen.
    pub notifier: Option<Arc<Notifier>>,
    pub after_commit: Arc<dyn AfterCommit>,
    /// What the queues of this engine's configuration say for their jobs.
    pub defaults: DefaultsByQueue,
    pub wakes: Wakes,
    /// Calls the application's plugins.
    pub calls: Arc<Calls>,
    /// Leads past any pooler, if there is a way.
    pub direct: Option<ConnInfo>,
    /// The ids of this engine's producers.
    pub producers: Arc<dyn Fn() -> Vec<Uuid> + Send + Sync>,
    /// What the statements of this tick must ask for. None on a node that does not lead.
    pub lease: Option<Lease>,
    /// This tick was woken, or is the first: what the plugin knows may be old.
    pub woken: bool,
}

/// What cuts the wait of a plugin short, besides an election.
#[derive(Debug, Clone, Default)]
pub struct Wakes {
    /// A job was scheduled, perhaps for soon.
    pub scheduled: Arc<Notify>,
    /// A cron entry has changed.
    pub crons: Arc<Notify>,
}

pub trait Plugin: Send + Sync + 'static {
    /// The name in log lines.
    fn name(&self) -> &str;

    /// Does what is due; returns the wait until the next tick.
    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a>;

    fn scope(&self) -> Scope {
        Scope::Leader
    }

    /// What wakes it.
    fn wake(&self, _: &Wakes) -> Arc<Notify> {
        Arc::default()
    }

    /// Prepares the first tick, before the engine has started; false when the plugin cannot run here.
    fn prepare<'a>(&'a self, _: &'a PluginContext) -> Prepared<'a> {
        Box::pin(async { true })
    }

    /// It runs only on an engine that serves queues.
    fn needs_queues(&self) -> bool {
        true
    }

    /// How many things its options name of which it makes jobs. None: it makes no jobs, and may run where none may be made.
    fn job_sources(&self) -> Option<usize> {
        None
    }
}

impl PluginContext {
    /// Notifications arrive, so that it is woken when something changes.
    pub fn is_listening(&self) -> bool {
        self.notifier.as_ref().is_some_and(|notifier| notifier.is_listening())
    }
}

/// Runs the plugin until it is to stop; a tick under way is finished first.
pub async fn run(plugin: Arc<dyn Plugin>, mut context: PluginContext, mut stopping: watch::Receiver<bool>) {
    let (wake, scope) = (plugin.wake(&context.wakes), plugin.scope());
    let mut retry_delay = RetryDelay::default();
    let mut leading = context.peer.leading();
    context.woken = true;
    while !*stopping.borrow_and_update() {
        leading.mark_unchanged();
        context.lease = context.peer.lease();
        let wait = if context.lease.is_none() && scope == Scope::Leader {
            None
        } else {
            match plugin.tick(&context).await {
                Ok(wait) => {
                    retry_delay = RetryDelay::default();
                    Some(wait)
                }
                Err(error) => Some(retry_delay.next(plugin.name(), &error)),
            }
        };
        context.woken = tokio::select! {
            () = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            } => false,
            () = wake.notified(), if wait.is_some() => true,
            _ = leading.changed(), if scope != Scope::Node => true,
            _ = stopping.changed() => true,
        }
    }
}
