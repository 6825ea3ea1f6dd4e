//! Enqueues without a transaction of the caller's: those in flight together share a statement, and so a commit.
//!
//! While one insert is on its way, those that arrive form the next. Each caller awaits the commit of its own job and gets its
//! own job or error: a batch that the database refuses is tried one by one.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::handoff::Vacancies;
use crate::error::{Error, Result};
use crate::notifier::Afterwards;
use crate::store::{Inserted, Store};

/// The most drafts, and about the most bytes, in one statement.
const BATCH: usize = 1000;
const BYTES: usize = 4 * 1024 * 1024;

/// Statements on their way at once: one being written to disk while the next is parsed.
const STATEMENTS: usize = 2;

/// Drafts that arrived together, and who waits for them.
struct Waiter {
    drafts: Vec<String>,
    tell: oneshot::Sender<Vec<Result<String>>>,
}

pub struct Inserter {
    store: Arc<Store>,
    queue: mpsc::UnboundedSender<Waiter>,
}

impl Inserter {
    pub fn start<A: Afterwards>(store: Arc<Store>, vacancies: Arc<Vacancies>, afterwards: Arc<A>) -> Self {
        let (queue, waiters) = mpsc::unbounded_channel();
        tokio::spawn(run(store.clone(), waiters, vacancies, afterwards));
        Self { store, queue }
    }

    /// Inserts drafts (JSON texts, validated), each for itself; resolves with the JSON text of each job once all are committed or
    /// refused.
    pub async fn insert_each(&self, drafts: Vec<String>) -> Result<Vec<Result<String>>> {
        let (tell, told) = oneshot::channel();
        self.queue.send(Waiter { drafts, tell }).map_err(|_| stopped())?;
        told.await.map_err(|_| stopped())
    }

    /// Inserts many (the text of a JSON array) in one transaction; the jobs' JSON texts, as an array.
    pub async fn insert_all(&self, drafts: &str) -> Result<(String, Vec<Inserted>)> {
        let chunks = chunks(drafts)?;
        let inserted = self.store.insert_chunks(&chunks).await?;
        let texts: Vec<&str> = inserted.iter().map(|it| it.json.as_str()).collect();
        Ok((array(&texts), inserted))
    }
}

/// The drafts of one transaction as texts of one statement each.
fn chunks(text: &str) -> Result<Vec<String>> {
    let drafts: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|e| Error::Job(format!("jobs: expected an array of drafts ({e})")))?;
    if (1..=BATCH).contains(&drafts.len()) && text.len() <= BYTES {
        return Ok(vec![text.to_owned()]);
    }
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
    Ok(chunks)
}

async fn run<A: Afterwards>(
    store: Arc<Store>,
    mut waiters: mpsc::UnboundedReceiver<Waiter>,
    vacancies: Arc<Vacancies>,
    afterwards: Arc<A>,
) {
    let places = Arc::new(Semaphore::new(STATEMENTS));
    loop {
        let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
        let Some(first) = waiters.recv().await else { return };
        let mut batch = Batch::default();
        batch.push(first);
        while batch.drafts < BATCH && batch.bytes < BYTES {
            let Ok(next) = waiters.try_recv() else { break };
            batch.push(next);
        }
        let (store, vacancies, afterwards) = (store.clone(), vacancies.clone(), afterwards.clone());
        tokio::spawn(async move {
            if let Some(batch) = write_and_claim(&store, batch, &vacancies, &*afterwards).await {
                write(&store, batch, &*afterwards).await;
            }
            drop(place);
        });
    }
}

/// What goes into one statement.
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

    /// To each the jobs of its drafts. A caller may have gone; its jobs are in.
    fn tell(self, inserted: Vec<Inserted>) {
        let mut jobs = inserted.into_iter();
        for Waiter { drafts, tell } in self.waiters {
            let _ = tell.send(jobs.by_ref().take(drafts.len()).map(|job| Ok(job.json)).collect());
        }
    }

    fn refuse(self, error: &Error) {
        for Waiter { drafts, tell } in self.waiters {
            let _ = tell.send(drafts.iter().map(|_| Err(error.clone())).collect());
        }
    }
}

/// Where the queue of the jobs is idle on this node: they are inserted and claimed in one transaction. The batch comes back if
/// there is no such queue, or if the database refused.
async fn write_and_claim(
    store: &Store,
    batch: Batch,
    vacancies: &Vacancies,
    afterwards: &impl Afterwards,
) -> Option<Batch> {
    let texts = batch.texts();
    let Some(vacancy) = vacancies.take(&texts) else { return Some(batch) };
    match store.insert_and_fetch(&array(&texts), &vacancy.wanted).await {
        Ok((inserted, claimed)) => {
            // Whoever waits for places is woken, but for jobs that have theirs.
            let waiting = inserted.iter().filter(|job| !claimed.iter().any(|it| Some(it.id) == job.id));
            after_insert(waiting, afterwards);
            batch.tell(inserted);
            vacancy.fill(Ok(claimed));
            None
        }
        Err(Error::Database { .. }) => {
            vacancy.fill(Ok(vec![]));
            Some(batch)
        }
        Err(error) => {
            batch.refuse(&error);
            vacancy.fill(Err(error));
            None
        }
    }
}

async fn write(store: &Store, batch: Batch, afterwards: &impl Afterwards) {
    match store.insert_jobs(&array(&batch.texts())).await {
        Ok(inserted) => {
            after_insert(&inserted, afterwards);
            batch.tell(inserted);
        }
        // Nothing was inserted: find the one that is at fault.
        Err(Error::Database { .. }) if batch.drafts > 1 => {
            for Waiter { drafts, tell } in batch.waiters {
                let mut done = vec![];
                for draft in &drafts {
                    done.push(write_one(store, draft, afterwards).await);
                }
                let _ = tell.send(done);
            }
        }
        Err(error) => batch.refuse(&error),
    }
}

async fn write_one(store: &Store, draft: &str, afterwards: &impl Afterwards) -> Result<String> {
    let inserted = store.insert_jobs(&array(&[draft])).await?;
    after_insert(&inserted, afterwards);
    let job = inserted.into_iter().next();
    job.map(|it| it.json).ok_or_else(|| Error::Internal("insert_jobs: expected one row, got none".into()))
}

/// Wakes the producers of this process at once; those of others were notified by the insert.
pub fn after_insert<'a>(inserted: impl IntoIterator<Item = &'a Inserted>, afterwards: &impl Afterwards) {
    let mut queues: Vec<String> = vec![];
    let mut waits = false;
    for job in inserted {
        queues.extend(job.available_in.clone());
        waits |= job.waits;
    }
    queues.sort_unstable();
    queues.dedup();
    if !queues.is_empty() {
        afterwards.inserted(queues);
    }
    if waits {
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
