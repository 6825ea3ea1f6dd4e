//! The classes whose jobs a queue can run now.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::draft::Isolation;

pub struct Classes {
    pub names: Arc<[String]>,
    isolations: FxHashMap<String, Isolation>,
}

impl Classes {
    pub(super) fn of(claimable: Vec<(String, Isolation)>) -> Self {
        Self {
            names: claimable.iter().map(|(name, _)| name.clone()).collect(),
            isolations: claimable.into_iter().collect(),
        }
    }

    /// Where jobs of that class run.
    pub fn isolation(&self, name: &str) -> Isolation {
        self.isolations.get(name).copied().unwrap_or(Isolation::Thread)
    }
}
