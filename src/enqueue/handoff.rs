//! Places that idle queues offer to the inserts of their process: a job that goes into such a queue is claimed in the transaction
//! that inserts it, with one flush to disk instead of two.
//!
//! ```text
//!   producer              board                       inserter
//!   idle ──── post ─────► vacancy ───── take ───────► insert, fetch, commit
//!    ▲  ◄── withdraw ──────┘                              │
//!    └──────────────────── what was claimed ◄── answer ───┘
//! ```
//! A vacancy that was taken is a fetch like any other: it is under way until it is answered, and one without an answer may have
//! claimed jobs that nobody knows of.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::oneshot;

use crate::error::{Error, Result};
use crate::model::job::Job;
use crate::store::Wanted;

/// More drafts than this do not go into a vacancy: their insert alone takes longer than a fetch.
const MOST: usize = 100;

/// What became of a vacancy that was taken.
#[derive(Debug)]
pub struct Filled {
    pub took: Duration,
    pub jobs: Result<Vec<Job>>,
}

/// An offer that nobody has taken yet.
#[derive(Debug)]
struct Vacancy {
    wanted: Wanted,
    /// Fetches under way of the queue.
    fetching: Arc<AtomicU32>,
    tell: oneshot::Sender<Filled>,
}

/// An offer that an insert took. Dropped without an answer, it tells that the answer was lost.
#[derive(Debug)]
pub struct Taken {
    pub wanted: Wanted,
    since: Instant,
    tell: Option<oneshot::Sender<Filled>>,
}

impl Taken {
    pub fn fill(mut self, jobs: Result<Vec<Job>>) {
        self.answer(jobs);
    }

    fn answer(&mut self, jobs: Result<Vec<Job>>) {
        if let Some(tell) = self.tell.take() {
            // A producer that is gone is on record as one that may have claims.
            let _ = tell.send(Filled { took: self.since.elapsed(), jobs });
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.answer(Err(Error::Unavailable("an insert that was to claim jobs ended without an answer".into())));
    }
}

/// At most one of each queue.
#[derive(Debug, Default)]
pub struct Vacancies {
    posted: Mutex<HashMap<String, Vacancy>>,
}

impl Vacancies {
    /// Offers places. The receiver gets what was claimed once the offer was taken; it closes when the offer was withdrawn.
    /// `fetching` goes up when the offer is taken.
    pub fn post(&self, wanted: Wanted, fetching: &Arc<AtomicU32>) -> oneshot::Receiver<Filled> {
        let (tell, filled) = oneshot::channel();
        let vacancy = Vacancy { wanted, fetching: fetching.clone(), tell };
        self.posted.lock().insert(vacancy.wanted.claim.queue.clone(), vacancy);
        filled
    }

    #[cfg(test)]
    pub fn offers(&self, queue: &str) -> bool {
        self.posted.lock().contains_key(queue)
    }

    /// The queue has something else to do. False when there was no offer (any more).
    pub fn withdraw(&self, queue: &str) -> bool {
        self.posted.lock().remove(queue).is_some()
    }

    /// The places for these drafts (JSON texts), if their queue offers any. Only where the insert waits for nobody: one of a unique
    /// job may wait for another transaction, and its queue must not.
    pub fn take(&self, drafts: &[&str]) -> Option<Taken> {
        if drafts.len() > MOST || self.posted.lock().is_empty() {
            return None;
        }
        let mut queue = None;
        for draft in drafts {
            let sketch: Sketch = serde_json::from_str(draft).ok().filter(Sketch::is_plain)?;
            queue.get_or_insert_with(|| sketch.queue.unwrap_or_else(|| "default".to_owned()));
        }
        let mut posted = self.posted.lock();
        let Vacancy { wanted, fetching, tell } = posted.remove(&queue?)?;
        if tell.is_closed() {
            return None;
        }
        // Under the lock: whoever finds the offer gone finds the fetch under way.
        fetching.fetch_add(1, Ordering::AcqRel);
        drop(posted);
        Some(Taken { wanted, since: Instant::now(), tell: Some(tell) })
    }
}

/// What a draft says of when and where its job runs.
#[derive(Deserialize)]
struct Sketch {
    queue: Option<String>,
    unique: Option<IgnoredAny>,
    schedule_in: Option<IgnoredAny>,
    scheduled_at: Option<IgnoredAny>,
    state: Option<IgnoredAny>,
}

impl Sketch {
    const fn is_plain(&self) -> bool {
        self.unique.is_none() && self.schedule_in.is_none() && self.scheduled_at.is_none() && self.state.is_none()
    }
}
