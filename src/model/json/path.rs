//! Paths into JSON for messages: `queues.mail.limit`, `args.items[2].id`, `queues["a b"]`.

use crate::text::shorten;

/// The path of a member; the key is quoted if it does not look like a name.
pub fn member(path: &str, key: &str) -> String {
    let key = &shorten(key);
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '…'));
    match (plain, path.is_empty()) {
        (true, true) => key.clone(),
        (true, false) => format!("{path}.{key}"),
        (false, _) => format!("{path}[{key:?}]"),
    }
}

/// The path of an element.
pub fn element(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

/// The maximum number of levels that a path shows.
const MAX_SHOWN_LEVELS: usize = 8;

enum Level<'a> {
    Array(usize),
    Object { key: &'a str, key_comes_next: bool },
}

/// The path of the value at byte `offset` of a JSON text, below `root`.
pub fn at_offset(text: &str, offset: usize, root: &str) -> String {
    let levels = levels_at(text, offset);
    let shown = levels.iter().take(MAX_SHOWN_LEVELS).fold(root.to_owned(), |path, level| match level {
        Level::Array(index) => element(&path, *index),
        Level::Object { key: "", .. } => path,
        Level::Object { key, .. } => member(&path, &unquoted(key)),
    });
    if levels.len() > MAX_SHOWN_LEVELS { shown + "…" } else { shown }
}

/// The arrays and objects that are open at `offset`, outermost first.
fn levels_at(text: &str, offset: usize) -> Vec<Level<'_>> {
    let bytes = text.as_bytes();
    let mut levels = Vec::new();
    let mut at = 0;
    while at < offset {
        let Some(&byte) = bytes.get(at) else { break };
        let start = at;
        at += 1;
        match byte {
            b'"' => {
                at = super::end_of_string(bytes, start);
                if let Some(Level::Object { key, key_comes_next: true }) = levels.last_mut() {
                    *key = text.get(start..at).unwrap_or_default();
                }
            }
            b'{' => levels.push(Level::Object { key: "", key_comes_next: true }),
            b'[' => levels.push(Level::Array(0)),
            b'}' | b']' => drop(levels.pop()),
            b':' => {
                if let Some(Level::Object { key_comes_next, .. }) = levels.last_mut() {
                    *key_comes_next = false;
                }
            }
            b',' => match levels.last_mut() {
                Some(Level::Array(index)) => *index += 1,
                Some(Level::Object { key_comes_next, .. }) => *key_comes_next = true,
                None => {}
            },
            _ => {}
        }
    }
    levels
}

/// Decodes a key; keys whose escapes are invalid are kept as they are.
fn unquoted(key: &str) -> String {
    serde_json::from_str(key).unwrap_or_else(|_| key.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_and_the_rest_is_quoted() {
        assert_eq!(member("", "queues"), "queues");
        assert_eq!(member("queues", "mail-out"), "queues.mail-out");
        assert_eq!(member("queues", "a b"), "queues[\"a b\"]");
        assert_eq!(element(&member("", "cron"), 0), "cron[0]");
    }

    #[test]
    fn an_offset_has_a_path() {
        for (text, mark, path) in [
            (r#""X""#, "X", "args"),
            (r#"{"a":"X"}"#, "X", "args.a"),
            (r#"{"items":[1,{"b":[]},{"id":"X"}]}"#, "X", "args.items[2].id"),
            (r#"{"a":{"b":"},{"},"c":"X"}"#, "X", "args.c"),
            (r#"{"a":1,"a\"b":["X"]}"#, "X", "args[\"a\\\"b\"][0]"),
            (r#"{"a":1,"X":2}"#, "X", "args.X"),
            (r#"[[[[[[[[[["X"]]]]]]]]]]"#, "X", "args[0][0][0][0][0][0][0][0]…"),
        ] {
            assert_eq!(at_offset(text, text.find(mark).unwrap(), "args"), path, "{text}");
        }
    }

    #[test]
    fn a_key_that_is_no_text_is_shown_as_it_was_written() {
        let text = r#"{"a\ud800":1}"#;
        assert_eq!(at_offset(text, text.find("\\u").unwrap(), ""), "[\"a\\\\ud800\"]");
    }
}
