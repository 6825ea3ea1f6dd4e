//! Emits events and wakes queues once acks have committed.

use std::time::Duration;

use super::acker::Acker;
use super::batch::{AckResult, PendingAck};
use crate::model::outcome::EventName;
use crate::notifier::AfterCommit;
use crate::telemetry::{Attempt, JobEvent, Kind};

impl Acker {
    /// Counts the attempts, emits their events, and wakes the queues that have jobs again and the
    /// callers that wait for an end.
    pub(super) fn report(&self, written: Vec<AckResult>, after_commit: &impl AfterCommit) {
        let count = written.len();
        self.deps.metrics.attempts(written.iter().map(|(it, state)| it.attempt(state.is_some())));
        let mut available: Vec<String> = vec![];
        let mut soonest: Option<f64> = None;
        let mut ended = after_commit.awaits_ends().then(Vec::new);
        for (pending_ack, state) in written {
            let Some(state) = state else {
                self.deps.telemetry.emit_job(&JobEvent::lost(&pending_ack.job, pending_ack.ack.event_state.as_str()));
                continue;
            };
            match &*state {
                "available" if !available.iter().any(|it| **it == *pending_ack.job.queue) => {
                    available.push(pending_ack.job.queue.to_string());
                }
                "scheduled" | "retryable" => {
                    let delay = pending_ack.ack.delay.unwrap_or_default();
                    soonest = Some(soonest.map_or(delay, |least| least.min(delay)));
                }
                "completed" | "cancelled" | "discarded" => {
                    if let Some(ended) = &mut ended {
                        ended.push(pending_ack.job.id);
                    }
                }
                _ => {}
            }
            self.announce(&pending_ack, &state);
        }
        if !available.is_empty() {
            after_commit.available(available);
        }
        if let Some(delay) = soonest {
            after_commit.waiting(Duration::from_secs_f64(delay.clamp(0.0, 1e6)));
        }
        if let Some(ended) = ended {
            after_commit.ended(&ended);
        }
        self.deps.pending.done(count);
    }

    fn announce(&self, pending_ack: &PendingAck, state: &str) {
        let kind = match pending_ack.ack.event {
            EventName::Stop => Kind::JobStop,
            EventName::Exception => Kind::JobException,
        };
        let PendingAck { job, ack, started, ended, trace, .. } = pending_ack;
        let attempt = Attempt {
            state: ack.event_state.as_str(),
            result: ack.result.as_deref(),
            error: ack.error.as_deref(),
            delay: ack.delay,
            run: started.map(|started| ended.duration_since(started)),
            usage: trace.usage,
        };
        self.deps.telemetry.emit_job(&JobEvent::ended(kind, job, state, attempt));
    }
}
