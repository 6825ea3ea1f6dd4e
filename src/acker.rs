//! Writes outcomes to the database: what piles up while one batch is on its way forms the next.
//!
//! No outcome is dropped for want of a database: a batch is tried until it gets through. An ack whose answer was lost is told
//! from one that came too late by looking at the row. Events fire when the batch has committed.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::afterwards::Afterwards;
use crate::backoff::Backoff;
use crate::executor::Settled;
use crate::job::{Job, State};
use crate::outcome::{Ack, Limits};
use crate::patience::Patience;
use crate::pending::Pending;
use crate::store::{AckRow, Store};
use crate::tally::Tally;
use crate::telemetry::{Kind, Telemetry, job_json};
use crate::workers;

/// The most acks in one statement.
const BATCH: usize = 2000;

pub struct Acker {
    store: Arc<Store>,
    telemetry: Arc<Telemetry>,
    limits: Limits,
    pending: Pending,
    tally: Tally,
}

/// An attempt with its verdict.
struct Verdict {
    job: Job,
    ack: Ack,
    started: Option<Instant>,
    ended: Instant,
    producer: Uuid,
}

impl Acker {
    pub fn new(store: Arc<Store>, telemetry: Arc<Telemetry>, limits: Limits, pending: Pending, tally: Tally) -> Self {
        Self { store, telemetry, limits, pending, tally }
    }

    /// Works until the senders are gone and everything is written.
    pub async fn run(self, mut settled: mpsc::UnboundedReceiver<Vec<Settled>>, afterwards: Arc<impl Afterwards>) {
        let mut inbox: Vec<Vec<Settled>> = vec![];
        let mut waiting: Vec<Verdict> = vec![];
        loop {
            if waiting.is_empty() && settled.recv_many(&mut inbox, 256).await == 0 {
                return;
            }
            while let Ok(more) = settled.try_recv() {
                inbox.push(more);
            }
            waiting.extend(inbox.drain(..).flatten().map(|it| self.judge(it)));
            let rest = waiting.split_off(waiting.len().min(BATCH));
            let batch = std::mem::replace(&mut waiting, rest);
            let count = batch.len();
            self.write(batch, &*afterwards).await;
            self.pending.done(count);
        }
    }

    fn judge(&self, settled: Settled) -> Verdict {
        let Settled { job, outcome, started, ended } = settled;
        let backoff = Backoff::of_row(job.backoff.as_deref())
            .unwrap_or_else(|| workers::find(&job.worker).map(|it| it.backoff()).unwrap_or_default());
        let ack = outcome.into_ack(&job, fraction(job.id, job.attempted_at), &backoff, &self.limits);
        let producer = job.attempted_by.get(1).and_then(|uuid| Uuid::parse_str(uuid).ok()).unwrap_or_default();
        Verdict { job, ack, started, ended, producer }
    }

    /// Tries until the batch is written, however long the database is away.
    async fn write(&self, batch: Vec<Verdict>, afterwards: &impl Afterwards) {
        let (plain, told): (Vec<Verdict>, Vec<Verdict>) = batch.into_iter().partition(|it| is_plain(&it.ack));
        let (plain, told) = tokio::join!(self.write_plain(plain), self.write_told(told));
        let acked = plain.iter().chain(&told).filter(|(_, state)| state.is_some());
        self.tally.add(acked.map(|(it, _)| (it.job.queue.as_str(), it.ack.event_state)));
        let mut available: Vec<String> = vec![];
        let mut waits = false;
        for (verdict, state) in plain.into_iter().chain(told) {
            let Some(state) = state else {
                self.telemetry.emit(
                    Kind::JobLost,
                    || json!({ "job": job_json(&verdict.job, None), "state": verdict.ack.event_state.as_str() }),
                );
                continue;
            };
            match state.as_str() {
                "available" if !available.contains(&verdict.job.queue) => available.push(verdict.job.queue.clone()),
                "scheduled" | "retryable" => waits = true,
                _ => {}
            }
            self.report(&verdict, &state);
        }
        if !available.is_empty() {
            afterwards.available(available);
        }
        if waits {
            afterwards.waiting();
        }
    }

    async fn write_plain(&self, batch: Vec<Verdict>) -> Vec<(Verdict, Option<String>)> {
        if batch.is_empty() {
            return vec![];
        }
        let (ids, at, producers) = claims(&batch);
        let mut patience = Patience::default();
        let mut unsure = false;
        let written = loop {
            match self.store.complete_jobs(&ids, &at, &producers).await {
                Ok(written) => break written,
                Err(error) => {
                    unsure = true;
                    patience.wait("acks", &error).await;
                }
            }
        };
        if !unsure && usize::try_from(written) == Ok(batch.len()) {
            return batch.into_iter().map(|it| (it, Some("completed".to_owned()))).collect();
        }
        self.look_up(batch).await
    }

    async fn write_told(&self, batch: Vec<Verdict>) -> Vec<(Verdict, Option<String>)> {
        if batch.is_empty() {
            return vec![];
        }
        let rows: Vec<AckRow> = batch.iter().map(ack_row).collect();
        let mut patience = Patience::default();
        let mut unsure = false;
        let written = loop {
            match self.store.ack_jobs(&rows).await {
                Ok(written) => break written,
                Err(error) if error.is_transient() => {
                    unsure = true;
                    patience.wait("acks", &error).await;
                }
                Err(error) => {
                    tracing::error!(%error, "acks: the batch was refused; writing one by one");
                    return self.write_singly(batch).await;
                }
            }
        };
        if unsure || written.len() < batch.len() {
            return self.look_up(batch).await;
        }
        let states: std::collections::HashMap<i64, String> = written.into_iter().collect();
        batch
            .into_iter()
            .map(|it| {
                let state = states.get(&it.job.id).cloned();
                (it, state)
            })
            .collect()
    }

    /// The server refuses something in the batch. What it is must not hold up the others, nor its own job: without its texts,
    /// any ack can be written.
    async fn write_singly(&self, batch: Vec<Verdict>) -> Vec<(Verdict, Option<String>)> {
        let mut done = vec![];
        for verdict in batch {
            let mut row = ack_row(&verdict);
            let mut patience = Patience::default();
            let mut bare = false;
            let state = loop {
                match self.store.ack_jobs(std::slice::from_ref(&row)).await {
                    Ok(written) => break written.into_iter().next().map(|(_, state)| state),
                    Err(error) if error.is_transient() || bare => patience.wait("acks", &error).await,
                    Err(error) => {
                        tracing::error!(job = verdict.job.id, %error, "ack: refused by the database; written without its texts");
                        bare = true;
                        row = AckRow {
                            error: row.error.map(|_| {
                                json!({ "name": "AckError", "kind": "error", "message": error.to_string() }).to_string()
                            }),
                            result: None,
                            counts: None,
                            ..row
                        };
                    }
                }
            };
            done.push((verdict, state));
        }
        done
    }

    /// Some acks changed nothing, or it is not known whether they did: the rows tell.
    async fn look_up(&self, batch: Vec<Verdict>) -> Vec<(Verdict, Option<String>)> {
        let (ids, at, producers) = claims(&batch);
        let mut patience = Patience::default();
        let found = loop {
            match self.store.find_claims(&ids, &at, &producers).await {
                Ok(found) => break found,
                Err(error) => patience.wait("acks", &error).await,
            }
        };
        let states: std::collections::HashMap<i64, String> = found.into_iter().collect();
        batch
            .into_iter()
            .map(|it| {
                let wanted = it.ack.state.as_str();
                // A cancel may have won over what the ack wanted.
                let ours =
                    |state: &&String| *state == wanted || (*state == "cancelled" && it.ack.state.is_incomplete());
                let state = states.get(&it.job.id).filter(ours).cloned();
                (it, state)
            })
            .collect()
    }

    fn report(&self, verdict: &Verdict, state: &str) {
        use crate::outcome::EventName;
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

/// Nothing to store: `complete_jobs` says it all.
fn is_plain(ack: &Ack) -> bool {
    ack.state == State::Completed && ack.result.is_none() && ack.meta.is_none()
}

fn claims(batch: &[Verdict]) -> (Vec<i64>, Vec<i64>, Vec<Uuid>) {
    (
        batch.iter().map(|it| it.job.id).collect(),
        batch.iter().map(|it| it.job.attempted_at).collect(),
        batch.iter().map(|it| it.producer).collect(),
    )
}

fn ack_row(verdict: &Verdict) -> AckRow {
    let Verdict { job, ack, producer, .. } = verdict;
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
        producer: *producer,
        state: ack.state.as_str(),
        delay: ack.delay,
        error: ack.error.clone(),
        result: ack.result.clone(),
        attempt_delta: i32::from(ack.attempt_delta),
        crashes: i32::from(ack.crashed),
        counts: (!counts.is_empty()).then(|| serde_json::Value::Object(counts).to_string()),
    }
}

/// Spreads retries; no secret, only different from job to job and from attempt to attempt.
#[expect(clippy::cast_precision_loss, reason = "53 of 64 mixed bits are plenty")]
fn fraction(id: i64, at: i64) -> f64 {
    let mut x = id.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ at.cast_unsigned();
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}
