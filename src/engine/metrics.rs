//! What `engine.metrics()` returns: the metrics of this process, and the state of its parts. No statement runs for it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

use super::Engine;
use crate::metrics::{Counts, Histogram, encode};

/// The metrics of one engine. Times are milliseconds since 1970; histograms are texts, see [`encode`].
#[derive(Debug, Serialize)]
pub struct MetricsReport {
    at: u64,
    since: u64,
    name: String,
    node: String,
    series: Vec<SeriesReport>,
    queues: Vec<QueueReport>,
    engine: EngineReport,
}

#[derive(Debug, Serialize)]
struct SeriesReport {
    queue: String,
    worker: String,
    #[serde(flatten)]
    counts: Counts,
    #[serde(serialize_with = "text")]
    run: Histogram,
    #[serde(serialize_with = "text")]
    failed: Histogram,
    #[serde(serialize_with = "text")]
    wait: Histogram,
}

#[derive(Debug, Serialize)]
struct QueueReport {
    queue: String,
    limit: u32,
    running: usize,
    claimed: usize,
    stuck: usize,
    paused: bool,
    #[serde(serialize_with = "text")]
    thread_lag: Histogram,
}

#[derive(Debug, Serialize)]
struct EngineReport {
    unwritten: usize,
    connections: usize,
    listening: bool,
    leading: bool,
    fetches: u64,
    empty_fetches: u64,
    #[serde(serialize_with = "text")]
    fetch: Histogram,
    #[serde(serialize_with = "text")]
    ack: Histogram,
    events_dropped: u64,
    thread_exits: u64,
    heartbeat_age_ms: Option<u64>,
}

impl Engine {
    /// Counts jobs that JavaScript has inserted.
    pub fn count_enqueued(&self, counts: &[(String, String, u64)]) {
        for (queue, worker, number) in counts {
            self.metrics.count(queue, worker, |it| it.enqueued += number);
        }
    }

    pub fn metrics(&self) -> MetricsReport {
        let series = self.metrics.totals().into_iter().map(|it| SeriesReport {
            queue: it.queue.to_string(),
            worker: it.worker.to_string(),
            counts: it.counts,
            run: it.run,
            failed: it.failed,
            wait: it.wait,
        });
        let queues = self.producers().into_iter().map(|producer| {
            let holding = producer.executor.counts();
            let queue = producer.config.name.clone();
            QueueReport {
                thread_lag: self.metrics.thread_lag(&queue).lock().clone(),
                limit: producer.limit(),
                running: holding.running,
                claimed: holding.ready,
                stuck: holding.stuck,
                paused: producer.is_paused(),
                queue,
            }
        });
        let (status, counts) = (self.status(), self.metrics.engine());
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
                fetch: counts.fetch,
                ack: counts.ack,
                events_dropped: self.host.events_dropped(),
                thread_exits: counts.thread_exits,
                heartbeat_age_ms: age,
            },
        }
    }
}

fn text<S: Serializer>(histogram: &Histogram, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(histogram))
}

fn millis(at: SystemTime) -> u64 {
    let since_1970 = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}
