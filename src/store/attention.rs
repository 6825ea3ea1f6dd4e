//! What nodes, leases and settings show at once.

use super::Store;
use crate::error::{Error, Result};

impl Store {
    /// As a JSON text.
    pub async fn attention(&self) -> Result<String> {
        let rows = self.query(&self.sql.attention, &[]).await?;
        let row = rows.first().ok_or_else(|| Error::Internal("attention: expected a row, got none".to_owned()))?;
        Ok(row.try_get("facts")?)
    }
}
