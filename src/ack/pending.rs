//! The number of outcomes not yet written: the executor counts up, the acker down.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The number of outcomes not yet written.
#[derive(Clone, Default)]
pub struct Pending {
    count: Arc<AtomicUsize>,
    none: Arc<Notify>,
}

impl Pending {
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Resolves when every outcome counted so far is written.
    pub async fn flushed(&self) {
        loop {
            let none = self.none.notified();
            if self.count() == 0 {
                return;
            }
            none.await;
        }
    }

    pub fn add(&self, count: usize) {
        self.count.fetch_add(count, Ordering::AcqRel);
    }

    pub fn done(&self, count: usize) {
        if self.count.fetch_sub(count, Ordering::AcqRel) == count {
            self.none.notify_waiters();
        }
    }
}
