//! Operations on jobs, in SQL: find, list, cancel, retry, delete, update.

use serde::Deserialize;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Param, Store};
use crate::error::Result;
use crate::model::job::State;

/// A choice of jobs. Absent members do not narrow it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    pub ids: Option<Vec<i64>>,
    pub states: Option<Vec<String>>,
    pub queues: Option<Vec<String>>,
    pub workers: Option<Vec<String>>,
    /// The job has all of these.
    pub tags: Option<Vec<String>>,
    /// JSON text that the job's args contain.
    pub args: Option<String>,
    /// JSON text that the job's meta contains.
    pub meta: Option<String>,
    /// ISO 8601 instants; from (inclusive) and until (exclusive).
    pub inserted_from: Option<String>,
    pub inserted_until: Option<String>,
    pub scheduled_from: Option<String>,
    pub scheduled_until: Option<String>,
    /// Of the failures that the job is one of.
    pub fingerprint: Option<String>,
}

impl Filter {
    pub fn is_empty(&self) -> bool {
        self.ids.is_none()
            && self.states.is_none()
            && self.queues.is_none()
            && self.workers.is_none()
            && self.tags.is_none()
            && self.args.is_none()
            && self.meta.is_none()
            && self.inserted_from.is_none()
            && self.inserted_until.is_none()
            && self.scheduled_from.is_none()
            && self.scheduled_until.is_none()
            && self.fingerprint.is_none()
    }

    fn params(&self) -> Vec<Param<'_>> {
        vec![
            (&self.ids, Type::INT8_ARRAY),
            (&self.states, Type::TEXT_ARRAY),
            (&self.queues, Type::TEXT_ARRAY),
            (&self.workers, Type::TEXT_ARRAY),
            (&self.tags, Type::TEXT_ARRAY),
            (&self.args, Type::TEXT),
            (&self.meta, Type::TEXT),
            (&self.inserted_from, Type::TEXT),
            (&self.inserted_until, Type::TEXT),
            (&self.scheduled_from, Type::TEXT),
            (&self.scheduled_until, Type::TEXT),
            (&self.fingerprint, Type::TEXT),
        ]
    }
}

/// A job that an action touched.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Touched {
    pub id: i64,
    pub queue: String,
    pub worker: String,
    pub previous: String,
    pub state: String,
    /// Why the database refused the action: the state is as before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<ActRefusal>,
}

/// Why an action on a job was refused.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ActRefusal {
    pub code: &'static str,
    pub sqlstate: Option<String>,
    pub constraint: Option<String>,
    pub message: String,
}

impl Store {
    pub async fn cancel_jobs(&self, filter: &Filter, reason: Option<&str>) -> Result<Vec<Touched>> {
        let mut params = filter.params();
        params.push((&reason, Type::TEXT));
        touched(&self.query(&self.sql.cancel_jobs, &params).await?)
    }

    /// Of these ids, those of executing jobs whose cancellation was requested.
    pub async fn cancel_requested(&self, ids: &[i64]) -> Result<Vec<i64>> {
        let rows = self.query(&self.sql.cancel_requested, &[(&ids, Type::INT8_ARRAY)]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// The highest id there is.
    pub async fn last_job(&self) -> Result<i64> {
        let rows = self.query(&self.sql.last_job, &[]).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
    }

    /// Ids of the next `limit` jobs that the filter means, after `after` and up to `last`, lowest first.
    pub async fn next_job_ids(&self, filter: &Filter, after: i64, last: i64, limit: usize) -> Result<Vec<i64>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut params = filter.params();
        params.extend([(&after as _, Type::INT8), (&last as _, Type::INT8), (&limit as _, Type::INT8)]);
        self.query(&self.sql.next_job_ids, &params).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// These jobs as an action that changes nothing reports them.
    pub async fn name_jobs(&self, ids: &[i64]) -> Result<Vec<Touched>> {
        touched(&self.query(&self.sql.name_jobs, &[(&ids, Type::INT8_ARRAY)]).await?)
    }

    /// Of the jobs that the filter means (by their ids, at least), one whose unique key another has, and that other.
    pub async fn find_unique_conflict(&self, filter: &Filter) -> Result<Option<(i64, i64)>> {
        let rows = self.query(&self.sql.find_unique_conflict, &filter.params()).await?;
        rows.first().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
    }

    pub async fn retry_jobs(&self, filter: &Filter) -> Result<Vec<Touched>> {
        touched(&self.query(&self.sql.retry_jobs, &filter.params()).await?)
    }

    pub async fn delete_jobs(&self, filter: &Filter) -> Result<Vec<Touched>> {
        touched(&self.query(&self.sql.delete_jobs, &filter.params()).await?)
    }

    /// `patch` is the JSON text of a validated object. With a `revision`, only a job is changed whose row is still that one.
    pub async fn update_jobs(&self, filter: &Filter, patch: &str, revision: Option<&str>) -> Result<Vec<Touched>> {
        let mut params = filter.params();
        params.extend([(&patch as _, Type::TEXT), (&revision as _, Type::TEXT)]);
        touched(&self.query(&self.sql.update_jobs, &params).await?)
    }

    /// The rows as JSON texts, newest first.
    pub async fn list_jobs(
        &self,
        filter: &Filter,
        before: Option<i64>,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<String>> {
        let mut params = filter.params();
        params.extend([(&before as _, Type::INT8), (&limit as _, Type::INT8), (&offset as _, Type::INT8)]);
        self.query(&self.sql.list_jobs, &params).await?.iter().map(|r| Ok(r.try_get(0)?)).collect()
    }

    /// The attempts of a job as a JSON text, oldest first; `None` if the job does not exist.
    pub async fn job_attempts(&self, id: i64) -> Result<Option<String>> {
        let rows = self.query(&self.sql.job_attempts, &[(&id, Type::INT8)]).await?;
        rows.first().map(|row| Ok(row.try_get(0)?)).transpose()
    }

    pub async fn find_job(&self, id: i64) -> Result<Option<String>> {
        Ok(self.find_jobs(&[id]).await?.pop().map(|(_, row)| row))
    }

    /// The rows of those of these jobs that exist, as JSON.
    pub async fn find_jobs(&self, ids: &[i64]) -> Result<Vec<(i64, String)>> {
        let rows = self.query(&self.sql.find_jobs, &[(&ids, Type::INT8_ARRAY)]).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    /// The states of these jobs; `None` of one that does not exist.
    pub async fn job_states(&self, ids: &[i64]) -> Result<Vec<(i64, Option<State>)>> {
        let rows = self.query(&self.sql.job_states, &[(&ids, Type::INT8_ARRAY)]).await?;
        let state = |row: &Row| row.try_get::<_, Option<&str>>(1)?.map(State::parse).transpose();
        rows.iter().map(|row| Ok((row.try_get(0)?, state(row)?))).collect()
    }

    /// Whether any job of these workers, plain or pinned to `pins`, waits in the queue; those that wait for a due time count
    /// with `scheduled`, those of `except` do not.
    pub async fn has_waiting(
        &self,
        queue: &str,
        scheduled: bool,
        workers: &[String],
        pins: &[(String, String)],
        except: &[i64],
    ) -> Result<bool> {
        let (rules, versions): (Vec<&str>, Vec<&str>) = pins.iter().map(|(r, v)| (r.as_str(), v.as_str())).unzip();
        let params: [Param<'_>; 6] = [
            (&queue, Type::TEXT),
            (&scheduled, Type::BOOL),
            (&workers, Type::TEXT_ARRAY),
            (&rules, Type::TEXT_ARRAY),
            (&versions, Type::TEXT_ARRAY),
            (&except, Type::INT8_ARRAY),
        ];
        let rows = self.query(&self.sql.has_waiting, &params).await?;
        Ok(rows.first().map(|r| r.try_get(0)).transpose()?.unwrap_or(false))
    }

    /// Records the registered classes: `(name, options as JSON text)`.
    pub async fn upsert_workers(&self, workers: &[(String, String)], version: Option<&str>) -> Result<()> {
        let (names, options): (Vec<&str>, Vec<&str>) = workers.iter().map(|(n, o)| (n.as_str(), o.as_str())).unzip();
        self.execute(
            &self.sql.upsert_workers,
            &[(&names, Type::TEXT_ARRAY), (&options, Type::TEXT_ARRAY), (&version, Type::TEXT)],
        )
        .await?;
        Ok(())
    }
}

fn touched(rows: &[Row]) -> Result<Vec<Touched>> {
    rows.iter()
        .map(|r| {
            Ok(Touched {
                id: r.try_get("id")?,
                queue: r.try_get("queue")?,
                worker: r.try_get("worker")?,
                previous: r.try_get("previous")?,
                state: r.try_get("state")?,
                refused: None,
            })
        })
        .collect()
}
