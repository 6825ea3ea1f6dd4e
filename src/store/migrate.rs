//! Applies `migrations/` to a schema: up, down, status, or as SQL to run elsewhere.
//!
//! One transaction a migration, under an advisory lock, so that any number of nodes may call it at once. The version is the
//! number of the last row in `eram_migrations`. Starting an engine only checks it.
//!
//! Versions of the package live side by side during a deployment, so a migration states the oldest version whose engines work with
//! its schema: its `floor`. One that only adds (expands) keeps that of its predecessor; one that takes away what older
//! engines use (contracts) raises it. An engine runs on a newer schema as long as the highest floor is not above its own version.

#[cfg(test)]
mod tests;

use serde::Serialize;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, IsolationLevel};

use super::{quote_ident, repair, test_schema};
use crate::error::{Error, Result};

struct Migration {
    version: i32,
    name: &'static str,
    /// Engines that were made for this version, or a later one, work with the schema as the migration leaves it.
    floor: i32,
    up: &'static str,
    down: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal) => {
        migration!($version, $name, floor: $version)
    };
    ($version:literal, $name:literal, floor: $floor:literal) => {
        Migration {
            version: $version,
            name: $name,
            floor: $floor,
            up: include_str!(concat!("../../migrations/", $name, ".up.sql")),
            down: include_str!(concat!("../../migrations/", $name, ".down.sql")),
        }
    };
}

static MIGRATIONS: &[Migration] = &[
    migration!(1, "001_create_tables"),
    migration!(2, "002_create_drafts"),
    migration!(3, "003_create_enqueue"),
    migration!(4, "004_create_acks"),
    migration!(5, "005_create_fetch"),
    migration!(6, "006_create_metrics", floor: 5),
    migration!(7, "007_create_attempts"),
    migration!(8, "008_create_sleep", floor: 7),
    migration!(9, "009_create_commands"),
];

/// GIN indexes for searching args and meta; made on request, because each enqueue and claim pays for them.
const SEARCH_INDEXES: [(&str, &str); 2] = [("eram_jobs_args_index", "args"), ("eram_jobs_meta_index", "meta")];

/// The version that this build needs.
pub fn latest() -> i32 {
    MIGRATIONS.last().map_or(0, |m| m.version)
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub version: i32,
    pub name: String,
    pub direction: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct Status {
    pub prefix: String,
    /// 0: the schema or its tables do not exist.
    pub version: i32,
    pub latest: i32,
    pub pending: Vec<String>,
}

/// The version of a schema, and the oldest version whose engines work with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    pub version: i32,
    pub floor: i32,
}

impl Versions {
    /// Not migrated.
    pub const NONE: Self = Self { version: 0, floor: 0 };
}

/// Brings the schema to version `to` (the latest when `None`; 0 removes everything); returns what was done.
pub async fn migrate(client: &mut Client, prefix: &str, to: Option<i32>) -> Result<Vec<Step>> {
    let to = to.unwrap_or_else(latest);
    if !(0..=latest()).contains(&to) {
        return Err(Error::Config(format!("to: expected a version from 0 to {}, got {to}", latest())));
    }
    let mut done = vec![];
    loop {
        // A caller that waited for the lock sees what was done meanwhile, whatever the default of the database.
        let tx = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await?;
        // Held to the end of the transaction; others wait here, then find the work done.
        tx.query_typed(
            "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('eram:migrate:' || $1, 0))",
            &[(&prefix, Type::TEXT)],
        )
        .await?;
        let version = version_of(tx.client(), prefix).await?;
        if version > latest() {
            if to == latest() && floor_of(tx.client(), prefix).await? <= latest() {
                repair(tx.client(), prefix, &path_of(tx.client(), prefix).await?).await?;
                tx.commit().await?;
                return Ok(done);
            }
            return Err(too_new(prefix, version));
        }
        let schema = quote_ident(prefix);
        let next = MIGRATIONS.iter().find(|m| m.version > version && m.version <= to);
        let last = MIGRATIONS.iter().rfind(|m| m.version <= version && m.version > to);
        let step = match (next, last) {
            (Some(next), _) => {
                if version == 0 {
                    tx.batch_execute(&prepare_schema(prefix)).await?;
                }
                tx.batch_execute(&up_sql(next, &schema, &path_of(tx.client(), prefix).await?)).await?;
                Step { version: next.version, name: next.name.to_owned(), direction: "up" }
            }
            (None, Some(last)) => {
                tx.batch_execute(&down_sql(last, &schema, &path_of(tx.client(), prefix).await?)).await?;
                if last.version == MIGRATIONS[0].version {
                    tx.batch_execute(&format!("DROP TABLE {schema}.eram_migrations;")).await?;
                }
                Step { version: last.version, name: last.name.to_owned(), direction: "down" }
            }
            (None, None) => {
                if version > 0 {
                    repair(tx.client(), prefix, &path_of(tx.client(), prefix).await?).await?;
                }
                tx.commit().await?;
                return Ok(done);
            }
        };
        tx.commit().await?;
        done.push(step);
    }
}

/// Where the schema stands.
pub async fn status(client: &Client, prefix: &str) -> Result<Status> {
    let version = version_of(client, prefix).await?;
    let pending = MIGRATIONS.iter().filter(|m| m.version > version).map(|m| m.name.to_owned()).collect();
    Ok(Status { prefix: prefix.to_owned(), version, latest: latest(), pending })
}

/// Fails unless the schema is one that this build works with: its own, or a newer one whose floor is not above it. Names the
/// command that helps.
pub async fn check(client: &Client, prefix: &str) -> Result<()> {
    let version = version_of(client, prefix).await?;
    let floor = if version > latest() { floor_of(client, prefix).await? } else { version };
    check_versions(prefix, Versions { version, floor })
}

/// The same, of versions that are known.
pub fn check_versions(prefix: &str, Versions { version, floor }: Versions) -> Result<()> {
    let flag = if prefix == "public" { String::new() } else { format!(" --prefix {prefix}") };
    match version {
        0 => Err(Error::NotMigrated(format!(
            "schema \"{prefix}\": expected EramJS's tables at version {}, got none; run `npx eramjs migrate{flag}` or EramEngine.migrate()",
            latest()
        ))),
        v if v < latest() => Err(Error::NotMigrated(format!(
            "schema \"{prefix}\": expected version {}, got {v}; run `npx eramjs migrate{flag}` or EramEngine.migrate()",
            latest()
        ))),
        v if v > latest() && floor > latest() => Err(too_new(prefix, v)),
        _ => Ok(()),
    }
}

/// Creates the search indexes without blocking writers. Cannot run inside a transaction; what an interrupted run left behind
/// is removed first.
pub async fn create_search_indexes(client: &Client, prefix: &str) -> Result<Vec<String>> {
    let schema = quote_ident(prefix);
    let mut made = vec![];
    for (index, column) in SEARCH_INDEXES {
        let valid = client
            .query_typed(
                "SELECT i.indisvalid FROM pg_index AS i WHERE i.indexrelid = pg_catalog.to_regclass($1)",
                &[(&format!("{schema}.{index}"), Type::TEXT)],
            )
            .await?
            .first()
            .map(|row| row.get::<_, bool>(0));
        if valid == Some(true) {
            continue;
        }
        if valid == Some(false) {
            client.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {schema}.{index}")).await?;
        }
        client
            .batch_execute(&format!(
                "CREATE INDEX CONCURRENTLY {index} ON {schema}.eram_jobs USING gin ({column} jsonb_path_ops)"
            ))
            .await?;
        made.push(index.to_owned());
    }
    Ok(made)
}

/// The SQL that `migrate` would run to go from version `from` to `to`, for other migration tools.
pub fn sql(prefix: &str, from: i32, to: i32) -> String {
    let schema = quote_ident(prefix);
    let path = format!("{schema}, pg_temp");
    let mut out = vec![];
    if from == 0 && to > 0 {
        out.push(prepare_schema(prefix));
    }
    if to >= from {
        out.extend(
            MIGRATIONS.iter().filter(|m| m.version > from && m.version <= to).map(|m| up_sql(m, &schema, &path)),
        );
    } else {
        out.extend(
            MIGRATIONS
                .iter()
                .rev()
                .filter(|m| m.version > to && m.version <= from)
                .map(|m| down_sql(m, &schema, &path)),
        );
        if to == 0 {
            out.push(format!("DROP TABLE {schema}.eram_migrations;"));
        }
    }
    out.join("\n")
}

fn prepare_schema(prefix: &str) -> String {
    let schema = quote_ident(prefix);
    // IF NOT EXISTS alone asks for the right to create schemas even where the schema exists.
    format!(
        "DO $eramjs$ BEGIN\n  IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = {}) THEN\n    \
         CREATE SCHEMA {schema};\n  END IF;\nEND $eramjs$;\n\
         CREATE TABLE IF NOT EXISTS {schema}.eram_migrations (\n  \
           version integer PRIMARY KEY,\n  name text NOT NULL,\n  floor integer,\n  migrated_at timestamptz NOT NULL DEFAULT now()\n);\n",
        test_schema::quote_text(prefix)
    )
}

/// The search path of a migration. `pg_temp` last: a temporary table must not be able to stand in for one of ours. `pg_catalog` is
/// first, unless the schema has a clock of its own.
async fn path_of(client: &Client, prefix: &str) -> Result<String> {
    let path = test_schema::search_path(client, prefix).await?;
    Ok(path.unwrap_or_else(|| format!("{}, pg_temp", quote_ident(prefix))))
}

fn up_sql(m: &Migration, schema: &str, path: &str) -> String {
    format!(
        "SET LOCAL search_path = {path};\n{}\nINSERT INTO {schema}.eram_migrations (version, name, floor) VALUES ({}, '{}', {});\n",
        m.up, m.version, m.name, m.floor
    )
}

fn down_sql(m: &Migration, schema: &str, path: &str) -> String {
    format!(
        "SET LOCAL search_path = {path};\n{}\nDELETE FROM {schema}.eram_migrations WHERE version = {};\n",
        m.down, m.version
    )
}

async fn version_of(client: &Client, prefix: &str) -> Result<i32> {
    let table = format!("{}.eram_migrations", quote_ident(prefix));
    let known =
        client.query_typed_one("SELECT pg_catalog.to_regclass($1) IS NOT NULL", &[(&table, Type::TEXT)]).await?;
    if !known.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let row = client.query_typed_one(&format!("SELECT coalesce(pg_catalog.max(version), 0) FROM {table}"), &[]).await?;
    Ok(row.try_get(0)?)
}

/// The oldest version for which an engine may have been made that is to work with the schema.
async fn floor_of(client: &Client, prefix: &str) -> Result<i32> {
    let table = format!("{}.eram_migrations", quote_ident(prefix));
    let row = client
        .query_typed_one(&format!("SELECT coalesce(pg_catalog.max(coalesce(floor, version)), 0) FROM {table}"), &[])
        .await?;
    Ok(row.try_get(0)?)
}

fn too_new(prefix: &str, version: i32) -> Error {
    Error::SchemaTooNew(format!(
        "schema \"{prefix}\": expected version {}, got {version}, which a newer EramJS made; upgrade the package (npm install eramjs@latest)",
        latest()
    ))
}
