//! How a plugin comes from the options: its key, its line and its table in the reference, and its reader.

use std::sync::Arc;

use serde_json::{Value, json};

use super::plugin::{Plugin, Scope};
use crate::error::Result;
use crate::model::config::Config;
use crate::model::config::kind::Row;
use crate::model::read::Reader;

pub struct Definition {
    /// The option that the plugin reads, as the reference lists it. None: it is always on, and has none.
    pub option: Option<Row>,
    /// Heading and lines of the table of its own options.
    #[allow(dead_code, reason = "for the reference, which a test writes")]
    pub table: Option<Table>,
    /// Reads it from all options of plugins; those of the engine are read already.
    pub read: fn(&Reader<'_>, &Config) -> Result<Loaded>,
}

pub type Table = (&'static str, fn() -> Vec<Row>);

/// What came of the options.
pub struct Loaded {
    /// The options with their values, as `status()` shows them.
    pub effective: Value,
    pub plugins: Vec<Arc<dyn Plugin>>,
    /// It does nothing unless a node leads.
    pub needs_leader: bool,
}

impl Loaded {
    pub fn on(options: impl Into<Value>, plugin: impl Plugin) -> Self {
        let needs_leader = plugin.scope() != Scope::Node;
        Self { effective: options.into(), plugins: vec![Arc::new(plugin)], needs_leader }
    }

    pub fn off() -> Self {
        Self { effective: Value::Bool(false), plugins: vec![], needs_leader: false }
    }
}

/// The options under a key that may also be a switch: `None` is off, and `true` is an object that says nothing.
pub fn switch<T>(
    all: &Reader<'_>,
    key: &str,
    on_by_default: bool,
    read: impl Fn(&Reader<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let nothing = json!({});
    let plain = Reader::new(all.owner(), key, &nothing);
    match all.get(key) {
        None if on_by_default => read(&plain).map(Some),
        None => Ok(None),
        Some(it) => match it.value() {
            Value::Bool(true) => read(&plain).map(Some),
            Value::Bool(false) => Ok(None),
            Value::Object(_) => read(&it).map(Some),
            _ => Err(it.expected("true, false or an object of options")),
        },
    }
}
