//! The inserter: batches enqueues that have no transaction of the caller, so that they share a
//! statement and a commit.
//!
//! Drafts that arrive while an insert is in flight form the next one. Each caller awaits the commit
//! of its own job and gets its own job or error: a batch that the database rejects is inserted
//! draft by draft.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::handoff::Offers;
use crate::error::{Error, Result};
use crate::notifier::AfterCommit;
use crate::store::{Inserted, Store};

/// The maximum number of drafts, and the approximate maximum of bytes, in one statement.
const MAX_BATCH_DRAFTS: usize = 1000;
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// The maximum number of statements in flight: one is written to disk while the next is parsed.
const MAX_STATEMENTS: usize = 2;

/// Drafts that arrived together, and the caller that waits for them.
struct Waiter {
    drafts: Vec<String>,
    reply: oneshot::Sender<Vec<Result<String>>>,
}

pub struct Inserter {
    store: Arc<Store>,
    queue: mpsc::UnboundedSender<Waiter>,
}

impl Inserter {
    pub fn start<A: AfterCommit>(store: Arc<Store>, offers: Arc<Offers>, after_commit: Arc<A>) -> Self {
        let (queue, waiters) = mpsc::unbounded_channel();
        tokio::spawn(run(store.clone(), waiters, offers, after_commit));
        Self { store, queue }
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
        let inserted = self.store.insert_chunks(&chunks).await?;
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
    store: Arc<Store>,
    mut waiters: mpsc::UnboundedReceiver<Waiter>,
    offers: Arc<Offers>,
    after_commit: Arc<A>,
) {
    let permits = Arc::new(Semaphore::new(MAX_STATEMENTS));
    loop {
        let permit = permits.clone().acquire_owned().await.expect("the semaphore is never closed");
        let Some(first) = waiters.recv().await else { return };
        let mut batch = Batch::default();
        batch.push(first);
        while batch.drafts < MAX_BATCH_DRAFTS && batch.bytes < MAX_BATCH_BYTES {
            let Ok(next) = waiters.try_recv() else { break };
            batch.push(next);
        }
        let (store, offers, after_commit) = (store.clone(), offers.clone(), after_commit.clone());
        tokio::spawn(async move {
            if let Some(batch) = write_and_claim(&store, batch, &offers, &*after_commit).await {
                write(&store, batch, &*after_commit).await;
            }
            drop(permit);
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
    store: &Store,
    batch: Batch,
    offers: &Offers,
    after_commit: &impl AfterCommit,
) -> Option<Batch> {
    let texts = batch.texts();
    let Some(offer) = offers.take(&texts) else { return Some(batch) };
    match store.insert_and_fetch(&array(&texts), &offer.request).await {
        Ok((inserted, claimed)) => {
            // Wakes queues for the jobs that were not claimed here.
            let waiting = inserted.iter().filter(|job| !claimed.iter().any(|it| Some(it.id) == job.id));
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

async fn write(store: &Store, batch: Batch, after_commit: &impl AfterCommit) {
    match store.insert_jobs(&array(&batch.texts())).await {
        Ok(inserted) => {
            after_insert(&inserted, after_commit);
            batch.reply(inserted);
        }
        // The batch was rolled back: find the draft that the database rejects.
        Err(Error::Database { .. }) if batch.drafts > 1 => {
            for Waiter { drafts, reply } in batch.waiters {
                let mut done = vec![];
                for draft in &drafts {
                    done.push(write_one(store, draft, after_commit).await);
                }
                let _ = reply.send(done);
            }
        }
        Err(error) => batch.refuse(&error),
    }
}

async fn write_one(store: &Store, draft: &str, after_commit: &impl AfterCommit) -> Result<String> {
    let inserted = store.insert_jobs(&array(&[draft])).await?;
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
