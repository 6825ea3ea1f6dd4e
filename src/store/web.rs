//! Calls of `eramjs/web`. Their statements run on a few connections of their own, so that operators who look at the queues take
//! none from the engine; each runs in a transaction of its own, read-only unless the call changes something, and within a limit.

mod in_use;
mod pool;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use futures_util::future::join3;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::watch;
use tokio_postgres::{Client, Row};

use super::Param;
use super::connections::millis;
use super::slow::Slow;
use super::tries::{Tries, is_ended};
use crate::error::{Error, Result};
use crate::pg::connect::Connector;
use in_use::InUse;
pub(super) use pool::WebPool;

tokio::task_local! {
    static CALL: Arc<WebCall>;
}

/// What a server that is silent gets beyond the limit of a statement, which it keeps itself.
const SILENCE: Duration = Duration::from_secs(1);

/// The state of a statement that the server has cancelled.
const CANCELLED: &str = "57014";

/// A call, and how it may use the database.
pub struct WebCall {
    reads: bool,
    /// For each statement.
    limit: Option<Duration>,
    /// For a connection, while others have them all.
    wait: Duration,
    left: watch::Sender<bool>,
    report: Mutex<WebReport>,
}

/// What a call has done.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct WebReport {
    pub statements: u64,
    /// Milliseconds that these took.
    pub ms: f64,
    /// The statement that took longer than it may.
    pub late: Option<&'static str>,
    /// Whether no connection was free in time.
    pub busy: bool,
}

impl WebCall {
    /// `limit`: of each statement.
    pub fn new(reads: bool, limit: Option<Duration>, wait: Duration) -> Arc<Self> {
        Arc::new(Self { reads, limit, wait, left: watch::channel(false).0, report: Mutex::default() })
    }

    /// Does the work of the call: its statements are those of the call.
    pub async fn scope<F: Future>(self: Arc<Self>, work: F) -> F::Output {
        CALL.scope(self, work).await
    }

    /// The caller has gone: the statement that runs is cancelled, and none begins.
    pub fn leave(&self) {
        self.left.send_replace(true);
    }

    pub fn report(&self) -> WebReport {
        self.report.lock().clone()
    }

    /// The call that this task does the work of.
    pub(super) fn current() -> Option<Arc<Self>> {
        CALL.try_with(Arc::clone).ok()
    }

    async fn gone(&self) -> Error {
        // The sender is in `self`.
        let _ = self.left.subscribe().wait_for(|left| *left).await;
        Error::Timeout("web: expected a caller who waits for the answer, got one that has gone".to_owned())
    }

    fn opening(&self) -> String {
        let mode = if self.reads { " READ ONLY" } else { "" };
        let limit = self.limit.map(|limit| format!("; SET LOCAL statement_timeout = {}", millis(limit).max(1)));
        format!("BEGIN ISOLATION LEVEL READ COMMITTED{mode}{}", limit.unwrap_or_default())
    }

    fn count(&self, took: Duration) {
        let mut report = self.report.lock();
        report.statements += 1;
        report.ms += took.as_secs_f64() * 1000.0;
    }

    fn is_late(&self, name: &'static str) -> Error {
        self.report.lock().late = Some(name);
        let limit = self.limit.map(millis).unwrap_or_default();
        Error::Timeout(format!("{name}: expected an answer of the database within {limit} ms, got none"))
    }
}

/// What statements of calls need of the store.
pub(super) struct WebStatement<'a> {
    pub pool: &'a WebPool,
    pub slow: &'a Slow,
    pub canceller: &'a Arc<Connector>,
    pub name: &'static str,
    pub sql: &'a str,
    pub params: &'a [Param<'a>],
}

impl WebStatement<'_> {
    /// Runs it for a call: its rows, and how many it affected.
    pub async fn run(&self, call: &WebCall, mut tries: Tries<'_>) -> Result<(Vec<Row>, u64)> {
        let work = async {
            loop {
                let client = self.client(call).await?;
                let begun = Instant::now();
                let done = self.slow.watch(self.name, self.once(call, client)).await;
                call.count(begun.elapsed());
                match done {
                    Ok(Ok(done)) => return Ok(done),
                    Err(error) => return Err(error),
                    Ok(Err(error)) if is_over(&error) && call.limit.is_some_and(|it| begun.elapsed() >= it) => {
                        return Err(call.is_late(self.name));
                    }
                    Ok(Err(error)) => {
                        if let Some(error) = tries.refused(error) {
                            return Err(error);
                        }
                    }
                }
                tries.rest().await;
            }
        };
        tokio::select! {
            biased;
            error = call.gone() => Err(error),
            done = work => done,
        }
    }

    async fn client(&self, call: &WebCall) -> Result<InUse> {
        let client = self.pool.get(call.wait).await?.ok_or_else(|| {
            call.report.lock().busy = true;
            let wait = millis(call.wait);
            Error::Unavailable(format!("web: expected a free connection within {wait} ms, got none; try again"))
        })?;
        Ok(InUse::new(client, self.canceller))
    }

    /// The outer error is that of a server that is silent.
    async fn once(&self, call: &WebCall, mut client: InUse) -> Result<Answer> {
        let limit = call.limit.map_or(super::STATEMENT_TIMEOUT, |limit| limit + SILENCE);
        let Ok(done) = tokio::time::timeout(limit, self.send(call, &client)).await else {
            return Err(call.is_late(self.name));
        };
        let is_ended = done.as_ref().is_err_and(is_ended);
        client.release(is_ended);
        Ok(done)
    }

    /// In one round trip: sent in this order, none waiting for the answer to another. After an error the server ignores the
    /// rest, and the COMMIT is a rollback.
    async fn send(&self, call: &WebCall, client: &Client) -> Answer {
        let opening = call.opening();
        let (begun, done, committed) =
            join3(client.batch_execute(&opening), rows(client, self.sql, self.params), client.batch_execute("COMMIT"))
                .await;
        begun?;
        let done = done?;
        committed?;
        Ok(done)
    }
}

async fn rows(client: &Client, sql: &str, params: &[Param<'_>]) -> Answer {
    let mut rows = pin!(client.query_typed_raw(sql, params.iter().map(|(value, kind)| (*value, kind.clone()))).await?);
    let mut all = vec![];
    while let Some(row) = rows.try_next().await? {
        all.push(row);
    }
    Ok((all, rows.rows_affected().unwrap_or(0)))
}

type Answer = std::result::Result<(Vec<Row>, u64), tokio_postgres::Error>;

fn is_over(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code() == CANCELLED)
}
