//! Operations on jobs: find and list them; cancel, retry, delete or update all that match a filter.
//!
//! Matching jobs are handled in batches, in the order of their ids, up to the highest id at the
//! beginning. Each batch is a statement of its own, so no lock is held for long. The statement
//! checks the filter again, so a job that stops matching in the meantime is left alone.

mod act;
mod bulk;

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Engine;
use super::wait::Wait;
use crate::error::{Error, Result};
use crate::model::draft::check_patch;
use crate::model::instant;
use crate::model::job::State;
use crate::model::read::{MAX_DURATION, Owner, Reader, Unit};
use crate::notifier::Awaited;
use crate::store::Filter;
use act::Act;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    filter: Filter,
    id: Option<i64>,
    attempt: Option<i32>,
    reason: Option<String>,
    patch: Option<Value>,
    revision: Option<String>,
    limit: Option<i64>,
    offset: Option<i64>,
    before: Option<i64>,
    timeout: Option<Value>,
    key: Option<String>,
    state: Option<String>,
    subject: Option<String>,
}

impl Options {
    fn wait(self) -> Result<Wait> {
        let subject = self.subject.unwrap_or_else(|| "jobs.wait".into());
        let id = self.id.ok_or_else(|| Error::Config(format!("{subject}: expected an id, got none")))?;
        let limits = json!({ "timeout": self.timeout });
        let reader = Reader::new(Owner::Config, &subject, &limits);
        let timeout = reader.duration("timeout", Unit::Milliseconds, Duration::ZERO..=MAX_DURATION)?;
        let awaited = match self.state.as_deref() {
            None | Some("final") => Awaited::End,
            Some(state) => Awaited::State(State::parse(state).map_err(|_| {
                let known = State::ALL.map(State::as_str).join(", ");
                Error::Config(format!("{subject}: state: expected \"final\" or one of {known}, got {state:?}"))
            })?),
        };
        Ok(Wait { subject, id, awaited, timeout, key: self.key.unwrap_or_default() })
    }
}

/// The actions that change jobs.
const ACTS: [&str; 4] = ["cancel", "retry", "delete", "update"];

impl Engine {
    /// Runs the action `search`, `failures`, `suggest`, `preview`, `bulk`, `find`, `attempts`, `why`, `profile`, `cpuProfile`,
    /// `list`, `wait`, `abandon`, `cancel`, `retry`, `delete` or `update`; options and answer are JSON.
    pub async fn jobs(&self, action: &str, options: &str) -> Result<String> {
        match action {
            "search" => return self.search_jobs(options).await,
            "failures" => return self.failures(options).await,
            "suggest" => return self.suggest(options).await,
            "preview" => return self.preview(options).await,
            "bulk" => return self.bulk(options).await,
            _ => {}
        }
        let options: Options =
            serde_json::from_str(options).map_err(|e| Error::Config(format!("jobs.{action}: {e}")))?;
        check(action, &options.filter)?;
        if ACTS.contains(&action) && options.filter.is_empty() {
            return Err(Error::Config(format!(
                "jobs.{action}: expected a filter that means some jobs, got one that means all of them"
            )));
        }
        let act = match action {
            "find" => {
                let id = options.id.ok_or_else(|| Error::Config("jobs.find: expected an id, got none".into()))?;
                return Ok(self.store.find_job(id).await?.unwrap_or_else(|| "null".into()));
            }
            "attempts" => {
                let id = options.id.ok_or_else(|| Error::Config("jobs.attempts: expected an id, got none".into()))?;
                return Ok(self.store.job_attempts(id).await?.unwrap_or_else(|| "null".into()));
            }
            "profile" => {
                let id = options.id.ok_or_else(|| Error::Config("jobs.profile: expected an id, got none".into()))?;
                return self.profile_next(id).await;
            }
            "cpuProfile" => {
                let (Some(id), Some(attempt)) = (options.id, options.attempt) else {
                    return Err(Error::Config("jobs.cpuProfile: expected an id and the number of an attempt".into()));
                };
                return self.find_profile(id, attempt).await;
            }
            "why" => {
                let id = options.id.ok_or_else(|| Error::Config("jobs.why: expected an id, got none".into()))?;
                return self.why(id).await;
            }
            "list" => {
                let Options { filter, before, limit, offset, .. } = options;
                let rows = self.store.list_jobs(&filter, before, limit.unwrap_or(100), offset.unwrap_or(0)).await?;
                return Ok(format!("[{}]", rows.join(",")));
            }
            "wait" => return self.wait(&options.wait()?).await,
            "abandon" => {
                self.abandon_wait(&options.key.unwrap_or_default());
                return Ok("null".into());
            }
            "update" => {
                let patch = check_patch(&options.patch.unwrap_or(Value::Null))?;
                Act::Update { patch, revision: options.revision }
            }
            other => match Act::read(other, options.reason, None)? {
                Some(act) => act,
                None => return Err(Error::Internal(format!("jobs: expected a known action, got {other:?}"))),
            },
        };
        if let Act::Update { revision: Some(_), .. } = &act {
            return self.act_on_revision(&act, options.filter).await;
        }
        Ok(json!(self.act(&act, options.filter).await?).to_string())
    }

    /// Changes one job, unless it has changed since it was read.
    async fn act_on_revision(&self, act: &Act, filter: Filter) -> Result<String> {
        let Some(&[id]) = filter.ids.as_deref() else {
            return Err(Error::Config("jobs.update: expected the id of one job with a revision, got others".into()));
        };
        let touched = self.act(act, filter).await?;
        if !touched.is_empty() {
            return Ok(json!(touched).to_string());
        }
        let states = self.store.job_states(&[id]).await?;
        Err(match states.first().and_then(|(_, state)| *state) {
            Some(state) => Error::Changed(format!(
                "jobs.update: expected job {id} as it was read, got one that has changed since and is {state}"
            )),
            None => Error::NotFound(format!("jobs.update: expected the id of a job, got {id}, which does not exist")),
        })
    }
}

/// Rejects values that the database would reject with a less helpful error.
fn check(action: &str, filter: &Filter) -> Result<()> {
    for state in filter.states.iter().flatten() {
        State::parse(state).map_err(|e| Error::Config(format!("jobs.{action}: {e}")))?;
    }
    let times = [
        ("inserted_from", &filter.inserted_from),
        ("inserted_until", &filter.inserted_until),
        ("scheduled_from", &filter.scheduled_from),
        ("scheduled_until", &filter.scheduled_until),
    ];
    for (key, time) in times {
        let Some(time) = time.as_deref().filter(|time| instant::from_text(time).is_none()) else { continue };
        return Err(Error::Config(format!(
            "jobs.{action}: {key}: expected a Date or an RFC 3339 time such as \"2030-01-31T09:00:00Z\", got {time:?}"
        )));
    }
    Ok(())
}
