//! Engines that fall asleep and wake.

use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Store;
use crate::error::Result;

impl Store {
    /// On the LISTEN connection: whether every insert that commits later notifies, from now on.
    pub async fn begin_sleep(&self, listener: &Client) -> Result<bool> {
        Ok(listener.query_typed_one(&self.sql.begin_sleep, &[]).await?.try_get(0)?)
    }

    /// Ends what [`Store::begin_sleep`] began, on the same connection.
    pub async fn end_sleep(&self, listener: &Client) -> Result<()> {
        listener.query_typed_one(&self.sql.end_sleep, &[]).await?;
        Ok(())
    }

    /// The producers fall asleep for at most `limit`, and until `lead` before the next job is due;
    /// returns for how long, or `None` if they must stay awake.
    pub async fn fall_asleep(
        &self,
        producers: &[Uuid],
        limit: Duration,
        lead: Duration,
        least: Duration,
    ) -> Result<Option<Duration>> {
        let [limit, lead, least] = [limit, lead, least].map(|it| it.as_secs_f64());
        let rows = self
            .query(
                &self.sql.fall_asleep,
                &[
                    (&producers, Type::UUID_ARRAY),
                    (&limit, Type::FLOAT8),
                    (&lead, Type::FLOAT8),
                    (&least, Type::FLOAT8),
                ],
            )
            .await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(Duration::from_secs_f64(row.try_get::<_, f64>(0)?.max(0.0))))
    }

    /// Whether something needs the engine of these producers, which rests: see the statement.
    pub async fn is_needed(
        &self,
        producers: &[Uuid],
        queues: &[String],
        workers: &[String],
        last_job: i64,
        changed_within: Duration,
    ) -> Result<bool> {
        let seconds = changed_within.as_secs_f64();
        let rows = self
            .query(
                &self.sql.is_needed,
                &[
                    (&producers, Type::UUID_ARRAY),
                    (&queues, Type::TEXT_ARRAY),
                    (&workers, Type::TEXT_ARRAY),
                    (&last_job, Type::INT8),
                    (&seconds, Type::FLOAT8),
                ],
            )
            .await?;
        Ok(rows.first().map(|row| row.try_get("needed")).transpose()?.unwrap_or(true))
    }

    /// Wakes all engines.
    pub async fn rouse(&self) -> Result<()> {
        self.execute(&self.sql.rouse, &[]).await?;
        Ok(())
    }

    /// Wakes all engines if one sleeps.
    pub async fn rouse_sleepers(&self) -> Result<()> {
        self.execute(&self.sql.rouse_sleepers, &[]).await?;
        Ok(())
    }
}
