//! The producer's side of the wake-up gate, on the LISTEN connection (its session locks end with it).

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::Store;
use crate::error::{Error, Result};

/// The answer to a producer that wants to sleep; see `sql/sleep_queue.sql`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sleep {
    Sentinel,
    Watched,
    Busy,
}

impl Store {
    pub async fn sleep_queue(&self, listener: &Client, queue: &str) -> Result<Sleep> {
        let row = listener.query_typed_one(&self.sql.sleep_queue, &[(&queue, Type::TEXT)]).await?;
        match row.try_get("sleep")? {
            "sentinel" => Ok(Sleep::Sentinel),
            "watched" => Ok(Sleep::Watched),
            "busy" => Ok(Sleep::Busy),
            other => Err(Error::Internal(format!("sleep_queue: expected sentinel, watched or busy, got {other}"))),
        }
    }

    /// Stops being the sentinel and notifies the others (`signal` is the payload).
    pub async fn wake_queue(&self, listener: &Client, queue: &str, signal: &str) -> Result<()> {
        listener.execute_typed(&self.sql.wake_queue, &[(&queue, Type::TEXT), (&signal, Type::TEXT)]).await?;
        Ok(())
    }

    /// Of these queues, those that no sentinel watches any more.
    pub async fn check_watched(&self, listener: &Client, queues: &[String]) -> Result<Vec<String>> {
        let rows = listener.query_typed(&self.sql.check_watched, &[(&queues, Type::TEXT_ARRAY)]).await?;
        rows.iter().map(|r| Ok(r.try_get(0)?)).collect()
    }

    /// Notifies the sleeping producers of these queues, through the same gate as an enqueue.
    pub async fn wake_queues(&self, queues: &[String]) -> Result<()> {
        self.execute(&self.sql.wake_queues, &[(&queues, Type::TEXT_ARRAY)]).await?;
        Ok(())
    }

    /// Sends `payload` to every engine that listens on `kind`.
    pub async fn notify(&self, kind: &str, payload: &str) -> Result<()> {
        self.execute(&self.sql.notify, &[(&kind, Type::TEXT), (&payload, Type::TEXT)]).await?;
        Ok(())
    }
}
