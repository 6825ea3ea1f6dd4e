//! What `engine.metrics()` returns: the metrics of this process, and the state of its parts. No statement runs for it.

use std::ops::Deref;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

use super::Engine;
use crate::cluster::idle::Reason;
use crate::metrics::{Counts, Histogram, Series, encode, summary};

/// The metrics of one engine. Times are milliseconds since 1970; histograms are texts, see [`encode`].
#[derive(Debug, Serialize)]
pub struct MetricsReport {
    pub(super) at: u64,
    pub(super) since: u64,
    pub(super) name: String,
    pub(super) node: String,
    pub(super) series: Vec<SeriesReport>,
    pub(super) queues: Vec<QueueReport>,
    pub(super) engine: EngineReport,
}

#[derive(Debug, Serialize)]
pub(super) struct SeriesReport {
    pub(super) queue: String,
    pub(super) worker: String,
    #[serde(flatten)]
    pub(super) counts: Counts,
    pub(super) run: Shown,
    pub(super) failed: Shown,
    pub(super) wait: Shown,
    measured: u64,
    cpu_us: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct QueueReport {
    pub(super) queue: String,
    pub(super) limit: u32,
    pub(super) running: usize,
    pub(super) claimed: usize,
    pub(super) stuck: usize,
    pub(super) paused: bool,
    pub(super) thread_lag: Shown,
}

#[derive(Debug, Serialize)]
pub(super) struct EngineReport {
    pub(super) unwritten: usize,
    pub(super) connections: usize,
    pub(super) listening: bool,
    pub(super) leading: bool,
    pub(super) fetches: u64,
    pub(super) empty_fetches: u64,
    pub(super) fetch: Shown,
    pub(super) ack: Shown,
    pub(super) insert: Shown,
    pub(super) slow_statements: u64,
    pub(super) events_dropped: u64,
    pub(super) thread_exits: u64,
    pub(super) heartbeat_age_ms: Option<u64>,
}

/// A histogram in the report: with its buckets, or only their summary.
#[derive(Debug)]
pub(super) struct Shown {
    of: Histogram,
    buckets: bool,
}

impl Deref for Shown {
    type Target = Histogram;

    fn deref(&self) -> &Histogram {
        &self.of
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&if self.buckets { encode(&self.of) } else { summary(&self.of) })
    }
}

impl SeriesReport {
    /// `buckets`: with those of the histograms.
    pub(super) fn new(series: Series, buckets: bool) -> Self {
        let Series { queue, worker, counts, run, failed, wait, measured, cpu_us } = series;
        let [run, failed, wait] = [run, failed, wait].map(|of| Shown { of, buckets });
        Self { queue: queue.to_string(), worker: worker.to_string(), counts, run, failed, wait, measured, cpu_us }
    }
}

impl Engine {
    /// Counts jobs that JavaScript has inserted.
    pub fn count_enqueued(&self, counts: &[(String, String, u64)]) {
        self.idle.rouse(Reason::Local);
        for (queue, worker, number) in counts {
            self.metrics.count(queue, worker, |it| it.enqueued += number);
        }
    }

    /// `histograms`: with their buckets.
    pub fn metrics(&self, histograms: bool) -> MetricsReport {
        let shown = |of: Histogram| Shown { of, buckets: histograms };
        let series = self.metrics.totals().into_iter().map(|it| SeriesReport::new(it, histograms));
        let queues = self.producers().into_iter().map(|producer| {
            let holding = producer.executor.counts();
            let queue = producer.config.name.clone();
            QueueReport {
                thread_lag: shown(self.metrics.thread_lag(&queue)),
                limit: producer.limit(),
                running: holding.running,
                claimed: holding.ready,
                stuck: holding.stuck,
                paused: producer.is_paused(),
                queue,
            }
        });
        let (status, counts) = (self.status(), self.metrics.engine());
        let thread_exits = counts.unexpected_exits();
        let age = self.peer.heartbeat_age().map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        MetricsReport {
            at: millis(SystemTime::now()),
            since: millis(self.metrics.since()),
            name: status.name,
            node: status.node,
            series: series.collect(),
            queues: queues.collect(),
            engine: EngineReport {
                unwritten: status.unwritten,
                connections: status.connections,
                listening: status.listening,
                leading: status.leading,
                fetches: counts.fetches,
                empty_fetches: counts.empty_fetches,
                fetch: shown(counts.fetch),
                ack: shown(counts.ack),
                insert: shown(counts.insert),
                slow_statements: self.store.slow.count(),
                events_dropped: self.host.events_dropped().values().sum(),
                thread_exits,
                heartbeat_age_ms: age,
            },
        }
    }
}

fn millis(at: SystemTime) -> u64 {
    let since_1970 = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}
