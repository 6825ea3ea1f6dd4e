//! The connections for calls of `eramjs/web`: opened by the first calls, and closed when they are idle.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Object, Pool, PoolError, Timeouts};
use parking_lot::Mutex;

use crate::error::{Error, Result};
use crate::pg::connect::{self, Options};
use crate::pg::conninfo::ConnInfo;

/// Connections at once.
const MAX_CONNECTIONS: usize = 3;

/// How long a connection may be idle before it is closed, and how often that is looked at.
const MAX_IDLE: Duration = Duration::from_secs(10);
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// Distinguishes the connections in `pg_stat_activity`.
const SUFFIX: &str = "web";

pub struct WebPool {
    info: ConnInfo,
    /// None while none is open.
    pool: Arc<Mutex<Option<Pool>>>,
}

impl WebPool {
    /// Opens no connection yet.
    pub fn new(info: &ConnInfo) -> Self {
        Self { info: info.clone(), pool: Arc::default() }
    }

    /// A connection; `None` if others have had all of them for `wait`.
    pub async fn get(&self, wait: Duration) -> Result<Option<Object>> {
        let pool = self.pool()?;
        let timeouts = Timeouts { wait: Some(wait), ..pool.timeouts() };
        match pool.timeout_get(&timeouts).await {
            Ok(client) => Ok(Some(client)),
            Err(PoolError::Timeout(deadpool_postgres::TimeoutType::Wait)) => Ok(None),
            Err(error) => Err(Error::from(error)),
        }
    }

    /// Connections open now.
    pub fn connections(&self) -> usize {
        self.pool.lock().as_ref().map_or(0, |pool| pool.status().size)
    }

    pub fn close(&self) {
        if let Some(pool) = self.pool.lock().take() {
            pool.close();
        }
    }

    fn pool(&self) -> Result<Pool> {
        let mut held = self.pool.lock();
        if let Some(pool) = &*held {
            return Ok(pool.clone());
        }
        let options = Options { suffix: Some(SUFFIX.to_owned()) };
        let pool = connect::pool_with(&self.info, MAX_CONNECTIONS, &options)?;
        *held = Some(pool.clone());
        tokio::spawn(close_idle(self.pool.clone(), pool.clone()));
        Ok(pool)
    }
}

/// Closes idle connections, and ends with the last of them.
async fn close_idle(held: Arc<Mutex<Option<Pool>>>, pool: Pool) {
    loop {
        tokio::time::sleep(LOOK_INTERVAL).await;
        pool.retain(|_, metrics| metrics.last_used() < MAX_IDLE);
        let mut held = held.lock();
        let status = pool.status();
        if pool.is_closed() || (status.size == 0 && status.waiting == 0) {
            held.take_if(|_| !pool.is_closed());
            return;
        }
    }
}
