//! Starts an engine from the bottom up: connections, schema check, notifier, heartbeat, plugins;
//! then the producers, once the host has attached its isolates.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::addresses::Addresses;
use super::cluster_events::publish;
use super::environment::guard;
use super::idle::may_sleep;
use super::looks::{self, follow_heartbeats};
use super::messages::Messages;
use super::prometheus::Gauges;
use super::router::Router;
use super::slow::report_slow;
use super::wait::{Rows, look_for_ends};
use super::{Engine, EngineHost};
use crate::ack::{Acker, AckerDeps, Pending};
use crate::cluster::HeartbeatTask;
use crate::cluster::idle::{Idle, Reason};
use crate::cluster::leader::Peer;
use crate::enqueue::Inserter;
use crate::enqueue::Offers;
use crate::error::{Error, Result};
use crate::metrics::Metrics;
use crate::model::config::{Config, QueueConfig, TestingMode};
use crate::model::draft::DefaultsByQueue;
use crate::notifier::Notifier;
use crate::plugins::{Calls, PluginContext, Plugins};
use crate::queue::executor::{Executor, Options};
use crate::queue::producer::{Producer, ProducerDeps};
use crate::refusals::Refusals;
use crate::registry::Registry;
use crate::store::{Claim, Identity, Store};
use crate::telemetry::{Cluster, Telemetry, Warnings};

/// The number of pairs of queue and class that are counted apart, until the option `metrics` is read.
const MAX_SERIES: usize = 1_000;

impl Engine {
    /// Connects and registers the engine; no job begins before [`Engine::open`].
    pub async fn start(mut config: Config, registry: Arc<Registry>, host: Arc<dyn EngineHost>) -> Result<Arc<Self>> {
        let mut plugins = Plugins::read(&mut config)?;
        plugins.check(&config, &registry)?;
        if config.testing.is_some_and(TestingMode::is_idle) {
            config.queues.clear();
            config.notify = false;
        }
        let (addresses, checked) = Addresses::of(&config)?.checked(&config).await?;
        let Addresses { work, listen, direct, test_session } = addresses.with_clock(&config).await?;
        let store = Arc::new(Store::new(&work, config.pool as usize, &config.prefix)?);
        store.slow.set_limit(config.slow_query);
        store.set_enqueue_limit(config.statement_timeout);
        let disabled_queues = guard(&store, &checked.access, &mut config, &mut plugins).await?;
        let id = Uuid::new_v4().to_string();
        let telemetry = Arc::new(Telemetry::new(Cluster::new(&id, &config.node, &config.cluster_events)));
        let pending = Pending::default();
        let metrics = Arc::new(Metrics::new(MAX_SERIES));
        let identity = identity(&config, listen.is_some());
        let peer = Arc::new(Peer::new(store.clone(), telemetry.clone(), &identity));
        let idle = Arc::new(Idle::new(may_sleep(&config, listen.is_some())));
        let router = Arc::new(Router::new(&id, &store, &telemetry, &peer, &idle, &config.node));
        let (completions, outcomes) = mpsc::unbounded_channel();
        let (limits, known) = (config.limits(), registry.clone());
        let defaults = DefaultsByQueue::new(config.defaults.clone());
        let warnings = Arc::new(Warnings::new(telemetry.clone()));
        let refusals = Arc::new(Refusals::new(telemetry.clone(), warnings.clone()));
        let acker = Acker::new(AckerDeps {
            store: store.clone(),
            telemetry: telemetry.clone(),
            limits,
            registry: known,
            defaults: defaults.clone(),
            pending: pending.clone(),
            metrics: metrics.clone(),
            refusals: refusals.clone(),
        });
        let acking = tokio::spawn(acker.run(outcomes, router.clone()));
        let notifier = listen.map(|info| Notifier::start(store.clone(), info, router.clone()));
        let offers = Arc::new(Offers::default());
        let calls = host.clone();
        let engine = Arc::new(Self {
            inserter: Inserter::start(store.clone(), offers.clone(), router.clone(), metrics.clone()),
            offers,
            completions: Mutex::new(Some(completions)),
            acker: Mutex::new(Some(acking)),
            peering: Mutex::new(Some(tokio::spawn(peer.clone().run()))),
            peer,
            idle,
            stopping: watch::Sender::new(false),
            tasks: Mutex::default(),
            opened: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            settings: tokio::sync::Mutex::default(),
            commands: tokio::sync::Mutex::default(),
            messages: Messages::default(),
            identity,
            warnings,
            refusals,
            progress: Arc::default(),
            rows: Rows::default(),
            gauges: Gauges::default(),
            direct,
            test_session: Mutex::new(test_session),
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
            checked,
            defaults,
        });
        engine.router.connect(&engine);
        for queue in engine.config.queues.clone() {
            engine.add_queue(queue)?;
        }
        let known = async {
            engine.begin_to_obey().await?;
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
        for text in &self.checked.warnings {
            tracing::warn!("{text}");
        }
        if self.queues_disabled().is_none() && !self.config.testing.is_some_and(TestingMode::is_idle) {
            self.begin().await;
        }
        self.opened.store(true, Ordering::Release);
    }

    async fn begin(&self) {
        self.record_classes().await;
        self.router.producers.begin_all();
        // In a test, plugins tick when they are told to, so that nothing races with the clock.
        if self.config.testing.is_none() {
            self.start_plugins().await;
        }
        self.review_candidacy();
    }

    async fn record_classes(&self) {
        if !self.checked.access.records_classes {
            return;
        }
        let classes: Vec<(String, String)> =
            self.registry.all().into_iter().map(|(name, class)| (name, class.to_json())).collect();
        if let Err(error) = self.store.upsert_workers(&classes, self.config.version.as_deref()).await {
            tracing::warn!(%error, "start: cannot record the job classes");
        }
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
            threads: queue.threads.count() as usize,
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
        let (host, of, idle) = (self.host.clone(), queue.name.clone(), self.idle.clone());
        let deps = ProducerDeps {
            store: self.store.clone(),
            registry: self.registry.clone(),
            notifier: self.notifier.clone(),
            pending: self.pending.clone(),
            metrics: self.metrics.clone(),
            refusals: self.refusals.clone(),
            offers: self.offers.clone(),
            rouse: Arc::new(move || idle.rouse(Reason::Local)),
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
            idle: self.idle.clone(),
            notifier: self.notifier.clone(),
            surroundings: self.surroundings(),
        };
        let mut tasks = self.tasks.lock();
        tasks.push((
            "queue settings",
            tokio::spawn(follow_heartbeats(Arc::downgrade(self), heartbeat.settings.subscribe())),
        ));
        tasks.push(("heartbeat", tokio::spawn(heartbeat.run())));
        tasks.extend(looks::spawn(self));
        tasks.push(("requests for ends", tokio::spawn(self.router.clone().request_ends())));
        if self.telemetry.unsent().is_some() {
            tasks.push(("events for other nodes", tokio::spawn(publish(self.store.clone(), self.telemetry.clone()))));
        }
        tasks.push(("slow statements", tokio::spawn(report_slow(Arc::downgrade(self)))));
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
        let (router, host) = (self.router.clone(), self.host.clone());
        PluginContext {
            store: self.store.clone(),
            registry: self.registry.clone(),
            telemetry: self.telemetry.clone(),
            warnings: self.warnings.clone(),
            refusals: self.refusals.clone(),
            metrics: self.metrics.clone(),
            peer: self.peer.clone(),
            notifier: self.notifier.clone(),
            after_commit: self.router.clone(),
            defaults: self.defaults.clone(),
            wakes: self.router.wakes.clone(),
            calls: self.calls.clone(),
            direct: self.direct.clone(),
            events_dropped: Arc::new(move || host.events_dropped().values().sum()),
            idle: self.idle.clone(),
            writes_metrics: self.checked.access.writes_metrics,
            producers: Arc::new(move || router.producers.all().iter().map(|producer| producer.uuid()).collect()),
            lease: None,
            woken: false,
        }
    }

    /// Lets the engine be a candidate while it serves queues: an engine that only enqueues may
    /// start and stop at any time.
    pub(super) fn review_candidacy(&self) {
        if self.idle.is_asleep() {
            return;
        }
        self.peer.set_eligible(self.config.peer.unwrap_or(true) && !self.router.producers.is_empty());
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
