//! For tests: the context of a plugin, without an engine.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::{Calls, PluginContext, Wakes};
use crate::cluster::idle::Idle;
use crate::cluster::leader::Peer;
use crate::metrics::Metrics;
use crate::model::draft::DefaultsByQueue;
use crate::notifier::AfterCommit;
use crate::refusals::Refusals;
use crate::store::Identity;
use crate::telemetry::{Telemetry, Warnings};
use crate::testing::{Database, until};

struct Nothing;

impl AfterCommit for Nothing {
    fn available(&self, _: Vec<String>) {}
    fn inserted(&self, _: Vec<String>) {}
    fn waiting(&self, _: Duration) {}
    fn scheduled(&self) {}
    fn awaits_ends(&self) -> bool {
        false
    }
    fn ended(&self, _: &[i64]) {}
}

/// The context of a node that leads.
pub async fn leading(db: &Database) -> PluginContext {
    let telemetry = Arc::new(Telemetry::default());
    let (name, node) = ("default".to_owned(), "node".to_owned());
    let identity = Identity { name, node, version: None, boot: Uuid::new_v4(), listens: false };
    let peer = Arc::new(Peer::new(db.store.clone(), telemetry.clone(), &identity));
    let task = tokio::spawn(peer.clone().run());
    db.at_end(async move { task.abort() });
    peer.set_eligible(true);
    until("it leads", async || peer.lease().is_some()).await;
    let warnings = Arc::new(Warnings::new(telemetry.clone()));
    PluginContext {
        writes_metrics: true,
        store: db.store.clone(),
        registry: Database::registry(),
        refusals: Arc::new(Refusals::new(telemetry.clone(), warnings.clone())),
        warnings,
        metrics: Arc::new(Metrics::new(100)),
        telemetry,
        lease: peer.lease(),
        peer,
        notifier: None,
        after_commit: Arc::new(Nothing),
        defaults: DefaultsByQueue::default(),
        wakes: Wakes::default(),
        calls: Arc::new(Calls::new(|_, _| ())),
        direct: Some(db.info()),
        events_dropped: Arc::new(|| 0),
        idle: Arc::new(Idle::new(None)),
        producers: Arc::new(Vec::new),
        woken: false,
    }
}
