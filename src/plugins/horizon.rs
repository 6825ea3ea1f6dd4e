//! Warns of what keeps the server from removing the dead rows that claims and completions leave: a transaction that stays open, a
//! prepared one, a standby, a replication slot. Surveys and vacuum read these rows again and again, and the table grows.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::definition::{Definition, Loaded};
use super::plugin::{Plugin, PluginContext, Tick};
use crate::error::Result;
use crate::store::HorizonHolder;
use crate::telemetry::Warning;

/// The longest time between two looks.
const INTERVAL: Duration = Duration::from_secs(60);

/// Fewer dead rows cost nothing worth a warning.
const MIN_DEAD: i64 = 10_000;

pub const DEFINITION: Definition = Definition {
    option: None,
    table: None,
    read: |_, config| {
        let horizon = Horizon { held: config.thresholds.horizon, seen: Mutex::default() };
        Ok(Loaded { needs_leader: false, ..Loaded::on(Value::Null, horizon) })
    },
};

/// What holds the horizon: kind, name, and the transaction.
type Key = (String, String, String);

struct Horizon {
    /// How long the horizon may be held.
    held: Duration,
    /// When each holder was first seen: the server does not show how long a slot or another role's session has held it.
    seen: Mutex<HashMap<Key, Instant>>,
}

impl Plugin for Horizon {
    fn name(&self) -> &'static str {
        "horizon"
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            if context.lease.is_some() {
                self.look(context).await?;
            }
            Ok(INTERVAL.min(self.held))
        })
    }
}

impl Horizon {
    async fn look(&self, context: &PluginContext) -> Result<()> {
        let holders = context.store.find_horizon(MIN_DEAD).await?;
        let late = self.late(holders, Instant::now());
        let subject = |it: &HorizonHolder| format!("{} {}", it.kind, it.name);
        for raised in context.warnings.raised(Warning::XminHorizon) {
            if !late.iter().any(|(it, _)| subject(it) == raised) {
                context.warnings.set(Warning::XminHorizon, &raised, None);
            }
        }
        // The oldest: the others matter once it is gone.
        if let Some((holder, held)) = late.first() {
            context.warnings.set(Warning::XminHorizon, &subject(holder), Some(problem(holder, *held)));
        }
        Ok(())
    }

    /// Those that have held the horizon for too long, and for how long.
    fn late(&self, holders: Vec<HorizonHolder>, now: Instant) -> Vec<(HorizonHolder, Duration)> {
        let key = |it: &HorizonHolder| (it.kind.clone(), it.name.clone(), it.xmin.clone());
        let mut seen = self.seen.lock();
        seen.retain(|known, _| holders.iter().any(|it| key(it) == *known));
        let held = holders.into_iter().map(|it| {
            let since = now.duration_since(*seen.entry(key(&it)).or_insert(now));
            let shown = it.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            (it, shown.unwrap_or_default().max(since))
        });
        held.filter(|(_, held)| *held >= self.held).collect()
    }
}

fn problem(it: &HorizonHolder, held: Duration) -> (String, Value) {
    let seconds = held.as_secs();
    let mut facts = vec![];
    if let Some(pid) = it.pid.filter(|_| it.kind != "session") {
        facts.push(format!("pid {pid}"));
    }
    facts.extend(
        it.application_name.as_ref().filter(|name| !name.is_empty()).map(|name| format!("application_name {name:?}")),
    );
    facts.extend(it.state.clone());
    facts.extend(it.query_seconds.map(|ago| format!("its last statement began {ago:.0} s ago")));
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    let message = format!(
        "{} {}{facts} has kept dead rows from being removed for {seconds} s, since {} transactions; {} of the jobs table are dead",
        it.kind, it.name, it.transactions, it.dead
    );
    let details = json!({
        "holder": it.kind, "pid": it.pid, "name": it.name, "application_name": it.application_name, "state": it.state,
        "seconds": seconds, "query_seconds": it.query_seconds.map(f64::round), "transactions": it.transactions, "dead": it.dead,
    });
    (message, details)
}
