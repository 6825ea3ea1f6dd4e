//! Schemas of the testing kit: each has a clock of its own, which tests move.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::quote_ident;
use super::statements::qualify;
use crate::error::{Error, Result};

/// Creates a schema with a clock, to be migrated afterwards, and marks it as one of the kit. Fails if the schema has tables but no
/// clock: a clock cannot be added.
pub async fn create(client: &Client, prefix: &str) -> Result<()> {
    check_new(client, prefix).await?;
    let schema = quote_ident(prefix);
    let clock = qualify(include_str!("sql/create_clock.sql"), prefix);
    let now = "extract(epoch FROM pg_catalog.now())::bigint";
    Ok(client
        .batch_execute(&format!(
            "BEGIN;\nCREATE SCHEMA IF NOT EXISTS {schema};\nSET LOCAL search_path = {schema}, pg_catalog, pg_temp;\n{clock}\n\
             DO $do$ BEGIN EXECUTE pg_catalog.format('COMMENT ON SCHEMA %I IS %L', {}, 'eramjs test schema ' || ({now})::text); END $do$;\nCOMMIT;",
            quote_text(prefix)
        ))
        .await?)
}

/// The search path of connections that follow the clock of the schema; `None` if it has none.
pub async fn search_path(client: &Client, prefix: &str) -> Result<Option<String>> {
    let schema = quote_ident(prefix);
    let table = format!("{schema}.eram_clock");
    let row = client.query_typed_one("SELECT pg_catalog.to_regclass($1) IS NOT NULL", &[(&table, Type::TEXT)]).await?;
    Ok(row.try_get::<_, bool>(0)?.then(|| format!("{schema}, pg_catalog, pg_temp")))
}

/// Marks the schema as in use until the connection ends: other processes do not drop it as a leftover.
pub async fn hold(client: &Client, prefix: &str) -> Result<()> {
    let hold = format!("SELECT pg_catalog.pg_advisory_lock_shared({})", lock_key(prefix));
    Ok(client.batch_execute(&hold).await?)
}

/// The key of the lock that sessions of a test schema share.
fn lock_key(prefix: &str) -> String {
    format!("pg_catalog.hashtextextended({}, 0)", quote_text(&format!("eramjs test schema {prefix}")))
}

async fn check_new(client: &Client, prefix: &str) -> Result<()> {
    let table = format!("{}.eram_jobs", quote_ident(prefix));
    let row = client.query_typed_one("SELECT pg_catalog.to_regclass($1) IS NOT NULL", &[(&table, Type::TEXT)]).await?;
    if !row.try_get::<_, bool>(0)? || search_path(client, prefix).await?.is_some() {
        return Ok(());
    }
    Err(Error::Config(format!(
        "testing.clock: expected a new schema, or one that was created with a clock, got {prefix:?} without one"
    )))
}

/// Drops a schema of the kit.
pub async fn drop(client: &Client, prefix: &str) -> Result<()> {
    if search_path(client, prefix).await?.is_none() {
        return Err(Error::Config(format!(
            "testing.drop: expected a schema that was created with a clock, got {prefix:?}"
        )));
    }
    Ok(client.batch_execute(&format!("DROP SCHEMA {} CASCADE", quote_ident(prefix))).await?)
}

/// Drops the test schemas that other processes have left behind. One that is in use stays.
pub async fn drop_leftovers(client: &Client) -> Result<()> {
    for row in client.query_typed(include_str!("sql/leftover_test_schemas.sql"), &[]).await? {
        let name: String = row.try_get(0)?;
        // A test may have been stopped by a debugger for an hour.
        let take = format!("SELECT pg_catalog.pg_try_advisory_xact_lock({})", lock_key(&name));
        client.batch_execute("BEGIN; SET LOCAL lock_timeout = '100ms'").await?;
        let dropped = async {
            if !client.query_typed_one(&take, &[]).await?.try_get::<_, bool>(0)? {
                return Ok(());
            }
            let dropping = format!("DROP SCHEMA IF EXISTS {} CASCADE", quote_ident(&name));
            client.batch_execute(&dropping).await.map_err(Error::from)
        };
        let dropped: Result<()> = dropped.await;
        if let Err(error) = &dropped {
            tracing::debug!(%error, "migrate: cannot drop the test schema {name}");
        }
        client.batch_execute(if dropped.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    }
    Ok(())
}

pub(super) fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
