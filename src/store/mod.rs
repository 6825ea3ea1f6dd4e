//! The store: a pool of connections, and one method per statement. Returns rows; knows no policy.
//!
//! Statements are the files in `sql/`, which run in psql as they stand; here every `eram_…` name in them is qualified with the
//! schema (`prefix`). They are sent unnamed with typed parameters, in one round trip, so that they work behind PgBouncer.

pub mod migrate;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

mod backlog;
mod contact;
mod control;
mod crons;
mod fetch;
mod gate;
mod heartbeats;
mod jobs;
mod metrics;
mod overview;
mod peers;
mod progress;
mod pruning;
mod queues;
mod reindex;
mod settings;
mod statements;
pub mod test_schema;
mod test_statements;
mod types;
mod unhandled;

pub use backlog::Backlog;
pub use contact::Contact;
pub use control::{Filter, Touched};
pub use crons::{Boot, Cron};
pub use fetch::{Claim, FetchRequest};
pub use gate::Sleep;
pub use heartbeats::{Heartbeat, HeartbeatReply, Identity, LeaseRequest, NewProducer, Pin, Silent};
pub use jobs::{AckRow, ClaimedJobs, EnqueuedJob, Inserted, Rescue, Rescued, Staged, UnownedJobs};
pub use metrics::MetricsRow;
pub use overview::{Count, MAX_COUNTED, Unattended};
pub use peers::{Holder, Lease};
pub use progress::Progress;
pub use pruning::Pruned;
pub use queues::{Purge, QueueSetting};
pub use reindex::Rebuilder;
pub use test_statements::TestStatement;
pub use unhandled::Unhandled;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio::time::error::Elapsed;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};

use crate::error::{Error, Result};
use crate::pg::connect;
use crate::pg::conninfo::ConnInfo;
use statements::Statements;

/// How long a statement of the engine may take before its connection is closed.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// The number of connections that are kept open however long they are idle.
const MIN_CONNECTIONS: usize = 2;

/// How long other connections may be idle before they are closed.
const MAX_IDLE: Duration = Duration::from_secs(10);

/// The engine's own small pool, and its statements for one schema.
pub struct Store {
    pool: Pool,
    sql: Statements,
    prefix: String,
    pub contact: Contact,
}

impl Store {
    /// Opens no connection yet.
    pub fn new(info: &ConnInfo, size: usize, prefix: &str) -> Result<Self> {
        Ok(Self {
            pool: connect::pool(info, size)?,
            sql: Statements::new(prefix),
            prefix: prefix.to_owned(),
            contact: Contact::default(),
        })
    }

    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Connections open now.
    pub fn connections(&self) -> usize {
        self.pool.status().size
    }

    /// Closes idle connections, except those that the next fetch and ack need at once.
    pub fn trim(&self) {
        self.trim_unused_for(MAX_IDLE);
    }

    fn trim_unused_for(&self, unused: Duration) {
        let mut spare = self.pool.status().available.saturating_sub(MIN_CONNECTIONS);
        self.pool.retain(|_, metrics| {
            let goes = spare > 0 && metrics.last_used() >= unused;
            spare -= usize::from(goes);
            !goes
        });
    }

    pub fn close(&self) {
        self.pool.close();
    }

    async fn client(&self) -> Result<Object> {
        let client = self.pool.get().await.map_err(Error::from);
        if let Err(error) = &client {
            self.contact.record(Some(error));
        }
        client
    }

    async fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        let mut tries = self.tries();
        loop {
            let client = self.client().await?;
            let done = tokio::time::timeout(STATEMENT_TIMEOUT, client.query_typed(sql, params)).await;
            if let Some(done) = tries.judge(done, client) {
                return done;
            }
            tries.rest().await;
        }
    }

    async fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        let mut tries = self.tries();
        loop {
            let client = self.client().await?;
            let done = tokio::time::timeout(STATEMENT_TIMEOUT, client.execute_typed(sql, params)).await;
            if let Some(done) = tries.judge(done, client) {
                return done;
            }
            tries.rest().await;
        }
    }

    /// Asks the database for an answer within `limit`, a connection included.
    pub async fn probe(&self, limit: Duration) -> Result<()> {
        let until = tokio::time::Instant::now() + limit;
        let answer = match tokio::time::timeout_at(until, self.client()).await {
            Err(_) => Err(silent(limit)),
            Ok(Err(error)) => Err(error),
            Ok(Ok(client)) => match tokio::time::timeout_at(until, client.simple_query("SELECT 1")).await {
                Ok(answer) => answer.map(|_| ()).map_err(Error::from),
                Err(_) => Err(give_up(client, limit)),
            },
        };
        self.contact.record(answer.as_ref().err());
        answer
    }

    fn tries(&self) -> Tries<'_> {
        Tries { contact: &self.contact, spare: self.pool.status().size, collisions: 0, rest: Duration::ZERO }
    }
}

/// How often a statement that collided with another transaction is retried before the error is returned.
const MAX_COLLISION_RETRIES: u32 = 5;

/// How often one statement was tried, and what may be tried yet.
struct Tries<'a> {
    contact: &'a Contact,
    /// Connections of the pool that the server may have ended.
    spare: usize,
    collisions: u32,
    /// Before the next try.
    rest: Duration,
}

impl Tries<'_> {
    /// What a statement came to; `None` where it is to be tried again, for it has done nothing:
    /// - the server had closed the idle connection, and reports that instead of running the statement;
    /// - it takes no writes, and after a failover the next connection may find one that does;
    /// - it was chosen to give way in a deadlock, or could not be put in an order with others.
    fn judge<T>(
        &mut self,
        done: std::result::Result<std::result::Result<T, tokio_postgres::Error>, Elapsed>,
        client: Object,
    ) -> Option<Result<T>> {
        let judged = self.result(done, client);
        if let Some(result) = &judged {
            self.contact.record(result.as_ref().err());
        }
        judged
    }

    fn result<T>(
        &mut self,
        done: std::result::Result<std::result::Result<T, tokio_postgres::Error>, Elapsed>,
        client: Object,
    ) -> Option<Result<T>> {
        let error = match done {
            Ok(Ok(done)) => return Some(Ok(done)),
            Err(_) => return Some(Err(give_up(client, STATEMENT_TIMEOUT))),
            Ok(Err(error)) => error,
        };
        self.rest = Duration::ZERO;
        if matches!(error.code(), Some(&SqlState::ADMIN_SHUTDOWN | &SqlState::READ_ONLY_SQL_TRANSACTION)) {
            drop(Object::take(client));
            if self.spare > 0 {
                self.spare -= 1;
                return None;
            }
        }
        let error = Error::from(error);
        if self.collisions < MAX_COLLISION_RETRIES && error.is_collision() {
            self.rest = Duration::from_millis(5 << self.collisions).mul_f64(0.5 + random());
            self.collisions += 1;
            return None;
        }
        Some(Err(error))
    }

    async fn rest(&self) {
        if !self.rest.is_zero() {
            tokio::time::sleep(self.rest).await;
        }
    }
}

/// From 0 to 1, so that those who collided do not meet again.
fn random() -> f64 {
    f64::from(u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

/// A connection that did not answer in time is closed, not used again.
fn give_up(client: Object, limit: Duration) -> Error {
    drop(Object::take(client));
    silent(limit)
}

fn silent(limit: Duration) -> Error {
    Error::Unavailable(format!("the database did not answer within {} s", limit.as_secs()))
}

/// Names a schema, table or function in SQL.
pub fn quote_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
