//! The application's own plugins. Their loops are JavaScript's; the rules for options are here.

use std::time::Duration;

use serde_json::{Value, json};

use super::definition::{Definition, Loaded};
use crate::error::Result;
use crate::model::config::kind::{Kind, Row, millis, text};
use crate::model::config::options;
use crate::model::read::Reader;

options! {
    struct Options() {
        name: String = text(1..=127) => String::new(),
            "Identifies the plugin; different from those of the others.";
        on: bool = place() => true,
            "`'leader'`: ticks on the node that leads. `'node'`: ticks on every node.";
        interval: Duration = timer() => Duration::from_secs(60),
            "Interval between two ticks.";
        timeout: Duration = timer() => Duration::from_secs(300),
            "Time after which a tick is asked to end.";
    }
}

pub const DEFINITION: Definition = Definition {
    option: Some(Row::new(
        "plugins",
        "array",
        "`[]`",
        "[Your own plugin classes](../guides/plugins.md): `[Class]` or `[[Class, options]]`.",
    )),
    table: None,
    read: |all, _| {
        let Some(it) = all.get("plugins") else { return Ok(loaded(&[])) };
        Ok(loaded(&read(&it)?))
    },
};

fn loaded(all: &[Options]) -> Loaded {
    let effective: Vec<Value> = all.iter().map(|it| it.values().into()).collect();
    Loaded { effective: effective.into(), plugins: vec![], needs_leader: all.iter().any(|it| it.on) }
}

/// Timers of Node end at 24.8 days, and a wait may be a tenth longer than it was asked for.
const MAX_TIMER: Duration = Duration::from_secs(20 * 86_400);

fn timer() -> Kind<Duration> {
    millis(Duration::from_millis(10)..=MAX_TIMER)
}

/// Whether it ticks on the leader alone.
fn place() -> Kind<bool> {
    Kind::new(
        "`'leader'` or `'node'`",
        |it| it.word(&[("leader", true), ("node", false)]),
        |leads| json!(if *leads { "leader" } else { "node" }),
    )
}

fn read(reader: &Reader<'_>) -> Result<Vec<Options>> {
    let mut plugins: Vec<Options> = Vec::new();
    for element in reader.elements("a list of plugins")? {
        element.need("name", "a name")?;
        let plugin = Options::read(&element)?;
        if let Some(index) = plugins.iter().position(|other| other.name == plugin.name) {
            let name = &plugin.name;
            return Err(element.refuse(&format!(
                "expected a name unlike the others, got {name:?} as in plugins[{index}]; give one of them another, as static name or name"
            )));
        }
        plugins.push(plugin);
    }
    Ok(plugins)
}
