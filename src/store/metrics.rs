//! Metrics in SQL: what nodes have counted, and how many jobs wait.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::peers::{Lease, LeaseParams};
use super::types::Micros;
use super::{MAX_COUNTED, Store};
use crate::error::Result;

/// The counts of one bucket.
#[derive(Debug, Clone)]
pub struct MetricsRow {
    /// When the bucket begins, by the database's clock in microseconds.
    pub bucket: i64,
    /// JSON text.
    pub data: String,
}

impl Store {
    /// Writes what a start of a node has counted. A row that was written before is left as it is.
    pub async fn insert_metrics(&self, engine: &str, node: &str, boot: Uuid, rows: &[MetricsRow]) -> Result<()> {
        let buckets: Vec<Micros> = rows.iter().map(|row| Micros(row.bucket)).collect();
        let data: Vec<&str> = rows.iter().map(|row| row.data.as_str()).collect();
        self.execute(
            &self.sql.insert_metrics,
            &[
                (&buckets, Type::TIMESTAMPTZ_ARRAY),
                (&data, Type::TEXT_ARRAY),
                (&node, Type::TEXT),
                (&boot, Type::UUID),
                (&engine, Type::TEXT),
            ],
        )
        .await?;
        Ok(())
    }

    /// Writes how many jobs wait in each queue; returns whether there is any job.
    pub async fn insert_gauges(&self, lease: &Lease) -> Result<bool> {
        let lease = LeaseParams::of(Some(lease));
        let mut params = lease.after([]);
        params.push((&MAX_COUNTED, Type::INT8));
        let rows = self.query(&self.sql.insert_gauges, &params).await?;
        rows.first().map_or(Ok(false), |row| Ok(row.try_get("busy")?))
    }

    /// Deletes up to `limit` rows of ten seconds that are older; returns how many there were.
    pub async fn delete_metrics(&self, limit: i64, seconds: f64, lease: &Lease) -> Result<u64> {
        let lease = LeaseParams::of(Some(lease));
        let params = lease.after([(&limit as _, Type::INT8), (&seconds as _, Type::FLOAT8)]);
        self.execute(&self.sql.delete_metrics, &params).await
    }
}
