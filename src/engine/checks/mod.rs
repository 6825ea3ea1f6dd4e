//! What is looked at before an engine relies on a schema: rights, row-level security, names, ids, and
//! who could put code in its way. Pure rules on an [`Inspection`]; [`look`] asks the server.

mod connections;
mod ids;
mod names;
mod objects;
mod others;
mod probe;
mod rights;
mod security;
#[cfg(test)]
mod tests;

pub use rights::Access;

use serde::Serialize;
use tokio_postgres::Client;

use crate::error::{Error, Result};
use crate::model::config::Config;
use crate::pg::connect;
use crate::pg::conninfo::ConnInfo;
use crate::store::{Inspection, Numbers, migrate, quote_ident};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub check: &'static str,
    /// An engine cannot run with it.
    pub fatal: bool,
    pub saw: String,
    pub fix: String,
    /// Statements that mend it, for the owner of the schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
}

impl Finding {
    fn text(&self) -> String {
        format!("{}; {}", self.saw, self.fix)
    }
}

/// What an engine needs of a schema.
#[derive(Debug, Clone, Copy)]
pub struct Needs<'a> {
    pub prefix: &'a str,
    /// It runs queues, so it writes all tables.
    pub queues: bool,
}

impl Needs<'_> {
    /// A table, in SQL.
    fn table(&self, name: &str) -> String {
        format!("{}.{}", quote_ident(self.prefix), name)
    }

    /// The part of the role, as the command `grants` names it.
    const fn part(&self) -> &'static str {
        if self.queues { "worker" } else { "enqueuer" }
    }
}

/// Everything that catalogs and numbers show. Sorted: what stops an engine comes first.
pub fn findings(seen: &Inspection, numbers: &Numbers, needs: Needs<'_>) -> Vec<Finding> {
    let mut found = objects::check(seen, needs);
    found.extend(names::check(seen, needs));
    found.extend(rights::check(seen, needs));
    found.extend(security::check(seen, needs));
    found.extend(ids::check(seen, numbers, needs));
    found.extend(others::check(seen, needs));
    found.sort_by_key(|it| !it.fatal);
    found
}

/// What an engine starts with.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub access: Access,
    /// For the log, once the engine can write to it.
    pub warnings: Vec<String>,
}

/// Checks the schema for an engine with this configuration; fails with the first thing that stops it.
pub async fn look(info: &ConnInfo, config: &Config, connections: i32) -> Result<Checked> {
    let (client, connection) = connect::connect(info, &connect::Options::default()).await?;
    let driver = connect::spawn(connection);
    let looked = look_through(&client, config, connections).await;
    drop(client);
    driver.abort();
    looked
}

async fn look_through(client: &Client, config: &Config, connections: i32) -> Result<Checked> {
    let prefix = config.prefix.as_str();
    let needs = Needs { prefix, queues: !config.queues.is_empty() };
    let seen = Inspection::of(client, prefix).await?;
    if let Some(limits) = &seen.limits {
        connections::check(limits, connections)?;
    }
    if seen.exists && !seen.has("USAGE") {
        return Err(error(&rights::no_usage(&seen, needs)));
    }
    let numbers = Numbers::of(client, prefix, &seen).await?;
    if let Some(versions) = &numbers.versions {
        migrate::check_versions(prefix, *versions)?;
    } else if seen.table("eram_migrations").is_none() || seen.table("eram_jobs").is_none() {
        migrate::check_versions(prefix, migrate::Versions::NONE)?;
    }
    let found = findings(&seen, &numbers, needs);
    if let Some(fatal) = found.iter().find(|it| it.fatal) {
        return Err(error(fatal));
    }
    if seen.table("eram_jobs").is_some_and(|it| it.secured) {
        probe::rows(client, config, &seen).await?;
    }
    Ok(Checked {
        access: Access::of(&seen, prefix),
        warnings: found.iter().map(|it| format!("start: {}", it.text())).collect(),
    })
}

fn error(finding: &Finding) -> Error {
    match finding.check {
        "server" => Error::Unavailable(finding.text()),
        "names" => Error::NotMigrated(finding.text()),
        _ => Error::Config(finding.text()),
    }
}

/// Findings for an answer about the schema, to a role that may see them; an empty list before the first migration.
pub async fn of_schema(client: &Client, prefix: &str) -> Result<Vec<Finding>> {
    let seen = Inspection::of(client, prefix).await?;
    if !seen.has("USAGE") || seen.table("eram_jobs").is_none() {
        return Ok(vec![]);
    }
    let numbers = Numbers::of(client, prefix, &seen).await?;
    // The role that migrates is not the one that runs queues.
    let own = |it: &Finding| !matches!(it.check, "rights" | "security");
    let found = findings(&seen, &numbers, Needs { prefix, queues: true });
    Ok(found.into_iter().filter(own).collect())
}

/// An error of a migration, with what to do if it is about rights.
pub async fn explain(client: &Client, prefix: &str, error: Error) -> Error {
    if !error.is_forbidden() {
        return error;
    }
    match Inspection::of(client, prefix).await {
        Ok(seen) => error.advised(&rights::of_migration(&seen, prefix)),
        Err(_) => error,
    }
}

/// A command of the package, with the schema.
fn command(words: &str, prefix: &str) -> String {
    let flag = if prefix == "public" { String::new() } else { format!(" --prefix {}", word(prefix)) };
    format!("`npx eramjs {words}{flag}`")
}

/// A word of a command line.
fn word(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The first few of a list.
fn few(all: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = all.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if all.len() > SHOWN { format!("{shown} and {} more", all.len() - SHOWN) } else { shown }
}
