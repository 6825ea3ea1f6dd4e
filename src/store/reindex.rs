//! Rebuilds indexes on a connection of its own: `REINDEX … CONCURRENTLY` cannot run in a transaction.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::quote_ident;
use crate::error::Result;
use crate::pg::connect;
use crate::pg::conninfo::ConnInfo;

/// The longest wait for a lock; while it waits, other changes of the schema queue up behind it.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

const LEFTOVERS: &str = include_str!("sql/leftover_indexes.sql");
const HAS_INDEX: &str = include_str!("sql/has_index.sql");

pub struct Rebuilder {
    client: Client,
    driver: JoinHandle<()>,
    prefix: String,
}

impl Drop for Rebuilder {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Rebuilder {
    /// `timeout` is for each index.
    pub async fn open(info: &ConnInfo, prefix: &str, timeout: Duration) -> Result<Self> {
        let (client, connection) = connect::connect(info, &connect::Options { suffix: Some("reindex".into()) }).await?;
        let rebuilder = Self { client, driver: connect::spawn(connection), prefix: prefix.to_owned() };
        let (all, lock) = (timeout.as_millis(), timeout.min(LOCK_TIMEOUT).as_millis());
        rebuilder.client.batch_execute(&format!("SET statement_timeout = {all}; SET lock_timeout = {lock}")).await?;
        // Should this process die, the server stops too; from PostgreSQL 14 on.
        drop(rebuilder.client.batch_execute("SET client_connection_check_interval = '1s'").await);
        Ok(rebuilder)
    }

    /// Invalid indexes of our tables, which rebuilding left behind.
    pub async fn leftovers(&self) -> Result<Vec<String>> {
        let rows = self.client.query_typed(LEFTOVERS, &[(&self.prefix, Type::TEXT)]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    pub async fn has(&self, index: &str) -> Result<bool> {
        let rows = self.client.query_typed(HAS_INDEX, &[(&self.prefix, Type::TEXT), (&index, Type::TEXT)]).await?;
        Ok(!rows.is_empty())
    }

    pub async fn rebuild(&self, index: &str) -> Result<()> {
        Ok(self.client.batch_execute(&format!("REINDEX INDEX CONCURRENTLY {}", self.name(index))).await?)
    }

    pub async fn remove(&self, index: &str) -> Result<()> {
        Ok(self.client.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {}", self.name(index))).await?)
    }

    fn name(&self, index: &str) -> String {
        format!("{}.{}", quote_ident(&self.prefix), quote_ident(index))
    }
}
