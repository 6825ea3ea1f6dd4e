//! Performs fetches, and what follows from their answers.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::Producer;
use super::claims;
use super::classes::Classes;
use super::step::{Answer, Claimed};
use super::survey::{Look, Survey, Urgency, View};
use crate::error::{Error, Result};
use crate::model::job::Job;
use crate::model::marks::Marks;
use crate::store::FetchRequest;

pub type Fetch = Pin<Box<dyn Future<Output = Fetched> + Send>>;

/// The result of a fetch.
pub struct Fetched {
    /// The uuid it claimed for: the producer may have registered anew since.
    pub producer: Uuid,
    pub look: Look,
    pub took: Duration,
    pub jobs: Result<Vec<Job>>,
}

/// What the last answers brought.
#[derive(Default)]
pub struct Answers {
    /// Jobs that were just claimed, and for which uuid.
    arrived: Option<(Uuid, Vec<Job>)>,
    /// The last fetch failed, and that was logged.
    failing: bool,
}

impl Producer {
    pub(super) fn start_fetch(
        self: &Arc<Self>,
        classes: &Classes,
        requested: usize,
        pinned: bool,
        view: &View,
    ) -> Fetch {
        self.fetching.fetch_add(1, Ordering::AcqRel);
        let (producer, workers) = (self.clone(), classes.names.clone());
        let pins = if pinned { self.pins() } else { vec![] };
        let View { marks, epoch } = *view;
        Box::pin(async move {
            let begun = Instant::now();
            let request = producer.fetch_request(workers, pins, requested, &marks);
            let jobs = claims::fetch(&producer.deps.store, &producer.deps.refusals, &request).await;
            let look = Look { epoch, begun, requested, pinned };
            Fetched { producer: request.claim.producer, look, took: begun.elapsed(), jobs }
        })
    }

    pub(super) fn fetch_request(
        &self,
        workers: Arc<[String]>,
        pins: Vec<(String, String)>,
        limit: usize,
        marks: &Marks,
    ) -> FetchRequest {
        let claim = self.claim.lock().clone();
        FetchRequest { claim, workers, limit: i64::try_from(limit).unwrap_or(i64::MAX), pins, marks: *marks }
    }

    /// What the answer means to the state. Jobs that it brought are set aside until that has decided.
    pub(super) fn arrive(&self, fetched: Fetched, answers: &mut Answers, survey: &mut Survey) -> Answer {
        let Fetched { producer, look, took, jobs } = fetched;
        let fails = jobs.is_err();
        let claimed = match jobs {
            Ok(jobs) => {
                self.saw_waiting.store(false, Ordering::Release);
                survey.fetched(&look, &jobs, Instant::now());
                self.deps.metrics.fetched(jobs.len(), took);
                self.fetched.fetch_add(jobs.len() as u64, Ordering::Relaxed);
                let (count, bytes) = (jobs.len(), jobs.iter().map(|job| job.args.len() + 256).sum());
                answers.arrived = (count > 0).then_some((producer, jobs));
                Claimed::Jobs { count, bytes, took, is_void: producer != self.uuid() }
            }
            Err(error) => {
                // Whatever it had locked waits again.
                survey.owe(Urgency::Likely, Instant::now());
                if !answers.failing {
                    tracing::warn!(queue = self.config.name, %error, "producer: cannot fetch; trying until it can");
                }
                if matches!(error, Error::Unavailable(_)) { Claimed::Unknown } else { Claimed::Refused }
            }
        };
        answers.failing = fails;
        if answers.arrived.is_none() {
            self.answered();
        }
        Answer { requested: look.requested, claimed }
    }

    /// Gives the executor the jobs that were just claimed.
    pub(super) fn deliver(&self, answers: &mut Answers, classes: &Classes) {
        let Some((producer, jobs)) = answers.arrived.take() else { return };
        let placed = jobs.into_iter().map(|job| {
            let isolation = classes.isolation(&job.worker);
            (job, isolation)
        });
        self.executor.offer(placed.collect());
        // Declared lost at this very moment.
        if producer != self.uuid() {
            self.executor.release_ready(None);
        }
        self.answered();
    }

    /// Releases them instead.
    pub(super) fn hand_back(&self, answers: &mut Answers) {
        let Some((_, jobs)) = answers.arrived.take() else { return };
        self.executor.hand_back(jobs);
        self.answered();
    }

    /// Only now, when the executor knows what it claimed, a fetch is not in flight any more.
    fn answered(&self) {
        self.fetching.fetch_sub(1, Ordering::AcqRel);
    }
}
