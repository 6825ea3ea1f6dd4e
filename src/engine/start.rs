//! From the bottom up: connections, schema check, notifier, heartbeat, plugins; then, when the host has attached its
//! environments, the producers.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::crons::check_versions;
use super::environment::guard;
use super::listener::Ears;
use super::{Engine, Host, Running, Wakes};
use crate::ack::Acker;
use crate::ack::Pending;
use crate::ack::Tally;
use crate::cluster::leader::Peer;
use crate::cluster::{Beating, Heartbeat};
use crate::enqueue::Inserter;
use crate::enqueue::Vacancies;
use crate::error::{Error, Result};
use crate::model::config::{Config, QueueConfig};
use crate::notifier::Notifier;
use crate::pg::connect;
use crate::pg::conninfo::ConnInfo;
use crate::plugins::{
    self, Plugin, lifeline::Lifeline, pruner::Pruner, reindexer::Reindexer, stager::Stager, unattended::Unattended,
    unhandled::Watch,
};
use crate::queue::executor::{Executor, Options};
use crate::queue::producer::{Producer, Surroundings};
use crate::registry;
use crate::store::{Claim, Identity, Store, migrate};
use crate::telemetry::{Alarms, Telemetry};

/// Statements of the engine touch few rows by their keys; on its own connections no plan may turn into a scan because the
/// statistics of a fast-moving table are old; nor may all that waits be read and sorted, instead of the head of an index, because
/// next to nothing waited when they were made. Compiling such statements takes longer than running them.
const PLANS: &str =
    "-c jit=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c enable_sort=off";

impl Engine {
    /// Connects and registers; begins no job until [`Engine::open`].
    pub async fn start(mut config: Config, host: Arc<dyn Host>) -> Result<Arc<Self>> {
        check_versions(&config)?;
        let Addresses { work, listen, direct } = Addresses::of(&config)?.checked(&config).await?;
        let store = Arc::new(Store::new(&work, config.pool as usize, &config.prefix)?);
        let refusal = guard(&store, &mut config).await?;
        let telemetry = Arc::new(Telemetry::default());
        let pending = Pending::default();
        let tally = Tally::default();
        let identity = Identity {
            name: config.name.clone(),
            node: config.node.clone(),
            version: config.version.clone(),
            boot: Uuid::new_v4(),
            listens: listen.is_some(),
        };
        let peer = Arc::new(Peer::new(store.clone(), telemetry.clone(), &identity));
        let wakes = Arc::new(Wakes {
            store: store.clone(),
            producers: RwLock::new(BTreeMap::new()),
            stager: Arc::new(Notify::new()),
            cron: Arc::new(Notify::new()),
            peer: peer.clone(),
            far_stager: Notify::new(),
            runtime: Handle::current(),
        });
        let (settled, outcomes) = mpsc::unbounded_channel();
        let acker = Acker::new(store.clone(), telemetry.clone(), config.limits, pending.clone(), tally.clone());
        let acking = tokio::spawn(acker.run(outcomes, wakes.clone()));
        let ears = Arc::new(Ears {
            wakes: wakes.clone(),
            telemetry: telemetry.clone(),
            peer: peer.clone(),
            node: config.node.clone(),
            engine: std::sync::OnceLock::new(),
        });
        let notifier = listen.map(|info| Notifier::start(store.clone(), info, ears.clone()));
        let vacancies = Arc::new(Vacancies::default());
        let engine = Arc::new(Self {
            inserter: Inserter::start(store.clone(), vacancies.clone(), wakes.clone()),
            vacancies,
            settled: Mutex::new(Some(settled)),
            acker: Mutex::new(Some(acking)),
            peering: Mutex::new(Some(tokio::spawn(peer.clone().run()))),
            peer,
            stopping: watch::Sender::new(false),
            tasks: Mutex::default(),
            stopped: AtomicBool::new(false),
            settings: tokio::sync::Mutex::default(),
            identity,
            alarms: Arc::new(Alarms::new(telemetry.clone())),
            direct,
            config,
            telemetry,
            store,
            notifier,
            wakes,
            host,
            pending,
            tally,
            refusal,
        });
        let _ = ears.engine.set(Arc::downgrade(&engine));
        for queue in engine.config.queues.clone() {
            engine.add_queue(queue)?;
        }
        let known = async {
            engine.register_producers().await?;
            engine.load_queues().await
        };
        if let Err(error) = known.await {
            engine.stop(std::time::Duration::ZERO).await;
            return Err(error);
        }
        engine.spawn_clockwork();
        Ok(engine)
    }

    /// The environments are attached: begin.
    pub async fn open(&self) {
        self.tell_refusal();
        if self.refused().is_some() {
            return;
        }
        let classes: Vec<(String, String)> =
            registry::all().into_iter().map(|(name, class)| (name, class.to_json())).collect();
        if let Err(error) = self.store.upsert_workers(&classes, self.config.version.as_deref()).await {
            tracing::warn!(%error, "start: the job classes could not be recorded");
        }
        for running in self.wakes.producers.read().values() {
            running.begin();
        }
        // Not before: what it makes up for should be heard by those who listen from the start.
        self.spawn_cron().await;
        self.review_candidacy();
    }

    /// Makes a queue's producer and executor; nothing is fetched before it begins.
    pub(super) fn add_queue(&self, queue: QueueConfig) -> Result<Arc<Producer>> {
        let mut producers = self.wakes.producers.write();
        if producers.contains_key(&queue.name) {
            return Err(Error::Conflict(format!(
                "queue {:?}: expected one that does not run on this node, got one that does",
                queue.name
            )));
        }
        let settled = self.settled.lock().clone().ok_or_else(|| Error::Stopped("the engine has stopped".into()))?;
        let options = Options {
            limit: queue.limit as usize,
            threads: queue.threads as usize,
            abort_grace: queue.abort_grace,
            max_zombies: queue.max_zombies as usize,
            limits: self.config.limits,
        };
        let executor =
            Arc::new(Executor::new(queue.name.clone(), options, settled, self.pending.clone(), self.telemetry.clone()));
        let claim = Claim {
            queue: queue.name.clone(),
            node: self.config.node.clone(),
            producer: Uuid::new_v4(),
            version: self.config.version.clone(),
        };
        let (host, of) = (self.host.clone(), queue.name.clone());
        let around = Surroundings {
            store: self.store.clone(),
            notifier: self.notifier.clone(),
            telemetry: self.telemetry.clone(),
            pending: self.pending.clone(),
            vacancies: self.vacancies.clone(),
            direct: Arc::new(move |directive| host.direct(&of, directive)),
        };
        let name = queue.name.clone();
        let producer = Arc::new(Producer::new(queue, claim, executor, around));
        producers.insert(name, Running { producer: producer.clone(), task: Arc::default() });
        Ok(producer)
    }

    pub(super) async fn register_producers(&self) -> Result<()> {
        let rows: Vec<_> = self.producers().iter().map(|producer| producer.new_producer()).collect();
        if rows.is_empty() {
            return Ok(());
        }
        self.store.insert_producers(&self.identity, &rows).await
    }

    /// What runs on a clock: the heartbeat, and the plugins, most of them on the leader.
    fn spawn_clockwork(self: &Arc<Self>) {
        let mut tasks = self.tasks.lock();
        let heartbeat = Heartbeat {
            store: self.store.clone(),
            telemetry: self.telemetry.clone(),
            pending: self.pending.clone(),
            peer: self.peer.clone(),
            every: self.config.heartbeat_interval,
            identity: self.identity.clone(),
            alarms: self.alarms.clone(),
            thresholds: self.config.thresholds,
        };
        let beating = Beats { wakes: self.wakes.clone(), engine: Arc::downgrade(self) };
        tasks.push(tokio::spawn(heartbeat.run(beating)));
        if self.config.queues.is_empty() {
            return;
        }
        let unattended = Unattended {
            store: self.store.clone(),
            alarms: self.alarms.clone(),
            every: self.config.thresholds.unattended.max(Duration::from_millis(100)),
            waited: self.config.thresholds.unattended,
        };
        tasks.push(self.spawn_plugin(Arc::new(unattended), Arc::default()));
        tasks.push(tokio::spawn(self.wakes.clone().tell_stager()));
        let watch = Watch { store: self.store.clone(), telemetry: self.telemetry.clone(), told: Mutex::default() };
        tasks.push(self.spawn_plugin(Arc::new(watch), Arc::default()));
        if let Some(options) = &self.config.stager {
            let stager = Stager {
                store: self.store.clone(),
                telemetry: self.telemetry.clone(),
                peer: self.peer.clone(),
                notifier: self.notifier.clone(),
                interval: options.interval,
                poll_interval: self.config.poll_interval,
                limit: i64::from(options.limit),
                afterwards: self.wakes.clone(),
                last: Mutex::default(),
            };
            tasks.push(self.spawn_plugin(Arc::new(stager), self.wakes.stager.clone()));
        }
        if let Some(options) = &self.config.lifeline {
            let lifeline = Lifeline {
                store: self.store.clone(),
                telemetry: self.telemetry.clone(),
                peer: self.peer.clone(),
                interval: options.interval,
                rescue_after: options.rescue_after,
                afterwards: self.wakes.clone(),
                memory: Mutex::default(),
            };
            tasks.push(self.spawn_plugin(Arc::new(lifeline), Arc::default()));
        }
        if let Some(options) = &self.config.reindexer {
            if let Some(info) = self.direct.clone() {
                let reindexer = Reindexer {
                    store: self.store.clone(),
                    telemetry: self.telemetry.clone(),
                    peer: self.peer.clone(),
                    info,
                    options: options.clone(),
                    due: Mutex::default(),
                };
                tasks.push(self.spawn_plugin(Arc::new(reindexer), Arc::default()));
            } else {
                tracing::warn!("reindexer: it needs a connection past the pooler; give one as listen_url");
            }
        }
        if let Some(options) = &self.config.prune {
            let pruner = Pruner {
                store: self.store.clone(),
                telemetry: self.telemetry.clone(),
                peer: self.peer.clone(),
                interval: options.interval,
                limit: i64::from(options.limit),
                max_age: options.max_age,
                walk: Mutex::default(),
            };
            tasks.push(self.spawn_plugin(Arc::new(pruner), Arc::default()));
        }
    }

    /// The entries of the code are in the table when the engine has started; should that fail, the plugin tries on.
    async fn spawn_cron(&self) {
        let Some(cron) = self.cron() else { return };
        if let Err(error) = cron.enter().await {
            tracing::warn!(%error, "start: the cron entries could not be entered");
        }
        let task = self.spawn_plugin(cron, self.wakes.cron.clone());
        self.tasks.lock().push(task);
    }

    /// An engine stands for election while it serves queues: one that only enqueues may come and go at any time.
    pub(super) fn review_candidacy(&self) {
        self.peer.stand(self.config.peer && !self.wakes.producers.read().is_empty());
    }

    fn spawn_plugin(&self, plugin: Arc<dyn Plugin>, nudge: Arc<Notify>) -> JoinHandle<()> {
        tokio::spawn(plugins::run(plugin, self.peer.clone(), nudge, self.stopping.subscribe()))
    }
}

/// What the heartbeat finds, brought to where it belongs.
struct Beats {
    wakes: Arc<Wakes>,
    engine: Weak<Engine>,
}

impl Beating for Beats {
    fn producers(&self) -> Vec<Arc<Producer>> {
        self.wakes.all()
    }

    fn cancel(&self, ids: &[i64]) {
        self.wakes.all().iter().for_each(|producer| drop(producer.executor.cancel(ids)));
    }

    fn settings(&self, stamp: String) {
        if let Some(engine) = self.engine.upgrade() {
            self.wakes.runtime.spawn(async move { engine.follow_settings(&stamp).await });
        }
    }
}

impl Running {
    pub(super) fn begin(&self) {
        self.task.lock().get_or_insert_with(|| tokio::spawn(self.producer.clone().run()));
    }
}

/// Where to work and where to listen.
struct Addresses {
    work: ConnInfo,
    /// Behind PgBouncer nothing can listen, unless a way around it is given.
    listen: Option<ConnInfo>,
    /// Past any pooler, for what needs a session.
    direct: Option<ConnInfo>,
}

impl Addresses {
    fn of(config: &Config) -> Result<Self> {
        let env = |name: &str| std::env::var(name).ok();
        let work = ConnInfo::resolve(config.url.as_deref(), &env)?;
        let listen = match &config.listen_url {
            Some(url) => Some(ConnInfo::resolve(Some(url), &env)?),
            None => Some(work.clone()),
        };
        let addresses = Self { work, direct: listen.clone(), listen: listen.filter(|_| config.notify) };
        if config.pgbouncer || addresses.work.pgbouncer {
            return Ok(addresses.pooled(config));
        }
        let options = addresses.work.options.as_ref().map_or_else(|| PLANS.to_owned(), |own| format!("{PLANS} {own}"));
        Ok(Self { work: ConnInfo { options: Some(options), ..addresses.work }, ..addresses })
    }

    /// As they are when a pooler in transaction mode stands before the database.
    fn pooled(self, config: &Config) -> Self {
        let [listen, direct] = [self.listen, self.direct].map(|info| info.filter(|_| config.listen_url.is_some()));
        let options = ConnInfo::resolve(config.url.as_deref(), &|name: &str| std::env::var(name).ok())
            .ok()
            .and_then(|info| info.options);
        Self { work: ConnInfo { options, ..self.work }, listen, direct }
    }

    /// Connects and looks at the schema. A pooler that refuses our settings is recognised by that.
    async fn checked(self, config: &Config) -> Result<Self> {
        match check_schema(&self.work, &config.prefix).await {
            Err(error) if error.to_string().contains("unsupported startup parameter") => {
                tracing::warn!(
                    "start: a pooler stands before the database; polling instead of listening, unless listen_url is given"
                );
                let pooled = self.pooled(config);
                check_schema(&pooled.work, &config.prefix).await?;
                Ok(pooled)
            }
            checked => checked.map(|()| self),
        }
    }
}

async fn check_schema(info: &ConnInfo, prefix: &str) -> Result<()> {
    let (client, connection) = connect::connect(info, &connect::Options::default()).await?;
    let driver = connect::spawn(connection);
    let checked = migrate::check(&client, prefix).await;
    drop(client);
    driver.abort();
    checked
}
