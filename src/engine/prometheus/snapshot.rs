//! Everything that the samples of one engine are made of, at one time.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::gauges::ClusterGauges;
use super::series::{GroupedSeries, Labels, MAX_LINES};
use crate::engine::Engine;
use crate::engine::metrics::MetricsReport;
use crate::metrics::{HISTOGRAM_LINES, ThreadExits};
use crate::telemetry::Warning;

/// How many threads of each queue are in each state, as their host knows it: `[queue, state, number]`.
pub type ThreadCounts = Vec<(String, String, u64)>;

pub struct Snapshot {
    pub metrics: MetricsReport,
    pub series: GroupedSeries,
    pub threads: ThreadCounts,
    pub cluster: Option<Arc<ClusterGauges>>,
    /// Version of the application.
    pub version: Option<String>,
    pub database_up: bool,
    /// Whether notifications arrive; `None` where the engine is not to listen.
    pub listening: Option<bool>,
    /// The number of subjects with each warning.
    pub warnings: Vec<(&'static str, usize)>,
    pub slow_statements: BTreeMap<&'static str, u64>,
    pub events_dropped: BTreeMap<&'static str, u64>,
    pub thread_exits: BTreeMap<String, ThreadExits>,
}

/// Lines for the engine, for a queue that it runs, and for a queue of the cluster: a little more than there are.
const OWN_LINES: usize = 200;
const QUEUE_LINES: usize = HISTOGRAM_LINES + 12;
const CLUSTER_LINES: usize = 6;

impl Snapshot {
    pub fn of(engine: &Engine, threads: ThreadCounts, cluster: Option<Arc<ClusterGauges>>, labels: Labels) -> Self {
        let (metrics, health) = (engine.metrics(true), engine.health());
        let waiting = cluster.as_ref().map_or(0, |it| it.queues.len());
        let others = OWN_LINES + metrics.queues.len() * QUEUE_LINES + waiting * CLUSTER_LINES;
        let raised = |warning: Warning| (warning.as_str(), engine.warnings.raised(warning).len());
        Self {
            series: GroupedSeries::new(&metrics.series, labels, MAX_LINES.saturating_sub(others)),
            metrics,
            threads,
            cluster,
            version: engine.identity.version.clone(),
            database_up: !engine.store.contact.is_away() && health.database.ok,
            listening: health.listening,
            warnings: Warning::ALL.into_iter().map(raised).collect(),
            slow_statements: engine.store.slow.counts(),
            events_dropped: engine.host.events_dropped(),
            thread_exits: engine.metrics.engine().thread_exits,
        }
    }
}
