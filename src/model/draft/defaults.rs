//! What a queue's `defaults` say for the jobs enqueued in it: below the job's own options and those of its class, above the
//! defaults of the database.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use serde_json::{Map, Value, json};

use super::JobOptions;
use crate::error::Result;
use crate::model::backoff::Backoff;
use crate::model::read::Reader;

/// The options that a queue may have defaults for.
const KEYS: [&str; 3] = ["priority", "max_attempts", "backoff"];

/// Those that are stored with the job, and hence are filled into its draft. A backoff is left to the time of the failure.
const STORED: [&str; 2] = ["priority", "max_attempts"];

/// The defaults of one queue; `None` where it has none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct QueueDefaults {
    pub priority: Option<i32>,
    pub max_attempts: Option<i32>,
    pub backoff: Option<Backoff>,
}

impl QueueDefaults {
    pub fn read(reader: &Reader<'_>) -> Result<Self> {
        reader.only(&KEYS)?;
        let JobOptions { priority, max_attempts, backoff, .. } = JobOptions::read(reader, &JobOptions::default())?;
        Ok(Self {
            priority: reader.get("priority").map(|_| priority),
            max_attempts: reader.get("max_attempts").map(|_| max_attempts),
            backoff,
        })
    }

    /// Those that there are, as [`QueueDefaults::read`] reads them back.
    pub fn to_json(self) -> Value {
        let Self { priority, max_attempts, backoff } = self;
        let all = [json!(priority), json!(max_attempts), json!(backoff.map(|it| it.to_json()))];
        KEYS.iter().zip(all).filter(|(_, value)| !value.is_null()).map(|(key, value)| (*key, value)).collect()
    }

    /// Adds to a draft what neither the job nor its class says.
    fn fill(self, draft: &mut Map<String, Value>) {
        let Self { priority, max_attempts, .. } = self;
        for (key, value) in STORED.iter().zip([priority, max_attempts]) {
            if let Some(value) = value {
                draft.entry(*key).or_insert_with(|| value.into());
            }
        }
    }
}

/// Which of the options that are filled in were given, even with the value that they have anyway.
pub(super) fn given(reader: &Reader<'_>) -> Vec<&'static str> {
    STORED.into_iter().filter(|key| reader.get(key).is_some()).collect()
}

/// The defaults of all queues that an engine knows, whether or not it serves them.
#[derive(Debug, Clone, Default)]
pub struct DefaultsByQueue(Arc<RwLock<HashMap<String, QueueDefaults>>>);

impl DefaultsByQueue {
    pub fn new(all: impl IntoIterator<Item = (String, QueueDefaults)>) -> Self {
        Self(Arc::new(RwLock::new(all.into_iter().collect())))
    }

    pub fn set(&self, queue: &str, defaults: QueueDefaults) {
        self.0.write().insert(queue.to_owned(), defaults);
    }

    pub fn backoff(&self, queue: &str) -> Option<Backoff> {
        self.0.read().get(queue)?.backoff
    }

    /// Adds to a draft what the defaults of its queue say, and neither the job nor its class.
    pub fn fill(&self, draft: &mut Map<String, Value>) {
        let queue = draft.get("queue").and_then(Value::as_str).unwrap_or("default");
        let defaults = self.0.read().get(queue).copied();
        if let Some(defaults) = defaults {
            defaults.fill(draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::read::Owner;

    fn read(value: &Value) -> Result<QueueDefaults> {
        QueueDefaults::read(&Reader::new(Owner::Config, "defaults", value))
    }

    #[test]
    fn they_are_read_and_written() {
        for value in [json!({}), json!({ "priority": 0 }), json!({ "max_attempts": 5, "backoff": "exp" })] {
            assert_eq!(read(&value).unwrap().to_json(), value);
        }
        assert_eq!(
            read(&json!({ "priorty": 1 })).unwrap_err().to_string(),
            "defaults: unknown option \"priorty\", did you mean \"priority\"?"
        );
        let error = read(&json!({ "priority": 10 })).unwrap_err();
        assert_eq!((error.code(), error.to_string().starts_with("defaults.priority: ")), ("ERAM_CONFIG", true));
    }

    #[test]
    fn they_fill_what_neither_the_job_nor_its_class_says() {
        let all = DefaultsByQueue::new([
            ("default".to_owned(), read(&json!({ "priority": 3 })).unwrap()),
            ("mails".to_owned(), read(&json!({ "priority": 4, "max_attempts": 5, "backoff": "exp" })).unwrap()),
        ]);
        for (draft, filled) in [
            (json!({}), json!({ "priority": 3 })),
            (json!({ "queue": "mails" }), json!({ "queue": "mails", "priority": 4, "max_attempts": 5 })),
            (json!({ "queue": "mails", "priority": 0 }), json!({ "queue": "mails", "priority": 0, "max_attempts": 5 })),
            (json!({ "queue": "other" }), json!({ "queue": "other" })),
        ] {
            let Value::Object(mut draft) = draft else { unreachable!() };
            all.fill(&mut draft);
            assert_eq!(Value::Object(draft), filled);
        }
        assert_eq!((all.backoff("mails"), all.backoff("default")), (Some(Backoff::Exp), None));
    }
}
