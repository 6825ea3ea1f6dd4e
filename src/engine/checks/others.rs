//! Other roles that may make functions in the schema: what is called by name could find theirs.

use super::{Finding, Needs};
use crate::store::{Inspection, quote_ident};

pub fn check(seen: &Inspection, needs: Needs<'_>) -> Vec<Finding> {
    let schema = quote_ident(needs.prefix);
    let roles: Vec<String> =
        seen.creators.iter().map(|it| if it.is_empty() { "PUBLIC".to_owned() } else { quote_ident(it) }).collect();
    let mut found = vec![];
    if !roles.is_empty() {
        let sql = format!("REVOKE CREATE ON SCHEMA {schema} FROM {}", roles.join(", "));
        let (saw, why) = if roles.iter().any(|it| it == "PUBLIC") {
            let until = if needs.prefix == "public" { ", the default before PostgreSQL 15" } else { "" };
            (
                format!("schema {schema}: expected CREATE for its owner alone, got CREATE for PUBLIC{until}"),
                "any role that connects can put functions beside EramJS's",
            )
        } else {
            (
                format!("schema {schema}: expected CREATE for its owner alone, got CREATE for {}", roles.join(", ")),
                "these roles can put functions beside EramJS's",
            )
        };
        found.push(Finding {
            check: "others",
            fatal: false,
            saw,
            fix: format!("{why}; run {sql}, or keep EramJS in a schema of its own (prefix)"),
            sql: Some(format!("{sql};")),
        });
    }
    let mut owners: Vec<&str> = seen.overloads.iter().map(|it| it.owner.as_str()).collect();
    owners.sort_unstable();
    owners.dedup();
    for owner in owners {
        let theirs: Vec<_> = seen.overloads.iter().filter(|it| it.owner == owner).collect();
        let (Some(first), count) = (theirs.first(), theirs.len()) else { continue };
        let drop = format!("DROP {} {}", first.kind.to_uppercase(), first.name);
        let others = if count > 1 { format!(", and {} others", count - 1) } else { String::new() };
        found.push(Finding {
            check: "others",
            fatal: false,
            saw: format!(
                "{} {}{others}: expected none of role {owner} with the name of a built-in one in the schema of EramJS, got {count}",
                first.kind, first.name
            ),
            fix: format!("it could run as any role that enqueues; look at it, and run {drop}"),
            sql: None,
        });
    }
    found
}
