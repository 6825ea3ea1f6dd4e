//! How often one statement is tried: again where it has done nothing.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use deadpool_postgres::Object;
use tokio::time::error::Elapsed;

use super::Store;
use crate::error::{Error, Result};

/// What the server reports in place of running a statement: it had ended the session, also because that was idle for too long, or
/// it takes no writes.
const ENDED: [&str; 3] = ["57P01", "57P05", "25006"];

pub(super) fn is_ended(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| ENDED.contains(&code.code()))
}

/// How often a statement that collided with another transaction is retried before the error is returned.
const MAX_COLLISION_RETRIES: u32 = 5;

/// How often one statement was tried, and what may be tried yet.
pub(super) struct Tries<'a> {
    store: &'a Store,
    /// For each try.
    pub limit: Duration,
    /// Connections of the pool that the server may have ended.
    spare: usize,
    collisions: u32,
    /// Before the next try.
    rest: Duration,
}

impl<'a> Tries<'a> {
    pub const fn new(store: &'a Store, limit: Duration, spare: usize) -> Self {
        Self { store, limit, spare, collisions: 0, rest: Duration::ZERO }
    }

    /// What a statement came to; `None` where it is to be tried again, for it has done nothing:
    /// - the server had closed the idle connection, and reports that instead of running the statement;
    /// - it takes no writes, and after a failover the next connection may find one that does;
    /// - it was chosen to give way in a deadlock, or could not be put in an order with others.
    pub fn judge<T>(
        &mut self,
        done: std::result::Result<std::result::Result<T, tokio_postgres::Error>, Elapsed>,
        client: Object,
    ) -> Option<Result<T>> {
        let judged = self.result(done, client);
        if let Some(result) = &judged {
            self.store.contact.record(result.as_ref().err());
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
            Err(_) => return Some(Err(self.store.give_up(client, self.limit))),
            Ok(Err(error)) => error,
        };
        if is_ended(&error) {
            drop(Object::take(client));
        }
        self.refused(error).map(Err)
    }

    /// The error, unless the statement is to be tried again.
    pub fn refused(&mut self, error: tokio_postgres::Error) -> Option<Error> {
        self.rest = Duration::ZERO;
        if is_ended(&error) && self.spare > 0 {
            self.spare -= 1;
            return None;
        }
        let error = Error::from(error);
        if self.collisions < MAX_COLLISION_RETRIES && error.is_collision() {
            self.rest = Duration::from_millis(5 << self.collisions).mul_f64(0.5 + random());
            self.collisions += 1;
            return None;
        }
        Some(error)
    }

    pub async fn rest(&self) {
        if !self.rest.is_zero() {
            tokio::time::sleep(self.rest).await;
        }
    }
}

/// From 0 to 1, so that those who collided do not meet again.
fn random() -> f64 {
    f64::from(u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}
