//! The server, the database, and the kinds of tables, indexes and triggers.

use super::{Finding, Needs, few};
use crate::store::{Inspection, quote_ident};

pub fn check(seen: &Inspection, needs: Needs<'_>) -> Vec<Finding> {
    let mut found = vec![];
    if seen.standby && needs.queues {
        found.push(Finding {
            check: "server",
            fatal: true,
            saw: "server: expected one that takes writes, got a standby, which only reads".to_owned(),
            fix: "connect to the primary, or list all hosts with target_session_attrs=read-write".to_owned(),
            sql: None,
        });
    }
    if seen.encoding != "UTF8" {
        found.push(Finding {
            check: "encoding",
            fatal: false,
            saw: format!("database: expected the encoding UTF8, got {}", seen.encoding),
            fix: "args, results and errors with characters that it lacks are refused by the server".to_owned(),
            sql: None,
        });
    }
    for table in &seen.tables {
        let name = needs.table(&table.name);
        let kind = match (table.kind.as_str(), table.persistence.as_str()) {
            // Messages that a crash loses were not to last.
            ("r", "u") if table.name != "eram_messages" => {
                found.push(Finding {
                    check: "tables",
                    fatal: false,
                    saw: format!("table {name}: expected one that outlasts a crash of the server, got an unlogged one"),
                    fix: format!("run ALTER TABLE {name} SET LOGGED"),
                    sql: Some(format!("ALTER TABLE {name} SET LOGGED;")),
                });
                None
            }
            ("r", _) => None,
            ("p", _) => Some("a partitioned one"),
            ("f", _) => Some("a foreign one"),
            _ => Some("a view"),
        };
        found.extend(kind.map(|kind| Finding {
            check: "tables",
            fatal: true,
            saw: format!("table {name}: expected an ordinary table, got {kind}"),
            fix: "put the table of the migrations back".to_owned(),
            sql: None,
        }));
        for trigger in &table.disabled {
            let sql = format!("ALTER TABLE {name} ENABLE TRIGGER {}", quote_ident(trigger));
            found.push(Finding {
                check: "triggers",
                fatal: false,
                saw: format!("table {name}: expected the trigger {trigger} to fire, got one that is disabled"),
                fix: format!("run {sql}"),
                sql: Some(format!("{sql};")),
            });
        }
    }
    if !seen.invalid_indexes.is_empty() {
        let sql: Vec<String> =
            seen.invalid_indexes.iter().map(|it| format!("REINDEX INDEX CONCURRENTLY {it};")).collect();
        found.push(Finding {
            check: "indexes",
            fatal: false,
            saw: format!("indexes: expected valid ones, got {}", few(&seen.invalid_indexes)),
            fix: format!("run {}", sql.join(" ")),
            sql: Some(sql.join("\n")),
        });
    }
    found
}
