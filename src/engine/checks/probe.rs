//! Tries row-level security on `eram_jobs`, because a policy may be any expression: in a transaction
//! that is rolled back, a suspended job is inserted, read, changed and deleted.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::security::{disable, policy};
use crate::error::{Error, Result};
use crate::model::config::Config;
use crate::store::{Inspection, quote_ident};

pub async fn rows(client: &Client, config: &Config, seen: &Inspection) -> Result<()> {
    let queue = config.queues.first().map_or("default", |it| it.name.as_str());
    client.batch_execute("BEGIN; SET LOCAL lock_timeout = '5s'").await?;
    let tried = attempt(client, &config.prefix, queue, !config.queues.is_empty()).await;
    client.batch_execute("ROLLBACK").await?;
    let table = format!("{}.eram_jobs", quote_ident(&config.prefix));
    let hidden = match tried {
        Ok(hidden) => hidden,
        // By a policy.
        Err(error) if error.is_forbidden() => Some("insert"),
        // By something else, as a trigger of the application: not for this check.
        Err(Error::Database { .. }) => None,
        Err(error) => return Err(error),
    };
    match hidden {
        None => Ok(()),
        Some(what) => Err(Error::Config(format!(
            "table {table}: expected rows that role {} may {what}, got row-level security that hides a job of queue {queue:?}; run {}; or {}",
            seen.role,
            policy(&table, &seen.role),
            disable(&table)
        ))),
    }
}

/// What the role cannot do.
async fn attempt(client: &Client, prefix: &str, queue: &str, queues: bool) -> Result<Option<&'static str>> {
    let table = format!("{}.eram_jobs", quote_ident(prefix));
    let insert = format!("INSERT INTO {table} (worker, queue, state) VALUES ('eramjs', $1, 'suspended') RETURNING id");
    let rows = client.query_typed(&insert, &[(&queue, Type::TEXT)]).await?;
    let Some(id) = rows.first().map(|row| row.get::<_, i64>(0)) else { return Ok(None) };
    let steps: [(&str, String); 3] = [
        ("read", format!("SELECT id FROM {table} WHERE id = $1")),
        ("update", format!("UPDATE {table} SET attempt = attempt WHERE id = $1 RETURNING id")),
        ("delete", format!("DELETE FROM {table} WHERE id = $1 RETURNING id")),
    ];
    let some = if queues { steps.len() } else { 1 };
    for (what, sql) in steps.iter().take(some) {
        if client.query_typed(sql, &[(&id, Type::INT8)]).await?.is_empty() {
            return Ok(Some(what));
        }
    }
    Ok(None)
}
