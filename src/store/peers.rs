//! Leases in SQL: taken, read, released. The heartbeat renews them.

use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::types::Micros;
use super::{Param, Store};
use crate::error::Result;

/// One term of a leader, by which its statements prove that it still leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub engine: String,
    pub owner: Uuid,
    /// When the term began, in microseconds.
    pub since: i64,
}

/// Who holds, or held, the lease.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    pub node: String,
    pub owner: Uuid,
    pub since: i64,
    /// Until the lease ends; 0 or less: it has.
    pub seconds: f64,
    /// The version of the row, which each renewal changes; `None` where the row is gone.
    pub version: Option<i64>,
}

/// A lease as three parameters; all null asks for none.
pub(super) struct LeaseParams<'a> {
    engine: Option<&'a str>,
    owner: Option<Uuid>,
    since: Option<Micros>,
}

impl<'a> LeaseParams<'a> {
    pub(super) fn of(lease: Option<&'a Lease>) -> Self {
        Self {
            engine: lease.map(|it| it.engine.as_str()),
            owner: lease.map(|it| it.owner),
            since: lease.map(|it| Micros(it.since)),
        }
    }

    pub(super) fn after<'p>(&'p self, params: impl IntoIterator<Item = Param<'p>>) -> Vec<Param<'p>> {
        let own: [Param<'p>; 3] =
            [(&self.engine, Type::TEXT), (&self.owner, Type::UUID), (&self.since, Type::TIMESTAMPTZ)];
        params.into_iter().chain(own).collect()
    }
}

impl Store {
    /// The database's clock, in microseconds since 1970.
    pub async fn now(&self) -> Result<i64> {
        let rows = self.query(&self.sql.now, &[]).await?;
        rows.first().map_or(Ok(0), |row| Ok(row.try_get("now")?))
    }

    /// Takes the lease for `seconds` if it is free, or if its row still has the version `stale`; returns its
    /// holder, as far as visible.
    pub async fn claim_lease(
        &self,
        engine: &str,
        node: &str,
        owner: Uuid,
        seconds: f64,
        stale: Option<i64>,
    ) -> Result<Option<Holder>> {
        let params: [Param<'_>; 5] = [
            (&engine, Type::TEXT),
            (&node, Type::TEXT),
            (&owner, Type::UUID),
            (&seconds, Type::FLOAT8),
            (&stale, Type::INT8),
        ];
        self.query(&self.sql.claim_lease, &params).await?.first().map_or(Ok(None), holder)
    }

    pub async fn find_lease(&self, engine: &str) -> Result<Option<Holder>> {
        self.query(&self.sql.find_lease, &[(&engine, Type::TEXT)]).await?.first().map_or(Ok(None), holder)
    }

    /// Releases the lease, of `owner` or of any holder, and notifies all nodes; returns the holder.
    pub async fn release_lease(&self, engine: &str, owner: Option<Uuid>) -> Result<Option<Holder>> {
        let params: [Param<'_>; 2] = [(&engine, Type::TEXT), (&owner, Type::UUID)];
        self.query(&self.sql.release_lease, &params).await?.first().map_or(Ok(None), holder)
    }
}

/// From a row whose `owner` is null when there is none.
pub(super) fn holder(row: &Row) -> Result<Option<Holder>> {
    let Some(owner) = row.try_get::<_, Option<Uuid>>("owner")? else { return Ok(None) };
    Ok(Some(Holder {
        node: row.try_get("node")?,
        owner,
        since: row.try_get::<_, Micros>("started_at")?.0,
        seconds: row.try_get("seconds")?,
        version: row.try_get("version").unwrap_or_default(),
    }))
}
