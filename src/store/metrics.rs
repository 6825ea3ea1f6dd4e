//! Metrics in SQL: what nodes have counted, and how many jobs wait.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::peers::{Lease, LeaseParams};
use super::types::{JsonText, Micros};
use super::{MAX_COUNTED, Param, Store};
use crate::error::{Error, Result};

/// The counts of one bucket.
#[derive(Debug, Clone)]
pub struct MetricsRow {
    /// When the bucket begins, by the database's clock in microseconds.
    pub bucket: i64,
    /// JSON text.
    pub data: String,
}

/// The time that a row covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    TenSeconds,
    Minute,
    Hour,
}

/// Which roll-ups may be missing or incomplete. Times are in microseconds by the database's clock.
#[derive(Debug, Clone, Copy)]
pub struct RollUpRange {
    /// Of minutes or hours.
    pub step: Step,
    /// Of buckets that begin from here on,
    pub from: i64,
    /// and before.
    pub until: i64,
    /// All finer rows of buckets that begin later are kept.
    pub kept_from: i64,
}

/// Which rows a reader wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedMetrics {
    /// Those of the whole cluster alone: how many jobs waited, and sums of minutes and hours.
    Samples,
    /// All, those of the nodes added up where that was done.
    Sums,
    /// All, each node with rows of its own.
    Nodes,
}

/// A row as it was read: of a node, or `*` for the whole cluster.
#[derive(Debug, Clone)]
pub struct StoredMetrics {
    /// When the bucket begins.
    pub bucket: i64,
    /// The name of the engine.
    pub name: String,
    pub node: String,
    /// JSON text.
    pub data: String,
}

/// A row, and when the bucket of its roll-up begins.
#[derive(Debug, Clone)]
pub struct FinerMetrics {
    pub roll_up: i64,
    pub row: StoredMetrics,
}

/// A roll-up to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledUp {
    pub bucket: i64,
    pub name: String,
    pub data: String,
}

impl Step {
    pub const fn seconds(self) -> i16 {
        match self {
            Self::TenSeconds => 10,
            Self::Minute => 60,
            Self::Hour => 3_600,
        }
    }

    pub const fn micros(self) -> i64 {
        self.seconds() as i64 * 1_000_000
    }

    /// The seconds of the rows that a roll-up is made of.
    const fn finer(self) -> i16 {
        match self {
            Self::TenSeconds | Self::Minute => 10,
            Self::Hour => 60,
        }
    }
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

    /// The rows that up to `limit` missing or incomplete roll-ups are to be made of, by bucket, name and time.
    pub async fn stale_metrics(&self, roll_up: RollUpRange, limit: usize, engine: &str) -> Result<Vec<FinerMetrics>> {
        let RollUpRange { step, from, until, kept_from } = roll_up;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self
            .query(
                &self.sql.stale_metrics,
                &[
                    (&step.finer(), Type::INT2),
                    (&step.seconds(), Type::INT2),
                    (&Micros(from), Type::TIMESTAMPTZ),
                    (&Micros(until), Type::TIMESTAMPTZ),
                    (&Micros(kept_from), Type::TIMESTAMPTZ),
                    (&limit, Type::INT8),
                    (&engine, Type::TEXT),
                ],
            )
            .await?;
        let finer = |row: &Row| {
            Ok(FinerMetrics { roll_up: row.try_get::<_, Micros>("roll_up")?.0, row: StoredMetrics::of(row)? })
        };
        rows.iter().map(finer).collect()
    }

    /// Writes roll-ups, or sums of ten seconds; returns how many were written. None without the lease.
    pub async fn roll_up_metrics(&self, step: Step, rows: &[RolledUp], lease: &Lease) -> Result<u64> {
        let buckets: Vec<Micros> = rows.iter().map(|row| Micros(row.bucket)).collect();
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let data: Vec<&str> = rows.iter().map(|row| row.data.as_str()).collect();
        let boot = if step == Step::TenSeconds { Uuid::max() } else { Uuid::nil() };
        let (step, lease) = (step.seconds(), LeaseParams::of(Some(lease)));
        let params = lease.after([
            (&step as _, Type::INT2),
            (&buckets as _, Type::TIMESTAMPTZ_ARRAY),
            (&names as _, Type::TEXT_ARRAY),
            (&data as _, Type::TEXT_ARRAY),
            (&boot as _, Type::UUID),
        ]);
        self.execute(&self.sql.roll_up_metrics, &params).await
    }

    /// The database's time, and when the newest bucket of ten seconds begins, in microseconds.
    pub async fn newest_metrics(&self) -> Result<(i64, Option<i64>)> {
        let rows = self.query(&self.sql.newest_metrics, &[]).await?;
        let row = rows.first().ok_or_else(|| Error::Internal("newest_metrics: expected a row, got none".to_owned()))?;
        Ok((row.try_get("now")?, row.try_get::<_, Option<Micros>>("newest")?.map(|it| it.0)))
    }

    /// The rows of buckets that begin within this time, in its order.
    pub async fn metrics_between(
        &self,
        step: Step,
        from: i64,
        until: i64,
        wanted: WantedMetrics,
    ) -> Result<Vec<StoredMetrics>> {
        let params: [Param<'_>; 5] = [
            (&step.seconds(), Type::INT2),
            (&Micros(from), Type::TIMESTAMPTZ),
            (&Micros(until), Type::TIMESTAMPTZ),
            (&(wanted == WantedMetrics::Samples), Type::BOOL),
            (&(wanted == WantedMetrics::Nodes), Type::BOOL),
        ];
        self.query(&self.sql.metrics_between, &params).await?.iter().map(StoredMetrics::of).collect()
    }

    /// The JSON text that [`Store::insert_gauges`] wrote last on any node, unless it is older than `age`. Waits for the database
    /// up to `limit`.
    pub async fn latest_gauges(&self, age: Duration, limit: Duration) -> Result<Option<String>> {
        let age = age.as_secs_f64();
        let rows = self
            .query_within(limit, self.sql.latest_gauges.name, &self.sql.latest_gauges, &[(&age, Type::FLOAT8)])
            .await?;
        rows.first().map(|row| Ok(row.try_get("data")?)).transpose()
    }

    /// Deletes up to `limit` rows of each step that begin before these times: of ten seconds, of minutes, of hours. Returns how
    /// many there were.
    pub async fn delete_metrics(&self, limit: i64, before: [i64; 3], lease: &Lease) -> Result<u64> {
        let (lease, [seconds, minutes, hours]) = (LeaseParams::of(Some(lease)), before.map(Micros));
        let params = lease.after([
            (&limit as _, Type::INT8),
            (&seconds as _, Type::TIMESTAMPTZ),
            (&minutes as _, Type::TIMESTAMPTZ),
            (&hours as _, Type::TIMESTAMPTZ),
        ]);
        self.execute(&self.sql.delete_metrics, &params).await
    }
}

impl StoredMetrics {
    fn of(row: &Row) -> Result<Self> {
        Ok(Self {
            bucket: row.try_get::<_, Micros>("bucket")?.0,
            name: row.try_get("name")?,
            node: row.try_get("node")?,
            data: row.try_get::<_, JsonText>("data")?.0,
        })
    }
}
