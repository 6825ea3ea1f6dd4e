//! Searches jobs, newest or oldest first, a part of the table at a time.
//!
//! Most conditions have no index. So a search reads the table by id, backwards or forwards, in parts of
//! a number of rows, until it has found enough or its time is over. It always says how far it came.

mod conditions;
mod params;

#[cfg(test)]
mod tests;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::statements::{Statement, qualify};
use super::{Param, Store};
use crate::error::Result;
use crate::model::schedule::Zone;
use crate::model::search::Term;
use crate::model::search::completion::Sampled;
use conditions::Conditions;

/// The size of the largest args and meta that are looked into, in bytes.
const MAX_DOCUMENT: i32 = 4_000;

/// A search in SQL.
pub struct JobSearch {
    newest: Statement,
    oldest: Statement,
    sample: Statement,
    count: Statement,
    ids: Statement,
    conditions: Conditions,
}

/// Where a search goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The newest jobs first, of those with a lower id.
    Before(i64),
    /// The oldest jobs first, of those with a higher id.
    After(i64),
}

impl Start {
    /// The same order from another id on.
    #[must_use]
    pub fn at(self, id: i64) -> Self {
        match self {
            Self::Before(_) => Self::Before(id),
            Self::After(_) => Self::After(id),
        }
    }
}

/// A part of the table, in rows before an id.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub before: i64,
    pub rows: i64,
}

/// What was found in a part.
#[derive(Debug, Default)]
pub struct Found {
    /// The first id beyond the part; `None` if no rows are left.
    pub edge: Option<i64>,
    /// Ids and JSON texts, in the order of the search.
    pub jobs: Vec<(i64, String)>,
}

/// Jobs of a state and a class that meet a search.
#[derive(Debug)]
pub struct Matching {
    pub state: String,
    pub worker: String,
    pub jobs: i64,
    pub newest: i64,
}

impl Store {
    /// A search for jobs that meet all terms. Dates without an offset are in the zone.
    pub fn job_search(&self, terms: &[Term], zone: Zone) -> JobSearch {
        let conditions = Conditions::of(terms, zone);
        let clause = qualify(&conditions.sql, &self.prefix);
        let of = |statement: &Statement| statement.replaced("true /* search */", clause.trim_end());
        JobSearch {
            newest: of(&self.sql.search_jobs),
            oldest: of(&self.sql.search_oldest),
            sample: of(&self.sql.sample_jobs),
            count: of(&self.sql.count_search),
            ids: of(&self.sql.search_ids),
            conditions,
        }
    }

    /// Up to `limit` of the `rows` newest jobs that meet the search.
    pub async fn sample_jobs(&self, search: &JobSearch, rows: i64, limit: i64) -> Result<Vec<Sampled>> {
        let mut params: Vec<Param<'_>> = vec![(&rows, Type::INT8), (&limit, Type::INT8), (&MAX_DOCUMENT, Type::INT4)];
        params.extend(search.conditions.params());
        let json = |text: Option<&str>| text.and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default();
        let sampled = |row: &Row| {
            Ok(Sampled {
                queue: row.try_get("queue")?,
                worker: row.try_get("worker")?,
                node: row.try_get("node")?,
                tags: row.try_get("tags")?,
                args: json(row.try_get("args")?),
                meta: json(row.try_get("meta")?),
            })
        };
        self.query(&search.sample, &params).await?.iter().map(sampled).collect()
    }

    /// The numbers of jobs of a part that meet the search, up to the id `last`.
    pub async fn count_search(
        &self,
        search: &JobSearch,
        part: Part,
        last: i64,
    ) -> Result<(Option<i64>, Vec<Matching>)> {
        let mut params: Vec<Param<'_>> =
            vec![(&part.before, Type::INT8), (&part.rows, Type::INT8), (&last, Type::INT8)];
        params.extend(search.conditions.params());
        let rows = self.query(&search.count, &params).await?;
        let Some(first) = rows.first() else { return Ok((None, vec![])) };
        let edge: i64 = first.try_get("edge")?;
        let mut counts = vec![];
        for row in &rows {
            let state: Option<String> = row.try_get("state")?;
            if let Some(state) = state {
                let (worker, jobs, newest) = (row.try_get("worker")?, row.try_get("jobs")?, row.try_get("newest")?);
                counts.push(Matching { state, worker, jobs, newest });
            }
        }
        Ok(((edge > i64::MIN).then_some(edge), counts))
    }

    /// The ids of the next `limit` jobs that meet the search, after `after` and up to `last`.
    pub async fn search_ids(&self, search: &JobSearch, after: i64, last: i64, limit: usize) -> Result<Vec<i64>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut params: Vec<Param<'_>> = vec![(&after, Type::INT8), (&last, Type::INT8), (&limit, Type::INT8)];
        params.extend(search.conditions.params());
        self.query(&search.ids, &params).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// The names of job classes, nodes and cron entries.
    pub async fn known_names(&self, most: i64) -> Result<(Vec<String>, Vec<String>, Vec<String>)> {
        let rows = self.query(&self.sql.known_names, &[(&most, Type::INT8)]).await?;
        let Some(row) = rows.first() else { return Ok((vec![], vec![], vec![])) };
        Ok((row.try_get("workers")?, row.try_get("nodes")?, row.try_get("crons")?))
    }

    /// The next jobs that meet the search, of a number of rows and up to a limit.
    pub async fn search_jobs(&self, search: &JobSearch, from: Start, rows: i64, limit: i64) -> Result<Found> {
        let (statement, id, end) = match from {
            Start::Before(id) => (&search.newest, id, i64::MIN),
            Start::After(id) => (&search.oldest, id, i64::MAX),
        };
        let mut params: Vec<Param<'_>> = vec![(&id, Type::INT8), (&rows, Type::INT8), (&limit, Type::INT8)];
        params.extend(search.conditions.params());
        let rows = self.query(statement, &params).await?;
        let Some(first) = rows.first() else { return Ok(Found::default()) };
        let edge: i64 = first.try_get("edge")?;
        let mut jobs = vec![];
        for row in &rows {
            let id: Option<i64> = row.try_get("id")?;
            if let Some(id) = id {
                jobs.push((id, row.try_get("job")?));
            }
        }
        Ok(Found { edge: (edge != end).then_some(edge), jobs })
    }
}
