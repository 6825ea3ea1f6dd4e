//! `engine.jobs.failures()`: groups of jobs that fail alike.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::engine::Engine;
use crate::error::Result;
use crate::model::failures::Failures;
use crate::model::instant;
use crate::model::read::{Owner, Reader, Unit};
use crate::store::FailedBefore;

const WINDOWS: std::ops::RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(30 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);

/// The most failed attempts that are looked at, those of one statement, and the time after which the next is not begun.
const MOST: usize = 50_000;
const PART: i64 = 5_000;
const BUDGET: Duration = Duration::from_secs(1);

impl Engine {
    /// Options and answer are JSON.
    pub(in crate::engine) async fn failures(&self, options: &str) -> Result<String> {
        let given = Owner::Config.parse("jobs.failures", options)?;
        let reader = Reader::new(Owner::Config, "jobs.failures", &given);
        reader.only(&["window", "queue", "worker", "limit"])?;
        let window = reader.duration("window", Unit::Milliseconds, WINDOWS)?.unwrap_or(DAY);
        let (queue, worker) = (reader.text("queue", 1..=127)?, reader.text("worker", 1..=127)?);
        let limit = usize::try_from(reader.integer("limit", 1..=500)?.unwrap_or(50)).unwrap_or(50);
        let (now, _) = self.store.newest_metrics().await?;
        let start = now - i64::try_from(window.as_micros()).unwrap_or(i64::MAX);
        let mut failures = Failures::new(start, now);
        let step = failures.step();
        let until = Instant::now() + BUDGET;
        let (mut before, mut scanned, mut from, mut complete) = (FailedBefore::END, 0, start, true);
        loop {
            let (part, next) = self.store.failed_attempts(start, before, PART, queue, worker).await?;
            scanned += part.len();
            for it in part {
                failures.add(it);
            }
            let Some(next) = next else { break };
            before = next;
            if scanned >= MOST || Instant::now() >= until {
                (from, complete) = (next.at, false);
                break;
            }
        }
        let (jobs, groups, more) = failures.groups(limit);
        Ok(json!({
            "at": instant::to_text(now), "from": instant::to_text(from), "until": instant::to_text(now), "jobs": jobs,
            "scanned": scanned, "complete": complete, "step_ms": step / 1_000, "start": instant::to_text(start),
            "groups": groups, "more": more,
        })
        .to_string())
    }
}
