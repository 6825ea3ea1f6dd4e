//! The producer's side of the fast path: an idle producer offers its capacity to enqueues.

use std::future::pending;
use std::time::{Duration, Instant};

use futures_util::stream::FuturesUnordered;
use tokio::sync::oneshot::Receiver;
use tokio::sync::oneshot::error::TryRecvError;
use uuid::Uuid;

use super::Producer;
use super::classes::Classes;
use super::fetch::{Fetch, Fetched};
use super::step::Input;
use super::survey::{Look, View};
use crate::enqueue::Claimed;

/// The producer's side of an open offer.
pub struct OfferHandle {
    look: Look,
    producer: Uuid,
    claimed: Receiver<Claimed>,
}

impl Producer {
    pub(super) fn post_offer(&self, classes: &Classes, capacity: usize, view: &View) -> OfferHandle {
        let request = self.fetch_request(classes.names.clone(), self.pins(), capacity, &view.marks);
        let producer = request.claim.producer;
        let claimed = self.deps.offers.post(request, &self.fetching);
        let look = Look { epoch: view.epoch, begun: Instant::now(), requested: capacity, pinned: true };
        OfferHandle { look, producer, claimed }
    }

    /// Withdraws the offer. If an enqueue was faster, its answer is awaited like that of a fetch.
    pub(super) fn withdraw_offer(&self, offer: Option<OfferHandle>, fetches: &mut FuturesUnordered<Fetch>) -> Input {
        let Some(OfferHandle { look, producer, mut claimed }) = offer else { return Input::OfferWithdrawn };
        if self.deps.offers.withdraw(&self.config.name) {
            return Input::OfferWithdrawn;
        }
        let answer = match claimed.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            // Paused, or declared lost by another node: the offer was withdrawn at the same moment.
            Err(TryRecvError::Closed) => return Input::OfferWithdrawn,
        };
        fetches.push(Box::pin(async move {
            let answer = match answer {
                Some(answer) => answer,
                None => claimed.await.unwrap_or_else(|_| Claimed { took: Duration::ZERO, jobs: Ok(vec![]) }),
            };
            fetched(producer, look, answer)
        }));
        Input::OfferTaken(look.requested)
    }
}

/// Resolves when the offer was accepted and answered; with `None` when it was withdrawn elsewhere.
pub async fn answer(offer: &mut Option<OfferHandle>) -> Option<Fetched> {
    let Some(OfferHandle { look, producer, claimed }) = offer else { return pending().await };
    let (look, producer) = (*look, *producer);
    let answer = claimed.await;
    *offer = None;
    answer.ok().map(|answer| fetched(producer, look, answer))
}

fn fetched(producer: Uuid, look: Look, Claimed { took, jobs }: Claimed) -> Fetched {
    Fetched { producer, look, took, jobs }
}
