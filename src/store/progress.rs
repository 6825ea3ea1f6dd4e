//! Progress of running jobs, in SQL.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::types::Micros;
use super::{Param, Store};
use crate::error::Result;

/// What a running job reports, with its claim.
#[derive(Debug, Clone)]
pub struct Progress {
    pub id: i64,
    /// Microseconds since 1970.
    pub attempted_at: i64,
    pub producer: Uuid,
    /// From 0 to 1.
    pub value: f64,
    pub message: Option<String>,
}

impl Store {
    /// Writes the reports of jobs whose claims still hold, at most one for each job.
    pub async fn write_progress(&self, reports: &[Progress]) -> Result<u64> {
        let ids: Vec<i64> = reports.iter().map(|it| it.id).collect();
        let at: Vec<Micros> = reports.iter().map(|it| Micros(it.attempted_at)).collect();
        let producers: Vec<Uuid> = reports.iter().map(|it| it.producer).collect();
        let values: Vec<f64> = reports.iter().map(|it| it.value).collect();
        let messages: Vec<Option<&str>> = reports.iter().map(|it| it.message.as_deref()).collect();
        let params: [Param<'_>; 5] = [
            (&ids, Type::INT8_ARRAY),
            (&at, Type::TIMESTAMPTZ_ARRAY),
            (&producers, Type::UUID_ARRAY),
            (&values, Type::FLOAT8_ARRAY),
            (&messages, Type::TEXT_ARRAY),
        ];
        self.execute(&self.sql.write_progress, &params).await
    }
}
