//! The application's own plugins. This module decides when they tick; JavaScript calls their
//! methods.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};
use uuid::Uuid;

use super::calls::TickEnd;
use super::definition::{Definition, Loaded};
use super::plugin::{Plugin, PluginContext, Scope, Tick};
use crate::error::{Error, Result};
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
        let all = all.get("plugins").map_or(Ok(vec![]), |it| read(&it))?;
        let effective: Vec<Value> = all.iter().map(|it| it.values().into()).collect();
        let needs_leader = all.iter().any(|it| it.on);
        let plugins = all.into_iter().map(|options| Arc::new(Custom::new(options)) as Arc<dyn Plugin>).collect();
        Ok(Loaded { effective: effective.into(), plugins, needs_leader })
    },
};

/// The maximum number of times that the interval doubles after failures.
const MAX_DOUBLINGS: u32 = 6;

/// The maximum interval after failures, unless the plugin's own interval is longer.
const MAX_BACKOFF: Duration = Duration::from_secs(3_600);

/// The fraction of the interval by which waits vary between nodes, so that nodes do not tick at the
/// same time.
const JITTER: f64 = 0.1;

/// The longest interval and timeout: Node's timers are limited to 24.8 days, and a wait may be a
/// tenth longer than its interval.
const MAX_TIMER: Duration = Duration::from_secs(20 * 86_400);

fn timer() -> Kind<Duration> {
    millis(Duration::from_millis(10)..=MAX_TIMER)
}

/// Whether the plugin ticks on the leader only.
fn place() -> Kind<bool> {
    Kind::new(
        "`'leader'` or `'node'`",
        |it| it.word(&[("leader", true), ("node", false)]),
        |leads| json!(if *leads { "leader" } else { "node" }),
    )
}

struct Custom {
    options: Options,
    /// The number of consecutive failures.
    failures: Mutex<u32>,
    /// When the next tick is due; `None` while one runs, and before the first.
    next: Mutex<Option<Instant>>,
}

impl Plugin for Custom {
    fn name(&self) -> &str {
        &self.options.name
    }

    fn scope(&self) -> Scope {
        if self.options.on { Scope::Leader } else { Scope::Node }
    }

    fn needs_queues(&self) -> bool {
        false
    }

    /// The application's ticks are due times: the engine does not sleep through one.
    fn next_tick(&self, _: &PluginContext) -> Option<Instant> {
        Some(self.next.lock().unwrap_or_else(Instant::now))
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            *self.next.lock() = None;
            let wait = self.tick_now(context).await?;
            *self.next.lock() = Some(Instant::now() + wait);
            Ok(wait)
        })
    }
}

impl Custom {
    fn new(options: Options) -> Self {
        Self { options, failures: Mutex::default(), next: Mutex::default() }
    }

    async fn tick_now(&self, context: &PluginContext) -> Result<Duration> {
        if context.woken && !self.options.on {
            // Nodes of one deployment start at the same time, so the first wait is random.
            return Ok(self.options.interval.min(MAX_BACKOFF).mul_f64(JITTER * random()));
        }
        let end = self.call(context).await?;
        let failures = {
            let mut failures = self.failures.lock();
            *failures = match end {
                TickEnd::Ok => 0,
                TickEnd::Failed => failures.saturating_add(1),
                TickEnd::Aborted => *failures,
            };
            *failures
        };
        let wait = backoff(self.options.interval, failures);
        Ok(if self.options.on { wait } else { wait.mul_f64(1.0 - JITTER + 2.0 * JITTER * random()) })
    }

    /// Calls one tick, and aborts it if this node stops leading. Returns when the tick has ended.
    async fn call(&self, context: &PluginContext) -> Result<TickEnd> {
        let mut leading = context.peer.leading();
        let mut end = context.calls.tick(self.name());
        if self.options.on {
            tokio::select! {
                // A tick that has ended must not be aborted.
                biased;
                end = &mut end => return end.map_err(|_| abandoned()),
                _ = leading.wait_for(|_| context.peer.lease() != context.lease) => context.calls.abort(self.name()),
            }
        }
        end.await.map_err(|_| abandoned())
    }
}

fn abandoned() -> Error {
    Error::Internal("plugin: expected its tick to end, got another one".into())
}

/// The wait after this number of consecutive failures.
fn backoff(interval: Duration, failures: u32) -> Duration {
    (interval * (1 << failures.min(MAX_DOUBLINGS))).min(interval.max(MAX_BACKOFF))
}

/// A random number from 0 to 1.
fn random() -> f64 {
    let [a, b, c, d, ..] = *Uuid::new_v4().as_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX)
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
