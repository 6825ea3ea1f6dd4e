//! The producer's loop: collects the inputs of its state machine and performs the actions.

use std::future::pending;
use std::sync::Arc;
use std::time::Instant;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;

use super::Producer;
use super::calm::Wait;
use super::classes::Classes;
use super::fetch::{Answers, Fetch};
use super::offer::{self, OfferHandle};
use super::state::State;
use super::step::{Action, Facts, Input};
use super::survey::Survey;
use super::surveying::{self, Surveying};
use super::wake::Flags;

/// What the loop has under way.
pub struct Work {
    pub fetches: FuturesUnordered<Fetch>,
    pub answers: Answers,
    pub offer: Option<OfferHandle>,
    pub classes: Classes,
    pub survey: Survey,
    /// The survey in flight.
    pub surveying: Option<Surveying>,
    registered: watch::Receiver<u64>,
    /// The executor's next deadline.
    pub deadline: Option<Instant>,
    /// When the next survey is due.
    pub survey_at: Option<Instant>,
    /// A survey has found a job.
    pub found: bool,
    /// When claims that the database refused to hand back are due.
    reclaims_at: Option<Instant>,
}

impl Producer {
    /// Runs until stopped; then waits for the fetches in flight and hands their jobs back.
    pub async fn run(self: Arc<Self>) {
        let mut work = Work {
            fetches: FuturesUnordered::new(),
            answers: Answers::default(),
            offer: None,
            survey: Survey::new(Instant::now()),
            surveying: None,
            registered: self.deps.registry.changes(),
            classes: self.classes(),
            deadline: self.expire(),
            survey_at: None,
            found: false,
            reclaims_at: None,
        };
        let mut state = State::new(self.config.prefetch, self.config.poll_interval, Instant::now());
        let mut input = Input::Woken;
        loop {
            let facts = self.facts(&mut work);
            let action = state.next(input, &facts);
            if let Action::Wait { .. } = action {
                self.survey_if_due(&mut work, &facts, state.is_awake());
                let busy = work.survey.is_busy() && !facts.flags.has(Flags::PAUSED);
                self.calm.set(if busy { Wait::Busy } else { state.calm(&facts) });
            }
            if let Action::Finish { unknown_claims } = action {
                self.wake.set(Flags::UNKNOWN_CLAIMS, unknown_claims);
                return;
            }
            input = self.perform(action, &mut work).await;
            self.calm.set(Wait::Busy);
        }
    }

    fn facts(&self, work: &mut Work) -> Facts {
        let now = Instant::now();
        let (mut flags, notifications) = self.wake.take();
        let holding = self.executor.counts();
        if !work.classes.are_for(holding.isolations) {
            // A new kind of isolate: there may be jobs that could not run before.
            work.classes = self.classes();
            flags = flags | Flags::FETCH_DUE | Flags::RANGE_CHANGED;
        }
        work.survey.take_in(flags, now);
        work.reclaims_at = self.reclaims_at();
        if work.reclaims_at.take_if(|at| *at <= now).is_some() {
            flags = flags | Flags::MAYBE_LOST_ACKS;
        }
        if std::mem::take(&mut work.found) {
            flags = flags | Flags::FETCH_DUE;
        }
        Facts {
            now,
            flags: flags
                .with(Flags::LISTENING, self.is_listening())
                .with(Flags::RUNNABLE, !work.classes.names.is_empty() && work.survey.is_known()),
            notifications,
            limit: holding.limit,
            ready: holding.ready,
            running: holding.running,
            job_seconds: holding.job_seconds,
            unwritten: self.deps.pending.unwritten_of(&self.config.name),
        }
    }

    pub(super) async fn wait(&self, until: Option<Instant>, work: &mut Work) -> Input {
        let timer = [until, work.deadline, work.survey_at, work.reclaims_at].into_iter().flatten().min();
        let input = tokio::select! {
            () = self.wake.notified() => Input::Woken,
            () = self.executor.changed.notified() => Input::Woken,
            _ = work.registered.changed() => {
                work.classes = self.classes();
                self.wake.set(Flags::FETCH_DUE | Flags::RANGE_CHANGED, true);
                Input::Woken
            }
            Some(done) = work.fetches.next(), if !work.fetches.is_empty() => {
                Input::FetchAnswered(self.arrive(done, &mut work.answers, &mut work.survey))
            }
            done = offer::answer(&mut work.offer) => match done {
                Some(done) => Input::OfferAnswered(self.arrive(done, &mut work.answers, &mut work.survey)),
                None => Input::OfferWithdrawn,
            },
            (epoch, answer) = surveying::answer(&mut work.surveying) => {
                self.surveyed(epoch, answer, work);
                Input::Woken
            }
            () = sleep_until(timer) => Input::Woken,
        };
        work.deadline = self.expire();
        input
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => pending().await,
    }
}
