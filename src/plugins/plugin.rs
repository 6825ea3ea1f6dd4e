//! The interface of a plugin, and the loop that runs it.
//!
//! A plugin runs on the leader only, unless its scope says otherwise. A tick returns the time until
//! the next one; a wake-up or an election ends the wait early. An error never ends the loop.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use uuid::Uuid;

use super::calls::Calls;
use crate::cluster::idle::Idle;
use crate::cluster::leader::Peer;
use crate::error::Result;
use crate::metrics::Metrics;
use crate::model::config::Config;
use crate::model::draft::DefaultsByQueue;
use crate::notifier::{AfterCommit, Notifier};
use crate::pg::conninfo::ConnInfo;
use crate::refusals::Refusals;
use crate::registry::Registry;
use crate::retry_delay::RetryDelay;
use crate::store::{Lease, Store};
use crate::telemetry::{Telemetry, Warnings};

pub type Tick<'a> = Pin<Box<dyn Future<Output = Result<Duration>> + Send + 'a>>;
pub type Prepared<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// Where a plugin ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// On the leader; the first tick follows its election.
    Leader,
    /// On every node, so that a new leader is prepared; an election causes a tick, too.
    Standby,
    /// On every node, regardless of the leader.
    Node,
}

/// What a plugin works with.
#[derive(Clone)]
pub struct PluginContext {
    pub store: Arc<Store>,
    pub registry: Arc<Registry>,
    pub telemetry: Arc<Telemetry>,
    pub warnings: Arc<Warnings>,
    pub refusals: Arc<Refusals>,
    pub metrics: Arc<Metrics>,
    pub peer: Arc<Peer>,
    /// `None` if the engine has no LISTEN connection.
    pub notifier: Option<Arc<Notifier>>,
    pub after_commit: Arc<dyn AfterCommit>,
    /// What the queues of this engine's configuration say for their jobs.
    pub defaults: DefaultsByQueue,
    pub wakes: Wakes,
    /// Calls the application's plugins.
    pub calls: Arc<Calls>,
    /// An address that bypasses any pooler, if there is one.
    pub direct: Option<ConnInfo>,
    /// How many events were dropped since the engine started.
    pub events_dropped: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// Whether this engine sleeps.
    pub idle: Arc<Idle>,
    /// Whether the role may write into `eram_metrics`.
    pub writes_metrics: bool,
    /// The ids of this engine's producers.
    pub producers: Arc<dyn Fn() -> Vec<Uuid> + Send + Sync>,
    /// The lease that the statements of this tick must check. `None` on a node that does not lead.
    pub lease: Option<Lease>,
    /// Whether this tick was woken, or is the first: what the plugin knows may be out of date.
    pub woken: bool,
}

/// The events that end a plugin's wait early, besides an election.
#[derive(Debug, Clone, Default)]
pub struct Wakes {
    /// A job was scheduled, and may be due soon.
    pub scheduled: Arc<Notify>,
    /// A cron entry has changed.
    pub crons: Arc<Notify>,
}

pub trait Plugin: Send + Sync + 'static {
    /// The name of the plugin in log lines.
    fn name(&self) -> &str;

    /// Does what is due; returns the wait until the next tick.
    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a>;

    fn scope(&self) -> Scope {
        Scope::Leader
    }

    /// The event that wakes the plugin.
    fn wake(&self, _: &Wakes) -> Arc<Notify> {
        Arc::default()
    }

    /// Rejects options that do not fit those of the engine or the registered classes.
    fn check(&self, _: &Config, _: &Registry) -> Result<()> {
        Ok(())
    }

    /// Prepares the first tick before the engine has started; false if the plugin cannot run here.
    fn prepare<'a>(&'a self, _: &'a PluginContext) -> Prepared<'a> {
        Box::pin(async { true })
    }

    /// When the plugin must tick at the latest, although the engine sleeps; past or now: the engine
    /// must not fall asleep. `None`: it can wait until the engine wakes.
    fn next_tick(&self, _: &PluginContext) -> Option<Instant> {
        None
    }

    /// Ends what the plugin has begun, when the engine stops and everything done by it is recorded.
    fn finish<'a>(&'a self, _: &'a PluginContext) -> Tick<'a> {
        Box::pin(async { Ok(Duration::ZERO) })
    }

    /// Whether the plugin runs only on an engine that serves queues.
    fn needs_queues(&self) -> bool {
        true
    }

    /// The number of entries in its options that insert jobs. `None`: the plugin inserts no jobs,
    /// and may run where none may be inserted.
    fn job_sources(&self) -> Option<usize> {
        None
    }
}

impl PluginContext {
    /// Whether notifications arrive, so that the plugin is woken by changes.
    pub fn is_listening(&self) -> bool {
        self.notifier.as_ref().is_some_and(|notifier| notifier.is_listening())
    }
}

/// Runs the plugin until `stopping`; a tick in progress is finished first.
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
        };
        if scope != Scope::Leader && context.idle.is_asleep() {
            tokio::select! {
                () = context.idle.until_up() => context.woken = true,
                _ = stopping.wait_for(|it| *it) => {}
            }
        }
    }
}
