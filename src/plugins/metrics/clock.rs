//! The time of the database.

use std::time::{Duration, Instant};

use super::super::plugin::PluginContext;
use crate::error::Result;

/// How often an engine without heartbeats asks for the time.
const INTERVAL: Duration = Duration::from_secs(600);

/// The database's time, and when it was asked for.
#[derive(Debug, Default)]
pub struct Clock(Option<(Instant, i64)>);

impl Clock {
    /// The time of the database in microseconds, estimated from the last heartbeat. An engine
    /// without queues sends none, and asks now and then.
    pub async fn now(&mut self, context: &PluginContext) -> Result<i64> {
        if let Some(now) = context.peer.database_time() {
            return Ok(now);
        }
        if let Some((at, clock)) = self.0.filter(|(at, _)| at.elapsed() < INTERVAL) {
            return Ok(clock.saturating_add(i64::try_from(at.elapsed().as_micros()).unwrap_or(i64::MAX)));
        }
        let at = Instant::now();
        let clock = context.store.now().await?;
        self.0 = Some((at, clock));
        Ok(clock)
    }
}
