//! Performs surveys, next to fetches: a survey that takes long holds up none.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Producer;
use super::survey::CHEAP;
use super::wake::Flags;
use crate::error::Result;
use crate::model::marks::Surveyed;

/// The epoch in which the survey began, and its answer.
type Answer = (u32, Result<Surveyed>);

pub type Surveying = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Resolves with the answer to the survey in flight.
pub async fn answer(surveying: &mut Option<Surveying>) -> Answer {
    let Some(survey) = surveying else { return pending().await };
    let answer = survey.await;
    *surveying = None;
    answer
}

impl Producer {
    /// Heartbeats may look for jobs that wait in this queue: it takes them a moment.
    pub fn is_cheap(&self) -> bool {
        Duration::from_micros(self.survey_cost.load(Ordering::Acquire)) <= CHEAP
    }

    /// A heartbeat did not look through this queue. Returns whether a job waited when the producer last did.
    pub fn check(&self) -> bool {
        self.wake.wake(Flags::CHECK_DUE);
        self.saw_waiting.load(Ordering::Acquire)
    }
}
