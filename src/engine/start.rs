//! Starts an engine from the bottom up: connections, schema check, notifier, heartbeat, plugins;
//! then the producers, once the host has attached its isolates.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::environment::guard;
use super::router::Router;
use super::wait::look_for_ends;
use super::{Engine, EngineHost};
use crate::ack::Acker;
use crate::ack::Pending;
use crate::cluster::HeartbeatTask;
use crate::cluster::leader::Peer;
use crate::enqueue::Inserter;
use crate::enqueue::Offers;
use crate::error::{Error, Result};
use crate::metrics::Metrics;
use crate::model::config::{Config, QueueConfig, TestingMode};
use crate::model::draft::DefaultsByQueue;
use crate::notifier::Notifier;
use crate::pg::connect;
use crate::pg::conninfo::ConnInfo;
use crate::plugins::{Calls, PluginContext, Plugins};
use crate::queue::executor::{Executor, Options};
use crate::queue::producer::{Producer, ProducerDeps};
use crate::registry::Registry;
use crate::store::{Claim, Identity, Store, migrate, test_schema};
use crate::telemetry::{Telemetry, Warnings};

/// The number of pairs of queue and class that are counted apart, until the option `metrics` is read.
const MAX_SERIES: usize = 1_000;

/// Planner settings of the engine's connections. The engine's statements touch few rows by their
/// keys. Statistics of a fast-moving table are often out of date; no plan may scan or sort all
/// waiting jobs because of that, instead of reading the head of an index. JIT compilation of such
/// statements takes longer than running them.
const PLANS: &str =
    "-c jit=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c enable_sort=off";

impl Engine {
    /// Connects and registers the engine; no job begins before [`Engine::open`].
    pub async fn start(mut config: Config, registry: Arc<Registry>, host: Arc<dyn EngineHost>) -> Result<Arc<Self>> {
        let mut plugins = Plugins::read(&mut config)?;
        plugins.check(&config, &registry)?;
        if config.testing.is_some_and(TestingMode::is_idle) {
            config.queues.clear();
            config.notify = false;
        }
        let Addresses { work, listen, direct } =
            Addresses::of(&config)?.checked(&config).await?.with_clock(&config).await?;
        let store = Arc::new(Store::new(&work, config.pool as usize, &config.prefix)?);
        let disabled_queues = guard(&store, &mut config, &mut plugins).await?;
        let telemetry = Arc::new(Telemetry::default());
        let pending = Pending::default();
        let metrics = Arc::new(Metrics::new(MAX_SERIES));
        let identity = identity(&config, listen.is_some());
        let peer = Arc::new(Peer::new(store.clone(), telemetry.clone(), &identity));
        let router = Arc::new(Router::new(&store, &telemetry, &peer, &config.node));
        let (completions, outcomes) = mpsc::unbounded_channel();
        let (limits, known) = (config.limits(), registry.clone());
        let defaults = DefaultsByQueue::new(config.defaults.clone());
        let acker = Acker::new(
            store.clone(),
            telemetry.clone(),
            limits,
            known,
            defaults.clone(),
            pending.clone(),
            metrics.clone(),
        );
        let acking = tokio::spawn(acker.run(outcomes, router.clone()));
        let notifier = listen.map(|info| Notifier::start(store.clone(), info, router.clone()));
        let offers = Arc::new(Offers::default());
        let calls = host.clone();
        let engine = Arc::new(Self {
            inserter: Inserter::start(store.clone(), offers.clone(), router.clone()),
            offers,
            completions: Mutex::new(Some(completions)),
            acker: Mutex::new(Some(acking)),
            peering: Mutex::new(Some(tokio::spawn(peer.clone().run()))),
            peer,
            stopping: watch::Sender::new(false),
            tasks: Mutex::default(),
            opened: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            settings: tokio::sync::Mutex::default(),
            identity,
            warnings: Arc::new(Warnings::new(telemetry.clone())),
            progress: Arc::default(),
            direct,
            config,
            plugins,
            telemetry,
            store,
            registry,
            notifier,
            router,
            calls: Arc::new(Calls::new(move |plugin, order| calls.plugin(plugin, order))),
            host,
            pending,
            metrics,
            disabled_queues,
            defaults,
        });
        engine.router.connect(&engine);
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
        if !engine.config.testing.is_some_and(TestingMode::is_idle) {
            engine.spawn_heartbeat();
        }
        Ok(engine)
    }

    /// Starts producers and plugins, once the isolates are attached.
    pub async fn open(&self) {
        self.report_refusal();
        if self.queues_disabled().is_none() && !self.config.testing.is_some_and(TestingMode::is_idle) {
            self.begin().await;
        }
        self.opened.store(true, Ordering::Release);
    }

    async fn begin(&self) {
        let classes: Vec<(String, String)> =
            self.registry.all().into_iter().map(|(name, class)| (name, class.to_json())).collect();
        if let Err(error) = self.store.upsert_workers(&classes, self.config.version.as_deref()).await {
            tracing::warn!(%error, "start: cannot record the job classes");
        }
        self.router.producers.begin_all();
        // In a test, plugins tick when they are told to, so that nothing races with the clock.
        if self.config.testing.is_none() {
            self.start_plugins().await;
        }
        self.review_candidacy();
    }

    /// Creates a queue's producer and executor; the producer fetches nothing before it begins.
    pub(super) fn add_queue(&self, queue: QueueConfig) -> Result<Arc<Producer>> {
        let name = queue.name.clone();
        self.defaults.set(&name, queue.defaults);
        self.router.producers.add(&name, || self.make_producer(queue))?.ok_or_else(|| {
            Error::AlreadyRunning(format!(
                "queue {name:?}: expected one that does not run on this node, got one that does"
            ))
        })
    }

    fn make_producer(&self, queue: QueueConfig) -> Result<Producer> {
        let completions =
            self.completions.lock().clone().ok_or_else(|| Error::NotRunning("the engine has stopped".into()))?;
        let options = Options {
            limit: queue.limit as usize,
            threads: queue.threads as usize,
            abort_grace: queue.abort_grace,
            max_stuck: queue.max_stuck_jobs as usize,
            limits: self.config.limits(),
        };
        let executor = Arc::new(Executor::new(
            queue.name.clone(),
            options,
            completions,
            self.pending.clone(),
            self.telemetry.clone(),
            self.registry.clone(),
            self.metrics.clone(),
        ));
        let claim = Claim {
            queue: queue.name.clone(),
            node: self.config.node.clone(),
            producer: Uuid::new_v4(),
            version: self.config.version.clone(),
        };
        let (host, of) = (self.host.clone(), queue.name.clone());
        let deps = ProducerDeps {
            store: self.store.clone(),
            registry: self.registry.clone(),
            notifier: self.notifier.clone(),
            pending: self.pending.clone(),
            metrics: self.metrics.clone(),
            offers: self.offers.clone(),
            direct: Arc::new(move |directive| host.direct(&of, directive)),
        };
        Ok(Producer::new(queue, claim, executor, deps))
    }

    pub(super) async fn register_producers(&self) -> Result<()> {
        let rows: Vec<_> = self.producers().iter().map(|producer| producer.new_producer()).collect();
        if rows.is_empty() {
            return Ok(());
        }
        self.store.insert_producers(&self.identity, &rows).await
    }

    fn spawn_heartbeat(self: &Arc<Self>) {
        let heartbeat = HeartbeatTask {
            store: self.store.clone(),
            telemetry: self.telemetry.clone(),
            pending: self.pending.clone(),
            peer: self.peer.clone(),
            every: self.config.heartbeat_interval,
            identity: self.identity.clone(),
            warnings: self.warnings.clone(),
            thresholds: self.config.thresholds,
            producers: self.router.producers.clone(),
            settings: watch::Sender::default(),
        };
        let mut tasks = self.tasks.lock();
        tasks.push((
            "queue settings",
            tokio::spawn(follow_settings(Arc::downgrade(self), heartbeat.settings.subscribe())),
        ));
        tasks.push(("heartbeat", tokio::spawn(heartbeat.run())));
        tasks.push(("requests for ends", tokio::spawn(self.router.clone().request_ends())));
        tasks.push(("look for ends", tokio::spawn(look_for_ends(Arc::downgrade(self)))));
        if !self.config.is_enqueue_only() {
            tasks.push(("stager notifications", tokio::spawn(self.router.clone().notify_stagers())));
        }
    }

    /// Starts the plugins. They start when the engine opens, not earlier, so that listeners receive
    /// the events of cron jobs that make up for missed ticks.
    async fn start_plugins(&self) {
        let has_queues = !self.config.is_enqueue_only();
        let tasks = self.plugins.start(&self.plugin_context(), has_queues, &self.stopping.subscribe()).await;
        self.tasks.lock().extend(tasks.into_iter().map(|task| ("plugin", task)));
    }

    pub(crate) fn plugin_context(&self) -> PluginContext {
        let router = self.router.clone();
        PluginContext {
            store: self.store.clone(),
            registry: self.registry.clone(),
            telemetry: self.telemetry.clone(),
            warnings: self.warnings.clone(),
            metrics: self.metrics.clone(),
            peer: self.peer.clone(),
            notifier: self.notifier.clone(),
            after_commit: self.router.clone(),
            defaults: self.defaults.clone(),
            wakes: self.router.wakes.clone(),
            calls: self.calls.clone(),
            direct: self.direct.clone(),
            producers: Arc::new(move || router.producers.all().iter().map(|producer| producer.uuid()).collect()),
            lease: None,
            woken: false,
        }
    }

    /// Lets the engine be a candidate while it serves queues: an engine that only enqueues may
    /// start and stop at any time.
    pub(super) fn review_candidacy(&self) {
        self.peer.set_eligible(self.config.peer.unwrap_or(true) && !self.router.producers.is_empty());
    }
}

/// Reads the settings of queues again when a heartbeat reports a change.
async fn follow_settings(engine: Weak<Engine>, mut stamps: watch::Receiver<String>) {
    while stamps.changed().await.is_ok() {
        let stamp = stamps.borrow_and_update().clone();
        let Some(engine) = engine.upgrade() else { return };
        engine.follow_settings(&stamp).await;
    }
}

fn identity(config: &Config, listens: bool) -> Identity {
    Identity {
        name: config.name.clone(),
        node: config.node.clone(),
        version: config.version.clone(),
        boot: Uuid::new_v4(),
        listens,
    }
}

/// The addresses for work and for LISTEN.
struct Addresses {
    work: ConnInfo,
    /// `None` behind PgBouncer, unless `listen_url` bypasses it.
    listen: Option<ConnInfo>,
    /// An address that bypasses any pooler, for work that needs a session.
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

    /// The addresses behind a pooler in transaction mode.
    fn pooled(self, config: &Config) -> Self {
        let [listen, direct] = [self.listen, self.direct].map(|info| info.filter(|_| config.listen_url.is_some()));
        let options = ConnInfo::resolve(config.url.as_deref(), &|name: &str| std::env::var(name).ok())
            .ok()
            .and_then(|info| info.options);
        Self { work: ConnInfo { options, ..self.work }, listen, direct }
    }

    /// Connects and checks the schema. A pooler is recognized by its rejection of the planner
    /// settings.
    async fn checked(self, config: &Config) -> Result<Self> {
        match check_schema(&self.work, &config.prefix).await {
            Err(error) if error.to_string().contains("unsupported startup parameter") => {
                tracing::warn!(
                    "start: connected through a pooler; polling instead of listening, unless listen_url is given"
                );
                let pooled = self.pooled(config);
                check_schema(&pooled.work, &config.prefix).await?;
                Ok(pooled)
            }
            checked => checked.map(|()| self),
        }
    }

    /// The same, with connections that follow the clock of a test schema.
    async fn with_clock(mut self, config: &Config) -> Result<Self> {
        if config.testing.is_none() {
            return Ok(self);
        }
        let (client, connection) = connect::connect(&self.work, &connect::Options::default()).await?;
        let driver = connect::spawn(connection);
        let path = test_schema::search_path(&client, &config.prefix).await;
        drop(client);
        driver.abort();
        if let Some(path) = path? {
            let option = format!("-c search_path={}", path.replace(' ', ""));
            self.work.options = Some(self.work.options.map_or_else(|| option.clone(), |own| format!("{own} {option}")));
        }
        Ok(self)
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
