//! Performs the actions of the state machine.

use std::sync::Arc;
use std::time::Instant;

use super::Producer;
use super::run::Work;
use super::step::{Action, Gate, Input, MAX_READY_AGE};
use crate::store::Sleep;

impl Producer {
    /// Performs an action; returns its result.
    pub(super) async fn perform(self: &Arc<Self>, action: Action, work: &mut Work) -> Input {
        match action {
            Action::Wait { until, offer } => {
                work.offer = offer.map(|capacity| self.post_offer(&work.classes, capacity));
                return self.wait(until, work).await;
            }
            Action::WithdrawOffer => return self.withdraw_offer(work.offer.take(), &mut work.fetches),
            Action::Fetch { count, pinned, low_water } => {
                self.executor.notify_below(low_water);
                work.fetches.push(self.start_fetch(&work.classes, count, pinned));
            }
            Action::NotifyBelow(low_water) => self.executor.notify_below(low_water),
            Action::Deliver => {
                self.deliver(&mut work.answers, &work.classes);
                // They may need an isolate that has not been started yet.
                work.deadline = self.expire();
            }
            Action::HandBack => self.hand_back(&mut work.answers),
            Action::ReleaseReady => drop(self.executor.release_ready(None)),
            Action::ReleaseStale => return Input::ReleasedStale(self.executor.release_ready(Some(MAX_READY_AGE))),
            Action::Reclaim => return Input::Reclaimed(self.reclaim().await),
            Action::Sleep => return Input::Slept(self.sleep().await),
            Action::LeaveGate(gate) => self.leave(gate).await,
            Action::Finish { .. } => {}
        }
        Input::Done
    }

    /// Handles the executor's deadlines; returns the next one.
    pub(super) fn expire(&self) -> Option<Instant> {
        let (directives, deadline) = self.executor.expire(Instant::now());
        for directive in directives {
            (self.deps.direct)(directive);
        }
        deadline
    }

    pub(super) fn is_listening(&self) -> bool {
        self.deps.notifier.as_ref().is_some_and(|notifier| notifier.is_listening())
    }

    /// Asks the gate whether the producer may sleep; `None` without an answer.
    async fn sleep(&self) -> Option<Sleep> {
        let notifier = self.deps.notifier.as_ref()?;
        notifier.sleep(&self.config.name).await.ok()
    }

    async fn leave(&self, gate: Gate) {
        let Some(notifier) = &self.deps.notifier else { return };
        match gate {
            // An error means that the connection is gone, and the lock with it.
            Gate::Sentinel => drop(notifier.wake(&self.config.name).await),
            Gate::Watched => notifier.unwatch(&self.config.name),
            Gate::Awake => {}
        }
    }
}
