//! Which rows a statement takes besides its own conditions, so that one that the database refuses holds
//! up no other.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::Param;
use crate::error::Result;

/// The jobs that a statement leaves out, or the only ones that it takes.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub except: Vec<i64>,
    pub only: Option<Vec<i64>>,
}

impl Choice {
    pub const fn except(ids: Vec<i64>) -> Self {
        Self { except: ids, only: None }
    }

    pub const fn only(ids: Vec<i64>) -> Self {
        Self { except: vec![], only: Some(ids) }
    }

    pub(super) fn after<'p>(&'p self, params: Vec<Param<'p>>) -> Vec<Param<'p>> {
        let own: [Param<'p>; 2] = [(&self.except, Type::INT8_ARRAY), (&self.only, Type::INT8_ARRAY)];
        params.into_iter().chain(own).collect()
    }
}

/// A job by its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedJob {
    pub id: i64,
    pub queue: String,
    pub worker: String,
}

pub(super) fn named(rows: &[Row]) -> Result<Vec<NamedJob>> {
    rows.iter()
        .map(|row| Ok(NamedJob { id: row.try_get(0)?, queue: row.try_get(1)?, worker: row.try_get(2)? }))
        .collect()
}
