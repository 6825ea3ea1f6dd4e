//! Waits until a job has ended or is in a state, on whatever node it runs. How nodes report ends to each other:
//! [`crate::notifier::JobEnds`].

mod look;
mod rows;

pub(super) use look::look_for_ends;
pub use rows::Rows;

use std::time::Duration;

use parking_lot::Mutex;
use serde::Deserialize;

use super::Engine;
use crate::cluster::idle::Reason;
use crate::error::{Error, Result};
use crate::model::job::State;
use crate::notifier::Awaited;
use crate::retry_delay::RetryDelay;

/// What a caller waits for, and for how long.
pub struct Wait {
    /// The method, for errors.
    pub subject: String,
    pub id: i64,
    pub awaited: Awaited,
    pub timeout: Option<Duration>,
    /// For the caller that gives up.
    pub key: String,
}

#[derive(Deserialize)]
struct Row {
    state: String,
}

impl Engine {
    /// The row of a job that is as awaited, as JSON.
    pub(super) async fn wait(&self, wait: &Wait) -> Result<String> {
        let last = Mutex::new(None);
        let work = self.wait_for(wait, &last);
        let Some(limit) = wait.timeout else { return work.await };
        tokio::time::timeout(limit, work).await.map_err(|_| wait.too_late(limit, *last.lock()))?
    }

    /// `last`: the state in which the job was seen.
    async fn wait_for(&self, wait: &Wait, last: &Mutex<Option<State>>) -> Result<String> {
        let Wait { subject, id, awaited, key, .. } = wait;
        let ends = &self.router.ends;
        // Before the row is read: an end after that is reported to this caller.
        let waiting = ends.wait(*id, *awaited, key);
        self.idle.rouse(Reason::Local);
        let mut retry_delay = RetryDelay::default();
        loop {
            match self.rows.find(&self.store, *id).await {
                Ok(Some(text)) => {
                    let state = state_of(&text)?;
                    if awaited.is_met_by(state) {
                        return Ok(text);
                    }
                    *last.lock() = Some(state);
                }
                Ok(None) => return Err(wait.missing()),
                Err(error) if error.is_transient() && !ends.is_closed() => {
                    retry_delay.wait(subject, &error).await;
                    continue;
                }
                Err(_) if ends.is_closed() => return Err(wait.stopped()),
                Err(error) => return Err(error),
            }
            if *awaited == Awaited::End {
                // Again after an end that was none: the job was retried.
                ends.request_from_others(&[*id]);
            }
            if !waiting.waiter.woken(ends).await {
                return Err(wait.stopped());
            }
        }
    }

    /// The caller of `wait` with this key has given up.
    pub(super) fn abandon_wait(&self, key: &str) {
        self.router.ends.abandon(key);
    }
}

impl Wait {
    fn too_late(&self, limit: Duration, last: Option<State>) -> Error {
        let Self { subject, id, .. } = self;
        let goal = match self.awaited {
            Awaited::End => "to end".to_owned(),
            Awaited::State(state) => format!("to be {state}"),
        };
        let got = last.map_or_else(|| "its row was not read".to_owned(), |state| format!("it is {state}"));
        Error::Timeout(format!("{subject}: expected job {id} {goal} within {} ms, {got}", limit.as_millis()))
    }

    fn missing(&self) -> Error {
        let Self { subject, id, .. } = self;
        Error::NotFound(format!(
            "{subject}: expected a job that is committed and not deleted, got {id}, which has no row"
        ))
    }

    fn stopped(&self) -> Error {
        let Self { subject, id, .. } = self;
        let goal = match self.awaited {
            Awaited::End => "had ended".to_owned(),
            Awaited::State(state) => format!("was {state}"),
        };
        Error::NotRunning(format!("{subject}: expected the engine to run until job {id} {goal}, it was stopped"))
    }
}

fn state_of(text: &str) -> Result<State> {
    let row: Row = serde_json::from_str(text).map_err(|e| Error::Internal(format!("wait: expected a row, got {e}")))?;
    State::parse(&row.state)
}
