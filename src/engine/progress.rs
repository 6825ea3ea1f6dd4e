//! The progress of running jobs: the newest report of each, written in one statement at a time.
//!
//! A report is not part of an outcome, so one that cannot be written is dropped: the job reports again.

use std::sync::Arc;

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::store::{Progress, Store};

#[derive(Default)]
pub(super) struct ProgressReports {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    by_job: FxHashMap<i64, Progress>,
    /// A task writes, and takes what accumulates meanwhile.
    writing: bool,
}

impl ProgressReports {
    /// Replaces the report of the job that waits to be written.
    pub fn add(self: &Arc<Self>, store: &Arc<Store>, report: Progress) {
        let mut waiting = self.waiting.lock();
        waiting.by_job.insert(report.id, report);
        if !std::mem::replace(&mut waiting.writing, true) {
            tokio::spawn(self.clone().write(store.clone()));
        }
    }

    async fn write(self: Arc<Self>, store: Arc<Store>) {
        while let Some(mut reports) = self.take() {
            // Two nodes lock the rows in the same order.
            reports.sort_unstable_by_key(|it| it.id);
            if let Err(error) = store.write_progress(&reports).await {
                tracing::warn!(%error, jobs = reports.len(), "progress: dropped, as it could not be written");
            }
        }
    }

    fn take(&self) -> Option<Vec<Progress>> {
        let mut waiting = self.waiting.lock();
        let reports: Vec<Progress> = waiting.by_job.drain().map(|(_, report)| report).collect();
        waiting.writing = !reports.is_empty();
        waiting.writing.then_some(reports)
    }
}
