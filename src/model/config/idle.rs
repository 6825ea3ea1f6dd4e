//! The option `idle`: when an engine without work sleeps.

use std::time::Duration;

use serde_json::Value;

use super::kind::{DAY, Kind, millis};
use super::options;

/// Engines sleep for no less: below that, falling asleep and waking cost more than heartbeats.
pub const MIN_SLEEP: Duration = Duration::from_secs(10);

const MAX_SLEEP: Duration = Duration::from_secs(7 * 86_400);

options! {
    pub struct Idle() {
        after: Duration = millis(Duration::from_secs(1)..=DAY) => Duration::from_secs(60),
            "Time without a running job, or a new one, after which the engine rests. It sleeps as soon as all engines of the schema rest.";
        longest: Duration = millis(MIN_SLEEP..=MAX_SLEEP) => Duration::from_secs(3_600),
            "Longest sleep. Then the engine wakes, prunes, looks for jobs of lost nodes, and sleeps again.";
    }
}

/// `false`, `true` or an object.
pub(crate) fn idle() -> Kind<Option<Idle>> {
    Kind::new(
        "boolean or [object](#idle)",
        |it| match it.value() {
            Value::Bool(false) => Ok(None),
            Value::Bool(true) => {
                let nothing = Value::Object(serde_json::Map::new());
                Idle::read(&it.with(&nothing)).map(Some)
            }
            Value::Object(_) => Idle::read(it).map(Some),
            _ => Err(it.expected("true, false or an object of options")),
        },
        |it| it.as_ref().map_or(Value::Bool(false), |it| it.values().into()),
    )
}
