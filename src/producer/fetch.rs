//! A fetch that is under way.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::Producer;
use crate::error::Result;
use crate::job::Job;
use crate::store::Wanted;

pub type Fetch = Pin<Box<dyn Future<Output = Fetched> + Send>>;

/// What came of one.
pub struct Fetched {
    /// For whom it claimed: the producer may have begun anew since.
    pub producer: Uuid,
    pub asked: usize,
    pub took: Duration,
    pub jobs: Result<Vec<Job>>,
}

pub fn start(producer: Arc<Producer>, workers: Arc<[String]>, pins: Vec<(String, String)>, asked: usize) -> Fetch {
    Box::pin(async move {
        let begun = Instant::now();
        let wanted = producer.wanted(workers, pins, asked);
        let jobs = producer.around.store.fetch_jobs(&wanted).await;
        Fetched { producer: wanted.claim.producer, asked, took: begun.elapsed(), jobs }
    })
}

impl Producer {
    pub(super) fn wanted(&self, workers: Arc<[String]>, pins: Vec<(String, String)>, places: usize) -> Wanted {
        let claim = self.claim.lock().clone();
        Wanted { claim, workers, limit: i64::try_from(places).unwrap_or(i64::MAX), pins }
    }
}
