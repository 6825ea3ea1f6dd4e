//! The options of the application's own plugins. Their loops run in JavaScript; the rules for options are here.
//!
//! | option | takes | default |
//! |---|---|---|
//! | `name` | 1 to 127 characters, different from those of the others | needed |
//! | `on` | `leader`: ticks on the one that leads; `node`: on every one | `leader` |
//! | `interval` | ms between two ticks | 60000 |
//! | `timeout` | ms after which a tick is asked to end | 300000 |

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::Result;
use crate::model::read::{Reader, Unit};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomPlugin {
    pub name: String,
    /// On the leader alone, or on every node.
    pub leads: bool,
    pub interval: Duration,
    pub timeout: Duration,
}

/// Timers of Node end at 24.8 days, and a wait may be a tenth longer than it was asked for.
const MAX_TIMER: Duration = Duration::from_secs(20 * 86_400);

pub(super) fn read(reader: &Reader<'_>) -> Result<Vec<CustomPlugin>> {
    let Some(it) = reader.get("plugins") else { return Ok(vec![]) };
    let mut plugins: Vec<CustomPlugin> = Vec::new();
    for element in it.elements("a list of plugins")? {
        let plugin = CustomPlugin::read(&element)?;
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

impl CustomPlugin {
    fn read(reader: &Reader<'_>) -> Result<Self> {
        reader.only(&["name", "on", "interval", "timeout"])?;
        let duration = |key: &str, default: u64| {
            let range = Duration::from_millis(10)..=MAX_TIMER;
            reader.duration(key, Unit::Milliseconds, range).map(|it| it.unwrap_or(Duration::from_secs(default)))
        };
        Ok(Self {
            name: reader.need("name", "a name")?.as_text(1..=127)?.to_owned(),
            leads: reader.get("on").map_or(Ok(true), |it| it.word(&[("leader", true), ("node", false)]))?,
            interval: duration("interval", 60)?,
            timeout: duration("timeout", 300)?,
        })
    }

    pub(super) fn effective(&self) -> Value {
        let millis = |duration| Unit::Milliseconds.number(duration);
        let on = if self.leads { "leader" } else { "node" };
        json!({ "name": self.name, "on": on, "interval": millis(self.interval), "timeout": millis(self.timeout) })
    }
}
