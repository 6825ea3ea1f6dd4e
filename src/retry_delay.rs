//! Waits between tries of what must get through in the end: 100 ms, doubling to 10 s. Says so once, not at each try.

use std::time::Duration;

use crate::error::Error;

#[derive(Default)]
pub struct Patience {
    tries: u32,
}

impl Patience {
    /// How long to wait before the next try.
    pub fn next(&mut self, what: &str, error: &Error) -> Duration {
        if self.tries == 0 {
            tracing::warn!(%error, "{what}: the database refused or did not answer; trying until it does");
        }
        let delay = Duration::from_millis(100 << self.tries.min(7)).min(Duration::from_secs(10));
        self.tries += 1;
        delay
    }

    pub async fn wait(&mut self, what: &str, error: &Error) {
        tokio::time::sleep(self.next(what, error)).await;
    }
}
