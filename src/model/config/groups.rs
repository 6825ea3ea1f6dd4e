//! Thread groups: queues that share threads have what belongs to a thread in common.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::queues::QueueConfig;
use super::threads::Threads;
use crate::error::{Error, Result};
use crate::model::json::path;
use crate::model::read::shorten;

/// Completes the groups of an engine's queues; rejects queues that cannot share threads.
pub(super) fn complete(queues: &mut [QueueConfig]) -> Result<()> {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for Threads { group, count } in queues.iter().map(|it| &it.threads) {
        if let (Some(group), Some(count)) = (group, count) {
            counts.entry(group.clone()).or_insert(*count);
        }
    }
    let mut firsts: HashMap<String, usize> = HashMap::new();
    for at in 0..queues.len() {
        let Some(group) = queues[at].threads.group.clone() else { continue };
        queues[at].threads.count.get_or_insert(counts.get(&group).copied().unwrap_or(1));
        let first = *firsts.entry(group).or_insert(at);
        queues[at].fits(&queues[first], "queues")?;
    }
    Ok(())
}

impl QueueConfig {
    /// Joins the group that it names, if another queue is there already.
    pub fn join<'a>(&mut self, others: impl IntoIterator<Item = &'a Self>) -> Result<()> {
        let Some(group) = &self.threads.group else { return Ok(()) };
        let first = others.into_iter().find(|it| it.threads.group.as_ref() == Some(group));
        self.threads.count.get_or_insert(first.map_or(1, |it| it.threads.count()));
        first.map_or(Ok(()), |first| self.fits(first, ""))
    }

    /// Whether it can use the same threads as another queue of its group. `root`: the path of its name in messages.
    fn fits(&self, other: &Self, root: &str) -> Result<()> {
        let options = |it: &Self| {
            let isolation = it.isolation.unwrap_or(it.engine_isolation).as_str();
            [
                ("threads.count", json!(it.threads.count)),
                ("isolation", json!(isolation)),
                ("resource_limits", json!(it.resource_limits)),
                ("exec_argv", it.exec_argv.clone()),
            ]
        };
        let pairs = options(self).into_iter().zip(options(other));
        let Some(((option, own), (_, theirs))) = pairs.into_iter().find(|(own, theirs)| own != theirs) else {
            return Ok(());
        };
        let shown = |value: &Value| if value.is_null() { "none".to_owned() } else { shorten(&value.to_string()) };
        let group = self.threads.group.as_deref().unwrap_or_default();
        Err(Error::Config(format!(
            "{}.{option}: expected {}, as queue {:?} of the thread group {:?} has, got {}",
            path::member(root, &self.name),
            shown(&theirs),
            shorten(&other.name),
            shorten(group),
            shown(&own)
        )))
    }
}
