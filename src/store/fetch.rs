//! Claiming: the fetch, alone or in the transaction of an insert.

use std::sync::Arc;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::choice::{NamedJob, named};
use super::enqueue::Insert;
use super::types::{JsonText, Micros};
use super::{Inserted, Param, STATEMENT_TIMEOUT, Store};
use crate::error::Result;
use crate::model::job::Job;
use crate::model::marks::{Marks, Place, Surveyed};

/// The producer that jobs are claimed for.
#[derive(Debug, Clone)]
pub struct Claim {
    pub queue: String,
    pub node: String,
    pub producer: uuid::Uuid,
    pub version: Option<String>,
}

/// What a fetch requests: up to `limit` jobs of `workers`, in the order in which they are to run; of jobs that only some versions of
/// the application may run, those pinned to `pins` (rule and version). It reads from `marks` on.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    pub claim: Claim,
    pub workers: Arc<[String]>,
    pub limit: i64,
    pub pins: Vec<(String, String)>,
    pub marks: Marks,
}

impl Store {
    /// Claims jobs.
    pub async fn fetch_jobs(&self, request: &FetchRequest) -> Result<Vec<Job>> {
        let fetch = Fetch::of(request);
        let rows = self.query(&self.sql.fetch_jobs, &fetch.params(request)).await?;
        jobs(&rows, request)
    }

    /// Looks for the first jobs that wait in a queue for one of these workers. Of surveys that take long (`dear`), one runs at a time.
    pub async fn survey_queue(
        &self,
        queue: &str,
        workers: &[String],
        pins: &[(String, String)],
        dear: bool,
    ) -> Result<Surveyed> {
        let _turn = if dear { self.surveys.acquire().await.ok() } else { None };
        let (rules, versions): (Vec<&str>, Vec<&str>) = pins.iter().map(|(r, v)| (r.as_str(), v.as_str())).unzip();
        let params: [Param<'_>; 4] = [
            (&queue, Type::TEXT),
            (&workers, Type::TEXT_ARRAY),
            (&rules, Type::TEXT_ARRAY),
            (&versions, Type::TEXT_ARRAY),
        ];
        // Not watched: behind a long backlog it is slow by design.
        let rows =
            self.query_within(STATEMENT_TIMEOUT, self.sql.survey_queue.name, &self.sql.survey_queue, &params).await?;
        let now = rows.first().map(|row| row.try_get("seen_at")).transpose()?.map_or(0, |Micros(at)| at);
        let mut surveyed = Surveyed::new(now);
        for row in rows {
            let due: Option<Micros> = row.try_get("scheduled_at")?;
            let first = match due {
                Some(Micros(at)) => Some(Place { at, id: row.try_get("id")? }),
                None => None,
            };
            surveyed.found(row.try_get("pinned")?, row.try_get("priority")?, first, row.try_get("took")?);
        }
        Ok(surveyed)
    }

    /// The jobs that a fetch would claim, without these.
    pub async fn claimable_jobs(&self, request: &FetchRequest, except: &[i64]) -> Result<Vec<NamedJob>> {
        let fetch = Fetch::of(request);
        let params: [Param<'_>; 6] = [
            (&request.claim.queue, Type::TEXT),
            (&request.limit, Type::INT8),
            (&fetch.workers, Type::TEXT_ARRAY),
            (&fetch.rules, Type::TEXT_ARRAY),
            (&fetch.versions, Type::TEXT_ARRAY),
            (&except, Type::INT8_ARRAY),
        ];
        named(&self.query(&self.sql.claimable_jobs, &params).await?)
    }

    /// Claims those of these jobs that are available.
    pub async fn claim_jobs(&self, request: &FetchRequest, ids: &[i64]) -> Result<Vec<Job>> {
        let producer = request.claim.producer.to_string();
        let params: [Param<'_>; 5] = [
            (&request.claim.queue, Type::TEXT),
            (&ids, Type::INT8_ARRAY),
            (&request.claim.node, Type::TEXT),
            (&producer, Type::TEXT),
            (&request.claim.version, Type::TEXT),
        ];
        jobs(&self.query(&self.sql.claim_jobs, &params).await?, request)
    }

    /// Inserts validated drafts (a JSON array's text) and then claims jobs, these or others, in one transaction and one round trip:
    /// both are committed, or neither.
    pub async fn insert_and_fetch(&self, drafts: &str, request: &FetchRequest) -> Result<(Vec<Inserted>, Vec<Job>)> {
        let fetch = Fetch::of(request);
        let params = fetch.params(request);
        let (inserted, fetched) = self.insert(&Insert::AndFetch(drafts, &params)).await?;
        Ok((inserted.iter().map(Inserted::read).collect::<Result<_>>()?, jobs(&fetched, request)?))
    }
}

/// The parameters of a fetch that are not in `FetchRequest` as they are sent.
struct Fetch<'a> {
    producer: String,
    workers: &'a [String],
    rules: Vec<&'a str>,
    versions: Vec<&'a str>,
    firsts: Vec<i16>,
    lasts: Vec<i16>,
    marks: Vec<Micros>,
    mark_ids: Vec<i64>,
}

impl<'a> Fetch<'a> {
    fn of(request: &'a FetchRequest) -> Self {
        let (rules, versions) = request.pins.iter().map(|(rule, version)| (rule.as_str(), version.as_str())).unzip();
        let ranges = request.marks.ranges();
        Self {
            producer: request.claim.producer.to_string(),
            workers: &request.workers,
            rules,
            versions,
            firsts: ranges.iter().map(|it| it.first).collect(),
            lasts: ranges.iter().map(|it| it.last).collect(),
            marks: ranges.iter().map(|it| Micros(it.from.at)).collect(),
            mark_ids: ranges.iter().map(|it| it.from.id).collect(),
        }
    }

    fn params(&'a self, request: &'a FetchRequest) -> [Param<'a>; 12] {
        [
            (&request.claim.queue, Type::TEXT),
            (&request.limit, Type::INT8),
            (&request.claim.node, Type::TEXT),
            (&self.producer, Type::TEXT),
            (&self.workers, Type::TEXT_ARRAY),
            (&request.claim.version, Type::TEXT),
            (&self.rules, Type::TEXT_ARRAY),
            (&self.versions, Type::TEXT_ARRAY),
            (&self.firsts, Type::INT2_ARRAY),
            (&self.lasts, Type::INT2_ARRAY),
            (&self.marks, Type::TIMESTAMPTZ_ARRAY),
            (&self.mark_ids, Type::INT8_ARRAY),
        ]
    }
}

fn jobs(rows: &[Row], request: &FetchRequest) -> Result<Vec<Job>> {
    let by: Arc<[String]> = Arc::from([request.claim.node.clone(), request.claim.producer.to_string()]);
    let mut names = Names::default();
    let mut jobs: Vec<Job> = rows.iter().map(|row| job(row, &by, &mut names)).collect::<Result<_>>()?;
    // RETURNING comes in physical order.
    jobs.sort_unstable_by_key(|j| (j.priority, j.scheduled_at, j.id));
    Ok(jobs)
}

/// Names of queues and job classes, each stored once for the jobs of a fetch.
#[derive(Default)]
struct Names(Vec<Arc<str>>);

impl Names {
    /// The number of names that are shared; searching more would cost too much.
    const MAX_INTERNED: usize = 16;

    fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.iter().find(|known| ***known == *name) {
            return known.clone();
        }
        let new: Arc<str> = Arc::from(name);
        if self.0.len() < Self::MAX_INTERNED {
            self.0.push(new.clone());
        }
        new
    }
}

fn job(row: &Row, by: &Arc<[String]>, names: &mut Names) -> Result<Job> {
    let text = |t: JsonText| t.0;
    // Arrays written by hand may hold nulls, or arrays. A row that cannot be read would block all others.
    let tags: Vec<Option<String>> = row.try_get(8).unwrap_or_default();
    let errors: Vec<Option<JsonText>> = row.try_get(9).unwrap_or_default();
    Ok(Job {
        id: row.try_get(0)?,
        worker: names.shared(row.try_get(1)?),
        queue: names.shared(row.try_get(2)?),
        attempt: row.try_get(3)?,
        max_attempts: row.try_get(4)?,
        priority: i32::from(row.try_get::<_, i16>(5)?),
        args: row.try_get::<_, JsonText>(6).map(text)?,
        meta: row.try_get::<_, Option<JsonText>>(7)?.map(text).filter(|m| m != "{}"),
        tags: tags.into_iter().flatten().collect(),
        errors: errors.into_iter().flatten().map(text).collect(),
        inserted_at: row.try_get::<_, Micros>(10)?.0,
        scheduled_at: row.try_get::<_, Micros>(11)?.as_date(),
        attempted_at: row.try_get::<_, Micros>(12)?.0,
        attempted_by: by.clone(),
        timeout: row.try_get::<_, Option<i32>>(13)?.map(i64::from),
        backoff: row.try_get::<_, Option<JsonText>>(14)?.map(text),
        crashes: row.try_get(15)?,
    })
}
