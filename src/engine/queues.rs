//! Operations on queues at runtime: pause, scale, start and stop them on this node, on another, or on
//! all.
//!
//! Pauses and limits are stored in `eram_queues`. Nodes are notified of changes, and compare their
//! settings with the table at each heartbeat, so a node that missed a notification follows too. What
//! another node is to start or stop is a command. A queue started or stopped at runtime stays so until
//! its engine stops.

use std::time::Duration;

use serde_json::{Value, json};

use super::commands::Command;
use super::{Engine, QueueStatus, StoppedQueue};
use crate::cluster::idle::Reason;
use crate::error::{Error, Result};
use crate::model::config::QueueConfig;
use crate::model::read::{Owner, Reader, Unit, nearest};
use crate::notifier::{EVERYWHERE, Signal};
use crate::queue::producer::Producer;
use crate::store::QueueSetting;
use crate::telemetry::Kind;

/// Stands for all queues in place of a queue's name.
const ALL: &str = "*";

const MAX_GRACE: Duration = Duration::from_secs(86_400);

/// A queue; on all nodes unless a node is named.
#[derive(Debug, Clone)]
pub struct Target {
    pub queue: String,
    pub node: Option<String>,
    /// Whether names that are not yet known are accepted.
    pub force: bool,
    pub limit: Option<u32>,
    pub grace: Option<Duration>,
    pub with_scheduled: bool,
    pub timeout: Option<Duration>,
    pub cancel: bool,
}

/// A queue to start, with the options that it would have in a configuration.
#[derive(Debug, Clone)]
pub struct QueueStart {
    pub queue: String,
    pub node: Option<String>,
    pub options: Value,
}

/// Reads the queue's name; with `all`, `*` is accepted for every queue.
fn name_of(action: &str, reader: &Reader<'_>, all: bool) -> Result<String> {
    let name = reader.need("queue", "a queue's name")?;
    let text = name.as_text(1..=127)?;
    if text == ALL && !all {
        return Err(name.refuse(&format!("expected one queue, got {ALL:?}, which {action} does not take")));
    }
    Ok(text.to_owned())
}

impl Target {
    /// Reads the options of an action, a JSON object.
    pub fn read(action: &str, text: &str) -> Result<Self> {
        let value = Owner::Config.parse(action, text)?;
        let reader = Reader::new(Owner::Config, action, &value);
        reader.only(match action {
            "scale" => &["queue", "node", "force", "limit"],
            "stopQueue" => &["queue", "node", "grace"],
            "drain" => &["queue", "with_scheduled", "timeout"],
            "purge" => &["queue", "cancel"],
            "checkQueue" => &["queue"],
            _ => &["queue", "node", "force"],
        })?;
        let millis = |key| reader.duration(key, Unit::Milliseconds, Duration::ZERO..=MAX_GRACE);
        Ok(Self {
            queue: name_of(action, &reader, matches!(action, "pause" | "resume" | "scale" | "resetQueue"))?,
            node: reader.text("node", 1..=255)?.map(str::to_owned),
            force: reader.flag("force")?.unwrap_or(false),
            limit: match action {
                "scale" => Some(reader.need("limit", "a positive integer")?.as_integer(1..=100_000)?)
                    .and_then(|limit| u32::try_from(limit).ok()),
                _ => None,
            },
            grace: millis("grace")?,
            with_scheduled: reader.flag("with_scheduled")?.unwrap_or(false),
            timeout: millis("timeout")?,
            cancel: reader.flag("cancel")?.unwrap_or(false),
        })
    }
}

impl QueueStart {
    pub fn read(text: &str) -> Result<Self> {
        let mut value = Owner::Config.parse("startQueue", text)?;
        let reader = Reader::new(Owner::Config, "startQueue", &value);
        let queue = name_of("startQueue", &reader, false)?;
        let node = reader.text("node", 1..=255)?.map(str::to_owned);
        let mut options = value.as_object_mut().map(std::mem::take).unwrap_or_default();
        options.retain(|key, _| key != "queue" && key != "node");
        Ok(Self { queue, node, options: Value::Object(options) })
    }
}

impl Engine {
    /// Pauses or resumes a queue, or with `*` every known queue; stored in the database.
    pub async fn pause(&self, target: &Target, paused: bool) -> Result<()> {
        self.set(target, Some(paused), None).await
    }

    pub async fn scale(&self, target: &Target) -> Result<()> {
        self.may_run("scale")?;
        self.set(target, None, target.limit.map(u32::cast_signed)).await
    }

    async fn set(&self, target: &Target, paused: Option<bool>, limit: Option<i32>) -> Result<()> {
        let node = target.node.as_deref().unwrap_or(EVERYWHERE);
        let queues = self.named(target).await?;
        let set = |queue| QueueSetting { queue, node: node.to_owned(), paused, limit };
        self.store.save_queues(&queues.into_iter().map(set).collect::<Vec<_>>()).await?;
        self.settings_changed(node).await
    }

    /// Deletes what was set at runtime, so that the configuration applies again.
    pub async fn reset_queue(&self, target: &Target) -> Result<()> {
        let node = target.node.as_deref().unwrap_or(EVERYWHERE);
        let queues = self.named(target).await?;
        self.store.reset_queues(&queues, node).await?;
        self.settings_changed(node).await
    }

    async fn settings_changed(&self, node: &str) -> Result<()> {
        self.signal(&Signal::Queues { node: node.to_owned() }).await?;
        // The notification may be slow or impossible; this node need not wait for it.
        self.load_queues().await
    }

    /// The queues of the target. Rejects unknown names unless the target accepts them.
    async fn named(&self, target: &Target) -> Result<Vec<String>> {
        let (mut queues, mut nodes) = self.store.known_queues().await?;
        queues.extend(self.producers().iter().map(|producer| producer.config.name.clone()));
        nodes.push(self.config.node.clone());
        for names in [&mut queues, &mut nodes] {
            names.sort_unstable();
            names.dedup();
        }
        if let Some(node) = target.node.as_ref().filter(|node| *node != EVERYWHERE && !target.force) {
            known("node", node, &nodes, "; one that is not there yet, pass { force: true }")?;
        }
        if target.queue == ALL {
            return Ok(queues);
        }
        if !target.force {
            known("queue", &target.queue, &queues, "; one that is not there yet, pass { force: true }")?;
        }
        Ok(vec![target.queue.clone()])
    }

    /// Applies the settings made at runtime, those for all nodes first and then those for this
    /// node, on top of the configuration.
    pub(crate) async fn load_queues(&self) -> Result<()> {
        if self.producers().is_empty() {
            return Ok(());
        }
        let mut in_effect = self.settings.lock().await;
        let (settings, stamp) = self.store.load_queues(&self.config.node).await?;
        for producer in self.producers() {
            let (mut paused, mut limit) = (producer.config.paused, producer.config.limit);
            for setting in settings.iter().filter(|it| it.queue == producer.config.name) {
                paused = setting.paused.unwrap_or(paused);
                limit = setting.limit.and_then(|n| u32::try_from(n).ok()).unwrap_or(limit);
            }
            if (producer.is_paused(), producer.limit()) != (paused, limit) {
                producer.pause(paused);
                producer.scale(limit);
                self.telemetry.emit(
                    Kind::QueueUpdate,
                    || json!({ "queue": producer.config.name, "paused": paused, "limit": limit }),
                );
            }
        }
        *in_effect = Some(stamp);
        Ok(())
    }

    /// Reads the settings if the heartbeat's stamp differs from the one in effect.
    pub(super) async fn follow_settings(&self, stamp: &str) {
        let obeyed = self.settings.lock().await.as_deref() == Some(stamp);
        if obeyed {
            return;
        }
        if let Err(error) = self.load_queues().await {
            tracing::warn!(%error, "queues: cannot read their settings; the next heartbeat tries again");
        }
    }

    /// Reads the settings because a notification says that they have changed.
    pub(super) async fn look_at_settings(&self) {
        if let Err(error) = self.load_queues().await {
            tracing::warn!(%error, "queues: cannot read their settings; the next heartbeat tries again");
        }
    }

    /// Starts a queue that is not in the configuration; the host attaches isolates to it.
    pub async fn start_queue(&self, request: &QueueStart) -> Result<()> {
        match request.node.as_deref() {
            None => self.start_here(&request.queue, &request.options).await,
            Some(node) if node == self.config.node => self.start_here(&request.queue, &request.options).await,
            Some(node) => {
                self.may_run("startQueue")?;
                // Validated here, so that the caller gets the error.
                self.config.queue(&request.queue, &request.options.to_string())?;
                QueueConfig::check_remote(&request.queue, &request.options)?;
                self.reachable(node).await?;
                let (queue, node, options) = (request.queue.clone(), node.to_owned(), request.options.clone());
                self.command(&node, &queue, &Command::Start { options }).await
            }
        }
    }

    async fn start_here(&self, queue: &str, options: &Value) -> Result<()> {
        self.may_run("startQueue")?;
        self.checked.access.may_run("startQueue")?;
        let mut config = self.config.queue(queue, &options.to_string())?;
        if !config.is_for(&self.config.node) {
            let (only, node) = (json!(config.only), &self.config.node);
            return Err(Error::Config(format!("{queue}.only: expected the node {node:?} among them, got {only}")));
        }
        let others = self.producers();
        config.join(others.iter().map(|it| &it.config))?;
        self.idle.rouse(Reason::Local);
        let producer = self.add_queue(config)?;
        let row = producer.new_producer();
        if let Err(error) = self.store.insert_producers(&self.identity, &[row]).await {
            self.router.producers.remove(queue);
            return Err(error);
        }
        self.load_queues().await?;
        self.router.producers.begin(queue);
        self.review_candidacy();
        self.host.change(queue, Some(&producer.config.effective()));
        Ok(())
    }

    /// Starts a queue at the command of another node.
    pub(super) async fn obey_start(&self, queue: &str, node: &str, options: &Value) {
        // An engine that only enqueues starts to serve queues if it is named, but not if all nodes
        // are.
        if node == EVERYWHERE && self.producers().is_empty() {
            return;
        }
        // A node that `only` excludes is not meant.
        let is_meant = |config: QueueConfig| config.is_for(&self.config.node);
        if self.config.queue(queue, &options.to_string()).is_ok_and(|config| !is_meant(config)) {
            return;
        }
        match self.start_here(queue, options).await {
            // The node serves the queue already.
            Ok(()) | Err(Error::AlreadyRunning(_)) => {}
            Err(error) => tracing::warn!(%error, queue, "queues: cannot start a queue as another node commands"),
        }
    }

    pub async fn stop_queue(&self, target: &Target) -> Result<StoppedQueue> {
        let grace = target.grace;
        let released = match target.node.as_deref() {
            None => self.stop_here(&target.queue, grace).await?,
            Some(node) if node == self.config.node => self.stop_here(&target.queue, grace).await?,
            Some(node) => {
                self.reachable(node).await?;
                let grace = grace.map(|grace| u64::try_from(grace.as_millis()).unwrap_or(u64::MAX));
                self.command(node, &target.queue, &Command::Stop { grace }).await?;
                vec![]
            }
        };
        Ok(StoppedQueue { released })
    }

    async fn stop_here(&self, queue: &str, grace: Option<Duration>) -> Result<Vec<i64>> {
        self.idle.rouse(Reason::Local);
        let released = self.stop_one(queue, grace.unwrap_or(self.config.grace)).await?;
        self.host.change(queue, None);
        Ok(released)
    }

    pub(super) async fn obey_stop(&self, queue: &str, grace: Option<u64>) {
        match self.stop_here(queue, grace.map(Duration::from_millis)).await {
            Ok(_) | Err(Error::NotFound(_)) => {}
            Err(error) => tracing::warn!(%error, queue, "queues: cannot stop a queue as another node commands"),
        }
    }

    /// Rejects a node that does not run or receives no signals.
    async fn reachable(&self, node: &str) -> Result<()> {
        if node == EVERYWHERE {
            return Ok(());
        }
        let (_, nodes) = self.store.known_queues().await?;
        known("node", node, &nodes, "")
    }

    /// The status of the queue on this node; `None` if it does not run here.
    pub fn check_queue(&self, queue: &str) -> Option<QueueStatus> {
        self.producer(queue).ok().map(|producer| self.check(&producer))
    }

    pub(super) fn check(&self, producer: &Producer) -> QueueStatus {
        let holding = producer.executor.holding();
        QueueStatus {
            queue: producer.config.name.clone(),
            node: self.config.node.clone(),
            uuid: producer.uuid().to_string(),
            limit: producer.limit(),
            paused: producer.is_paused(),
            running: holding.running_ids,
            claimed: holding.ready,
            stuck: holding.stuck,
            workers: producer.claimable().into_iter().map(|(name, _)| name).collect(),
        }
    }
}

/// Rejects an unknown name and suggests the most similar known one.
pub(super) fn known(what: &str, name: &str, all: &[String], hint: &str) -> Result<()> {
    if all.iter().any(|each| each == name) {
        return Ok(());
    }
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    let list = if names.is_empty() { "there is none".to_owned() } else { names.join(", ") };
    let guess = nearest(name, &names).map_or_else(String::new, |guess| format!(", did you mean {guess:?}?"));
    Err(Error::NotFound(format!("{what}: expected one that is known ({list}), got {name:?}{guess}{hint}")))
}
