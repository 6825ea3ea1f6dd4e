//! The inserter: batches enqueues that have no transaction of the caller, so that they share a
//! statement and a commit.
//!
//! Drafts that arrive while an insert is in flight form the next one. Each caller awaits the commit
//! of its own job and gets its own job or error: a batch that the database rejects is inserted
//! draft by draft.

#[cfg(test)]
mod tests;

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::handoff::Offers;
use crate::error::{Error, Result};
use crate::metrics::Metrics;
use crate::model::job::Job;
use crate::notifier::AfterCommit;
use crate::store::{FetchRequest, Inserted, Store};

/// The maximum number of drafts, and the approximate maximum of bytes, in one statement.
const MAX_BATCH_DRAFTS: usize = 1000;
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// The maximum number of statements in flight: one is written to disk while the next is parsed.
const MAX_STATEMENTS: usize = 2;

/// How long a statement counts as one in flight; later it does not hold up the others.
const HANG_LIMIT: Duration = Duration::from_secs(1);

/// Drafts that arrived together, and the caller that waits for them.
struct Waiter {
    drafts: Vec<String>,
    reply: oneshot::Sender<Vec<Result<String>>>,
}

/// Runs the statements that insert, and takes their time.
#[derive(Clone)]
struct Timed {
    store: Arc<Store>,
    metrics: Arc<Metrics>,
}

impl Timed {
    async fn insert(&self, chunks: &[String]) -> Result<Vec<Inserted>> {
        let begun = Instant::now();
        let inserted = self.store.insert_chunks(chunks).await?;
        self.metrics.inserted(begun.elapsed());
        Ok(inserted)
    }

    async fn insert_and_fetch(&self, drafts: &str, request: &FetchRequest) -> Result<(Vec<Inserted>, Vec<Job>)> {
        let begun = Instant::now();
        let done = self.store.insert_and_fetch(drafts, request).await?;
        self.metrics.inserted(begun.elapsed());
        Ok(done)
    }
}

pub struct Inserter {
    timed: Timed,
    queue: mpsc::UnboundedSender<Waiter>,
}

impl Inserter {
    pub fn start<A: AfterCommit>(
        store: Arc<Store>,
        offers: Arc<Offers>,
        after_commit: Arc<A>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (queue, waiters) = mpsc::unbounded_channel();
        let timed = Timed { store, metrics };
        tokio::spawn(run(timed.clone(), waiters, offers, after_commit));
        Self { timed, queue }
    }

    /// Inserts drafts (validated JSON texts) independently of each other; resolves with the JSON
    /// text or error of each once all are committed or rejected.
    pub async fn insert_each(&self, drafts: Vec<String>) -> Result<Vec<Result<String>>> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Waiter { drafts, reply }).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())
    }

    /// Inserts many drafts (the text of a JSON array) in one transaction; returns the jobs as the
    /// text of a JSON array.
    pub async fn insert_all(&self, drafts: &str) -> Result<(String, Vec<Inserted>)> {
        let chunks = chunks(drafts)?;
        let inserted = self.timed.insert(&chunks).await?;
        let texts: Vec<&str> = inserted.iter().map(|it| it.json.as_str()).collect();
        Ok((array(&texts), inserted))
    }
}

/// Splits the drafts of one transaction into the texts of its statements.
fn chunks(text: &str) -> Result<Vec<String>> {
    let drafts: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|e| Error::Job(format!("jobs: expected an array of drafts ({e})")))?;
    if (1..=MAX_BATCH_DRAFTS).contains(&drafts.len()) && text.len() <= MAX_BATCH_BYTES {
        return Ok(vec![text.to_owned()]);
    }
    let mut chunks: Vec<String> = vec![];
    let mut chunk: Vec<&str> = vec![];
    let mut bytes = 0;
    for draft in &drafts {
        if chunk.len() == MAX_BATCH_DRAFTS || bytes > MAX_BATCH_BYTES {
            chunks.push(array(&chunk));
            chunk.clear();
            bytes = 0;
        }
        bytes += draft.get().len();
        chunk.push(draft.get());
    }
    if !chunk.is_empty() {
        chunks.push(array(&chunk));
    }
    Ok(chunks)
}

async fn run<A: AfterCommit>(
    timed: Timed,
    mut waiters: mpsc::UnboundedReceiver<Waiter>,
    offers: Arc<Offers>,
    after_commit: Arc<A>,
) {
    let permits = Arc::new(Semaphore::new(MAX_STATEMENTS));
    let spare = Arc::new(Semaphore::new(timed.store.spare_connections()));
    loop {
        let permit = permits.clone().acquire_owned().await.expect("the semaphore is never closed");
        let Some(first) = waiters.recv().await else { return };
        let mut batch = Batch::default();
        batch.push(first);
        while batch.drafts < MAX_BATCH_DRAFTS && batch.bytes < MAX_BATCH_BYTES {
            let Ok(next) = waiters.try_recv() else { break };
            batch.push(next);
        }
        let (timed, offers, after_commit) = (timed.clone(), offers.clone(), after_commit.clone());
        let spare = spare.clone();
        tokio::spawn(async move {
            let mut work = pin!(async {
                if let Some(batch) = write_and_claim(&timed, batch, &offers, &*after_commit).await {
                    write(&timed, batch, &*after_commit).await;
                }
            });
            if tokio::time::timeout(HANG_LIMIT, &mut work).await.is_ok() {
                return drop(permit);
            }
            // The connection may hang: others go on, as long as connections are left for them.
            let held = spare.try_acquire_owned();
            let permit = if held.is_ok() { None } else { Some(permit) };
            work.await;
            drop((permit, held));
        });
    }
}

/// The drafts of one statement.
#[derive(Default)]
struct Batch {
    waiters: Vec<Waiter>,
    drafts: usize,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, waiter: Waiter) {
        self.drafts += waiter.drafts.len();
        self.bytes += waiter.drafts.iter().map(String::len).sum::<usize>();
        self.waiters.push(waiter);
    }

    fn texts(&self) -> Vec<&str> {
        self.waiters.iter().flat_map(|it| &it.drafts).map(String::as_str).collect()
    }

    /// Sends each caller its jobs. If a caller is gone, its jobs are committed all the same.
    fn reply(self, inserted: Vec<Inserted>) {
        let mut jobs = inserted.into_iter();
        for Waiter { drafts, reply } in self.waiters {
            let _ = reply.send(jobs.by_ref().take(drafts.len()).map(|job| Ok(job.json)).collect());
        }
    }

    fn refuse(self, error: &Error) {
        for Waiter { drafts, reply } in self.waiters {
            let _ = reply.send(drafts.iter().map(|_| Err(error.clone())).collect());
        }
    }
}

/// Inserts and claims the batch in one transaction if its queue has an open offer. Returns the
/// batch if there is no offer, or if the database rejected the batch.
async fn write_and_claim(
    timed: &Timed,
    batch: Batch,
    offers: &Offers,
    after_commit: &impl AfterCommit,
) -> Option<Batch> {
    let texts = batch.texts();
    let Some(offer) = offers.take(&texts) else { return Some(batch) };
    match timed.insert_and_fetch(&array(&texts), &offer.request).await {
        Ok((inserted, claimed)) => {
            // Wakes queues for the jobs that were not claimed here.
            let waiting = inserted.iter().filter(|job| !claimed.iter().any(|it| it.id == job.id));
            after_insert(waiting, after_commit);
            batch.reply(inserted);
            offer.fill(Ok(claimed));
            None
        }
        Err(Error::Database { .. }) => {
            offer.fill(Ok(vec![]));
            Some(batch)
        }
        Err(error) => {
            batch.refuse(&error);
            offer.fill(Err(error));
            None
        }
    }
}

async fn write(timed: &Timed, batch: Batch, after_commit: &impl AfterCommit) {
    match timed.insert(&[array(&batch.texts())]).await {
        Ok(inserted) => {
            after_insert(&inserted, after_commit);
            batch.reply(inserted);
        }
        // The batch was rolled back: find the draft that the database rejects.
        Err(Error::Database { .. }) if batch.drafts > 1 => {
            for Waiter { drafts, reply } in batch.waiters {
                let mut done = vec![];
                for draft in &drafts {
                    done.push(write_one(timed, draft, after_commit).await);
                }
                let _ = reply.send(done);
            }
        }
        Err(error) => batch.refuse(&error),
    }
}

async fn write_one(timed: &Timed, draft: &str, after_commit: &impl AfterCommit) -> Result<String> {
    let inserted = timed.insert(&[array(&[draft])]).await?;
    after_insert(&inserted, after_commit);
    let job = inserted.into_iter().next();
    job.map(|it| it.json).ok_or_else(|| Error::Internal("insert_jobs: expected one row, got none".into()))
}

/// Wakes the producers of this process at once; the insert has notified those of other processes.
pub fn after_insert<'a>(inserted: impl IntoIterator<Item = &'a Inserted>, after_commit: &(impl AfterCommit + ?Sized)) {
    let mut queues: Vec<String> = vec![];
    let mut waits = false;
    for job in inserted {
        queues.extend(job.available_in.clone());
        waits |= job.waits;
    }
    queues.sort_unstable();
    queues.dedup();
    if !queues.is_empty() {
        after_commit.inserted(queues);
    }
    if waits {
        after_commit.scheduled();
    }
}

fn array(texts: &[&str]) -> String {
    let mut out = String::with_capacity(texts.iter().map(|t| t.len() + 1).sum::<usize>() + 2);
    out.push('[');
    for (i, text) in texts.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(text);
    }
    out.push(']');
    out
}

fn stopped() -> Error {
    Error::NotRunning("enqueue: expected a running engine, got one that has stopped".into())
}
