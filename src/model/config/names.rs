//! The options that name an installation and a node, and the addresses of the database.

use serde_json::Value;

use super::kind::{Kind, text};
use super::secret::without_password;
use crate::model::read::Reader;

/// The maximum length of a schema's name in bytes: `<schema>.eram_insert` must fit into the 63
/// bytes of a channel's name.
const MAX_PREFIX_BYTES: usize = 40;

/// A schema whose name is safe to use everywhere, quoted or not.
pub(super) fn prefix() -> Kind<String> {
    let fits = |name: &&str| {
        let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let rest = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        first && rest && name.len() <= MAX_PREFIX_BYTES && !name.starts_with("pg_") && *name != "information_schema"
    };
    Kind::new(
        "string",
        move |it| {
            it.value().as_str().filter(fits).map(str::to_owned).ok_or_else(|| {
                it.expected(&format!(
                    "a schema of up to {MAX_PREFIX_BYTES} letters, digits, \"_\" and \"-\" that starts with a letter or \"_\" and not with \"pg_\""
                ))
            })
        },
        |it| Value::from(it.as_str()),
    )
}

pub(super) fn node() -> Kind<String> {
    Kind::new(
        "string",
        |it| match it.as_text(1..=255)? {
            name if name.contains(char::is_whitespace) => Err(it.expected("a name without blanks")),
            name => Ok(name.to_owned()),
        },
        |it| Value::from(it.as_str()),
    )
}

/// A name that the application chooses, 1 to 127 characters.
pub(super) fn name() -> Kind<String> {
    text(1..=127)
}

/// An address, shown without its password. Another value is named by its type only, as it may hold
/// one too.
pub(super) fn url() -> Kind<String> {
    let read = |it: &Reader<'_>| match it.value() {
        Value::String(text) if !text.is_empty() => Ok(text.clone()),
        value => Err(it.refuse(&format!("expected a text that is not empty, got {}", type_of(value)))),
    };
    Kind::new("string", read, |it| Value::from(without_password(it)))
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "an empty one",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
