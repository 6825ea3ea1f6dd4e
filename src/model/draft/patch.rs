//! The changes that `engine.jobs.update()` may make to waiting jobs.

use serde_json::{Map, Value, json};

use super::options::JobOptions;
use super::when::Due;
use crate::error::Result;
use crate::model::read::{Owner, Reader};

/// The job options that can be changed, by the same rules as at enqueue.
const OPTIONS: [&str; 6] = ["meta", "tags", "queue", "priority", "max_attempts", "timeout"];
const OTHERS: [&str; 4] = ["args", "scheduled_at", "schedule_in", "state"];

/// Checks the changes and returns them as JSON text of an object, in the database's form.
/// `timeout: null` removes the timeout; `state` is `available` or `suspended`.
pub fn check_patch(changes: &Value) -> Result<String> {
    Owner::Job.storable("changes", &changes.to_string())?;
    let reader = Reader::new(Owner::Job, "changes", changes);
    reader.only(&[&OTHERS[..], &OPTIONS].concat())?;
    let mut patch = Map::new();
    if let Some(it) = reader.get("args") {
        patch.insert("args".to_owned(), Value::Object(it.object()?.clone()));
    }
    if let Some(it) = reader.get("state") {
        patch.insert("state".to_owned(), json!(it.word(&["available", "suspended"].map(|word| (word, word)))?));
    }
    Due::read(&reader)?.write(&mut patch);
    let given = |key: &str| reader.get(key).is_some() || (key == "timeout" && changes.get(key).is_some());
    let options = JobOptions::read(&reader, &JobOptions::default())?.to_json();
    patch.extend(options.into_iter().filter(|(key, _)| OPTIONS.contains(&key.as_str()) && given(key)));
    if patch.is_empty() {
        return Err(reader.expected("at least one change"));
    }
    Ok(Value::Object(patch).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_written_as_the_database_takes_them() {
        for (changes, patch) in [
            (json!({ "priority": 0, "queue": null }), json!({ "priority": 0 })),
            (json!({ "timeout": null }), json!({ "timeout": null })),
            (json!({ "timeout": "1 min" }), json!({ "timeout": 60_000 })),
            (json!({ "tags": [], "meta": {} }), json!({ "tags": [], "meta": {} })),
            (
                json!({ "args": { "a": 1 }, "state": "suspended", "schedule_in": { "hours": 1 } }),
                json!({ "args": { "a": 1 }, "state": "suspended", "schedule_in": 3_600 }),
            ),
            (
                json!({ "scheduled_at": "2030-01-01T00:00:00Z", "max_attempts": 3, "queue": "q" }),
                json!({ "scheduled_at": "2030-01-01T00:00:00.000000Z", "max_attempts": 3, "queue": "q" }),
            ),
        ] {
            let got: Value = serde_json::from_str(&check_patch(&changes).unwrap()).unwrap();
            assert_eq!(got, patch, "{changes}");
        }
    }

    #[test]
    fn what_cannot_be_changed_is_refused() {
        for (changes, message) in [
            (json!(null), "changes: expected an object, got null"),
            (json!({}), "changes: expected at least one change, got {}"),
            (json!({ "queue": null }), "changes: expected at least one change, got {\"queue\":null}"),
            (
                json!({ "attempt": 1 }),
                "changes: unknown option \"attempt\"; known are args, scheduled_at, schedule_in, state, meta, tags, queue, \
                 priority, max_attempts, timeout",
            ),
            (json!({ "priorty": 1 }), "changes: unknown option \"priorty\", did you mean \"priority\"?"),
            (json!({ "priority": 12 }), "changes.priority: expected an integer of at most 9, got 12"),
            (
                json!({ "state": "completed" }),
                "changes.state: expected \"available\" or \"suspended\", got \"completed\"",
            ),
            (json!({ "args": 1 }), "changes.args: expected an object, got 1"),
            (
                json!({ "args": { "a": "\0" } }),
                "changes.args.a: expected what PostgreSQL can store as jsonb, got a NUL character (\\u0000)",
            ),
        ] {
            assert_eq!(check_patch(&changes).unwrap_err().to_string(), message);
        }
    }
}
