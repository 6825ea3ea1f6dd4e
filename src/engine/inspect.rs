//! Runs statements that only read, for commands that check a database. Needs no schema and no running engine.

use serde_json::{Map, Value, json};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::{Error, Result};
use crate::model::config::Config;
use crate::pg::connect;
use crate::pg::conninfo::ConnInfo;
use crate::plugins;
use crate::store::quote_ident;

/// Runs statements one after the other, each in a transaction of its own, on one connection; see `binding/schema.rs` for the shapes.
pub async fn inspect(options: &str) -> Result<String> {
    let mut all: Map<String, Value> =
        serde_json::from_str(options).map_err(|e| Error::Config(format!("inspect: {e}")))?;
    let statements: Vec<String> = serde_json::from_value(all.remove("statements").unwrap_or_default())
        .map_err(|e| Error::Config(format!("inspect: statements: {e}")))?;
    let config = Config::from_json(&Value::Object(all).to_string(), &plugins::keys())?;
    let info = ConnInfo::resolve(config.url.as_deref(), &|name: &str| std::env::var(name).ok())?;
    let (client, connection) = connect::connect(&info, &connect::Options::default()).await?;
    let driver = connect::spawn(connection);
    let mut answers = Vec::with_capacity(statements.len());
    for statement in &statements {
        answers.push(match rows(&client, &config.prefix, statement).await {
            Ok(rows) => json!({ "rows": rows }),
            Err(Error::Database { sqlstate, message, .. }) => {
                json!({ "error": { "sqlstate": sqlstate, "message": message } })
            }
            Err(error) => {
                driver.abort();
                return Err(error);
            }
        });
    }
    drop(client);
    driver.abort();
    Ok(json!(answers).to_string())
}

/// The rows of a statement; `$1` is the schema. Whatever it finds locked, it does not wait long, and it cannot write.
async fn rows(client: &Client, prefix: &str, statement: &str) -> Result<Value> {
    client
        .batch_execute(&format!(
            "BEGIN READ ONLY; SET LOCAL statement_timeout = '5s'; SET LOCAL search_path = {}, pg_temp",
            quote_ident(prefix)
        ))
        .await?;
    // As text: PostgreSQL makes the JSON.
    let sql = format!(
        "SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(found)), '[]')::text FROM (\n{statement}\n) AS found"
    );
    let read = client.query_typed(&sql, &[(&prefix, Type::TEXT)]).await;
    client.batch_execute("ROLLBACK").await?;
    let text: String = read?.first().map_or(Ok("[]".to_owned()), |row| row.try_get(0))?;
    serde_json::from_str(&text).map_err(|e| Error::Internal(format!("inspect: {e}")))
}
