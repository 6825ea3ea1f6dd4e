//! The definition of a plugin: its option, its tables in the reference, and its reader.

use std::sync::Arc;

use serde_json::{Value, json};

use super::plugin::{Plugin, Scope};
use crate::error::Result;
use crate::model::config::Config;
use crate::model::config::kind::Row;
use crate::model::read::Reader;

pub struct Definition {
    /// The option that the plugin reads, as the reference lists it. `None`: the plugin has no
    /// option and is always on.
    pub option: Option<Row>,
    /// The heading and rows of the table of its own options.
    #[allow(dead_code, reason = "for the reference, which a test writes")]
    pub table: Option<Table>,
    /// Reads the options of the plugin out of those of all plugins; the engine's own options have
    /// been read.
    pub read: fn(&Reader<'_>, &Config) -> Result<Loaded>,
}

pub type Table = (&'static str, fn() -> Vec<Row>);

/// A plugin as its options define it.
pub struct Loaded {
    /// The options with their values, as `status()` shows them.
    pub effective: Value,
    pub plugins: Vec<Arc<dyn Plugin>>,
    /// Whether the plugin needs a node that leads.
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

/// Reads an option that is an object or a switch: `None` means off, and `true` is the same as an
/// empty object.
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
