//! The store: a pool of connections, and one method per statement. Returns rows; knows no policy.
//!
//! Statements are the files in `sql/`, which run in psql as they stand; here every `eram_…` name in them is qualified with the
//! schema (`prefix`). They are sent unnamed with typed parameters, in one round trip, so that they work behind PgBouncer.

pub mod migrate;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

mod attention;
mod audit;
mod backlog;
mod blockers;
mod candidates;
mod choice;
mod commands;
mod connections;
mod contact;
mod control;
mod crons;
mod enqueue;
mod failures;
mod fetch;
mod gate;
mod heartbeats;
mod horizon;
mod inspection;
mod jobs;
mod metrics;
mod numbers;
mod overview;
mod peers;
mod profiles;
mod progress;
mod pruning;
mod queues;
mod reindex;
mod repair;
mod search;
mod settings;
mod sleep;
mod slow;
mod statements;
pub mod test_schema;
mod test_statements;
mod tries;
mod types;
mod unhandled;
mod web;
mod why;

pub use audit::AuditFilter;
pub use backlog::Backlog;
pub use blockers::Blocker;
pub use choice::{Choice, NamedJob};
pub use commands::{CommandRow, MessageRow, News};
pub use contact::Contact;
pub use control::{ActRefusal, Filter, Touched};
pub use crons::{Boot, Cron};
pub use failures::FailedBefore;
pub use fetch::{Claim, FetchRequest};
pub use gate::Sleep;
pub use heartbeats::{Heartbeat, HeartbeatReply, Identity, LeaseRequest, NewProducer, Pin, Silent};
pub use horizon::HorizonHolder;
pub use inspection::{Function, Inspection, Limits, Policy, Sequence, Table};
pub use jobs::{AckRow, ClaimedJobs, EnqueuedJob, Inserted, Rescue, Rescued, Staged, UnownedJobs};
pub use metrics::{FinerMetrics, MetricsRow, RollUpRange, RolledUp, Step, StoredMetrics, WantedMetrics};
pub use numbers::Numbers;
pub use overview::{Count, Counted, MAX_COUNTED, Unattended};
pub use peers::{Holder, Lease};
pub use profiles::Profile;
pub use progress::Progress;
pub use pruning::Pruned;
pub use queues::{Purge, QueueSetting};
pub use reindex::Rebuilder;
pub use repair::{pins_elsewhere, repair};
pub use search::{Found, JobSearch, Matching, Part, Start};
pub use slow::{POOL, SlowStatement};
pub use test_statements::TestStatement;
pub use unhandled::Unhandled;
pub use web::{WebCall, WebReport};

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio::sync::Semaphore;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use crate::error::{Error, Result};
use crate::pg::connect::{self, Connector};
use crate::pg::conninfo::ConnInfo;
use connections::{Crowd, millis};
use slow::Slow;
use statements::{Statement, Statements};
use tries::Tries;
use web::{WebPool, WebStatement};

/// How long a statement of the engine may take before its connection is closed.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);

/// As long, until `statement_timeout` says otherwise.
const ENQUEUE_TIMEOUT: Duration = Duration::from_secs(15);

pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// The number of connections that are kept open however long they are idle.
const MIN_CONNECTIONS: usize = 2;

/// How long other connections may be idle before they are closed.
const MAX_IDLE: Duration = Duration::from_secs(10);

/// The engine's own small pool, and its statements for one schema.
pub struct Store {
    pool: Pool,
    /// For calls of `eramjs/web`.
    web: WebPool,
    canceller: Arc<Connector>,
    /// The server had no connection left.
    crowd: Crowd,
    sql: Statements,
    prefix: String,
    /// How long a statement that inserts jobs may take.
    enqueue_limit: AtomicU64,
    pub contact: Contact,
    pub slow: Slow,
    /// The turn of surveys that take long: they are to leave connections to others.
    surveys: Semaphore,
}

impl Store {
    /// Opens no connection yet.
    pub fn new(info: &ConnInfo, size: usize, prefix: &str) -> Result<Self> {
        Ok(Self {
            pool: connect::pool(info, size)?,
            web: WebPool::new(info),
            canceller: Arc::new(Connector::new(info, &connect::Options::default())),
            crowd: Crowd::default(),
            sql: Statements::new(prefix),
            prefix: prefix.to_owned(),
            enqueue_limit: AtomicU64::new(millis(ENQUEUE_TIMEOUT)),
            contact: Contact::default(),
            slow: Slow::default(),
            surveys: Semaphore::new(1),
        })
    }

    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Connections open now.
    pub fn connections(&self) -> usize {
        self.pool.status().size + self.web.connections()
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
        self.web.close();
    }

    async fn query(&self, statement: &Statement, params: &[Param<'_>]) -> Result<Vec<Row>> {
        self.query_for(self.tries(), statement, params).await
    }

    async fn query_for(&self, mut tries: Tries<'_>, statement: &Statement, params: &[Param<'_>]) -> Result<Vec<Row>> {
        if let Some(call) = WebCall::current() {
            return Ok(Box::pin(self.query_of(&call, statement.name, statement, params)).await?.0);
        }
        loop {
            let client = self.client().await?;
            let work = self.slow.watch(statement.name, client.query_typed(statement, params));
            let done = tokio::time::timeout(tries.limit, work).await;
            if let Some(done) = tries.judge(done, client) {
                return done;
            }
            tries.rest().await;
        }
    }

    async fn execute(&self, statement: &Statement, params: &[Param<'_>]) -> Result<u64> {
        if let Some(call) = WebCall::current() {
            return Ok(Box::pin(self.query_of(&call, statement.name, statement, params)).await?.1);
        }
        let mut tries = self.tries();
        loop {
            let client = self.client().await?;
            let work = self.slow.watch(statement.name, client.execute_typed(statement, params));
            let done = tokio::time::timeout(tries.limit, work).await;
            if let Some(done) = tries.judge(done, client) {
                return done;
            }
            tries.rest().await;
        }
    }

    /// A statement of a call: its rows, and how many it affected.
    async fn query_of(
        &self,
        call: &WebCall,
        name: &'static str,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<(Vec<Row>, u64)> {
        let Self { web: pool, slow, canceller, .. } = self;
        let tries = Tries::new(self, STATEMENT_TIMEOUT, pool.connections());
        WebStatement { pool, slow, canceller, name, sql, params }.run(call, tries).await
    }

    /// Asks the database for an answer within `limit`, a connection included.
    pub async fn probe(&self, limit: Duration) -> Result<()> {
        self.query_within(limit, "probe", "SELECT 1", &[]).await.map(drop)
    }

    /// As `query`, for an answer that is of use only within `limit`, a connection included; there is no second try.
    async fn query_within(
        &self,
        limit: Duration,
        name: &'static str,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>> {
        if let Some(call) = WebCall::current() {
            let work = Box::pin(self.query_of(&call, name, sql, params));
            return Ok(tokio::time::timeout(limit, work).await.map_err(|_| silent(limit))??.0);
        }
        let until = tokio::time::Instant::now() + limit;
        let answer = match tokio::time::timeout_at(until, self.client()).await {
            Err(_) => Err(silent(limit)),
            Ok(Err(error)) => Err(error),
            Ok(Ok(client)) => match tokio::time::timeout_at(until, client.query_typed(sql, params)).await {
                Ok(answer) => answer.map_err(Error::from),
                Err(_) => Err(self.give_up(client, limit)),
            },
        };
        self.contact.record(answer.as_ref().err());
        answer
    }

    fn tries(&self) -> Tries<'_> {
        self.tries_of(STATEMENT_TIMEOUT)
    }

    fn tries_of(&self, limit: Duration) -> Tries<'_> {
        Tries::new(self, limit, self.pool.status().size)
    }

    /// A connection that did not answer in time is closed and not used again, and what it did is cancelled.
    fn give_up(&self, client: Object, limit: Duration) -> Error {
        let token = client.cancel_token();
        drop(Object::take(client));
        let canceller = self.canceller.clone();
        tokio::spawn(async move { canceller.cancel(&token).await });
        silent(limit)
    }
}

fn silent(limit: Duration) -> Error {
    Error::Unavailable(format!("the database did not answer within {} s", limit.as_secs_f64()))
}

/// Names a schema, table or function in SQL.
pub fn quote_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
