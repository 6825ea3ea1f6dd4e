//! The queues that an engine serves: their producers by name, and the tasks in which these run.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;
use tokio::task::JoinHandle;

use super::producer::Producer;
use crate::error::Result;

#[derive(Default)]
pub struct Producers {
    by_queue: RwLock<BTreeMap<String, Entry>>,
}

struct Entry {
    producer: Arc<Producer>,
    /// None before it begins, and once its end is awaited.
    task: Option<JoinHandle<()>>,
}

impl Entry {
    fn begin(&mut self) {
        self.task.get_or_insert_with(|| tokio::spawn(self.producer.clone().run()));
    }
}

impl Producers {
    /// Adds the producer of a queue, which does not run yet; None where the queue has one.
    pub fn add(&self, queue: &str, make: impl FnOnce() -> Result<Producer>) -> Result<Option<Arc<Producer>>> {
        let mut all = self.by_queue.write();
        if all.contains_key(queue) {
            return Ok(None);
        }
        let producer = Arc::new(make()?);
        all.insert(queue.to_owned(), Entry { producer: producer.clone(), task: None });
        Ok(Some(producer))
    }

    pub fn remove(&self, queue: &str) {
        self.by_queue.write().remove(queue);
    }

    pub fn clear(&self) {
        self.by_queue.write().clear();
    }

    pub fn get(&self, queue: &str) -> Option<Arc<Producer>> {
        self.by_queue.read().get(queue).map(|it| it.producer.clone())
    }

    /// In the order of their queues' names.
    pub fn all(&self) -> Vec<Arc<Producer>> {
        self.by_queue.read().values().map(|it| it.producer.clone()).collect()
    }

    pub fn queues(&self) -> Vec<String> {
        self.by_queue.read().keys().cloned().collect()
    }

    pub fn is_empty(&self) -> bool {
        self.by_queue.read().is_empty()
    }

    /// Lets the producer of a queue run, if it does not.
    pub fn begin(&self, queue: &str) {
        if let Some(entry) = self.by_queue.write().get_mut(queue) {
            entry.begin();
        }
    }

    pub fn begin_all(&self) {
        self.by_queue.write().values_mut().for_each(Entry::begin);
    }

    /// The queues whose producer ended although it was not stopped.
    pub fn ended(&self) -> Vec<String> {
        let all = self.by_queue.read();
        let ended = |it: &&Entry| !it.producer.is_stopping() && it.task.as_ref().is_some_and(JoinHandle::is_finished);
        all.values().filter(ended).map(|it| format!("queue {}", it.producer.config.name)).collect()
    }

    /// The task of a producer that runs, to await its end.
    pub fn take_task(&self, queue: &str) -> Option<JoinHandle<()>> {
        self.by_queue.write().get_mut(queue)?.task.take()
    }

    /// The tasks of all that run.
    pub fn take_tasks(&self) -> Vec<(Arc<Producer>, JoinHandle<()>)> {
        let mut all = self.by_queue.write();
        all.values_mut().filter_map(|it| Some((it.producer.clone(), it.task.take()?))).collect()
    }
}
