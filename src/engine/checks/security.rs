//! Row-level security. Without a policy that lets the role through, every row is hidden without an error.

use super::{Finding, Needs};
use crate::store::{Inspection, Policy, quote_ident};

/// SQL commands, and how `pg_policy.polcmd` abbreviates them.
const COMMANDS: [(&str, &str); 4] = [("SELECT", "r"), ("INSERT", "a"), ("UPDATE", "w"), ("DELETE", "d")];

pub fn check(seen: &Inspection, needs: Needs<'_>) -> Vec<Finding> {
    let secured = seen.tables.iter().filter(|it| it.secured);
    secured
        .filter_map(|table| {
            let needed: &[&str] = match table.name.as_str() {
                "eram_migrations" => &["SELECT"],
                "eram_jobs" if !needs.queues => &["SELECT", "INSERT"],
                _ if needs.queues => &["SELECT", "INSERT", "UPDATE", "DELETE"],
                // An engine without queues leaves these out where it may not.
                _ => &[],
            };
            let hidden: Vec<&str> = COMMANDS
                .into_iter()
                .filter(|(name, _)| needed.contains(name))
                .filter(|(_, letter)| !table.policies.iter().any(|it| lets(it, letter)))
                .map(|(name, _)| name)
                .collect();
            let (name, role) = (needs.table(&table.name), &seen.role);
            (!hidden.is_empty()).then(|| Finding {
                check: "security",
                fatal: true,
                saw: format!(
                    "table {name}: expected rows that role {role} may {}, got row-level security without a policy that lets it",
                    hidden.join(", ")
                ),
                fix: format!("run {}; or {}", policy(&name, role), disable(&name)),
                sql: Some(format!("{};", policy(&name, role))),
            })
        })
        .collect()
}

/// A policy that lets a role through.
pub fn policy(table: &str, role: &str) -> String {
    format!("CREATE POLICY eramjs ON {table} TO {} USING (true) WITH CHECK (true)", quote_ident(role))
}

pub fn disable(table: &str) -> String {
    format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, or give the role BYPASSRLS")
}

/// Whether a policy may let some rows through for a command.
fn lets(policy: &Policy, letter: &str) -> bool {
    let condition = if letter == "a" { policy.writes.as_ref().or(policy.sees.as_ref()) } else { policy.sees.as_ref() };
    policy.permits && (policy.command == "*" || policy.command == letter) && condition.is_none_or(|it| it != "false")
}
