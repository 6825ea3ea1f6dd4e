//! The engine: starts from the bottom up (store, notifier, plugins, producers) and stops from the
//! top down.

mod addresses;
mod answers;
mod audit;
mod checks;
mod cluster_events;
mod commands;
mod control;
mod crons;
mod environment;
mod health;
mod history;
mod host_queue;
mod idle;
mod insight;
mod inspect;
mod jobs;
mod leader;
mod looks;
mod messages;
mod metrics;
mod overview;
mod profiles;
mod progress;
mod prometheus;
mod purge;
mod queues;
mod router;
mod schema;
mod search;
mod slow;
mod start;
mod stop;
mod test_support;
mod wait;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use answers::{EngineStatus, FormerLeader, Leader, Purged, QueueStatus, RejectedDraft, StoppedQueue};
pub use control::{RunOnce, read_budget};
pub use environment::environment;
pub use health::EngineHealth;
pub use history::History;
pub use host_queue::HostQueue;
pub use inspect::inspect;
pub use metrics::MetricsReport;
pub use prometheus::{Exposition, ThreadCounts, exposition};
pub use queues::{QueueStart, Target};
pub use schema::migrate;
pub use test_support::judge;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::ack::{Completion, Pending};
use crate::cluster::idle::Idle;
use crate::cluster::leader::Peer;
use crate::enqueue::Inserter;
use crate::enqueue::Offers;
use crate::error::{Error, Result};
use crate::metrics::Metrics;
use crate::model::config::Config;
use crate::model::draft::DefaultsByQueue;
use crate::notifier::Notifier;
use crate::plugins::{Calls, PluginOrder, Plugins, TickEnd};
use crate::queue::executor::{Directive, Executor};
use crate::queue::producer::Producer;
use crate::refusals::Refusals;
use crate::registry::Registry;
use crate::store::{Identity, Progress, Store};
use crate::telemetry::{Telemetry, Warnings};
use router::Router;

/// The host of the engine: starts and terminates isolates.
pub trait EngineHost: Send + Sync + 'static {
    /// Carries out a directive about an isolate.
    fn direct(&self, queue: &str, directive: Directive);
    /// Announces that a queue was started at runtime with these options, or has ended (`None`).
    fn change(&self, queue: &str, options: Option<&serde_json::Value>);
    /// Tells one of the application's plugins to tick, or to end its tick.
    fn plugin(&self, name: &str, order: PluginOrder);
    /// How many events were dropped because the host did not take them, by kind.
    fn events_dropped(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::new()
    }
}

pub struct Engine {
    pub config: Config,
    plugins: Plugins,
    calls: Arc<Calls>,
    pub telemetry: Arc<Telemetry>,
    store: Arc<Store>,
    registry: Arc<Registry>,
    notifier: Option<Arc<Notifier>>,
    inserter: Inserter,
    router: Arc<Router>,
    host: Arc<dyn EngineHost>,
    completions: Mutex<Option<mpsc::UnboundedSender<Vec<Completion>>>>,
    pending: Pending,
    refusals: Arc<Refusals>,
    metrics: Arc<Metrics>,
    offers: Arc<Offers>,
    peer: Arc<Peer>,
    idle: Arc<Idle>,
    /// The task of the leader election; ends when the lease is released.
    peering: Mutex<Option<JoinHandle<()>>>,
    acker: Mutex<Option<JoinHandle<()>>>,
    stopping: watch::Sender<bool>,
    /// By what they do, for the health check.
    tasks: Mutex<Vec<(&'static str, JoinHandle<()>)>>,
    opened: AtomicBool,
    stopped: AtomicBool,
    /// Set if the database belongs to another environment.
    disabled_queues: Option<environment::DisabledQueues>,
    /// What the role may do, and what is to be logged.
    checked: checks::Checked,
    /// The stamp of the queue settings in effect. Locked while settings are read, so that they are
    /// applied in order.
    settings: tokio::sync::Mutex<Option<String>>,
    /// The snapshot of the last look for commands; `None` before the engine obeys any.
    commands: tokio::sync::Mutex<Option<String>>,
    messages: messages::Messages,
    identity: Identity,
    warnings: Arc<Warnings>,
    progress: Arc<progress::ProgressReports>,
    rows: wait::Rows,
    gauges: prometheus::Gauges,
    /// What queues say for their jobs, those of the configuration and those started at runtime.
    defaults: DefaultsByQueue,
    /// An address that bypasses any pooler, if there is one.
    direct: Option<crate::pg::conninfo::ConnInfo>,
    /// Holds the test schema that the engine uses, if it is one.
    test_session: Mutex<Option<tokio_postgres::Client>>,
}

impl Engine {
    /// The options in effect, defaults included.
    pub fn options(&self) -> serde_json::Value {
        let mut all = self.config.effective();
        all.extend(self.plugins.effective());
        all.into()
    }

    /// Receives the result of a tick of one of the application's plugins.
    pub fn plugin_ended(&self, name: &str, end: TickEnd) {
        self.calls.ended(name, end);
    }

    /// The executor of a queue, to attach isolates to.
    pub fn executor(&self, queue: &str) -> Result<Arc<Executor>> {
        Ok(self.producer(queue)?.executor.clone())
    }

    fn producer(&self, queue: &str) -> Result<Arc<Producer>> {
        self.router.producers.get(queue).ok_or_else(|| {
            let known = self.router.producers.queues();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Error::NotFound(format!("queue: expected one that runs on this node ({known}), got {queue:?}"))
        })
    }

    /// A running job reports its progress; ignored if the run does not belong to the slot any more.
    pub fn report_progress(&self, executor: &Executor, slot: u32, run: u64, value: f64, message: Option<String>) {
        let Some((id, attempted_at, producer)) = executor.claim_of(slot, run) else { return };
        self.progress.add(&self.store, Progress { id, attempted_at, producer, value, message });
    }

    fn producers(&self) -> Vec<Arc<Producer>> {
        self.router.producers.all()
    }

    /// Inserts drafts independently of each other, one per line; resolves when each is committed or
    /// rejected. Returns a JSON array of jobs, with a [`RejectedDraft`] for each draft that the
    /// database rejected.
    pub async fn enqueue_each(&self, drafts: &str) -> Result<String> {
        let done = self.inserter.insert_each(drafts.split('\n').map(str::to_owned).collect()).await?;
        let text = |job| match job {
            Ok(job) => job,
            Err(error) => {
                serde_json::json!(RejectedDraft { refused: self.checked.access.explain(error).with_code() }).to_string()
            }
        };
        Ok(format!("[{}]", done.into_iter().map(text).collect::<Vec<_>>().join(",")))
    }

    /// Inserts a JSON array of drafts in one transaction.
    pub async fn enqueue_all(&self, drafts: &str) -> Result<String> {
        let (jobs, inserted) =
            self.inserter.insert_all(drafts).await.map_err(|error| self.checked.access.explain(error))?;
        crate::enqueue::after_insert(&inserted, &*self.router);
        Ok(jobs)
    }
}
