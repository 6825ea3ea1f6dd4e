//! Performs the actions of the state machine.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Producer;
use super::run::Work;
use super::step::{Action, Facts, Gate, Input, MAX_READY_AGE};
use super::survey::{CHEAP, Urgency};
use super::wake::Flags;
use crate::error::{Error, Result};
use crate::model::marks::Surveyed;
use crate::store::Sleep;

impl Producer {
    /// Performs an action; returns its result.
    pub(super) async fn perform(self: &Arc<Self>, action: Action, work: &mut Work) -> Input {
        match action {
            Action::Wait { until, offer } => {
                work.offer = offer.map(|capacity| self.post_offer(&work.classes, capacity, &work.survey.view()));
                return self.wait(until, work).await;
            }
            Action::WithdrawOffer => return self.withdraw_offer(work.offer.take(), &mut work.fetches),
            Action::Fetch { count, pinned, low_water } => {
                self.executor.notify_below(low_water);
                work.fetches.push(self.start_fetch(&work.classes, count, pinned, &work.survey.view()));
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
            Action::Reclaim => {
                let reclaimed = self.reclaim().await;
                work.survey.owe(Urgency::Likely, Instant::now());
                return Input::Reclaimed(reclaimed);
            }
            Action::Sleep => {
                let slept = self.sleep().await;
                if matches!(slept, Some(Sleep::Sentinel | Sleep::Watched)) {
                    work.survey.demand();
                }
                return Input::Slept(slept);
            }
            Action::LeaveGate(gate) => self.leave(gate).await,
            Action::Rouse => (self.deps.rouse)(),
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

    /// The queue has stopped: isolates that still run its jobs, and serve other queues, are replaced.
    pub fn desert(&self) {
        for directive in self.executor.desert() {
            (self.deps.direct)(directive);
        }
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

    /// Begins a survey if one is due, and notes when the next will be.
    pub(super) fn survey_if_due(self: &Arc<Self>, work: &mut Work, facts: &Facts, awake: bool) {
        let rests = facts.flags.has(Flags::PAUSED | Flags::STOPPING) || work.classes.names.is_empty();
        work.survey_at = work.survey.due_at(awake, facts.now).filter(|_| !rests);
        if work.survey_at.take_if(|at| *at <= facts.now).is_some() {
            let (producer, workers, epoch) = (self.clone(), work.classes.names.clone(), work.survey.begin(facts.now));
            let dear = work.survey.cost() > CHEAP;
            // A task of its own: it is not to hold a connection while the loop waits for one.
            let task = tokio::spawn(async move {
                let (store, queue) = (&producer.deps.store, &producer.config.name);
                store.survey_queue(queue, &workers, &producer.pins(), dear).await
            });
            work.surveying = Some(Box::pin(async move {
                let answer = task.await;
                (epoch, answer.unwrap_or_else(|error| Err(Error::Internal(format!("survey: {error}")))))
            }));
        }
    }

    pub(super) fn surveyed(&self, epoch: u32, answer: Result<Surveyed>, work: &mut Work) {
        let answer =
            answer.inspect_err(|error| tracing::debug!(queue = self.config.name, %error, "survey: failed")).ok();
        work.survey.answered(epoch, answer.as_ref(), Instant::now());
        work.found |= answer.as_ref().is_some_and(Surveyed::any);
        self.saw_waiting.store(work.found, Ordering::Release);
        let cost = u64::try_from(work.survey.cost().as_micros()).unwrap_or(u64::MAX);
        self.survey_cost.store(cost, Ordering::Release);
    }
}
