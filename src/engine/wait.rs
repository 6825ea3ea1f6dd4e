//! Waits for the end of a job, on whatever node it runs. How nodes report ends to each other: [`crate::notifier::JobEnds`].

use std::sync::Weak;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::Engine;
use crate::error::{Error, Result};
use crate::model::job::State;
use crate::notifier::AfterCommit;
use crate::retry_delay::RetryDelay;

/// Ids in one statement.
const IDS_PER_LOOK: usize = 1_000;

/// How often the requests of all callers are renewed; other nodes forget them after a minute.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(25);

#[derive(Deserialize)]
struct Row {
    state: String,
}

impl Engine {
    /// The row of a job that has ended, as JSON; waits for it up to `timeout`.
    pub(super) async fn wait(&self, id: i64, timeout: Option<Duration>, key: &str) -> Result<String> {
        let work = self.wait_for_end(id, key);
        let Some(limit) = timeout else { return work.await };
        tokio::time::timeout(limit, work).await.map_err(|_| {
            Error::Timeout(format!(
                "waitFor: expected job {id} to end within {} ms, it has not; it goes on",
                limit.as_millis()
            ))
        })?
    }

    async fn wait_for_end(&self, id: i64, key: &str) -> Result<String> {
        let ends = &self.router.ends;
        // Before the row is read: an end after that is reported to this caller.
        let waiting = ends.wait(id, key);
        let mut retry_delay = RetryDelay::default();
        loop {
            match self.store.find_job(id).await {
                Ok(Some(text)) if has_ended(&text)? => return Ok(text),
                Ok(Some(_)) => {}
                Ok(None) => {
                    return Err(Error::NotFound(format!(
                        "waitFor: expected a job that is committed and not deleted, got {id}, which has no row"
                    )));
                }
                Err(error) if error.is_transient() && !ends.is_closed() => {
                    retry_delay.wait("waitFor", &error).await;
                    continue;
                }
                Err(_) if ends.is_closed() => return Err(stopped(id)),
                Err(error) => return Err(error),
            }
            // Again after an end that was none: the job was retried.
            ends.request_from_others(&[id]);
            if !waiting.waiter.woken(ends).await {
                return Err(stopped(id));
            }
        }
    }

    /// The time between two looks at the rows.
    fn look_interval(&self) -> Duration {
        let listens = self.notifier.as_ref().is_some_and(|notifier| notifier.is_listening());
        if listens { self.config.heartbeat_interval } else { self.config.poll_interval }
    }

    /// The caller of `wait` with this key has given up.
    pub(super) fn abandon_wait(&self, key: &str) {
        self.router.ends.abandon(key);
    }
}

/// Looks at the rows of awaited jobs at intervals, and renews the requests: for ends that no node reports.
pub(super) async fn look_for_ends(engine: Weak<Engine>) {
    let mut renewed = Instant::now();
    loop {
        let Some((every, ends)) = engine.upgrade().map(|it| (it.look_interval(), it.router.ends.clone())) else {
            return;
        };
        let lost = tokio::select! {
            () = tokio::time::sleep(every) => false,
            () = ends.suspect.notified() => true,
        };
        let ids = ends.awaited_here();
        if ids.is_empty() {
            continue;
        }
        for ids in ids.chunks(IDS_PER_LOOK) {
            let Some(engine) = engine.upgrade() else { return };
            if let Ok(ended) = engine.store.ended_jobs(ids).await {
                engine.router.ended(&ended);
            }
        }
        if lost || renewed.elapsed() >= RENEWAL_INTERVAL {
            renewed = Instant::now();
            ends.request_from_others(&ids);
        }
    }
}

fn stopped(id: i64) -> Error {
    Error::NotRunning(format!("waitFor: expected the engine to run until job {id} had ended, it was stopped"))
}

fn has_ended(text: &str) -> Result<bool> {
    let row: Row =
        serde_json::from_str(text).map_err(|e| Error::Internal(format!("waitFor: expected a row, got {e}")))?;
    Ok(State::parse(&row.state)?.is_terminal())
}
