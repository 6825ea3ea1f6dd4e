//! The delay between retries of a database operation: 100 ms, doubling up to 10 s. Logs the first failure only.

use std::time::Duration;

use crate::error::Error;

#[derive(Default)]
pub struct RetryDelay {
    tries: u32,
}

impl RetryDelay {
    /// The delay before the next try.
    pub fn next(&mut self, what: &str, error: &Error) -> Duration {
        if self.tries == 0 {
            tracing::warn!(%error, "{what}: the database rejected the statement or did not answer; retrying");
        }
        let delay = Duration::from_millis(100 << self.tries.min(7)).min(Duration::from_secs(10));
        self.tries += 1;
        delay
    }

    pub async fn wait(&mut self, what: &str, error: &Error) {
        tokio::time::sleep(self.next(what, error)).await;
    }
}
