//! The environment stamp of the database, and the nodes that serve its queues.

use tokio_postgres::types::Type;

use super::Store;
use crate::error::Result;

impl Store {
    /// Stamps a database that has no stamp; the one that it has then.
    pub async fn stamp_environment(&self, environment: &str) -> Result<Option<String>> {
        let rows = self.query(&self.sql.stamp_environment, &[(&environment, Type::TEXT)]).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?.flatten())
    }

    pub async fn find_environment(&self) -> Result<Option<String>> {
        let rows = self.query(&self.sql.find_environment, &[]).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?.flatten())
    }

    /// Stamps the database anew, or takes the stamp away.
    pub async fn set_environment(&self, environment: Option<&str>) -> Result<()> {
        match environment {
            Some(environment) => self.execute(&self.sql.set_environment, &[(&environment, Type::TEXT)]).await?,
            None => self.execute(&self.sql.clear_environment, &[]).await?,
        };
        Ok(())
    }

    /// Nodes that serve queues and have sent a heartbeat within `seconds`.
    pub async fn serving_nodes(&self, seconds: f64) -> Result<Vec<String>> {
        let rows = self.query(&self.sql.serving_nodes, &[(&seconds, Type::FLOAT8)]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}
