//! Which session holds a lock that a statement of the engine waits for.

use tokio_postgres::types::Type;

use super::Store;
use crate::error::Result;

/// A session that holds a lock. Its details are unknown where the role must not see them.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocker {
    pub pid: i32,
    pub application: Option<String>,
    /// As in `pg_stat_activity`: `idle in transaction`, for example.
    pub state: Option<String>,
    /// How long its transaction has lasted.
    pub seconds: Option<f64>,
}

impl Store {
    /// The session for which a running statement waits, by the name of the statement.
    pub async fn find_blocker(&self, statement: &str) -> Result<Option<Blocker>> {
        let Some(text) = self.sql.text_of(statement) else { return Ok(None) };
        let rows = self.query(&self.sql.find_blocker, &[(&text, Type::TEXT)]).await?;
        let blocker = rows.first().map(|row| {
            Ok(Blocker {
                pid: row.try_get(0)?,
                application: row.try_get(1)?,
                state: row.try_get(2)?,
                seconds: row.try_get(3)?,
            })
        });
        blocker.transpose()
    }

    /// Whether every connection of the pool is in use, or about to be made for a caller.
    pub(super) fn is_exhausted(&self) -> bool {
        let status = self.pool.status();
        (status.size + status.waiting).saturating_sub(status.available) >= status.max_size
    }
}
