//! Which tick of a cron entry is due, and the draft of its job.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::ahead::{Ahead, ON_TIME_WINDOW, micros};
use crate::error::{Error, Result};
use crate::model::config::{Config, CronEntry};
use crate::model::draft::{DefaultsByQueue, Registration};
use crate::model::instant;
use crate::model::schedule::Schedule;
use crate::registry::Registry;
use crate::store::Cron as Row;

/// The maximum number of missed ticks that are counted at once.
const MAX_MISSED: usize = 10_000;

/// What is due for an entry, by the database's clock at the time of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The tick to insert a job for.
    pub tick: Option<i64>,
    /// The number of missed ticks.
    pub missed: usize,
    /// The last tick that has come: ticks up to this one count as settled.
    pub upto: i64,
    /// The next tick.
    pub next: Option<i64>,
}

impl Due {
    pub fn of(cron: &Row, schedule: &Schedule) -> Self {
        // Settled too far ahead, it will tick from now on.
        let is_too_far = Ahead::of(cron, schedule) == Some(Ahead::TooFar);
        let next = schedule.next_after(if is_too_far { cron.now } else { cron.base.max(cron.now) });
        let Some(last) = schedule.last_between(cron.base, cron.now) else {
            return Self { tick: None, missed: 0, upto: cron.base, next };
        };
        let missed = schedule.count_between(cron.base, last, MAX_MISSED);
        let on_time = cron.now.saturating_sub(last) < micros(ON_TIME_WINDOW);
        let tick = (on_time || cron.guaranteed).then_some(last);
        Self { tick, missed: missed + usize::from(tick.is_none()), upto: last, next }
    }
}

/// The draft of an entry's job without its arguments, which the SQL statement adds.
pub fn draft(
    registry: &Registry,
    row: &Row,
    version: Option<&str>,
    at: i64,
    manual: bool,
    defaults: &DefaultsByQueue,
) -> Result<String> {
    let class = match (registry.find(&row.worker), &row.class) {
        (Some(class), _) => class,
        // Another node has registered the class.
        (None, Some(class)) => Arc::new(Registration::recorded(class)?),
        (None, None) => Arc::new(Registration::unknown(&row.worker)?),
    };
    let mut draft: Map<String, Value> = serde_json::from_str(&class.draft(&row.options)?)
        .map_err(|e| Error::Internal(format!("cron: expected a draft, got {e}")))?;
    defaults.fill(&mut draft);
    let marks = json!({
        "cron": true, "cron_name": row.name, "cron_expr": row.expression, "cron_tz": row.timezone, "cron_at": instant::to_text(at),
    });
    let mut meta = draft.remove("meta").unwrap_or_else(|| json!({}));
    if let (Some(meta), Value::Object(marks)) = (meta.as_object_mut(), marks) {
        meta.extend(marks);
        if manual {
            meta.insert("cron_manual".into(), Value::Bool(true));
        }
    }
    draft.insert("meta".into(), meta);
    if let Some(version) = version {
        draft.insert("version".into(), version.into());
    }
    Ok(Value::Object(draft).to_string())
}

/// Rejects entries of pinned jobs on an engine without a version: each of their ticks would fail.
pub fn check_versions(config: &Config, registry: &Registry, entries: &[CronEntry]) -> Result<()> {
    if config.version.is_some() || config.is_enqueue_only() {
        return Ok(());
    }
    for (index, entry) in entries.iter().enumerate() {
        let class =
            registry.find(&entry.worker).map_or_else(|| Registration::unknown(&entry.worker).map(Arc::new), Ok)?;
        let draft: Value = serde_json::from_str(&class.draft(&entry.options)?)
            .map_err(|e| Error::Internal(format!("cron: expected a draft, got {e}")))?;
        if let Some(rule) = draft["version_rule"].as_str() {
            return Err(Error::Config(format!(
                "cron[{index}]: expected an engine with a version, EramEngine.start({{ version: '…' }}), for {} has version: '{rule}'; got none",
                entry.worker
            )));
        }
    }
    Ok(())
}
