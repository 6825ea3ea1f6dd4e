//! The life of a job in SQL: inserted, staged, acked, rescued.

use serde::{Serialize, Serializer};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::choice::Choice;
use super::peers::{Lease, LeaseParams};
use super::types::Micros;
use super::{Param, Store};
use crate::error::{Error, Result};

/// Jobs that one fetch claimed.
#[derive(Debug, Clone)]
pub struct ClaimedJobs {
    /// Microseconds since 1970.
    pub at: i64,
    pub producer: uuid::Uuid,
    pub ids: Vec<i64>,
}

/// An ack with details: what `eram_ack_jobs` takes, and as JSON `eram_ack_job`.
#[derive(Debug, Clone, Serialize)]
pub struct AckRow {
    pub id: i64,
    /// Microseconds since 1970.
    pub attempted_at: i64,
    #[serde(serialize_with = "as_text")]
    pub producer: uuid::Uuid,
    pub state: &'static str,
    /// Seconds from now until the job is due again.
    pub delay: Option<f64>,
    /// JSON text of an error entry.
    pub error: Option<String>,
    /// JSON text.
    pub result: Option<String>,
    pub attempt_delta: i32,
    pub crashes: i32,
    /// JSON text of an object merged into `meta`; numbers are added.
    pub counts: Option<String>,
    /// How the attempt ended, for its row in `eram_attempts`.
    pub status: &'static str,
    /// The thread or process that ran the attempt.
    pub isolate: Option<String>,
    /// JSON text of what the attempt logged.
    pub logs: Option<String>,
}

/// What the stager did in a queue.
#[derive(Debug, Clone)]
pub struct Staged {
    pub queue: String,
    /// How many became available.
    pub jobs: i64,
    /// The event of each job that was discarded: `{ job, error }`.
    pub discarded: Vec<serde_json::Value>,
}

/// A job that was freed from a lost producer.
#[derive(Debug, Clone)]
pub struct Rescued {
    pub id: i64,
    pub queue: String,
    pub worker: String,
    pub attempt: i32,
    pub state: String,
}

/// A search for jobs whose producer has no row: one page of jobs after the id `after`, claimed more than `seconds` ago.
#[derive(Debug, Clone, Copy)]
pub struct UnownedJobs {
    pub after: i64,
    pub seconds: f64,
}

/// What was freed, and the id after which the search for unowned jobs continues.
#[derive(Debug, Default)]
pub struct Rescue {
    pub jobs: Vec<Rescued>,
    pub last: Option<i64>,
}

/// The number of jobs in one page of that search.
pub(super) const UNOWNED_PAGE: i64 = 5_000;

impl Store {
    /// Completes jobs without a result; returns how many of the claims still held.
    pub async fn complete_jobs(&self, claims: &[ClaimedJobs]) -> Result<u64> {
        let ids: Vec<i64> = claims.iter().flat_map(|it| it.ids.iter().copied()).collect();
        let counts: Vec<i32> = claims.iter().map(|it| i32::try_from(it.ids.len()).unwrap_or(i32::MAX)).collect();
        let at: Vec<Micros> = claims.iter().map(|it| Micros(it.at)).collect();
        let producers: Vec<uuid::Uuid> = claims.iter().map(|it| it.producer).collect();
        let params: [Param<'_>; 4] = [
            (&ids, Type::INT8_ARRAY),
            (&counts, Type::INT4_ARRAY),
            (&at, Type::TIMESTAMPTZ_ARRAY),
            (&producers, Type::UUID_ARRAY),
        ];
        let rows = self.query(&self.sql.complete_jobs, &params).await?;
        let written: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
        Ok(written.cast_unsigned())
    }

    /// The ids of those rows that are not locked.
    pub async fn unlocked_jobs(&self, ids: &[i64]) -> Result<Vec<i64>> {
        self.query(&self.sql.unlocked_jobs, &[(&ids, Type::INT8_ARRAY)])
            .await?
            .iter()
            .map(|r| Ok(r.try_get(0)?))
            .collect()
    }

    /// Writes other acks; returns `(id, state)` of those whose claim still held.
    pub async fn ack_jobs(&self, acks: &[AckRow]) -> Result<Vec<(i64, String)>> {
        let ids: Vec<i64> = acks.iter().map(|a| a.id).collect();
        let at: Vec<Micros> = acks.iter().map(|a| Micros(a.attempted_at)).collect();
        let producers: Vec<uuid::Uuid> = acks.iter().map(|a| a.producer).collect();
        let states: Vec<&str> = acks.iter().map(|a| a.state).collect();
        let delays: Vec<Option<f64>> = acks.iter().map(|a| a.delay).collect();
        let errors: Vec<Option<&str>> = acks.iter().map(|a| a.error.as_deref()).collect();
        let results: Vec<Option<&str>> = acks.iter().map(|a| a.result.as_deref()).collect();
        let deltas: Vec<i32> = acks.iter().map(|a| a.attempt_delta).collect();
        let crashes: Vec<i32> = acks.iter().map(|a| a.crashes).collect();
        let counts: Vec<Option<&str>> = acks.iter().map(|a| a.counts.as_deref()).collect();
        let statuses: Vec<&str> = acks.iter().map(|a| a.status).collect();
        let isolates: Vec<Option<&str>> = acks.iter().map(|a| a.isolate.as_deref()).collect();
        let logs: Vec<Option<&str>> = acks.iter().map(|a| a.logs.as_deref()).collect();
        let params: [Param<'_>; 13] = [
            (&ids, Type::INT8_ARRAY),
            (&at, Type::TIMESTAMPTZ_ARRAY),
            (&producers, Type::UUID_ARRAY),
            (&states, Type::TEXT_ARRAY),
            (&delays, Type::FLOAT8_ARRAY),
            (&errors, Type::TEXT_ARRAY),
            (&results, Type::TEXT_ARRAY),
            (&deltas, Type::INT4_ARRAY),
            (&crashes, Type::INT4_ARRAY),
            (&counts, Type::TEXT_ARRAY),
            (&statuses, Type::TEXT_ARRAY),
            (&isolates, Type::TEXT_ARRAY),
            (&logs, Type::TEXT_ARRAY),
        ];
        self.query(&self.sql.ack_jobs, &params).await?.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect()
    }

    /// Of these claims, those that are still the last of their row, with the row's state.
    pub async fn find_claims(
        &self,
        ids: &[i64],
        claimed_at: &[i64],
        producers: &[uuid::Uuid],
    ) -> Result<Vec<(i64, String)>> {
        let at: Vec<Micros> = claimed_at.iter().map(|&m| Micros(m)).collect();
        self.query(
            &self.sql.find_claims,
            &[(&ids, Type::INT8_ARRAY), (&at, Type::TIMESTAMPTZ_ARRAY), (&producers, Type::UUID_ARRAY)],
        )
        .await?
        .iter()
        .map(|r| Ok((r.try_get(0)?, r.try_get(1)?)))
        .collect()
    }

    /// Makes up to `limit` due jobs available, or all that wait in `queue`. With a lease, only while that holds.
    pub async fn stage_jobs(&self, limit: i64, queue: Option<&str>, lease: Option<&Lease>) -> Result<Vec<Staged>> {
        self.stage_chosen(limit, queue, lease, &Choice::default()).await
    }

    /// As [`Store::stage_jobs`], of the chosen jobs.
    pub async fn stage_chosen(
        &self,
        limit: i64,
        queue: Option<&str>,
        lease: Option<&Lease>,
        choice: &Choice,
    ) -> Result<Vec<Staged>> {
        let lease = LeaseParams::of(lease);
        let params = choice.after(lease.after([(&limit as _, Type::INT8), (&queue as _, Type::TEXT)]));
        let staged = |row: &Row| {
            let discarded: String = row.try_get("discarded")?;
            let discarded = serde_json::from_str(&discarded).unwrap_or_default();
            Ok(Staged { queue: row.try_get("queue")?, jobs: row.try_get("jobs")?, discarded })
        };
        self.query(&self.sql.stage_jobs, &params).await?.iter().map(staged).collect()
    }

    /// Seconds until the next waiting job is due, those left out that are set aside.
    pub async fn next_due(&self, except: &[i64]) -> Result<Option<f64>> {
        let rows = self.query(&self.sql.next_due, &[(&except, Type::INT8_ARRAY)]).await?;
        Ok(rows.first().map(|r| r.try_get(0)).transpose()?.flatten())
    }

    /// Hands back what a fetch may have claimed whose answer got lost: all but what the producer knows, which the choice leaves out.
    pub async fn reclaim_jobs(&self, producer: uuid::Uuid, choice: &Choice) -> Result<u64> {
        let params = choice.after(vec![(&producer as _, Type::UUID)]);
        let rows = self.query(&self.sql.reclaim_jobs, &params).await?;
        let released: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
        Ok(released.cast_unsigned())
    }

    /// Frees the jobs of producers that were silent for `silent` seconds, and with `unowned` also jobs whose producer has no row.
    pub async fn rescue_jobs(
        &self,
        silent: f64,
        unowned: Option<UnownedJobs>,
        producers: &[uuid::Uuid],
        lease: Option<&Lease>,
    ) -> Result<Rescue> {
        self.rescue_chosen(silent, unowned, producers, lease, &Choice::default()).await
    }

    /// As [`Store::rescue_jobs`], of the chosen jobs.
    pub async fn rescue_chosen(
        &self,
        silent: f64,
        unowned: Option<UnownedJobs>,
        producers: &[uuid::Uuid],
        lease: Option<&Lease>,
        choice: &Choice,
    ) -> Result<Rescue> {
        let lease = LeaseParams::of(lease);
        let (seconds, after) = (unowned.map(|it| it.seconds), unowned.map(|it| it.after));
        let params = choice.after(lease.after([
            (&silent as _, Type::FLOAT8),
            (&seconds as _, Type::FLOAT8),
            (&producers as _, Type::UUID_ARRAY),
            (&after as _, Type::INT8),
            (&UNOWNED_PAGE as _, Type::INT8),
        ]));
        let rows = self.query(&self.sql.rescue_jobs, &params).await?;
        let last = rows.first().map(|row| row.try_get("last")).transpose()?.flatten();
        let jobs = rows.iter().map(rescued).filter_map(Result::transpose).collect::<Result<_>>()?;
        Ok(Rescue { jobs, last })
    }

    /// Discards up to `limit` of the chosen available jobs that have no attempt left; returns the event of each.
    pub async fn discard_exhausted(
        &self,
        limit: i64,
        lease: Option<&Lease>,
        choice: &Choice,
    ) -> Result<Vec<serde_json::Value>> {
        let lease = LeaseParams::of(lease);
        let params = choice.after(lease.after([(&limit as _, Type::INT8)]));
        let object = |row: &Row| Ok(serde_json::from_str(row.try_get(0)?).unwrap_or_default());
        self.query(&self.sql.discard_exhausted, &params).await?.iter().map(object).collect()
    }
}

/// What an enqueue made of one draft.
#[derive(Debug, Clone)]
pub struct Inserted {
    pub id: i64,
    /// JSON object text: id, worker, state, queue, `scheduled_at`, `inserted_at`, conflict, existing.
    pub json: String,
    /// Set when the job can be fetched at once.
    pub available_in: Option<String>,
    /// The job waits for its due time.
    pub waits: bool,
}

/// The job of one draft, as JavaScript receives it; with a conflict also `existing`, the row of the job that is there.
#[derive(Debug, Serialize)]
pub struct EnqueuedJob<'a> {
    pub id: i64,
    pub worker: &'a str,
    pub state: &'a str,
    pub queue: &'a str,
    /// Milliseconds since 1970.
    pub scheduled_at: i64,
    /// Milliseconds since 1970.
    pub inserted_at: i64,
    pub conflict: bool,
}

impl Inserted {
    pub(super) fn read(row: &Row) -> Result<Self> {
        let (id, worker, state): (i64, &str, &str) =
            (row.try_get("id")?, row.try_get("worker")?, row.try_get("state")?);
        let queue: String = row.try_get("queue")?;
        // Instants cross as milliseconds: what a JavaScript Date can hold.
        let millis = |column: &str| Ok::<_, Error>(row.try_get::<_, Micros>(column)?.as_date().div_euclid(1000));
        let object = EnqueuedJob {
            id,
            worker,
            state,
            queue: &queue,
            scheduled_at: millis("scheduled_at")?,
            inserted_at: millis("inserted_at")?,
            conflict: row.try_get("conflict")?,
        };
        let mut json = serde_json::to_string(&object).map_err(|e| Error::Internal(format!("insert_jobs: {e}")))?;
        if let Some(existing) = row.try_get::<_, Option<&str>>("existing")? {
            json.pop();
            json.push_str(",\"existing\":");
            json.push_str(existing);
            json.push('}');
        }
        let (available, waits) = (state == "available", state == "scheduled");
        Ok(Self { id, json, available_in: available.then_some(queue), waits })
    }
}

fn as_text<S: Serializer>(uuid: &uuid::Uuid, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(uuid)
}

/// `None` for the row that only carries where to continue.
fn rescued(row: &Row) -> Result<Option<Rescued>> {
    let Some(id) = row.try_get("id")? else { return Ok(None) };
    Ok(Some(Rescued {
        id,
        queue: row.try_get("queue")?,
        worker: row.try_get("worker")?,
        attempt: row.try_get("attempt")?,
        state: row.try_get("state")?,
    }))
}
