//! Changes that were asked for over HTTP, in SQL, and what tells viewers of changes.

use std::time::Duration;

use serde::Deserialize;
use tokio_postgres::types::Type;

use super::Store;
use super::peers::{Lease, LeaseParams};
use crate::error::Result;

/// A choice of recorded changes. Absent members do not narrow it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditFilter {
    user: Option<String>,
    operation: Option<Vec<String>>,
    target: Option<String>,
    result: Option<Vec<String>>,
    /// ISO 8601 instants; from (inclusive) and until (exclusive).
    from: Option<String>,
    until: Option<String>,
    /// Entries of a lower id.
    before: Option<i64>,
}

impl Store {
    /// Records a change, a JSON object whose members are columns of `eram_audit`.
    pub async fn insert_audit(&self, entry: &str, instance: &str, node: &str) -> Result<()> {
        self.execute(&self.sql.insert_audit, &[(&entry, Type::TEXT), (&instance, Type::TEXT), (&node, Type::TEXT)])
            .await
            .map(drop)
    }

    /// The entries as JSON texts, newest first.
    pub async fn list_audit(&self, filter: &AuditFilter, limit: i64) -> Result<Vec<String>> {
        let AuditFilter { user, operation, target, result, from, until, before } = filter;
        let rows = self
            .query(
                &self.sql.list_audit,
                &[
                    (user, Type::TEXT),
                    (operation, Type::TEXT_ARRAY),
                    (target, Type::TEXT),
                    (result, Type::TEXT_ARRAY),
                    (from, Type::TEXT),
                    (until, Type::TEXT),
                    (before, Type::INT8),
                    (&limit, Type::INT8),
                ],
            )
            .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Deletes up to `limit` entries that are too old; their number.
    pub async fn prune_audit(&self, max_age: Duration, limit: i64, lease: Option<&Lease>) -> Result<u64> {
        let (seconds, lease) = (max_age.as_secs_f64(), LeaseParams::of(lease));
        let params = lease.after([(&seconds as _, Type::FLOAT8), (&limit as _, Type::INT8)]);
        self.execute(&self.sql.prune_audit, &params).await
    }

    /// What was set for a queue at run time, by node, as a JSON text.
    pub async fn queue_settings(&self, queue: &str) -> Result<String> {
        let rows = self.query(&self.sql.queue_settings, &[(&queue, Type::TEXT)]).await?;
        rows.first().map_or_else(|| Ok("{}".to_owned()), |row| Ok(row.try_get(0)?))
    }

    /// Marks that differ once something has changed, and these jobs, as a JSON text.
    pub async fn live_marks(&self, jobs: &[i64]) -> Result<String> {
        let rows = self.query(&self.sql.live_marks, &[(&self.prefix, Type::TEXT), (&jobs, Type::INT8_ARRAY)]).await?;
        rows.first().map_or_else(|| Ok("null".to_owned()), |row| Ok(row.try_get(0)?))
    }
}
