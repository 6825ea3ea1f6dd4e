//! The numbers that an engine looks at before it starts: the versions of the schema, and the ids of jobs.

use tokio_postgres::Client;

use super::migrate::Versions;
use super::{Inspection, quote_ident};
use crate::error::Result;

/// `None`: the role may not read it, or there is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Numbers {
    pub versions: Option<Versions>,
    pub highest_id: Option<i64>,
    /// The last id that the sequence gave.
    pub last_id: Option<i64>,
}

impl Numbers {
    /// In one statement: ids that its snapshot shows were given before the sequence is read.
    pub async fn of(client: &Client, prefix: &str, seen: &Inspection) -> Result<Self> {
        let schema = quote_ident(prefix);
        let versions = seen.may(&["SELECT"], "eram_migrations");
        let ids =
            seen.has("USAGE") && seen.table("eram_jobs").is_some_and(|it| it.readable.iter().any(|name| name == "id"));
        let sequence = seen.sequence.as_ref().filter(|it| it.readable);
        if !versions && !ids && sequence.is_none() {
            return Ok(Self::default());
        }
        let migrations = |column: &str| {
            if versions {
                format!("(SELECT coalesce(pg_catalog.max({column}), 0) FROM {schema}.eram_migrations)")
            } else {
                "NULL::integer".to_owned()
            }
        };
        let sql = format!(
            "SELECT {} AS version, {} AS floor, {} AS highest, {} AS last",
            migrations("version"),
            migrations("coalesce(floor, version)"),
            if ids {
                format!("(SELECT pg_catalog.max(id) FROM {schema}.eram_jobs)")
            } else {
                "NULL::bigint".to_owned()
            },
            sequence.map_or_else(
                || "NULL::bigint".to_owned(),
                |it| format!(
                    "pg_catalog.pg_sequence_last_value('{}'::pg_catalog.regclass)",
                    it.name.replace('\'', "''")
                )
            ),
        );
        let row = client.query_typed_one(&sql, &[]).await?;
        let (version, floor): (Option<i32>, Option<i32>) = (row.try_get("version")?, row.try_get("floor")?);
        Ok(Self {
            versions: version.zip(floor).map(|(version, floor)| Versions { version, floor }),
            highest_id: row.try_get("highest")?,
            last_id: row.try_get("last")?,
        })
    }
}
