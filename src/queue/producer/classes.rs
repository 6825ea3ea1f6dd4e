//! The classes whose jobs a queue can run now.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Producer;
use crate::model::draft::Isolation;

pub struct Classes {
    pub names: Arc<[String]>,
    isolations: FxHashMap<String, Isolation>,
    /// The kinds of isolate that were available.
    available: [bool; 3],
}

impl Classes {
    fn of(claimable: Vec<(String, Isolation)>, available: [bool; 3]) -> Self {
        Self {
            names: claimable.iter().map(|(name, _)| name.clone()).collect(),
            isolations: claimable.into_iter().collect(),
            available,
        }
    }

    /// Whether they are those of the kinds of isolate that are available now.
    pub(super) fn are_for(&self, available: [bool; 3]) -> bool {
        self.available == available
    }

    /// Where jobs of that class run.
    pub fn isolation(&self, name: &str) -> Isolation {
        self.isolations.get(name).copied().unwrap_or(Isolation::Thread)
    }
}

impl Producer {
    pub(super) fn classes(&self) -> Classes {
        let available = self.executor.isolations();
        Classes::of(self.claimable_in(available), available)
    }

    /// The names of the classes that can run here now, and where each does.
    pub fn claimable(&self) -> Vec<(String, Isolation)> {
        self.claimable_in(self.executor.isolations())
    }

    fn claimable_in(&self, available: [bool; 3]) -> Vec<(String, Isolation)> {
        self.deps
            .registry
            .all()
            .into_iter()
            .map(|(name, class)| (name, class.isolation_in(self.config.isolation, self.config.engine_isolation)))
            .filter(|(_, isolation)| available[*isolation as usize])
            .collect()
    }
}
