//! What an idle producer offers to inserts.

use std::future::pending;
use std::time::{Duration, Instant};

use futures_util::stream::FuturesUnordered;
use tokio::sync::oneshot::error::TryRecvError;
use uuid::Uuid;

use super::Producer;
use super::demand::BACKLOG;
use super::fetch::{Fetch, Fetched};
use super::state::{Cycle, Posted};
use crate::enqueue::Filled;

impl Producer {
    /// Offers the free places while no job is known of that could take them.
    pub(super) fn post(&self, cycle: &mut Cycle, now: Instant) {
        let busy = cycle.hungry
            || cycle.unsure
            || self.is_paused()
            || self.is_stopping()
            || cycle.retry_at.is_some_and(|at| at > now)
            || self.around.pending.count() > BACKLOG;
        let holding = self.executor.counts();
        let places = holding.limit.saturating_sub(holding.running);
        if busy || holding.ready > 0 || places == 0 {
            return;
        }
        let classes = self.classes(cycle);
        if classes.names.is_empty() {
            return;
        }
        let wanted = self.wanted(classes.names.clone(), self.pins(), places);
        let producer = wanted.claim.producer;
        let filled = self.around.vacancies.post(wanted, &self.fetching);
        cycle.vacancy = Some(Posted { places, producer, filled });
    }

    /// Takes the offer back. If an insert was faster, its answer is awaited like that of a fetch.
    pub(super) fn withdraw(&self, cycle: &mut Cycle, fetches: &mut FuturesUnordered<Fetch>) {
        let Some(Posted { places, producer, mut filled }) = cycle.vacancy.take() else { return };
        if self.around.vacancies.withdraw(&self.config.name) {
            return;
        }
        let answer = match filled.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            // Paused, or given up by the others: the offer was withdrawn in the same moment.
            Err(TryRecvError::Closed) => return,
        };
        cycle.asked += places;
        fetches.push(Box::pin(async move {
            let answer = match answer {
                Some(answer) => answer,
                None => filled.await.unwrap_or_else(|_| Filled { took: Duration::ZERO, jobs: Ok(vec![]) }),
            };
            fetched(producer, places, answer)
        }));
    }
}

/// Resolves when the offer was taken and answered; with nothing when it was withdrawn by somebody else.
pub async fn answer(vacancy: &mut Option<Posted>) -> Option<Fetched> {
    let Some(Posted { places, producer, filled }) = vacancy else { return pending().await };
    let (asked, producer) = (*places, *producer);
    let answer = filled.await;
    *vacancy = None;
    answer.ok().map(|answer| fetched(producer, asked, answer))
}

fn fetched(producer: Uuid, asked: usize, Filled { took, jobs }: Filled) -> Fetched {
    Fetched { producer, asked, took, jobs }
}
