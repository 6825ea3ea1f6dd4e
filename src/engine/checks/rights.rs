//! What the role may do. An engine that only enqueues starts with what an enqueuer has; what such a
//! role may not do is left out.

use super::{Finding, Needs, command, few, word};
use crate::error::{Error, Result};
use crate::store::{Inspection, Table, quote_ident};

const ALL: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/// Columns of `eram_jobs` that an enqueue reads.
const READ_BY_ENQUEUE: [&str; 6] = ["id", "state", "queue", "worker", "scheduled_at", "inserted_at"];

/// What a role that lacks rights leaves out, as it was when the engine started.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Whether the role stamps the environment; `None` if it may not even read the stamp.
    pub stamps: Option<bool>,
    pub records_classes: bool,
    pub writes_metrics: bool,
    /// Why the role runs no queue, for an error; `None` if it may.
    no_queues: Option<String>,
    /// Why the role enqueues no job.
    no_enqueue: Option<String>,
}

impl Access {
    pub fn of(seen: &Inspection, prefix: &str) -> Self {
        let lacks =
            |part: &str, missing: &[String]| (!missing.is_empty()).then(|| lacking(&seen.role, prefix, part, missing));
        Self {
            stamps: seen.may(&["SELECT"], "eram_settings").then(|| seen.may(&["INSERT"], "eram_settings")),
            records_classes: seen.may(&["SELECT", "INSERT", "UPDATE"], "eram_workers"),
            writes_metrics: seen.may(&["SELECT", "INSERT", "UPDATE"], "eram_metrics"),
            no_queues: lacks("worker", &missing(seen, true)),
            no_enqueue: lacks("enqueuer", &missing(seen, false)),
        }
    }

    /// Refuses an operation that runs queues.
    pub fn may_run(&self, subject: &str) -> Result<()> {
        self.no_queues.as_ref().map_or(Ok(()), |why| Err(Error::Config(format!("{subject}: {why}"))))
    }

    /// An error of an enqueue, with what the role lacks if that is why.
    pub fn explain(&self, error: Error) -> Error {
        if !error.is_forbidden() {
            return error;
        }
        let unique = "unique jobs need more than others: see `npx eramjs grants --as enqueuer --unique`";
        error.advised(self.no_enqueue.as_deref().unwrap_or(unique))
    }
}

pub fn no_usage(seen: &Inspection, needs: Needs<'_>) -> Finding {
    fatal(&lacking(&seen.role, needs.prefix, needs.part(), &[format!("USAGE on schema {}", needs.prefix)]))
}

pub fn check(seen: &Inspection, needs: Needs<'_>) -> Option<Finding> {
    // A role that reads, or enqueues, needs no more for a start.
    let missing = if needs.queues { missing(seen, true) } else { vec![] };
    (!missing.is_empty()).then(|| fatal(&lacking(&seen.role, needs.prefix, needs.part(), &missing)))
}

/// What a role that migrates lacks.
pub fn of_migration(seen: &Inspection, prefix: &str) -> String {
    let (schema, role) = (quote_ident(prefix), quote_ident(&seen.role));
    let elsewhere = if prefix == "public" {
        format!(", or migrate into a schema of your own: {}", command("migrate --prefix jobs", "public"))
    } else {
        String::new()
    };
    if !seen.exists {
        return format!(
            "role {}: expected the right to create the schema {prefix}, got none; as the owner of the database run CREATE SCHEMA {schema} AUTHORIZATION {role}",
            seen.role
        );
    }
    if seen.table("eram_migrations").is_none() && !(seen.has("USAGE") && seen.has("CREATE")) {
        return format!(
            "role {}: expected USAGE and CREATE on schema {prefix}, got {}; as its owner run GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}{elsewhere}",
            seen.role,
            if seen.has("USAGE") { "USAGE alone" } else { "none" }
        );
    }
    format!(
        "role {}: expected the owner of the tables in schema {prefix}, which alone migrates, got another role; migrate as the owner, or see {}",
        seen.role,
        command(&format!("grants --role {} --as owner", word(&seen.role)), prefix)
    )
}

fn fatal(text: &str) -> Finding {
    let (saw, fix) = text.split_once("; ").unwrap_or((text, ""));
    Finding { check: "rights", fatal: true, saw: saw.to_owned(), fix: fix.to_owned(), sql: None }
}

fn lacking(role: &str, prefix: &str, part: &str, missing: &[String]) -> String {
    let grants = command(&format!("grants --role {} --as {part}", word(role)), prefix);
    format!(
        "role {role}: expected the rights of a role {part}, got none for {}; run what {grants} prints",
        few(missing)
    )
}

/// What a role that runs queues lacks, or one that enqueues.
fn missing(seen: &Inspection, queues: bool) -> Vec<String> {
    let mut missing = vec![];
    for table in &seen.tables {
        let needed: &[&str] = match table.name.as_str() {
            "eram_migrations" if queues => &ALL[..1],
            "eram_audit" if queues => &["SELECT", "INSERT", "DELETE"],
            // The testing kit's own.
            "eram_migrations" | "eram_clock" => &[],
            "eram_jobs" if !queues => &["INSERT"],
            _ if queues => &ALL,
            _ => &[],
        };
        let lacks = |privilege: &&&str| !table.privileges.iter().any(|it| it == **privilege);
        let lacking: Vec<&str> = needed.iter().filter(lacks).copied().collect();
        if !lacking.is_empty() {
            missing.push(format!("{} on {}", lacking.join(", "), table.name));
        }
        if table.name == "eram_jobs" && !queues {
            missing.extend(unread(table));
        }
    }
    let called = |name: &str| queues || name.starts_with("eram_enqueue_jobs(");
    for function in seen.functions.iter().filter(|it| !it.execute && called(&it.name)) {
        missing.push(format!("EXECUTE on {}", function.name));
    }
    missing
}

fn unread(table: &Table) -> Option<String> {
    let unread: Vec<&str> =
        READ_BY_ENQUEUE.into_iter().filter(|name| !table.readable.iter().any(|it| it == name)).collect();
    (!unread.is_empty()).then(|| format!("SELECT ({}) on {}", unread.join(", "), table.name))
}
