//! Health checks on each heartbeat: clock skew, duplicate node names, stalled queues.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::model::config::Thresholds;
use crate::queue::producer::Producer;
use crate::store::{HeartbeatReply, Identity};
use crate::telemetry::{Warning, Warnings};

pub struct Health {
    pub warnings: Arc<Warnings>,
    pub thresholds: Thresholds,
    /// By queue: the number of fetched jobs when waiting jobs were first seen, and the time since
    /// which it has not changed.
    stuck: HashMap<String, (u64, Instant)>,
}

/// Microseconds since 1970, by the clock of this machine.
pub fn wall_clock() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| i64::try_from(it.as_micros()).unwrap_or(i64::MAX))
}

/// The minimum number of seconds by which the node's clock is ahead of the database's, which showed
/// `clock` between `before` and `after`; negative if it is behind.
fn skew(before: i64, after: i64, clock: i64) -> f64 {
    let micros = if clock < before { before - clock } else { (after - clock).min(0) };
    Duration::from_micros(micros.unsigned_abs()).as_secs_f64() * if micros < 0 { -1.0 } else { 1.0 }
}

impl Health {
    pub fn new(warnings: Arc<Warnings>, thresholds: Thresholds) -> Self {
        Self { warnings, thresholds, stuck: HashMap::new() }
    }

    /// Checks the reply to a heartbeat that was sent between two readings of the wall clock.
    pub fn look(
        &mut self,
        of: &Identity,
        producers: &[Arc<Producer>],
        reply: &HeartbeatReply,
        before: i64,
        after: i64,
    ) {
        let ahead = skew(before, after, reply.clock);
        let off = (ahead.abs() > self.thresholds.skew).then(|| {
            let way = if ahead < 0.0 { "behind" } else { "ahead of" };
            let message = format!(
                "node {}: its clock is {:.1} s {way} the database's; due times and leases follow the database, times in logs do not",
                of.node,
                ahead.abs()
            );
            (message, json!({ "skew_ms": (ahead * 1000.0).round() }))
        });
        self.warnings.set(Warning::ClockSkew, &of.node, off);
        let duplicate_node = reply.duplicate_node.then(|| {
            let message = format!(
                "node {}: another running engine {:?} has this node's name, so settings for the node apply to both; give each its own name",
                of.node, of.name
            );
            (message, json!({ "node": of.node }))
        });
        self.warnings.set(Warning::NodeDuplicate, &of.node, duplicate_node);
        for producer in producers {
            self.look_at(producer, reply);
        }
        self.stuck.retain(|queue, _| producers.iter().any(|it| it.config.name == *queue));
    }

    fn look_at(&mut self, producer: &Producer, reply: &HeartbeatReply) {
        let queue = &producer.config.name;
        let counts = producer.executor.counts();
        let waits = reply.waiting.contains(queue)
            && !producer.is_paused()
            && counts.running + counts.ready < producer.limit() as usize;
        let fetched = producer.fetched_jobs();
        let now = Instant::now();
        let since = match self.stuck.get(queue) {
            Some((before, since)) if waits && *before == fetched => *since,
            _ => now,
        };
        if waits {
            self.stuck.insert(queue.clone(), (fetched, since));
        } else {
            self.stuck.remove(queue);
        }
        let long = now.duration_since(since);
        let stalled = (waits && long >= self.thresholds.stalled).then(|| {
            let message = format!(
                "queue {queue}: jobs are waiting and there is capacity, but none was fetched for {} s; does a transaction hold their rows?",
                long.as_secs()
            );
            (message, json!({ "queue": queue, "seconds": long.as_secs() }))
        });
        self.warnings.set(Warning::QueueStalled, queue, stalled);
    }
}

#[cfg(test)]
mod tests {
    use super::skew;

    #[test]
    fn a_clock_is_off_by_what_the_round_trip_cannot_explain() {
        for (before, after, clock, seconds) in [
            (10_000_000, 12_000_000, 11_000_000, 0.0),
            (10_000_000, 12_000_000, 10_000_000, 0.0),
            (10_000_000, 12_000_000, 4_000_000, 6.0),
            (10_000_000, 12_000_000, 18_500_000, -6.5),
        ] {
            assert!((skew(before, after, clock) - seconds).abs() < 1e-9, "{clock}");
        }
    }
}
