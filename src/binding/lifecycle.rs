//! From the start of an engine to its stop.

use std::sync::Arc;
use std::time::Duration;

use super::node_host::NodeHost;
use super::{log, registries, running, runtime};
use crate::engine::Engine;
use crate::error::Result;
use crate::model::config::Config;
use crate::plugins;

/// The longest grace that a stop takes; longer ones are shortened.
const MAX_GRACE: Duration = Duration::from_secs(1_000_000);

/// The longest that the exit of the process may be held up.
const MAX_EXIT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long the end of an isolate may be held up by an engine that it has not stopped, in milliseconds.
const ABANDON_TIMEOUT_MS: f64 = 2_000.0;

/// Starts an engine; its number.
pub async fn start(registry: u32, config: &str) -> Result<u32> {
    log::connect();
    let registry = registries::find(registry)?;
    let config = Config::from_json(config, &plugins::keys())?;
    let host = Arc::new(NodeHost::default());
    let engine = Engine::start(config, registry, host.clone()).await?;
    let sink = host.clone();
    engine.telemetry.connect(Arc::new(move |kind, event| sink.emit(kind, event)));
    Ok(running::add(engine, host))
}

/// Stops an engine, if it still runs; the directives and events that JavaScript has not taken by then.
pub async fn stop(id: u32, grace_ms: Option<f64>) -> Option<String> {
    let member = running::find(id).ok()?;
    let grace = grace_ms.map_or(member.engine.config.grace, |ms| milliseconds(ms, MAX_GRACE));
    member.engine.stop(grace).await;
    running::remove(id);
    member.host.take()
}

/// The isolate that started the engine has ended: stops it, unless it has stopped. `unstopped`, a line, is printed if that was
/// not even begun.
pub fn abandon(id: u32, unstopped: Option<&str>) {
    let Ok(member) = running::find(id) else { return };
    if let Some(line) = unstopped.filter(|_| !member.engine.is_stopping()) {
        // The isolate cannot write any more.
        eprintln!("{line}");
    }
    exit(id, ABANDON_TIMEOUT_MS);
}

/// Stops an engine at the exit of the process, within `timeout_ms`.
pub fn exit(id: u32, timeout_ms: f64) {
    let Ok(member) = running::find(id) else { return };
    runtime::handle().block_on(member.engine.exit(milliseconds(timeout_ms, MAX_EXIT_TIMEOUT)));
    running::remove(id);
}

fn milliseconds(ms: f64, most: Duration) -> Duration {
    Duration::from_secs_f64((ms / 1000.0).clamp(0.0, most.as_secs_f64()))
}
