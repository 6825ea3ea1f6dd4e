//! The number of outcomes not yet written: the executor counts up, the acker down.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// The number of outcomes not yet written.
#[derive(Clone, Default)]
pub struct Pending {
    count: Arc<AtomicUsize>,
    none: Arc<Notify>,
    aside: Arc<Aside>,
}

/// The jobs whose acks the database refuses, by queue.
#[derive(Default)]
struct Aside {
    is_some: AtomicBool,
    jobs: Mutex<HashMap<Arc<str>, HashSet<i64>>>,
}

impl Pending {
    /// Outcomes on their way, without those that are set aside.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// All outcomes that are not written.
    pub fn unwritten(&self) -> usize {
        // Locked, so that an outcome that is just set aside or taken back is counted.
        let jobs = self.aside.jobs.lock();
        jobs.values().map(HashSet::len).sum::<usize>() + self.count()
    }

    /// The outcomes that hold a queue back: those on their way, and those of its own that are set aside.
    pub fn unwritten_of(&self, queue: &str) -> usize {
        let aside = if self.has_aside() { self.aside.jobs.lock().get(queue).map_or(0, HashSet::len) } else { 0 };
        self.count() + aside
    }

    /// The jobs of a queue whose acks are set aside; `None` while other outcomes are on their way.
    pub fn aside(&self, queue: &str) -> Option<Vec<i64>> {
        let jobs = self.aside.jobs.lock();
        (self.count() == 0).then(|| jobs.get(queue).into_iter().flatten().copied().collect())
    }

    /// Whether acks of the queue are set aside.
    pub fn has_aside_of(&self, queue: &str) -> bool {
        self.has_aside() && self.aside.jobs.lock().contains_key(queue)
    }

    /// Whether any ack is set aside.
    pub fn has_aside(&self) -> bool {
        self.aside.is_some.load(Ordering::Acquire)
    }

    /// Sets acks aside that were counted.
    pub fn set_aside(&self, acks: impl Iterator<Item = (i64, Arc<str>)>) {
        let mut jobs = self.aside.jobs.lock();
        let mut count = 0;
        for (id, queue) in acks {
            jobs.entry(queue).or_default().insert(id);
            count += 1;
        }
        self.aside.is_some.store(!jobs.is_empty(), Ordering::Release);
        self.done(count);
    }

    /// Counts acks again that were set aside.
    pub fn take_back<'a>(&self, acks: impl Iterator<Item = (i64, &'a str)>) {
        let mut jobs = self.aside.jobs.lock();
        for (id, queue) in acks {
            self.add(1);
            if let Some(ids) = jobs.get_mut(queue) {
                ids.remove(&id);
            }
        }
        jobs.retain(|_, ids| !ids.is_empty());
        self.aside.is_some.store(!jobs.is_empty(), Ordering::Release);
    }

    /// Resolves when every outcome counted so far is written or set aside.
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
        if count > 0 && self.count.fetch_sub(count, Ordering::AcqRel) == count {
            self.none.notify_waiters();
        }
    }
}
