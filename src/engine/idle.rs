//! What the engine gives the heartbeat, which lets it sleep while there is nothing to do.

use std::sync::Arc;

use super::Engine;
use crate::cluster::Surroundings;
use crate::model::config::{Config, Idle};

/// The option `idle`, if the engine may sleep: one that polls may not.
pub(super) fn may_sleep(config: &Config, listens: bool) -> Option<Idle> {
    let idle = config.idle.clone().filter(|_| config.testing.is_none());
    if idle.is_some() && !listens {
        tracing::warn!(
            "idle: expected an engine that receives notifications, got one with notify: false, or behind a pooler without listen_url; \
             it stays awake, and keeps all engines of the schema awake"
        );
        return None;
    }
    idle
}

impl Engine {
    /// What the heartbeat needs to know and to do when the engine sleeps. Weak, because the engine
    /// owns the task.
    pub(super) fn surroundings(self: &Arc<Self>) -> Surroundings {
        let [ticks, waits, stands] = [0; 3].map(|_| Arc::downgrade(self));
        Surroundings {
            next_tick: Box::new(move || {
                ticks.upgrade().and_then(|engine| engine.plugins.next_tick(&engine.plugin_context()))
            }),
            awaits_ends: Box::new(move || {
                waits.upgrade().is_some_and(|engine| !engine.router.ends.awaited_here().is_empty())
            }),
            candidate: Box::new(move || {
                if let Some(engine) = stands.upgrade() {
                    engine.review_candidacy();
                }
            }),
        }
    }
}
