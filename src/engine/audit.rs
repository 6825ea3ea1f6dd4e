//! What `eramjs/web` records of changes, and what it tells viewers of.

use serde::Deserialize;

use super::Engine;
use crate::error::{Error, Result};
use crate::store::AuditFilter;

const LIMITS: std::ops::RangeInclusive<i64> = 1..=1000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    filter: AuditFilter,
    limit: Option<i64>,
    queue: Option<String>,
}

impl Engine {
    /// Runs the action `insert`, with an entry, `list` or `settings` of a queue; options and answer are JSON.
    pub async fn audit(&self, action: &str, options: &str) -> Result<String> {
        if action == "insert" {
            self.store.insert_audit(options, &self.config.name, &self.config.node).await?;
            return Ok("null".to_owned());
        }
        let options: Options =
            serde_json::from_str(options).map_err(|e| Error::Config(format!("audit.{action}: {e}")))?;
        match action {
            "list" => {
                let limit = options.limit.unwrap_or(100);
                if !LIMITS.contains(&limit) {
                    let (least, most) = LIMITS.into_inner();
                    return Err(Error::Config(format!("audit.list: limit: expected {least} to {most}, got {limit}")));
                }
                Ok(format!("[{}]", self.store.list_audit(&options.filter, limit).await?.join(",")))
            }
            "settings" => self.store.queue_settings(&options.queue.unwrap_or_default()).await,
            other => Err(Error::Internal(format!("audit: expected a known action, got {other:?}"))),
        }
    }

    /// Marks that differ once jobs or cron entries have changed, and these jobs: see `live_marks.sql`. `jobs` is a JSON array of ids.
    pub async fn live_marks(&self, jobs: &str) -> Result<String> {
        let jobs: Vec<i64> = serde_json::from_str(jobs).map_err(|e| Error::Config(format!("live: {e}")))?;
        self.store.live_marks(&jobs).await
    }
}
