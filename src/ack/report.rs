//! Tells what became of attempts, once it is committed.

use std::time::Duration;

use serde_json::json;

use super::acker::Acker;
use super::batch::{Verdict, Written};
use crate::model::outcome::EventName;
use crate::notifier::Afterwards;
use crate::telemetry::{Kind, job_json};

impl Acker {
    /// Tells everybody who waits for it.
    pub(super) fn report(&self, written: Vec<Written>, afterwards: &impl Afterwards) {
        let count = written.len();
        let acked = written.iter().filter(|(_, state)| state.is_some());
        self.tally.add(acked.map(|(it, _)| (&*it.job.queue, it.ack.event_state)));
        let mut available: Vec<String> = vec![];
        let mut soonest: Option<f64> = None;
        for (verdict, state) in written {
            let Some(state) = state else {
                self.telemetry.emit(
                    Kind::JobLost,
                    || json!({ "job": job_json(&verdict.job, None), "state": verdict.ack.event_state.as_str() }),
                );
                continue;
            };
            match &*state {
                "available" if !available.iter().any(|it| **it == *verdict.job.queue) => {
                    available.push(verdict.job.queue.to_string());
                }
                "scheduled" | "retryable" => {
                    let delay = verdict.ack.delay.unwrap_or_default();
                    soonest = Some(soonest.map_or(delay, |least| least.min(delay)));
                }
                _ => {}
            }
            self.announce(&verdict, &state);
        }
        if !available.is_empty() {
            afterwards.available(available);
        }
        if let Some(delay) = soonest {
            afterwards.waiting(Duration::from_secs_f64(delay.clamp(0.0, 1e6)));
        }
        self.pending.done(count);
    }

    fn announce(&self, verdict: &Verdict, state: &str) {
        let kind = match verdict.ack.event {
            EventName::Stop => Kind::JobStop,
            EventName::Exception => Kind::JobException,
        };
        self.telemetry.emit(kind, || {
            let Verdict { job, ack, started, ended, .. } = verdict;
            let raw = |text: &Option<String>| text.as_deref().and_then(|t| serde_json::from_str::<serde_json::Value>(t).ok());
            let run_ms = started.map(|started| ended.duration_since(started).as_secs_f64() * 1000.0);
            json!({
                "job": job_json(job, Some(state)), "state": ack.event_state.as_str(), "result": raw(&ack.result), "error": raw(&ack.error),
                "delay": ack.delay, "run_ms": run_ms, "queue_ms": job.attempted_at.saturating_sub(job.scheduled_at).max(0) / 1000,
            })
        });
    }
}
