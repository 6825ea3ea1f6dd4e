//! The database: connections, statements, one method a query. Returns rows and knows no policy.
//!
//! Statements are the files in `sql/`, which run in psql as they stand; here every `eram_…` name in them is qualified with the
//! schema (`prefix`). They are sent unnamed with typed parameters, in one round trip, so that they work behind PgBouncer.

pub mod connect;
pub mod conninfo;
pub mod migrate;
pub mod tls;

mod beats;
mod control;
mod gate;
mod jobs;
mod statements;
mod types;

pub use beats::{Beat, Beaten, NewProducer};
pub use control::{Filter, QueueSetting, Touched};
pub use gate::Sleep;
pub use jobs::{AckRow, Claim, Inserted, Rescued};

use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use crate::error::{Error, Result};
use conninfo::ConnInfo;
use statements::Statements;

/// How long any statement of the engine may take before its connection is given up.
const STATEMENT_LIMIT: Duration = Duration::from_secs(60);

pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// The engine's own small pool, and its statements for one schema.
pub struct Store {
    pool: Pool,
    sql: Statements,
    prefix: String,
}

impl Store {
    /// Opens no connection yet.
    pub fn new(info: &ConnInfo, size: usize, prefix: &str) -> Result<Self> {
        Ok(Self { pool: connect::pool(info, size)?, sql: Statements::new(prefix), prefix: prefix.to_owned() })
    }

    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Connections open now.
    pub fn connections(&self) -> usize {
        self.pool.status().size
    }

    pub fn close(&self) {
        self.pool.close();
    }

    async fn client(&self) -> Result<Object> {
        Ok(self.pool.get().await?)
    }

    async fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        let client = self.client().await?;
        match tokio::time::timeout(STATEMENT_LIMIT, client.query_typed(sql, params)).await {
            Ok(rows) => Ok(rows?),
            Err(_) => Err(give_up(client)),
        }
    }

    async fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        let client = self.client().await?;
        match tokio::time::timeout(STATEMENT_LIMIT, client.execute_typed(sql, params)).await {
            Ok(count) => Ok(count?),
            Err(_) => Err(give_up(client)),
        }
    }
}

/// A connection that did not answer in time is closed, not used again.
fn give_up(client: Object) -> Error {
    drop(Object::take(client));
    Error::Unavailable(format!("the database did not answer within {} s", STATEMENT_LIMIT.as_secs()))
}

/// Names a schema, table or function in SQL.
pub fn quote_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
