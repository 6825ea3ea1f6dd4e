//! What an engine counts of its own work.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Histogram, encode};

#[derive(Debug, Clone, Default)]
pub struct EngineCounts {
    /// Fetches that returned jobs.
    pub fetches: u64,
    /// Fetches that returned none.
    pub empty_fetches: u64,
    /// How long the fetches took.
    pub fetch: Histogram,
    /// How long the statements took that write batches of acks.
    pub ack: Histogram,
    /// How long the statements took that inserted jobs.
    pub insert: Histogram,
    /// Isolates that ended, by queue.
    pub thread_exits: BTreeMap<String, ThreadExits>,
    /// Events that were dropped because the main thread did not take them.
    pub events_dropped: u64,
}

/// Isolates that ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThreadExits {
    /// Because the engine had ended them.
    pub expected: u64,
    pub unexpected: u64,
}

/// The work of an engine in one bucket.
#[derive(Debug, Clone, Default)]
pub struct EngineBucket {
    pub counts: EngineCounts,
    /// How long the isolates of each queue took to answer a wake-up.
    pub thread_lag: BTreeMap<String, Histogram>,
}

impl EngineCounts {
    /// Whether the engine has at most looked for jobs.
    pub fn is_idle(&self) -> bool {
        self.fetches == 0
            && self.ack.is_empty()
            && self.insert.is_empty()
            && self.unexpected_exits() == 0
            && self.events_dropped == 0
    }

    /// Isolates that ended although the engine had not ended them.
    pub fn unexpected_exits(&self) -> u64 {
        self.thread_exits.values().map(|it| it.unexpected).sum()
    }

    pub fn merge(&mut self, other: &Self) {
        let Self { fetches, empty_fetches, fetch, ack, insert, thread_exits, events_dropped } = other;
        self.fetches += fetches;
        self.empty_fetches += empty_fetches;
        self.fetch.merge(fetch);
        self.ack.merge(ack);
        self.insert.merge(insert);
        for (queue, exits) in thread_exits {
            let of = self.thread_exits.entry(queue.clone()).or_default();
            of.expected += exits.expected;
            of.unexpected += exits.unexpected;
        }
        self.events_dropped += events_dropped;
    }
}

impl EngineBucket {
    pub fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        for (queue, lag) in &other.thread_lag {
            self.thread_lag.entry(queue.clone()).or_default().merge(lag);
        }
    }

    /// Whether it deserves no row of its own.
    pub fn is_idle(&self) -> bool {
        self.counts.is_idle()
    }

    /// The value of `e` in the row of a node.
    pub fn to_json(&self) -> Value {
        let EngineCounts { fetches, empty_fetches, fetch, ack, insert, events_dropped, .. } = &self.counts;
        let thread_exits = self.counts.unexpected_exits();
        let thread_lag: BTreeMap<_, _> = self.thread_lag.iter().map(|(queue, lag)| (queue, encode(lag))).collect();
        json!({
            "fetches": fetches, "empty_fetches": empty_fetches, "fetch": encode(fetch), "ack": encode(ack),
            "insert": encode(insert),
            "thread_exits": thread_exits, "events_dropped": events_dropped, "thread_lag": thread_lag,
        })
    }
}
