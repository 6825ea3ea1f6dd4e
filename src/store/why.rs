//! What decides whether a job runs.

use tokio_postgres::types::Type;

use super::{MAX_COUNTED, Store};
use crate::error::Result;

impl Store {
    /// The facts about a job as a JSON text; `None` if it does not exist.
    pub async fn why_job(&self, id: i64) -> Result<Option<String>> {
        let rows = self.query(&self.sql.why_job, &[(&id, Type::INT8), (&MAX_COUNTED, Type::INT8)]).await?;
        rows.first().map(|row| Ok(row.try_get(0)?)).transpose()
    }
}
