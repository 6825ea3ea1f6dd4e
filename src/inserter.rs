//! Enqueues without a transaction of the caller's: those in flight together share a statement, and so a commit.
//!
//! While one insert is on its way, those that arrive form the next. Each caller awaits the commit of its own job and gets its
//! own job or error: a batch that the database refuses is tried one by one.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::afterwards::Afterwards;
use crate::error::{Error, Result};
use crate::store::{Inserted, Store};

/// The most drafts, and about the most bytes, in one statement.
const BATCH: usize = 1000;
const BYTES: usize = 4 * 1024 * 1024;

/// Statements on their way at once: one being written to disk while the next is parsed.
const STATEMENTS: usize = 2;

type Waiter = (String, oneshot::Sender<Result<String>>);

pub struct Inserter {
    store: Arc<Store>,
    queue: mpsc::UnboundedSender<Waiter>,
}

impl Inserter {
    pub fn start<A: Afterwards>(store: Arc<Store>, afterwards: Arc<A>) -> Self {
        let (queue, waiters) = mpsc::unbounded_channel();
        tokio::spawn(run(store.clone(), waiters, afterwards));
        Self { store, queue }
    }

    /// Inserts one draft (JSON text, validated); resolves with the job's JSON text once it is committed.
    pub async fn insert(&self, draft: String) -> Result<String> {
        let (tell, told) = oneshot::channel();
        self.queue.send((draft, tell)).map_err(|_| stopped())?;
        told.await.map_err(|_| stopped())?
    }

    /// Inserts many (the text of a JSON array) in one transaction; the jobs' JSON texts, as an array.
    pub async fn insert_all(&self, drafts: &str) -> Result<(String, Vec<Inserted>)> {
        let drafts: Vec<&RawValue> =
            serde_json::from_str(drafts).map_err(|e| Error::Job(format!("jobs: expected an array of drafts ({e})")))?;
        let mut chunks: Vec<String> = vec![];
        let mut chunk: Vec<&str> = vec![];
        let mut bytes = 0;
        for draft in &drafts {
            if chunk.len() == BATCH || bytes > BYTES {
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
        let inserted = self.store.insert_chunks(&chunks).await?;
        let texts: Vec<&str> = inserted.iter().map(|it| it.json.as_str()).collect();
        Ok((array(&texts), inserted))
    }
}

async fn run<A: Afterwards>(store: Arc<Store>, mut waiters: mpsc::UnboundedReceiver<Waiter>, afterwards: Arc<A>) {
    let places = Arc::new(Semaphore::new(STATEMENTS));
    loop {
        let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
        let mut batch = vec![];
        let mut bytes = 0;
        match waiters.recv().await {
            Some(first) => batch.push(first),
            None => return,
        }
        while batch.len() < BATCH && bytes < BYTES {
            let Ok(next) = waiters.try_recv() else { break };
            bytes += next.0.len();
            batch.push(next);
        }
        let (store, afterwards) = (store.clone(), afterwards.clone());
        tokio::spawn(async move {
            write(&store, batch, &*afterwards).await;
            drop(place);
        });
    }
}

async fn write(store: &Store, batch: Vec<Waiter>, afterwards: &impl Afterwards) {
    let texts: Vec<&str> = batch.iter().map(|(draft, _)| draft.as_str()).collect();
    match store.insert_jobs(&array(&texts)).await {
        Ok(inserted) => {
            after(&inserted, afterwards);
            for ((_, waiter), job) in batch.into_iter().zip(inserted) {
                // The caller may have gone; its job is in.
                let _ = waiter.send(Ok(job.json));
            }
        }
        // Nothing was inserted: find the one that is at fault.
        Err(Error::Database { .. }) if batch.len() > 1 => {
            for (draft, waiter) in batch {
                let done = store.insert_jobs(&array(&[&draft])).await;
                let _ = waiter.send(done.and_then(|inserted| {
                    after(&inserted, afterwards);
                    inserted
                        .into_iter()
                        .next()
                        .map(|job| job.json)
                        .ok_or_else(|| Error::Internal("insert_jobs: expected one row, got none".into()))
                }));
            }
        }
        Err(error) => {
            for (_, waiter) in batch {
                let _ = waiter.send(Err(error.clone()));
            }
        }
    }
}

/// Wakes the producers of this process at once; those of others were notified by the insert.
pub fn after(inserted: &[Inserted], afterwards: &impl Afterwards) {
    let mut queues: Vec<String> = inserted.iter().filter_map(|job| job.available_in.clone()).collect();
    queues.sort_unstable();
    queues.dedup();
    if !queues.is_empty() {
        afterwards.inserted(queues);
    }
    if inserted.iter().any(|job| job.waits) {
        afterwards.scheduled();
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
    Error::Stopped("enqueue: expected a running engine, got one that has stopped".into())
}
