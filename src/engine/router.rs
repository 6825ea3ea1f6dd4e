//! Routes wake-ups after commits, and notifications, to the parts of the engine. A notification does no more than that: it wakes
//! what looks, see [`super::looks`].
//!
//! ```text
//!   a commit of this process ──┐               ┌──► producers, executors
//!                              ├──► router ────┤
//!   a notification ────────────┘               └──► looks: commands, messages, settings, the lease, …
//! ```

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::Engine;
use super::looks::Looks;
use crate::cluster::idle::{Idle, Phase, Reason};
use crate::cluster::leader::Peer;
use crate::notifier::{AfterCommit, EVERYWHERE, JobEnds, NotificationHandler, Signal, ended};
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
    pub looks: Arc<Looks>,
    idle: Arc<Idle>,
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
    /// By queue: the last commanded start or stop. The next one begins when it has ended.
    commands: Mutex<HashMap<String, JoinHandle<()>>>,
}

impl Router {
    /// `id`: of this engine.
    pub fn new(
        id: &str,
        store: &Arc<Store>,
        telemetry: &Arc<Telemetry>,
        peer: &Arc<Peer>,
        idle: &Arc<Idle>,
        node: &str,
    ) -> Self {
        Self {
            producers: Arc::default(),
            wakes: Wakes::default(),
            ends: Arc::default(),
            looks: Arc::default(),
            idle: idle.clone(),
            id: id.to_owned(),
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

    /// Another engine awaits these jobs. They may have ended before its signal arrived, so the rows are read.
    pub(super) async fn answer_requests(&self, ids: Vec<i64>) {
        self.ends.request(&ids);
        // The jobs of an engine without queues end elsewhere.
        if self.producers.is_empty() {
            return;
        }
        let Ok(states) = self.store.job_states(&ids).await else { return };
        report_ends(&self.store, &self.ends.ended(&ended(&states))).await;
    }

    fn is_meant(&self, node: &str) -> bool {
        node == EVERYWHERE || node == self.node
    }

    /// Starts or stops a queue after all previous commands about it.
    pub(super) fn act_in_order<F: Future<Output = ()> + Send + 'static>(
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
}

impl AfterCommit for Router {
    fn available(&self, queues: Vec<String>) {
        self.inserted(queues.clone());
        let (store, only_enqueues) = (self.store.clone(), self.producers.is_empty());
        // If the notification fails, the heartbeats of other nodes find the jobs.
        self.runtime.spawn(async move {
            drop(store.wake_queues(&queues).await);
            if only_enqueues {
                drop(store.rouse_sleepers().await);
            }
        });
    }

    fn inserted(&self, queues: Vec<String>) {
        self.idle.rouse(Reason::Local);
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
        } else if self.producers.is_empty() {
            // An engine with queues wakes the others itself.
            let store = self.store.clone();
            self.runtime.spawn(async move { drop(store.rouse_sleepers().await) });
        }
    }

    fn scheduled(&self) {
        self.idle.rouse(Reason::Local);
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

impl NotificationHandler for Router {
    fn on_insert(&self, queue: &str) {
        // An engine that rests looks first, also for a queue that it does not serve: it is to notice if the node dies that does.
        // If it wakes, its producers fetch.
        if self.idle.phase() != Phase::Awake {
            return self.idle.hint();
        }
        if let Some(producer) = self.producers.get(queue) {
            producer.on_notify();
        }
    }

    fn on_stage(&self) {
        self.idle.hint();
        self.looks.scheduled.notify_one();
    }

    fn on_leader(&self) {
        self.looks.lease.notify_one();
    }

    fn on_message(&self) {
        self.looks.messages.notify_one();
    }

    fn on_events(&self) {
        self.looks.messages.notify_one();
    }

    fn on_sentinel_lost(&self, queue: &str) {
        if let Some(producer) = self.producers.get(queue) {
            producer.on_sentinel_lost();
        }
    }

    fn on_signal(&self, signal: Signal) {
        match signal {
            Signal::Rouse => self.idle.hint(),
            Signal::Cancel { ids } => self.looks.cancels.add(ids),
            Signal::Queues { node } if self.is_meant(&node) => self.looks.settings.notify_one(),
            Signal::Commands { node } if self.is_meant(&node) => self.looks.commands.notify_one(),
            Signal::Crons => {
                self.idle.hint();
                self.looks.crons.notify_one();
            }
            Signal::Await { ids, from } if from != self.id => self.looks.requests.add(ids),
            Signal::Ended { ids } => self.looks.ends.add(self.ends.of_these(&ids)),
            // The notifier itself looks for sentinels.
            Signal::Await { .. } | Signal::Queues { .. } | Signal::Commands { .. } | Signal::Wake { .. } => {}
        }
    }

    fn on_switch(&self, listening: bool) {
        self.telemetry.emit(Kind::NotifierSwitch, || json!({ "listening": listening }));
        self.idle.rouse(Reason::Connection);
        for producer in self.producers.all() {
            producer.on_sentinel_lost();
            if listening {
                producer.suspect_lost_acks();
            }
        }
        self.wakes.scheduled.notify_one();
        self.wakes.crons.notify_one();
        self.looks.commands.notify_one();
        self.looks.messages.notify_one();
        self.looks.lease.notify_one();
        self.ends.suspect.notify_one();
    }
}
