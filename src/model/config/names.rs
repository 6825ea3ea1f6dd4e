//! The names by which the database knows an installation and a machine.

use crate::error::Result;
use crate::model::read::Reader;

/// Longest schema: `<schema>.eram_insert` must stay within the 63 bytes of a channel's name.
const MAX_PREFIX_BYTES: usize = 40;

/// A schema that needs no thought about quoting anywhere.
pub fn prefix(reader: &Reader<'_>) -> Result<Option<String>> {
    let Some(it) = reader.get("prefix") else { return Ok(None) };
    let fits = |name: &str| {
        let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let rest = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        first && rest && name.len() <= MAX_PREFIX_BYTES && !name.starts_with("pg_") && name != "information_schema"
    };
    let name = it.value().as_str().filter(|name| fits(name));
    name.map(|name| Some(name.to_owned())).ok_or_else(|| {
        it.expected(&format!(
            "a schema of up to {MAX_PREFIX_BYTES} letters, digits, \"_\" and \"-\" that starts with a letter or \"_\" and not with \"pg_\""
        ))
    })
}

pub fn node(reader: &Reader<'_>) -> Result<Option<String>> {
    let Some(it) = reader.get("node") else { return Ok(None) };
    let name = it.as_text(1..=255)?;
    if name.contains(char::is_whitespace) {
        return Err(it.expected("a name without blanks"));
    }
    Ok(Some(name.to_owned()))
}
