//! Routes wake-ups after commits, notifications, and the commands of other nodes to the parts of
//! the engine.
//!
//! ```text
//!   a commit of this process ──┐               ┌──► producers, executors
//!   a notification ────────────┼──► router ────┼──► stager, cron
//!   a signal of another node ──┘               ├──► the election
//!                                              └──► the engine: settings, start and stop of queues
//! ```

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::Engine;
use crate::cluster::leader::Peer;
use crate::notifier::{AfterCommit, EVERYWHERE, JobEnds, NotificationHandler, ReceivedMessage, Signal};
use crate::plugins::Wakes;
use crate::queue::Producers;
use crate::store::Store;
use crate::telemetry::{Kind, Telemetry};

/// Jobs due later than this need no notification, because the stager finds them by itself. The same
/// limit as in `eram_enqueue_jobs`.
const STAGER_LOOKAHEAD: Duration = Duration::from_secs(10);

/// The minimum time between two notifications of the stager; each may take a lock on the whole
/// database.
const MIN_STAGER_NOTIFY_INTERVAL: Duration = Duration::from_millis(50);

/// The least time between two signals that ask other nodes to report ends.
const MIN_REQUEST_INTERVAL: Duration = Duration::from_millis(10);

/// Ids in one signal; a notification holds 8000 bytes.
pub(super) const IDS_PER_SIGNAL: usize = 300;

pub(crate) struct Router {
    pub producers: Arc<Producers>,
    pub wakes: Wakes,
    pub ends: Arc<JobEnds>,
    /// Of this engine, so that it recognizes its own signals.
    id: String,
    store: Arc<Store>,
    telemetry: Arc<Telemetry>,
    peer: Arc<Peer>,
    node: String,
    /// Wakes the task that notifies the stager of the leader on another node.
    remote_stager: Notify,
    runtime: Handle,
    /// Weak, because the engine owns the router.
    engine: OnceLock<Weak<Engine>>,
    /// By queue: the last requested start or stop. The next one begins when it has ended.
    commands: Mutex<HashMap<String, JoinHandle<()>>>,
}

impl Router {
    pub fn new(store: &Arc<Store>, telemetry: &Arc<Telemetry>, peer: &Arc<Peer>, node: &str) -> Self {
        Self {
            producers: Arc::default(),
            wakes: Wakes::default(),
            ends: Arc::default(),
            id: Uuid::new_v4().to_string(),
            store: store.clone(),
            telemetry: telemetry.clone(),
            peer: peer.clone(),
            node: node.to_owned(),
            remote_stager: Notify::new(),
            runtime: Handle::current(),
            engine: OnceLock::new(),
            commands: Mutex::default(),
        }
    }

    /// Connects the engine; until then commands are ignored.
    pub fn connect(&self, engine: &Arc<Engine>) {
        let _ = self.engine.set(Arc::downgrade(engine));
    }

    /// Notifies the leader's stager of jobs that are due soon; requests that arrive in the meantime
    /// share one notification.
    pub async fn notify_stagers(self: Arc<Self>) {
        loop {
            self.remote_stager.notified().await;
            // If the notification fails, the stager's next query finds the jobs.
            drop(self.store.notify("stage", "").await);
            tokio::time::sleep(MIN_STAGER_NOTIFY_INTERVAL).await;
        }
    }

    /// Asks other nodes to report the ends of awaited jobs; what comes up meanwhile, in one signal.
    pub async fn request_ends(self: Arc<Self>) {
        loop {
            for ids in self.ends.next_requests().await.chunks(IDS_PER_SIGNAL) {
                // If it fails, the look at intervals finds the ends.
                drop(self.signal(&Signal::Await { ids: ids.to_vec(), from: self.id.clone() }).await);
            }
            tokio::time::sleep(MIN_REQUEST_INTERVAL).await;
        }
    }

    async fn signal(&self, signal: &Signal) -> crate::error::Result<()> {
        self.store.notify("signal", &signal.text()).await
    }

    /// Another engine awaits these jobs. They may have ended before the signal arrived, so the rows are read.
    fn on_await(&self, ids: Vec<i64>) {
        self.ends.request(&ids);
        // The jobs of an engine without queues end elsewhere.
        if self.producers.is_empty() {
            return;
        }
        let (store, ends) = (self.store.clone(), self.ends.clone());
        self.runtime.spawn(async move {
            let Ok(ended) = store.ended_jobs(&ids).await else { return };
            report_ends(&store, &ends.ended(&ended)).await;
        });
    }

    fn is_meant(&self, node: &str) -> bool {
        node == EVERYWHERE || node == self.node
    }

    /// Starts or stops a queue after all previous requests for it.
    fn act_in_order<F: Future<Output = ()> + Send + 'static>(
        &self,
        queue: &str,
        act: impl FnOnce(Arc<Engine>) -> F + Send + 'static,
    ) {
        let Some(engine) = self.engine.get().and_then(Weak::upgrade) else { return };
        let mut commands = self.commands.lock();
        commands.retain(|_, command| !command.is_finished());
        let before = commands.remove(queue);
        let command = self.runtime.spawn(async move {
            if let Some(before) = before {
                // A command that panicked has ended too.
                drop(before.await);
            }
            act(engine).await;
        });
        commands.insert(queue.to_owned(), command);
    }

    /// Runs slow work outside of the task that reads the LISTEN connection.
    fn act<F: Future<Output = ()> + Send + 'static>(&self, act: impl FnOnce(Arc<Engine>) -> F) {
        if let Some(engine) = self.engine.get().and_then(Weak::upgrade) {
            self.runtime.spawn(act(engine));
        }
    }
}

impl AfterCommit for Router {
    fn available(&self, queues: Vec<String>) {
        self.inserted(queues.clone());
        let store = self.store.clone();
        // If the notification fails, the heartbeats of other nodes find the jobs.
        self.runtime.spawn(async move { drop(store.wake_queues(&queues).await) });
    }

    fn inserted(&self, queues: Vec<String>) {
        for queue in queues {
            if let Some(producer) = self.producers.get(&queue) {
                producer.wake();
            }
        }
    }

    fn waiting(&self, soonest: Duration) {
        self.scheduled();
        if self.peer.lease().is_none() && soonest < STAGER_LOOKAHEAD {
            self.remote_stager.notify_one();
        }
    }

    fn scheduled(&self) {
        self.wakes.scheduled.notify_one();
    }

    fn awaits_ends(&self) -> bool {
        self.ends.any_awaited()
    }

    fn ended(&self, jobs: &[i64]) {
        let elsewhere = self.ends.ended(jobs);
        if !elsewhere.is_empty() {
            let store = self.store.clone();
            self.runtime.spawn(async move { report_ends(&store, &elsewhere).await });
        }
    }
}

/// Reports to the nodes that await these jobs that they have ended.
async fn report_ends(store: &Store, ids: &[i64]) {
    for ids in ids.chunks(IDS_PER_SIGNAL) {
        // If it fails, the look of those nodes at intervals finds the ends.
        drop(store.notify("signal", &Signal::Ended { ids: ids.to_vec() }.text()).await);
    }
}

/// The leader of the engines of a name has stepped down, or is asked to.
#[derive(Debug, Deserialize)]
struct Down {
    down: String,
    owner: String,
}

impl NotificationHandler for Router {
    fn on_insert(&self, queue: &str) {
        if let Some(producer) = self.producers.get(queue) {
            producer.on_notify();
        }
    }

    fn on_stage(&self) {
        self.wakes.scheduled.notify_one();
    }

    fn on_leader(&self, payload: &str) {
        match serde_json::from_str(payload) {
            Ok(Down { down, owner }) => {
                if let Ok(owner) = Uuid::parse_str(&owner) {
                    self.peer.on_step_down(&down, owner);
                }
            }
            Err(error) => tracing::debug!(%error, payload, "notifier: cannot parse a notification about the leader"),
        }
    }

    fn on_signal(&self, payload: &str) {
        if let Ok(message) = serde_json::from_str::<ReceivedMessage<'_>>(payload) {
            return self.telemetry.emit_text(Kind::Message, || message.event());
        }
        match serde_json::from_str(payload) {
            Ok(Signal::Wake { queue }) => {
                if let Some(producer) = self.producers.get(&queue) {
                    producer.on_sentinel_lost();
                }
            }
            Ok(Signal::Cancel { ids }) => {
                for producer in self.producers.all() {
                    producer.executor.cancel(&ids);
                }
            }
            Ok(Signal::Queues { node }) if self.is_meant(&node) => self.act(|engine| async move {
                if let Err(error) = engine.load_queues().await {
                    tracing::warn!(%error, "queues: cannot read their settings; the next heartbeat tries again");
                }
            }),
            Ok(Signal::Start { queue, node, options }) if self.is_meant(&node) => {
                let name = queue.clone();
                self.act_in_order(&name, |engine| async move {
                    engine.obey_start(&queue, &node, &options).await;
                });
            }
            Ok(Signal::Stop { queue, node, grace }) if self.is_meant(&node) => {
                let name = queue.clone();
                self.act_in_order(&name, move |engine| async move { engine.obey_stop(&queue, grace).await });
            }
            Ok(Signal::Crons) => self.wakes.crons.notify_one(),
            Ok(Signal::Await { ids, from }) if from != self.id => self.on_await(ids),
            Ok(Signal::Await { .. } | Signal::Queues { .. } | Signal::Start { .. } | Signal::Stop { .. }) => {}
            Ok(Signal::Ended { ids }) => drop(self.ends.ended(&ids)),
            // Newer versions may send signals that this version does not know.
            Err(error) => tracing::debug!(%error, payload, "notifier: cannot parse a signal"),
        }
    }

    fn on_switch(&self, listening: bool) {
        self.telemetry.emit(Kind::NotifierSwitch, || json!({ "listening": listening }));
        for producer in self.producers.all() {
            producer.on_sentinel_lost();
            if listening {
                producer.suspect_lost_acks();
            }
        }
        self.wakes.scheduled.notify_one();
        self.wakes.crons.notify_one();
        self.ends.suspect.notify_one();
    }
}
