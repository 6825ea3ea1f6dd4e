//! Frees the jobs of nodes that died.
//!
//! A producer that has not been heard of for [`GONE_AFTER`] is given up: its row goes and its jobs are free, in one statement, so
//! that one that comes back knows. It must have been silent at an earlier look too: when the server has stood still, or the
//! network to it, everyone looks silent at first. Age alone proves nothing: a job whose producer lives is never touched.
//! `rescue_after` is for jobs whose producer has no row at all, such as those restored from a backup.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::json;
use uuid::Uuid;

use super::{Plugin, Tick};
use crate::afterwards::Afterwards;
use crate::config::GONE_AFTER;
use crate::error::Result;
use crate::store::{Rescued, Store};
use crate::telemetry::{Kind, Telemetry};

const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Silent for so long, a producer is watched; so that one that is gone has been watched for a look when [`GONE_AFTER`] is over.
const SUSPECT_AFTER: Duration = Duration::from_secs(14);

/// For so long it must have been watched. Whoever lives had a heartbeat on its way already, or sends another each second.
const WATCHED_FOR: Duration = Duration::from_secs(4);

pub struct Lifeline<A> {
    pub store: Arc<Store>,
    pub telemetry: Arc<Telemetry>,
    /// Between looks for jobs without a producer.
    pub interval: Duration,
    pub rescue_after: Duration,
    pub afterwards: Arc<A>,
    pub memory: Mutex<Memory>,
}

#[derive(Default)]
pub struct Memory {
    strays_at: Option<Instant>,
    contact: Contact,
    suspects: HashMap<Uuid, Suspect>,
}

/// A producer that is silent.
#[derive(Clone, Copy)]
struct Suspect {
    /// Its last heartbeat, by the database's clock.
    heard_at: i64,
    since: Instant,
}

/// Whether the database answers. When it did not, other nodes were cut off as well, and must be given the time for a
/// heartbeat before they are taken for dead.
#[derive(Clone, Copy, Default)]
enum Contact {
    #[default]
    Steady,
    Lost,
    Back(Instant),
}

impl<A: Afterwards> Plugin for Lifeline<A> {
    fn name(&self) -> &'static str {
        "lifeline"
    }

    fn tick(&self) -> Tick<'_> {
        Box::pin(async {
            let ended = self.look().await;
            if ended.is_err() {
                self.memory.lock().contact = Contact::Lost;
            }
            ended.map(|()| LOOK_EVERY)
        })
    }
}

impl<A: Afterwards> Lifeline<A> {
    async fn look(&self) -> Result<()> {
        let contact = self.memory.lock().contact;
        match contact {
            Contact::Steady => {}
            Contact::Lost => {
                self.store.next_due().await?;
                self.memory.lock().contact = Contact::Back(Instant::now());
                return Ok(());
            }
            Contact::Back(at) if at.elapsed() < GONE_AFTER => return Ok(()),
            Contact::Back(_) => self.memory.lock().contact = Contact::Steady,
        }
        let strays_due = self.memory.lock().strays_at.is_none_or(|at| at.elapsed() >= self.interval);
        let strays = strays_due.then_some(self.rescue_after.as_secs_f64());
        let gone = self.gone().await?;
        if strays_due || !gone.is_empty() {
            self.report(self.store.rescue_jobs(GONE_AFTER.as_secs_f64(), strays, &gone).await?);
        }
        if strays_due {
            self.memory.lock().strays_at = Some(Instant::now());
        }
        Ok(())
    }

    /// Producers that were silent at an earlier look, and have been since.
    async fn gone(&self) -> Result<Vec<Uuid>> {
        let silent = self.store.silent_producers(SUSPECT_AFTER.as_secs_f64()).await?;
        let now = Instant::now();
        let mut memory = self.memory.lock();
        let before = std::mem::take(&mut memory.suspects);
        let watched = silent.into_iter().map(|(uuid, heard_at)| {
            let known = before.get(&uuid).copied().filter(|it| it.heard_at == heard_at);
            (uuid, known.unwrap_or(Suspect { heard_at, since: now }))
        });
        memory.suspects = watched.collect();
        let long = |it: &Suspect| now.duration_since(it.since) >= WATCHED_FOR;
        Ok(memory.suspects.iter().filter(|(_, it)| long(it)).map(|(uuid, _)| *uuid).collect())
    }

    fn report(&self, rescued: Vec<Rescued>) {
        let mut queues = vec![];
        if !rescued.is_empty() {
            tracing::warn!("lifeline: rescued {} jobs of lost nodes", rescued.len());
        }
        for job in rescued {
            self.telemetry.emit(Kind::JobRescued, || {
                json!({ "job": { "id": job.id, "worker": job.worker, "queue": job.queue, "attempt": job.attempt, "state": job.state } })
            });
            if job.state == "available" && !queues.contains(&job.queue) {
                queues.push(job.queue);
            }
        }
        if !queues.is_empty() {
            self.afterwards.available(queues);
        }
    }
}
