//! Fast path: an idle queue offers its free capacity, so an enqueue in the same process inserts and
//! claims in one transaction (one fsync, not two).
//!
//! ```text
//!   producer              offers                      inserter
//!   idle ──── post ─────► offer ─────── take ───────► insert, fetch, commit
//!    ▲  ◄── withdraw ──────┘                              │
//!    └──────────────────── claimed jobs ◄────── answer ───┘
//! ```
//! An accepted offer is a fetch like any other: it is in flight until it is answered, and without
//! an answer it may have claimed jobs that no executor holds.

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
use crate::store::FetchRequest;

/// The maximum number of drafts that may accept an offer: inserting more takes longer than a fetch.
const MAX_DRAFTS: usize = 100;

/// The answer to an accepted offer: the jobs that were claimed.
#[derive(Debug)]
pub struct Claimed {
    pub took: Duration,
    pub jobs: Result<Vec<Job>>,
}

/// An open offer.
#[derive(Debug)]
struct Offer {
    request: FetchRequest,
    /// The number of the queue's fetches in flight.
    fetching: Arc<AtomicU32>,
    reply: oneshot::Sender<Claimed>,
}

/// An offer that an insert has accepted. If it is dropped without an answer, it reports that the
/// answer was lost.
#[derive(Debug)]
pub struct AcceptedOffer {
    pub request: FetchRequest,
    since: Instant,
    reply: Option<oneshot::Sender<Claimed>>,
}

impl AcceptedOffer {
    pub fn fill(mut self, jobs: Result<Vec<Job>>) {
        self.answer(jobs);
    }

    fn answer(&mut self, jobs: Result<Vec<Job>>) {
        if let Some(reply) = self.reply.take() {
            // A producer that is gone is recorded as one that may have unknown claims.
            let _ = reply.send(Claimed { took: self.since.elapsed(), jobs });
        }
    }
}

impl Drop for AcceptedOffer {
    fn drop(&mut self) {
        self.answer(Err(Error::Unavailable("an insert that was to claim jobs ended without an answer".into())));
    }
}

/// The open offers, at most one per queue.
#[derive(Debug, Default)]
pub struct Offers {
    open: Mutex<HashMap<String, Offer>>,
}

impl Offers {
    /// Offers capacity. The receiver gets the claimed jobs once the offer was accepted; it closes
    /// when the offer was withdrawn. `fetching` is incremented when the offer is accepted.
    pub fn post(&self, request: FetchRequest, fetching: &Arc<AtomicU32>) -> oneshot::Receiver<Claimed> {
        let (reply, claimed) = oneshot::channel();
        let offer = Offer { request, fetching: fetching.clone(), reply };
        self.open.lock().insert(offer.request.claim.queue.clone(), offer);
        claimed
    }

    #[cfg(test)]
    pub fn offers(&self, queue: &str) -> bool {
        self.open.lock().contains_key(queue)
    }

    /// Withdraws the offer, because the queue has something else to do. False if there was none
    /// (any more).
    pub fn withdraw(&self, queue: &str) -> bool {
        self.open.lock().remove(queue).is_some()
    }

    /// Accepts the offer of the queue of these drafts (JSON texts), if there is one. Unique jobs do
    /// not accept offers: their insert may wait for another transaction, and the queue must not
    /// wait with it.
    pub fn take(&self, drafts: &[&str]) -> Option<AcceptedOffer> {
        if drafts.len() > MAX_DRAFTS || self.open.lock().is_empty() {
            return None;
        }
        let mut queue = None;
        for draft in drafts {
            let head: DraftHead = serde_json::from_str(draft).ok().filter(DraftHead::is_plain)?;
            queue.get_or_insert_with(|| head.queue.unwrap_or_else(|| "default".to_owned()));
        }
        let mut open = self.open.lock();
        let Offer { request, fetching, reply } = open.remove(&queue?)?;
        if reply.is_closed() {
            return None;
        }
        // Under the lock, so that a producer that finds its offer gone also finds the fetch in
        // flight.
        fetching.fetch_add(1, Ordering::AcqRel);
        drop(open);
        Some(AcceptedOffer { request, since: Instant::now(), reply: Some(reply) })
    }
}

/// The keys of a draft that decide when and where its job runs.
#[derive(Deserialize)]
struct DraftHead {
    queue: Option<String>,
    unique: Option<IgnoredAny>,
    schedule_in: Option<IgnoredAny>,
    scheduled_at: Option<IgnoredAny>,
    state: Option<IgnoredAny>,
}

impl DraftHead {
    const fn is_plain(&self) -> bool {
        self.unique.is_none() && self.schedule_in.is_none() && self.scheduled_at.is_none() && self.state.is_none()
    }
}
