//! From an outcome to its ack: the state machine of [`crate::model::outcome`] with the class's
//! backoff.

use uuid::Uuid;

use super::completion::Trace;
use crate::model::backoff::Backoff;
use crate::model::draft::DefaultsByQueue;
use crate::model::job::Job;
use crate::model::outcome::{Ack, Limits, Outcome};
use crate::registry::Registry;
use crate::store::AckRow;

/// The backoff is that of the job, else of its class, else of its queue.
pub fn ack_of(job: &Job, outcome: Outcome, limits: &Limits, registry: &Registry, defaults: &DefaultsByQueue) -> Ack {
    let backoff = || {
        Backoff::of_row(job.backoff.as_deref())
            .or_else(|| registry.find(&job.worker)?.options.backoff)
            .or_else(|| defaults.backoff(&job.queue))
            .unwrap_or_default()
    };
    outcome.into_ack(job, fraction(job.id, job.attempted_at), backoff, limits)
}

pub fn ack_row(job: &Job, ack: &Ack, trace: &Trace) -> AckRow {
    let mut counts = serde_json::Map::new();
    if ack.snoozed > 0 {
        counts.insert("snoozed".into(), ack.snoozed.into());
    }
    if ack.interrupted > 0 {
        counts.insert("interrupted".into(), ack.interrupted.into());
    }
    if let Some(Ok(serde_json::Value::Object(meta))) = ack.meta.as_deref().map(serde_json::from_str) {
        counts.extend(meta);
    }
    AckRow {
        id: job.id,
        attempted_at: job.attempted_at,
        producer: producer_of(job),
        state: ack.state.as_str(),
        delay: ack.delay,
        error: ack.error.clone(),
        result: ack.result.clone(),
        attempt_delta: i32::from(ack.attempt_delta),
        crashes: i32::from(ack.crashed),
        counts: (!counts.is_empty()).then(|| serde_json::Value::Object(counts).to_string()),
        status: ack.event_state.as_str(),
        isolate: trace.isolate.map(|it| it.to_string()),
        logs: trace.logs.clone(),
    }
}

/// The producer that claimed the job; the nil UUID if the row was changed by hand.
pub fn producer_of(job: &Job) -> Uuid {
    job.attempted_by.get(1).and_then(|uuid| Uuid::parse_str(uuid).ok()).unwrap_or_default()
}

/// A fraction in [0, 1) that spreads retries. It differs by job and attempt; it need not be random.
#[expect(clippy::cast_precision_loss, reason = "53 of 64 mixed bits are plenty")]
fn fraction(id: i64, at: i64) -> f64 {
    let mut x = id.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ at.cast_unsigned();
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}
