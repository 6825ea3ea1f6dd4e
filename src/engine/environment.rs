//! The environment stamp of the database. The first engine with an `environment` stamps it. An
//! engine with another environment, or with none, may enqueue, but serves no queue and never leads:
//! a laptop with the address of production takes none of its jobs.
//!
//! A database without a stamp serves any engine. An engine reads the stamp when it starts; a stamp
//! that is set later takes effect when the engine is restarted.

use serde_json::{Map, Value, json};

use super::Engine;
use super::checks::Access;
use crate::error::{Error, Result};
use crate::model::config::{Config, GONE_AFTER};
use crate::pg::connect;
use crate::pg::conninfo::ConnInfo;
use crate::plugins::{self, Plugins};
use crate::store::{Store, migrate};
use crate::telemetry::Kind;

/// Why an engine may only enqueue.
#[derive(Debug, Clone)]
pub struct DisabledQueues {
    /// The environment that the database is stamped with.
    expected: String,
    message: String,
    /// Whether the configuration has queues or cron entries, so that the operator must know.
    matters: bool,
}

/// Stamps the database, or compares its stamp with the configuration. On a mismatch the
/// configuration loses its queues and the plugins that insert jobs.
pub(super) async fn guard(
    store: &Store,
    access: &Access,
    config: &mut Config,
    plugins: &mut Plugins,
) -> Result<Option<DisabledQueues>> {
    // A role that may not read the stamp runs no queue.
    let Some(stamps) = access.stamps else { return Ok(None) };
    let stamp = match &config.environment {
        Some(own) if stamps => store.stamp_environment(own).await?,
        _ => store.find_environment().await?,
    };
    if stamp.is_none() || stamp == config.environment {
        return Ok(None);
    }
    let expected = stamp.unwrap_or_default();
    let flag = flag(&config.prefix);
    let (got, other) = match &config.environment {
        Some(own) => (format!("{own:?}"), format!("`npx eramjs environment --set {own}{flag}`")),
        None => ("none".to_owned(), format!("`npx eramjs environment --clear{flag}`")),
    };
    let message = format!(
        "environment: expected {expected:?}, which the database is stamped with (schema {:?}), got {got}; this engine enqueues \
         but runs no queue. Set environment: {expected:?} if this is {expected}; if the database is not, run {other}",
        config.prefix
    );
    let matters = plugins.forbid_jobs() | !config.queues.is_empty();
    config.queues.clear();
    Ok(Some(DisabledQueues { expected, message, matters }))
}

impl Engine {
    /// Why this engine may only enqueue; `None` if it may serve queues.
    pub fn queues_disabled(&self) -> Option<&str> {
        self.disabled_queues.as_ref().map(|it| it.message.as_str())
    }

    /// Rejects an operation that runs jobs on an engine that may only enqueue.
    pub(super) fn may_run(&self, subject: &str) -> Result<()> {
        match self.queues_disabled() {
            None => Ok(()),
            Some(why) => Err(Error::Environment(format!("{subject}: {why}"))),
        }
    }

    /// Reports a mismatch when the engine opens, as an error in the log and as an event.
    pub(super) fn report_refusal(&self) {
        let Some(DisabledQueues { expected, message, matters: true }) = &self.disabled_queues else { return };
        tracing::error!("{message}");
        self.telemetry.emit(
            Kind::QueuesDisabled,
            || json!({ "environment": self.config.environment, "expected": expected, "message": message }),
        );
    }
}

/// What to do with the stamp.
enum StampChange {
    Look,
    Stamp(String),
    Clear,
}

/// Reads, sets or clears the stamp of a database and returns it; see `binding/schema.rs` for the
/// shapes.
pub async fn environment(options: &str) -> Result<String> {
    let mut all: Map<String, Value> =
        serde_json::from_str(options).map_err(|e| Error::Config(format!("environment: {e}")))?;
    let (set, force) = (all.remove("set"), all.remove("force"));
    let config = Config::from_json(&Value::Object(all).to_string(), &plugins::keys())?;
    let change = match set {
        None => StampChange::Look,
        Some(Value::Null) => StampChange::Clear,
        // The same rule as for the option of `start()`.
        Some(name) => {
            let config = Config::from_json(&json!({ "environment": name }).to_string(), &[])?;
            config.environment.map_or(StampChange::Look, StampChange::Stamp)
        }
    };
    let force = force.is_some_and(|it| it == json!(true));
    let info = ConnInfo::resolve(config.url.as_deref(), &|name: &str| std::env::var(name).ok())?;
    let (client, connection) = connect::connect(&info, &connect::Options::default()).await?;
    let driver = connect::spawn(connection);
    let checked = migrate::check(&client, &config.prefix).await;
    drop(client);
    driver.abort();
    checked?;
    let store = Store::new(&info, 1, &config.prefix)?;
    let answered = stamp(&store, &config.prefix, change, force).await;
    store.close();
    answered.map(|answer| answer.to_string())
}

async fn stamp(store: &Store, prefix: &str, change: StampChange, force: bool) -> Result<Value> {
    let previous = store.find_environment().await?;
    let set = match change {
        StampChange::Look => previous.clone(),
        StampChange::Stamp(name) => Some(name),
        StampChange::Clear => None,
    };
    if set == previous {
        return Ok(json!({ "prefix": prefix, "environment": previous, "previous": previous }));
    }
    if previous.is_some() && !force {
        let nodes = store.serving_nodes(GONE_AFTER.as_secs_f64()).await?;
        if !nodes.is_empty() {
            return Err(Error::Environment(format!(
                "environment: expected a database on which no engine runs queues, got one of {} with {}; stop them first, or use \
                 force if you mean it: they could not start again as they are",
                previous.unwrap_or_default(),
                nodes.join(", ")
            )));
        }
    }
    store.set_environment(set.as_deref()).await?;
    Ok(json!({ "prefix": prefix, "environment": set, "previous": previous }))
}

fn flag(prefix: &str) -> String {
    if prefix == "public" { String::new() } else { format!(" --prefix {prefix}") }
}
