//! The database: connections, statements, one method a query. Returns rows and knows no policy.
//!
//! Statements are the files in `sql/`, which run in psql as they stand; here every `eram_…` name in them is qualified with the
//! schema (`prefix`). They are sent unnamed with typed parameters, in one round trip, so that they work behind PgBouncer.

pub mod connect;
pub mod conninfo;
pub mod migrate;
pub mod tls;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

mod beats;
mod census;
mod control;
mod crons;
mod gate;
mod jobs;
mod peers;
mod pruning;
mod queues;
mod rebuild;
mod settings;
mod statements;
mod types;
mod unhandled;

pub use beats::{Beat, Beaten, Identity, NewProducer, Pin, Silent, Standing};
pub use census::{COUNTED, Count, Unattended};
pub use control::{Filter, Touched};
pub use crons::{Boot, Cron};
pub use gate::Sleep;
pub use jobs::{AckRow, Claim, Inserted, Rescued};
pub use peers::{Holder, Lease};
pub use pruning::Pruned;
pub use queues::{Purge, QueueSetting};
pub use rebuild::Rebuilder;
pub use unhandled::Unhandled;

use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio::time::error::Elapsed;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
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
        let mut spare = self.pool.status().size;
        loop {
            let client = self.client().await?;
            let done = tokio::time::timeout(STATEMENT_LIMIT, client.query_typed(sql, params)).await;
            if let Some(done) = judge(done, client, &mut spare) {
                return done;
            }
        }
    }

    async fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        let mut spare = self.pool.status().size;
        loop {
            let client = self.client().await?;
            let done = tokio::time::timeout(STATEMENT_LIMIT, client.execute_typed(sql, params)).await;
            if let Some(done) = judge(done, client, &mut spare) {
                return done;
            }
        }
    }
}

/// What a statement came to; `None` where another connection is to be tried: the server had ended this one while it lay in the
/// pool, and says so instead of running the statement. There may be as many such as the pool holds (`spare`).
fn judge<T>(
    done: std::result::Result<std::result::Result<T, tokio_postgres::Error>, Elapsed>,
    client: Object,
    spare: &mut usize,
) -> Option<Result<T>> {
    match done {
        Ok(Err(error)) if *spare > 0 && error.code() == Some(&SqlState::ADMIN_SHUTDOWN) => {
            *spare -= 1;
            drop(Object::take(client));
            None
        }
        Ok(done) => Some(done.map_err(Error::from)),
        Err(_) => Some(Err(give_up(client))),
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
