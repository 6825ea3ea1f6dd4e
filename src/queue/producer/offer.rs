//! The producer's side of the fast path: an idle producer offers its capacity to enqueues.

use std::future::pending;
use std::time::{Duration, Instant};

use futures_util::stream::FuturesUnordered;
use tokio::sync::oneshot::error::TryRecvError;
use uuid::Uuid;

use super::Producer;
use super::demand::MAX_UNWRITTEN;
use super::fetch::{Fetch, Fetched};
use super::state::{LoopState, OfferHandle};
use crate::enqueue::Claimed;

impl Producer {
    /// Offers the free capacity while the queue has no jobs.
    pub(super) fn post_offer(&self, state: &mut LoopState, now: Instant) {
        let busy = state.fetch_due
            || state.unknown_claims
            || self.is_paused()
            || self.is_stopping()
            || state.retry_at.is_some_and(|at| at > now)
            || self.deps.pending.count() > MAX_UNWRITTEN;
        let holding = self.executor.counts();
        let capacity = holding.limit.saturating_sub(holding.running);
        if busy || holding.ready > 0 || capacity == 0 {
            return;
        }
        let classes = self.classes(state);
        if classes.names.is_empty() {
            return;
        }
        let request = self.fetch_request(classes.names.clone(), self.pins(), capacity);
        let producer = request.claim.producer;
        let claimed = self.deps.offers.post(request, &self.fetching);
        state.offer = Some(OfferHandle { capacity, producer, claimed });
    }

    /// Withdraws the offer. If an enqueue was faster, its answer is awaited like that of a fetch.
    pub(super) fn withdraw(&self, state: &mut LoopState, fetches: &mut FuturesUnordered<Fetch>) {
        let Some(OfferHandle { capacity, producer, mut claimed }) = state.offer.take() else { return };
        if self.deps.offers.withdraw(&self.config.name) {
            return;
        }
        let answer = match claimed.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            // Paused, or declared lost by another node: the offer was withdrawn at the same moment.
            Err(TryRecvError::Closed) => return,
        };
        state.requested += capacity;
        fetches.push(Box::pin(async move {
            let answer = match answer {
                Some(answer) => answer,
                None => claimed.await.unwrap_or_else(|_| Claimed { took: Duration::ZERO, jobs: Ok(vec![]) }),
            };
            fetched(producer, capacity, answer)
        }));
    }
}

/// Resolves when the offer was accepted and answered; with `None` when it was withdrawn elsewhere.
pub async fn answer(offer: &mut Option<OfferHandle>) -> Option<Fetched> {
    let Some(OfferHandle { capacity, producer, claimed }) = offer else { return pending().await };
    let (requested, producer) = (*capacity, *producer);
    let answer = claimed.await;
    *offer = None;
    answer.ok().map(|answer| fetched(producer, requested, answer))
}

fn fetched(producer: Uuid, requested: usize, Claimed { took, jobs }: Claimed) -> Fetched {
    Fetched { producer, requested, took, jobs }
}
