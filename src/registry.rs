//! The job classes that one JavaScript environment has registered: a thread, or a context of a test runner. Its engines share the
//! registry, and so do the job threads and processes that they start.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::watch;

use crate::error::Result;
use crate::model::draft::Registration;

pub struct Registry {
    known: RwLock<BTreeMap<String, Arc<Registration>>>,
    /// Counts registrations, so that producers notice a class that is registered late.
    changes: watch::Sender<u64>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { known: RwLock::default(), changes: watch::Sender::new(0) }
    }
}

impl Registry {
    /// Registers a class under its name and its aliases. The same class may be registered again (another thread loads its file).
    pub fn register(&self, registration: Registration) -> Arc<Registration> {
        let registration = Arc::new(registration);
        {
            let mut known = self.known.write();
            for name in std::iter::once(&registration.name).chain(&registration.aliases) {
                known.insert(name.clone(), registration.clone());
            }
        }
        self.changes.send_modify(|count| *count += 1);
        registration
    }

    pub fn find(&self, name: &str) -> Option<Arc<Registration>> {
        self.known.read().get(name).cloned()
    }

    /// A draft of the class, or of one that only its name is known of: see [`Registration::draft`].
    pub fn draft(&self, worker: &str, options: &str) -> Result<String> {
        match self.find(worker) {
            Some(class) => class.draft(options),
            None => Registration::unknown(worker)?.draft(options),
        }
    }

    /// Every class as JSON texts.
    pub fn all_as_json(&self) -> Vec<String> {
        let own = |(name, class): (String, Arc<Registration>)| (name == class.name).then(|| class.to_json());
        self.all().into_iter().filter_map(own).collect()
    }

    /// Every name that a job may carry, with its class.
    pub fn all(&self) -> Vec<(String, Arc<Registration>)> {
        self.known.read().iter().map(|(name, it)| (name.clone(), it.clone())).collect()
    }

    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
