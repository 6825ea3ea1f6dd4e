//! Plugins: what runs on a schedule. A plugin is one file: its options, their reader, and one tick.
//! The loop is in `plugin.rs`.

mod calls;
mod cron;
mod custom;
mod definition;
mod horizon;
mod lifeline;
mod metrics;
mod plugin;
mod pruner;
mod reindexer;
mod stager;
mod unattended;
mod unhandled;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::{Error, Result};
use crate::model::config::Config;
use crate::model::read::{Owner, Reader};
use crate::registry::Registry;
use definition::{Definition, Loaded};

pub use calls::{Calls, PluginOrder, TickEnd};
pub use cron::{Ahead, Due, draft as cron_draft};
use plugin::{Plugin, Scope};
pub use plugin::{PluginContext, Wakes};
pub use stager::Staging;
pub use unhandled::is_unhandled;

/// All plugins. To add one, add its file and a line here.
const DEFINITIONS: [&Definition; 10] = [
    &unattended::DEFINITION,
    &unhandled::DEFINITION,
    &horizon::DEFINITION,
    &stager::DEFINITION,
    &lifeline::DEFINITION,
    &pruner::DEFINITION,
    &reindexer::DEFINITION,
    &metrics::DEFINITION,
    &custom::DEFINITION,
    &cron::DEFINITION,
];

/// The keys of the options that plugins read.
pub fn keys() -> Vec<&'static str> {
    DEFINITIONS.iter().filter_map(|it| key(it)).collect()
}

fn key(definition: &Definition) -> Option<&'static str> {
    definition.option.as_ref().map(|row| row.name)
}

/// The plugins of an engine.
pub struct Plugins(Vec<(&'static Definition, Loaded)>);

impl Plugins {
    /// Reads the plugins' options, and decides whether the engine may lead unless `peer` says so.
    pub fn read(config: &mut Config) -> Result<Self> {
        let given = Value::Object(std::mem::take(&mut config.sections));
        let reader = Reader::new(Owner::Config, "", &given);
        let read = |it: &&'static Definition| Ok((*it, (it.read)(&reader, config)?));
        let plugins = Self(DEFINITIONS.iter().map(read).collect::<Result<_>>()?);
        // A leader without plugins would keep other nodes from running theirs.
        let useful = plugins.0.iter().any(|(_, loaded)| loaded.needs_leader);
        config.peer.get_or_insert(useful);
        Ok(plugins)
    }

    /// Rejects options of plugins that do not fit those of the engine or the registered classes.
    pub fn check(&self, config: &Config, registry: &Registry) -> Result<()> {
        self.all().try_for_each(|plugin| plugin.check(config, registry))
    }

    fn all(&self) -> impl Iterator<Item = &Arc<dyn Plugin>> {
        self.0.iter().flat_map(|(_, loaded)| &loaded.plugins)
    }

    /// The options in effect of all plugins, by their keys.
    pub fn effective(&self) -> Map<String, Value> {
        let all = self.0.iter().filter_map(|(it, loaded)| Some((key(it)?.to_owned(), loaded.effective.clone())));
        all.collect()
    }

    /// When a plugin must tick at the latest, although the engine sleeps.
    pub fn next_tick(&self, context: &PluginContext) -> Option<Instant> {
        let here = |it: &&Arc<dyn Plugin>| it.scope() != Scope::Leader || context.peer.lease().is_some();
        self.all().filter(here).filter_map(|it| it.next_tick(context)).min()
    }

    /// Runs one tick of the plugin of that name now, as if it had been woken.
    pub async fn tick(&self, name: &str, mut context: PluginContext) -> Result<()> {
        let Some(plugin) = self.all().find(|it| it.name() == name) else {
            let known: Vec<_> = self.all().map(|it| it.name()).collect();
            return Err(Error::NotFound(format!("tick: expected one of {}, got {name:?}", known.join(", "))));
        };
        context.lease = context.peer.lease();
        context.woken = true;
        plugin.tick(&context).await.map(drop)
    }

    /// Turns off the plugins that insert jobs; returns whether they would have inserted any.
    pub fn forbid_jobs(&mut self) -> bool {
        let mut any = false;
        for (_, loaded) in &mut self.0 {
            let sources: Vec<usize> = loaded.plugins.iter().filter_map(|it| it.job_sources()).collect();
            if !sources.is_empty() {
                any |= sources.iter().sum::<usize>() > 0;
                *loaded = Loaded::off();
            }
        }
        any
    }

    /// Ends what plugins have begun, once everything that was done here is recorded.
    pub async fn finish(&self, context: &PluginContext) {
        for plugin in self.all() {
            if let Err(error) = plugin.finish(context).await {
                tracing::warn!(%error, "{}: cannot write the last of its work", plugin.name());
            }
        }
    }

    /// Prepares and starts the plugins; on an engine without queues, only those that need none.
    pub async fn start(
        &self,
        context: &PluginContext,
        has_queues: bool,
        stopping: &watch::Receiver<bool>,
    ) -> Vec<JoinHandle<()>> {
        let mut tasks = vec![];
        for plugin in self.all() {
            if !has_queues && plugin.needs_queues() {
                if plugin.job_sources().is_some_and(|count| count > 0) {
                    tracing::warn!(
                        "{}: an engine without queues inserts no jobs; its entries are ignored",
                        plugin.name()
                    );
                }
            } else if plugin.prepare(context).await {
                tasks.push(tokio::spawn(plugin::run(plugin.clone(), context.clone(), stopping.clone())));
            }
        }
        tasks
    }
}
