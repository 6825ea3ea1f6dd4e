//! Claiming: the fetch, alone or in the transaction of an insert.

use std::sync::Arc;

use deadpool_postgres::Object;
use futures_util::future::join4;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::types::{JsonText, Micros};
use super::{Inserted, Param, STATEMENT_TIMEOUT, Store};
use crate::error::Result;
use crate::model::job::Job;

/// The producer that jobs are claimed for.
#[derive(Debug, Clone)]
pub struct Claim {
    pub queue: String,
    pub node: String,
    pub producer: uuid::Uuid,
    pub version: Option<String>,
}

/// What a fetch requests: up to `limit` jobs of `workers`, in the order in which they are to run; of jobs that only some versions of
/// the application may run, those pinned to `pins` (rule and version).
#[derive(Debug, Clone)]
pub struct FetchRequest {
    pub claim: Claim,
    pub workers: Arc<[String]>,
    pub limit: i64,
    pub pins: Vec<(String, String)>,
}

impl Store {
    /// Claims jobs.
    pub async fn fetch_jobs(&self, request: &FetchRequest) -> Result<Vec<Job>> {
        let fetch = Fetch::of(request);
        let rows = self.query(&self.sql.fetch_jobs, &fetch.params(request)).await?;
        jobs(&rows, request)
    }

    /// Inserts validated drafts (a JSON array's text) and then claims jobs, these or others, in one transaction and one round trip:
    /// both are committed, or neither.
    pub async fn insert_and_fetch(&self, drafts: &str, request: &FetchRequest) -> Result<(Vec<Inserted>, Vec<Job>)> {
        let fetch = Fetch::of(request);
        let params = fetch.params(request);
        let mut tries = self.tries();
        loop {
            let client = self.client().await?;
            let together = self.together(&client, drafts, &params);
            let done = tokio::time::timeout(STATEMENT_TIMEOUT, together).await;
            if let Some(done) = tries.judge(done, client) {
                let (inserted, fetched) = done?;
                return Ok((inserted.iter().map(Inserted::read).collect::<Result<_>>()?, jobs(&fetched, request)?));
            }
            tries.rest().await;
        }
    }

    async fn together(
        &self,
        client: &Object,
        drafts: &str,
        params: &[Param<'_>],
    ) -> std::result::Result<(Vec<Row>, Vec<Row>), tokio_postgres::Error> {
        let draft: [Param<'_>; 1] = [(&drafts, Type::TEXT)];
        // Sent in this order, none waiting for the answer to another. After an error the server ignores the rest, and the COMMIT
        // is a rollback.
        let (begun, inserted, fetched, committed) = join4(
            client.batch_execute("BEGIN"),
            client.query_typed(&self.sql.insert_jobs, &draft),
            client.query_typed(&self.sql.fetch_jobs, params),
            client.batch_execute("COMMIT"),
        )
        .await;
        begun?;
        let both = (inserted?, fetched?);
        committed?;
        Ok(both)
    }
}

/// The parameters of a fetch that are not in `FetchRequest` as they are sent.
struct Fetch<'a> {
    producer: String,
    workers: &'a [String],
    rules: Vec<&'a str>,
    versions: Vec<&'a str>,
}

impl<'a> Fetch<'a> {
    fn of(request: &'a FetchRequest) -> Self {
        let (rules, versions) = request.pins.iter().map(|(rule, version)| (rule.as_str(), version.as_str())).unzip();
        Self { producer: request.claim.producer.to_string(), workers: &request.workers, rules, versions }
    }

    fn params(&'a self, request: &'a FetchRequest) -> [Param<'a>; 8] {
        [
            (&request.claim.queue, Type::TEXT),
            (&request.limit, Type::INT8),
            (&request.claim.node, Type::TEXT),
            (&self.producer, Type::TEXT),
            (&self.workers, Type::TEXT_ARRAY),
            (&request.claim.version, Type::TEXT),
            (&self.rules, Type::TEXT_ARRAY),
            (&self.versions, Type::TEXT_ARRAY),
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
        scheduled_at: row.try_get::<_, Micros>(11)?.0,
        attempted_at: row.try_get::<_, Micros>(12)?.0,
        attempted_by: by.clone(),
        timeout: row.try_get::<_, Option<i32>>(13)?.map(i64::from),
        backoff: row.try_get::<_, Option<JsonText>>(14)?.map(text),
        crashes: row.try_get(15)?,
    })
}
