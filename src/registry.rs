//! The registered job classes of this process, shared by all of its isolates and engines.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;
use tokio::sync::watch;

use crate::error::Result;
use crate::model::draft::Registration;

struct Workers {
    known: RwLock<BTreeMap<String, Arc<Registration>>>,
    /// Counts registrations, so that producers notice a class that is registered late.
    changes: watch::Sender<u64>,
}

static WORKERS: LazyLock<Workers> =
    LazyLock::new(|| Workers { known: RwLock::default(), changes: watch::Sender::new(0) });

/// Registers a class under its name and its aliases. The same class may be registered again (another thread loads its file).
pub fn register(registration: Registration) -> Arc<Registration> {
    let registration = Arc::new(registration);
    {
        let mut known = WORKERS.known.write();
        for name in std::iter::once(&registration.name).chain(&registration.aliases) {
            known.insert(name.clone(), registration.clone());
        }
    }
    WORKERS.changes.send_modify(|count| *count += 1);
    registration
}

pub fn find(name: &str) -> Option<Arc<Registration>> {
    WORKERS.known.read().get(name).cloned()
}

/// A draft of the class, or of one that only its name is known of: see [`Registration::draft`].
pub fn draft(worker: &str, options: &str) -> Result<String> {
    match find(worker) {
        Some(class) => class.draft(options),
        None => Registration::unknown(worker)?.draft(options),
    }
}

/// Every class as JSON texts.
pub fn all_as_json() -> Vec<String> {
    all().into_iter().filter(|(name, class)| *name == class.name).map(|(_, class)| class.to_json()).collect()
}

/// Every name that a job may carry, with its class.
pub fn all() -> Vec<(String, Arc<Registration>)> {
    WORKERS.known.read().iter().map(|(name, it)| (name.clone(), it.clone())).collect()
}

pub fn changes() -> watch::Receiver<u64> {
    WORKERS.changes.subscribe()
}
