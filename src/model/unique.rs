//! The option `unique`: which jobs are duplicates of each other.
//!
//! ```text
//! true    { period: "infinity" } and the defaults below
//! { fields     what is compared: "args", "queue", "worker", "meta"           ["args", "queue", "worker"]
//!   keys       only these members of args and meta; a missing one is null    [], all of them
//!   period     seconds, or a duration, or "infinity"                         60
//!   states     states in which another job conflicts: a list, or a group     "successful"
//!   timestamp  where the period begins: "inserted_at" or "scheduled_at"      "inserted_at"
//!   window     "fixed": one job in each period since 1970;
//!              "sliding": no job within a period of another                  "fixed"
//!   replace    what a conflict changes in the other job: [field, …], or { state: [field, …], … } }
//! groups of states: all; incomplete = suspended, available, scheduled, executing, retryable;
//!                   successful = incomplete and completed
//! fields to replace: args, max_attempts, meta, priority, queue, scheduled_at, tags, worker
//! ```
//!
//! Names and defaults are Oban's. Unlike in Oban, `states` must contain scheduled, available and
//! executing, as in River: a job moves between them by itself, and if it left the set and returned,
//! another job could have taken its key in the meantime. (The stager handles jobs that return from
//! retryable: it discards the later one.)

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::model::job::State;
use crate::model::read::{MAX_DURATION, Reader, Unit};

const FIELDS: [&str; 4] = ["args", "queue", "worker", "meta"];
const REPLACEABLE: [&str; 8] = ["args", "max_attempts", "meta", "priority", "queue", "scheduled_at", "tags", "worker"];
const REQUIRED: [State; 3] = [State::Scheduled, State::Available, State::Executing];
const TIMESTAMPS: [&str; 2] = ["inserted_at", "scheduled_at"];
const WINDOWS: [&str; 2] = ["fixed", "sliding"];

/// A validated `unique` with all its members.
#[derive(Debug, Clone, PartialEq)]
pub struct Unique {
    /// In the order of [`FIELDS`].
    fields: Vec<&'static str>,
    keys: Vec<String>,
    /// `None` means no time limit.
    period: Option<Duration>,
    /// In the order of [`State::ALL`].
    states: Vec<State>,
    timestamp: &'static str,
    window: &'static str,
    replace: Replace,
}

#[derive(Debug, Clone, PartialEq)]
enum Replace {
    Nothing,
    Always(Vec<&'static str>),
    PerState(Vec<(State, Vec<&'static str>)>),
}

impl Default for Unique {
    fn default() -> Self {
        Self {
            fields: vec!["args", "queue", "worker"],
            keys: vec![],
            period: Some(Duration::from_secs(60)),
            states: State::ALL.into_iter().filter(successful).collect(),
            timestamp: "inserted_at",
            window: "fixed",
            replace: Replace::Nothing,
        }
    }
}

impl Unique {
    /// Reads the option. `false` means none; an object overrides members of `base`, the job class's
    /// own.
    pub fn read(reader: &Reader<'_>, base: Option<&Self>) -> Result<Option<Self>> {
        match reader.value() {
            Value::Bool(false) => Ok(None),
            Value::Bool(true) => Ok(Some(Self { period: None, ..Self::default() })),
            Value::Object(_) => Self::read_object(reader, base.cloned().unwrap_or_default()).map(Some),
            _ => Err(reader.expected("true, false or an object { fields, keys, period, states, … }")),
        }
    }

    fn read_object(reader: &Reader<'_>, mut unique: Self) -> Result<Self> {
        reader.only(&["fields", "keys", "period", "states", "timestamp", "window", "replace"])?;
        if let Some(it) = reader.get("fields") {
            unique.fields = words(&it, &FIELDS, "a list of args, queue, worker, meta")?;
            if unique.fields.is_empty() {
                return Err(it.expected("at least one of args, queue, worker, meta"));
            }
        }
        if let Some(it) = reader.get("keys") {
            unique.keys = it.texts("a list of names", 64, 1..=255)?;
        }
        if let Some(it) = reader.get("period") {
            let forever = it.value().as_str() == Some("infinity");
            let range = Duration::from_secs(1)..=MAX_DURATION;
            unique.period = if forever { None } else { Some(it.as_duration(Unit::Seconds, range)?) };
        }
        if let Some(it) = reader.get("states") {
            unique.states = read_states(&it)?;
        }
        if let Some(it) = reader.get("timestamp") {
            unique.timestamp = it.word(&TIMESTAMPS.map(|word| (word, word)))?;
        }
        if let Some(it) = reader.get("window") {
            unique.window = it.word(&WINDOWS.map(|word| (word, word)))?;
        }
        if let Some(it) = reader.get("replace") {
            unique.replace = Replace::read(&it)?;
        }
        if !unique.keys.is_empty() && !unique.fields.iter().any(|field| ["args", "meta"].contains(field)) {
            let keys = unique.keys.join(", ");
            return Err(reader.refuse(&format!(
                "expected args or meta among the fields, got keys ({keys}) and the fields {}; keys are members of args and meta",
                unique.fields.join(", ")
            )));
        }
        Ok(unique)
    }

    /// All members, as [`Unique::read`] reads them back and the enqueue functions of the database
    /// take them.
    pub fn to_json(&self) -> Value {
        let mut all = json!({
            "fields": self.fields,
            "keys": self.keys,
            "period": self.period.map_or_else(|| json!("infinity"), |period| Unit::Seconds.number(period)),
            "states": self.states.iter().map(|state| state.as_str()).collect::<Vec<_>>(),
            "timestamp": self.timestamp,
            "window": self.window,
        });
        match &self.replace {
            Replace::Nothing => {}
            Replace::Always(fields) => all["replace"] = json!(fields),
            Replace::PerState(states) => {
                let states: Map<_, _> =
                    states.iter().map(|(s, fields)| (s.as_str().to_owned(), json!(fields))).collect();
                all["replace"] = Value::Object(states);
            }
        }
        all
    }
}

impl Replace {
    fn read(reader: &Reader<'_>) -> Result<Self> {
        let fields = |it: &Reader<'_>| words(it, &REPLACEABLE, "a list of fields to replace");
        match reader.value() {
            Value::Array(_) => fields(reader).map(Self::Always),
            Value::Object(_) => {
                reader.only(&State::ALL.map(State::as_str))?;
                let per_state = State::ALL
                    .into_iter()
                    .filter_map(|state| reader.get(state.as_str()).map(|it| fields(&it).map(|fields| (state, fields))));
                per_state.collect::<Result<_>>().map(Self::PerState)
            }
            _ => Err(reader.expected("a list of fields to replace, or an object { state: [field, …] }")),
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the shape of a filter
const fn successful(state: &State) -> bool {
    state.is_incomplete() || matches!(state, State::Completed)
}

fn read_states(reader: &Reader<'_>) -> Result<Vec<State>> {
    let group = match reader.value().as_str() {
        Some("all") => Some(State::ALL.to_vec()),
        Some("incomplete") => Some(State::ALL.into_iter().filter(|state| state.is_incomplete()).collect()),
        Some("successful") => Some(State::ALL.into_iter().filter(successful).collect()),
        Some("scheduled") => Some(vec![State::Scheduled]),
        Some(_) | None => None,
    };
    let states = if let Some(states) = group {
        states
    } else {
        let what = "\"all\", \"incomplete\", \"successful\" or a list of states";
        let names = words(reader, &State::ALL.map(State::as_str), what)?;
        State::ALL.into_iter().filter(|state| names.contains(&state.as_str())).collect()
    };
    let missing: Vec<_> = REQUIRED.into_iter().filter(|state| !states.contains(state)).map(State::as_str).collect();
    if missing.is_empty() {
        return Ok(states);
    }
    Err(reader.refuse(&format!(
        "expected scheduled, available and executing among the states, got {} without {}; a job moves between them by \
         itself and would come back to a place that is taken",
        reader.value(),
        missing.join(" and ")
    )))
}

/// A list of known words without duplicates, in the order of `known`.
fn words(reader: &Reader<'_>, known: &[&'static str], what: &str) -> Result<Vec<&'static str>> {
    let pairs: Vec<_> = known.iter().map(|word| (*word, *word)).collect();
    let given = reader.elements(what)?.iter().map(|it| it.word(&pairs)).collect::<Result<Vec<_>>>()?;
    Ok(known.iter().copied().filter(|word| given.contains(word)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::read::Owner;

    fn read(value: &Value) -> Result<Option<Unique>> {
        Unique::read(&Reader::new(Owner::Job, "unique", value), None)
    }

    fn normal(value: &Value) -> Value {
        read(value).unwrap().map_or(Value::Null, |unique| unique.to_json())
    }

    #[test]
    fn every_choice_is_spelled_out() {
        let base = json!({
            "fields": ["args", "queue", "worker"], "keys": [], "period": 60, "timestamp": "inserted_at", "window": "fixed",
            "states": ["suspended", "scheduled", "available", "executing", "retryable", "completed"],
        });
        let with = |changes: Value| {
            let mut all = base.clone();
            all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            all
        };
        let incomplete = json!(["suspended", "scheduled", "available", "executing", "retryable"]);
        for (given, expected) in [
            (json!({}), base.clone()),
            (json!(false), Value::Null),
            (json!(true), with(json!({ "period": "infinity" }))),
            (json!({ "period": 30 }), with(json!({ "period": 30 }))),
            (json!({ "period": "1 day" }), with(json!({ "period": 86_400 }))),
            (json!({ "period": "infinity", "keys": ["id"] }), with(json!({ "period": "infinity", "keys": ["id"] }))),
            (json!({ "fields": ["worker", "args", "args"] }), with(json!({ "fields": ["args", "worker"] }))),
            (json!({ "states": "incomplete" }), with(json!({ "states": incomplete }))),
            (
                json!({ "states": ["executing", "available", "scheduled"] }),
                with(json!({ "states": ["scheduled", "available", "executing"] })),
            ),
            (json!({ "timestamp": "scheduled_at" }), with(json!({ "timestamp": "scheduled_at" }))),
            (json!({ "window": "sliding" }), with(json!({ "window": "sliding" }))),
            (json!({ "replace": ["tags", "args"] }), with(json!({ "replace": ["args", "tags"] }))),
            (
                json!({ "replace": { "scheduled": ["scheduled_at"] } }),
                with(json!({ "replace": { "scheduled": ["scheduled_at"] } })),
            ),
        ] {
            assert_eq!(normal(&given), expected, "{given}");
            if !expected.is_null() {
                assert_eq!(normal(&expected), expected, "what is written is read back");
            }
        }
        assert_eq!(normal(&json!({ "states": "all" }))["states"].as_array().unwrap().len(), 8);
    }

    #[test]
    fn an_object_changes_single_choices_of_the_class() {
        let class = read(&json!({ "period": 30, "keys": ["id"] })).unwrap();
        let over = |value: &Value| {
            Unique::read(&Reader::new(Owner::Job, "unique", value), class.as_ref()).unwrap().map(|it| it.to_json())
        };
        let changed = over(&json!({ "keys": ["name"] })).unwrap();
        assert_eq!((&changed["period"], &changed["keys"]), (&json!(30), &json!(["name"])));
        let forever = over(&json!(true)).unwrap();
        assert_eq!((&forever["period"], &forever["keys"]), (&json!("infinity"), &json!([])));
        assert_eq!(over(&json!(false)), None);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let hint = "; a job moves between them by itself and would come back to a place that is taken";
        let among = "unique.states: expected scheduled, available and executing among the states, got";
        for (given, message) in [
            (json!(1), "unique: expected true, false or an object { fields, keys, period, states, … }, got 1".to_owned()),
            (json!({ "perod": 1 }), "unique: unknown option \"perod\", did you mean \"period\"?".to_owned()),
            (json!({ "fields": [] }), "unique.fields: expected at least one of args, queue, worker, meta, got []".to_owned()),
            (
                json!({ "fields": ["args", "tags"] }),
                "unique.fields[1]: expected \"args\", \"queue\", \"worker\" or \"meta\", got \"tags\"".to_owned(),
            ),
            (
                json!({ "fields": ["worker"], "keys": ["id"] }),
                "unique: expected args or meta among the fields, got keys (id) and the fields worker; keys are members of \
                 args and meta"
                    .to_owned(),
            ),
            (
                json!({ "period": 0 }),
                "unique.period: expected a duration from 1 s to 36525 days (seconds, or { days: 1 }, or \"1 day\"), got 0"
                    .to_owned(),
            ),
            (json!({ "states": "scheduled" }), format!("{among} \"scheduled\" without available and executing{hint}")),
            (
                json!({ "states": ["available", "scheduled"] }),
                format!("{among} [\"available\",\"scheduled\"] without executing{hint}"),
            ),
            (
                json!({ "states": "some" }),
                "unique.states: expected \"all\", \"incomplete\", \"successful\" or a list of states, got \"some\""
                    .to_owned(),
            ),
            (
                json!({ "timestamp": "now" }),
                "unique.timestamp: expected \"inserted_at\" or \"scheduled_at\", got \"now\"".to_owned(),
            ),
            (json!({ "window": 3 }), "unique.window: expected \"fixed\" or \"sliding\", got 3".to_owned()),
            (
                json!({ "replace": { "schedled": ["args"] } }),
                "unique.replace: unknown option \"schedled\", did you mean \"scheduled\"?".to_owned(),
            ),
            (
                json!({ "replace": true }),
                "unique.replace: expected a list of fields to replace, or an object { state: [field, …] }, got true".to_owned(),
            ),
            (json!({ "keys": [1] }), "unique.keys[0]: expected a text of 1 to 255 characters, got 1".to_owned()),
        ] {
            assert_eq!(read(&given).unwrap_err().to_string(), message, "{given}");
        }
    }
}
