//! How many jobs wait in the cluster: the row of `eram_metrics` that the leader writes every ten seconds. All nodes report the
//! same, and no scrape counts jobs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::sync::Mutex;

use crate::store::Store;

/// How long what was read is shown again.
const CACHED_FOR: Duration = Duration::from_secs(5);

/// The age from which a row shows nothing. Rows are a minute apart while there is no job, and more when the leader changes.
const MAX_AGE: Duration = Duration::from_secs(120);

/// How long a scrape waits for the database.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// The version of rows that is understood.
const VERSION: u32 = 1;

/// What was read last; locked while it is read, so that scrapes at the same time share one statement.
#[derive(Default)]
pub struct Gauges(Mutex<Option<(Instant, Option<Arc<ClusterGauges>>)>>);

/// A row about all queues.
#[derive(Debug, PartialEq, Deserialize)]
pub struct ClusterGauges {
    #[serde(rename = "v")]
    version: u32,
    #[serde(rename = "q")]
    pub queues: BTreeMap<String, QueueGauges>,
}

/// A queue in the order of its row, see `insert_gauges.sql`. Counts stop at a limit.
#[derive(Debug, PartialEq, Deserialize)]
pub struct QueueGauges {
    pub available: u64,
    pub scheduled: u64,
    pub retryable: u64,
    pub executing: u64,
    /// Milliseconds since the oldest available job has been due.
    pub oldest_ms: Option<u64>,
    _at_least: u32,
    _limit: u64,
    _paused: bool,
    pub nodes: u64,
}

impl Gauges {
    /// The newest row, at most five seconds late; `None` if there is none, or the database does not answer. While the engine
    /// sleeps, nothing changes, and the row that was read last is shown without a statement.
    pub async fn read(&self, store: &Store, is_asleep: bool) -> Option<Arc<ClusterGauges>> {
        let mut last = self.0.lock().await;
        if is_asleep {
            return last.as_ref().and_then(|(_, known)| known.clone());
        }
        if let Some((_, known)) = last.as_ref().filter(|(at, _)| at.elapsed() < CACHED_FOR) {
            return known.clone();
        }
        let row = store.latest_gauges(MAX_AGE, READ_TIMEOUT).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "prometheus: the jobs of the cluster cannot be read");
            None
        });
        let read = row.and_then(|text| parse(&text)).map(Arc::new);
        *last = Some((Instant::now(), read.clone()));
        read
    }
}

fn parse(text: &str) -> Option<ClusterGauges> {
    serde_json::from_str(text).ok().filter(|row: &ClusterGauges| row.version == VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_numbers_for_each_queue() {
        let row = parse(r#"{"v":1,"q":{"a":[3,2,1,4,1500,0,20,false,2],"b":[0,0,0,0,null,0,0,true,0]},"nodes":2}"#);
        let row = row.expect("a row");
        let a = &row.queues["a"];
        assert_eq!((a.available, a.scheduled, a.retryable, a.executing), (3, 2, 1, 4));
        assert_eq!((a.oldest_ms, a.nodes), (Some(1500), 2));
        assert_eq!(row.queues["b"].oldest_ms, None);
    }

    #[test]
    fn a_row_of_another_version_shows_nothing() {
        assert_eq!(parse(r#"{"v":2,"q":{},"nodes":2}"#), None);
        assert_eq!(parse("{}"), None);
    }
}
