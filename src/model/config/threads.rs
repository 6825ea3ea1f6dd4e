//! The threads of a queue: its own, or those of a thread group, which several queues share.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::kind::Kind;
use crate::error::Result;
use crate::model::read::Reader;

/// The most threads of a queue, or of a group.
const MAX_THREADS: RangeInclusive<i64> = 1..=256;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threads {
    /// The name of their group; `None`: they are the queue's own.
    pub group: Option<String>,
    /// `None` until it is known from another queue of the group.
    pub count: Option<u32>,
}

impl Default for Threads {
    fn default() -> Self {
        Self { group: None, count: Some(1) }
    }
}

impl Threads {
    pub fn count(&self) -> u32 {
        self.count.unwrap_or(1)
    }

    fn read(reader: &Reader<'_>) -> Result<Self> {
        match reader.value() {
            Value::Object(_) => {
                reader.only(&["group", "count"])?;
                let group = reader.need("group", "the name of a thread group")?.as_text(1..=127)?;
                Ok(Self { group: Some(group.to_owned()), count: reader.integer("count", MAX_THREADS)? })
            }
            Value::Number(_) => Ok(Self { group: None, count: u32::try_from(reader.as_integer(MAX_THREADS)?).ok() }),
            _ => Err(reader.expected("a positive integer or an object { group, count }")),
        }
    }

    fn write(&self) -> Value {
        match &self.group {
            Some(group) => json!({ "group": group, "count": self.count }),
            None => self.count().into(),
        }
    }
}

/// A number of threads, or the name of a group with it.
pub(super) fn threads() -> Kind<Threads> {
    Kind::new("integer or object", Threads::read, Threads::write).shown("`1`")
}
