//! Connections for statements, also where the server has few.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool_postgres::Object;
use tokio::time::{Instant, sleep, timeout_at};

use super::Store;
use super::slow::POOL;
use crate::error::{Error, Result};

/// How long no further connection is opened after the server had none left, while there are others.
const CROWDED_FOR: Duration = Duration::from_secs(5);

/// How long a statement waits for a connection while the server has none left.
const CROWD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long it waits if none is open: those of an engine that has just ended may be about to close.
const ALONE_TIMEOUT: Duration = Duration::from_secs(2);

/// How often it looks for one.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// When the server last had no connection left.
pub(super) struct Crowd {
    since: Instant,
    /// Milliseconds from `since`; 0: never.
    last: AtomicU64,
}

impl Default for Crowd {
    fn default() -> Self {
        Self { since: Instant::now(), last: AtomicU64::new(0) }
    }
}

impl Crowd {
    fn note(&self) {
        self.last.store(millis(self.since.elapsed()).max(1), Ordering::Relaxed);
    }

    fn holds(&self) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last > 0 && self.since.elapsed() < Duration::from_millis(last) + CROWDED_FOR
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Store {
    /// How many statements may hang while others go on.
    pub fn spare_connections(&self) -> usize {
        self.pool.status().max_size.saturating_sub(3)
    }

    /// A connection of the pool. If the server refuses another one, the statement waits for one that is in use.
    pub(super) async fn client(&self) -> Result<Object> {
        let begun = Instant::now();
        loop {
            let pool = self.pool.status();
            if self.crowd.holds() && pool.size > 0 && pool.available == 0 && begun.elapsed() < CROWD_TIMEOUT {
                sleep(LOOK_INTERVAL).await;
                continue;
            }
            let get = self.pool.get();
            let client =
                if self.is_exhausted() { self.slow.watch(POOL, get).await } else { get.await }.map_err(Error::from);
            let Err(error) = &client else { return client };
            if error.is_crowded() {
                self.crowd.note();
                let limit = if self.pool.status().size > 0 { CROWD_TIMEOUT } else { ALONE_TIMEOUT };
                if begun.elapsed() < limit {
                    sleep(LOOK_INTERVAL * 4).await;
                    continue;
                }
            }
            self.contact.record(Some(error));
            return client;
        }
    }

    /// A connection for a statement that inserts jobs; others may hold all of the server's for a while.
    pub(super) async fn client_until(&self, until: Instant, limit: Duration) -> Result<Object> {
        loop {
            match timeout_at(until, self.client()).await {
                Ok(Err(error)) if error.is_crowded() && Instant::now() < until => sleep(LOOK_INTERVAL * 20).await,
                Ok(client) => return client,
                Err(_) => {
                    let seconds = limit.as_secs_f64();
                    let text = format!(
                        "enqueue: expected a free connection within {seconds} s (statement_timeout), got none; nothing was stored"
                    );
                    return Err(Error::Unavailable(text));
                }
            }
        }
    }
}
