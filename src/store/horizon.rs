//! What keeps the server from removing dead rows.

use tokio_postgres::types::Type;

use super::Store;
use crate::error::Result;

/// A session, prepared transaction, standby or replication slot that may still see rows that others have replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct HorizonHolder {
    pub kind: String,
    pub pid: Option<i32>,
    pub name: String,
    pub application_name: Option<String>,
    pub state: Option<String>,
    /// The transaction that it does not see, or is.
    pub xmin: String,
    /// How many transactions began since.
    pub transactions: i32,
    /// Dead rows of the jobs table.
    pub dead: i64,
    /// How long the transaction has been open, as far as the server shows that.
    pub seconds: Option<f64>,
    /// When its last statement began, in seconds ago.
    pub query_seconds: Option<f64>,
}

impl Store {
    /// Those that hold the horizon, the oldest first, if the jobs table has so many dead rows.
    pub async fn find_horizon(&self, dead: i64) -> Result<Vec<HorizonHolder>> {
        let rows = self.query(&self.sql.find_horizon, &[(&self.prefix, Type::TEXT), (&dead, Type::INT8)]).await?;
        let holder = |row: &tokio_postgres::Row| {
            Ok(HorizonHolder {
                kind: row.try_get("kind")?,
                pid: row.try_get("pid")?,
                name: row.try_get("name")?,
                application_name: row.try_get("application_name")?,
                state: row.try_get("state")?,
                xmin: row.try_get("xmin")?,
                transactions: row.try_get("transactions")?,
                dead: row.try_get("dead")?,
                seconds: row.try_get("seconds")?,
                query_seconds: row.try_get("query_seconds")?,
            })
        };
        rows.iter().map(holder).collect()
    }
}
