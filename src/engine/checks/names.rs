//! Functions that look for tables in another schema: a schema that was renamed, or restored under another
//! name, still has the search path of the old one in its functions.

use super::{Finding, Needs, command};
use crate::store::{Inspection, pins_elsewhere};

pub fn check(seen: &Inspection, needs: Needs<'_>) -> Option<Finding> {
    let astray: Vec<_> = pins_elsewhere(seen, needs.prefix).collect();
    let first = astray.first()?;
    let more = if astray.len() > 1 { format!(" and {} more", astray.len() - 1) } else { String::new() };
    let path = first.path.as_deref().unwrap_or_default();
    Some(Finding {
        check: "names",
        fatal: true,
        saw: format!(
            "schema {:?}: expected functions that use its tables, got {}{more} with search_path = {path}, as after ALTER SCHEMA … RENAME, or after a restore under another name",
            needs.prefix, first.name
        ),
        fix: format!("run {} or EramEngine.migrate(), which repairs them", command("migrate", needs.prefix)),
        sql: None,
    })
}
