//! CPU profiles of attempts, in SQL.

use tokio_postgres::types::Type;

use super::Store;
use super::types::Micros;
use crate::error::Result;

/// What an isolate has measured of an attempt.
#[derive(Debug, Clone)]
pub struct Profile {
    pub id: i64,
    pub attempt: i32,
    /// Microseconds since 1970.
    pub attempted_at: i64,
    /// JSON text, as V8 writes it; `None`: it was left out, for the reason in `note`.
    pub profile: Option<String>,
    pub note: Option<String>,
}

impl Store {
    /// Keeps a profile, if its job still exists.
    pub async fn write_profile(&self, it: &Profile) -> Result<u64> {
        let at = Micros(it.attempted_at);
        self.execute(
            &self.sql.write_profile,
            &[
                (&it.id, Type::INT8),
                (&it.attempt, Type::INT4),
                (&at, Type::TIMESTAMPTZ),
                (&it.profile, Type::TEXT),
                (&it.note, Type::TEXT),
            ],
        )
        .await
    }

    /// The profile of an attempt, and the note on it.
    pub async fn find_profile(&self, id: i64, attempt: i32) -> Result<Option<(Option<String>, Option<String>)>> {
        let rows = self.query(&self.sql.find_profile, &[(&id, Type::INT8), (&attempt, Type::INT4)]).await?;
        rows.first().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
    }

    /// Marks the next attempt of a job to be profiled; its number, or `None` if the job does not exist.
    pub async fn profile_next(&self, id: i64) -> Result<Option<i32>> {
        let rows = self.query(&self.sql.profile_next, &[(&id, Type::INT8)]).await?;
        rows.first().map(|row| Ok(row.try_get(0)?)).transpose()
    }
}
