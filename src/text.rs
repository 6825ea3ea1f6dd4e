//! Texts for people: values are shortened, and secrets in them masked.
//!
//! `lib/shared/text.js` does the same in JavaScript, by the same cases
//! (`__test__/support/fixtures/secrets.json`).

use std::borrow::Cow;

/// What stands in place of a secret.
const MASK: &str = "•••";

/// The most characters of a value in a message.
const MAX_SHOWN_CHARS: usize = 80;

/// Words that the name of a secret contains, and one that such a name is nevertheless not.
const SECRETS: [&str; 4] = ["pass", "pwd", "secret", "token"];
const HARMLESS: &str = "passfile";

/// Shortens a value so that a message fits on one line, and masks its secrets.
pub fn shorten(text: &str) -> String {
    // Whole, because a part of a secret looks like none; but no further than a message could reach.
    let head = text.char_indices().nth(4096).map_or(text, |(end, _)| &text[..end]);
    let text = masked(head);
    text.char_indices().nth(MAX_SHOWN_CHARS).map_or_else(|| text.to_string(), |(end, _)| format!("{}…", &text[..end]))
}

/// Masks passwords in connection strings, in `password=…` and in `"password":"…"`. In doubt, more is
/// masked than necessary.
pub fn masked(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    if !lower.contains("://")
        && !SECRETS.iter().any(|word| lower.contains(word))
        && !lower.contains(['%', '@'])
        && !lower.contains("private key-")
    {
        return Cow::Borrowed(text);
    }
    let addresses = mask_addresses(&mask_keys(text));
    Cow::Owned(mask_settings(&mask_accounts(&addresses)))
}

/// Masks private keys in PEM.
fn mask_keys(text: &str) -> Cow<'_, str> {
    const HEAD: &str = "PRIVATE KEY-----";
    let Some(at) = text.find(HEAD) else { return Cow::Borrowed(text) };
    let (kept, rest) = text.split_at(at + HEAD.len());
    if !kept.contains("-----BEGIN ") || rest.starts_with(MASK) {
        return Cow::Owned(format!("{kept}{}", mask_keys(rest)));
    }
    let end = rest.find("-----END").unwrap_or(rest.len());
    let next = rest[end..].find(HEAD).map_or(rest.len(), |length| end + length + HEAD.len());
    Cow::Owned(format!("{kept}{MASK}{}{}", &rest[end..next], mask_keys(&rest[next..])))
}

/// Masks `user:password@` of URLs.
fn mask_addresses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (scheme, after) = rest.split_at(at + 3);
        out.push_str(scheme);
        let scheme = scheme[..at].to_ascii_lowercase();
        let (kept, masked, next) = address(after, scheme.ends_with("postgres") || scheme.ends_with("postgresql"));
        out.push_str(kept);
        if masked {
            out.push_str(MASK);
        }
        rest = next;
    }
    out.push_str(rest);
    out
}

/// What is shown of the text after "://", whether a mask follows, and the rest.
fn address(text: &str, own: bool) -> (&str, bool, &str) {
    let line = &text[..unescaped(text, |c| c == '"' || c == '\n').unwrap_or(text.len())];
    let word = &line[..line.find(char::is_whitespace).unwrap_or(line.len())];
    let authority = &word[..word.find(['/', '?', '#']).unwrap_or(word.len())];
    let place = if own { word } else { authority };
    let end = match place.rfind('@') {
        Some(at) => at,
        // The password may hold a blank, or the "@" is missing.
        None if own && !is_hosts(authority) => line.rfind('@').unwrap_or(word.len()),
        None => return ("", false, text),
    };
    match text[..end].find(':') {
        Some(colon) => (&text[..=colon], true, &text[end..]),
        None => ("", false, text),
    }
}

/// Whether a text is `host:port,host:port`; the words around it in prose are none of its parts.
fn is_hosts(text: &str) -> bool {
    text.split(',').all(|host| {
        let port = match host.strip_prefix('[') {
            Some(inner) => inner.split_once(']').map_or(inner, |(_, port)| port).strip_prefix(':').unwrap_or_default(),
            None => host.split_once(':').map_or("", |(_, port)| port),
        };
        port.trim_end_matches([';', '.', ')', '\'', '`']).chars().all(|c| c.is_ascii_digit())
    })
}

/// Masks `user:password@` without a scheme.
fn mask_accounts(text: &str) -> String {
    let parts = text.split_inclusive(|c: char| c.is_whitespace() || c == '"' || c == '/');
    parts.map(|run| account(run).unwrap_or(Cow::Borrowed(run))).collect()
}

fn account(run: &str) -> Option<Cow<'_, str>> {
    let end = run.rfind('@').filter(|_| !run.contains(MASK))?;
    let named = |at: &usize| run[..*at].ends_with(char::is_alphanumeric);
    let colon = run[..end].match_indices(':').map(|(at, _)| at).find(named).filter(|at| at + 1 < end)?;
    Some(Cow::Owned(format!("{}{MASK}{}", &run[..=colon], &run[end..])))
}

/// Masks the values of settings whose names are those of secrets.
fn mask_settings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['=', ':']) {
        let (before, after) = rest.split_at(at + 1);
        out.push_str(before);
        let blanks = after.len() - after.trim_start_matches([' ', '\t']).len();
        let (gap, value) = after.split_at(blanks);
        rest = after;
        if !is_secret(&before[..at], before.ends_with('=')) {
            continue;
        }
        let (open, length) = value_of(value, before.ends_with('='));
        if length == 0 || value.starts_with(MASK) {
            continue;
        }
        out.push_str(gap);
        out.push_str(open);
        out.push_str(MASK);
        rest = &value[length..];
    }
    out.push_str(rest);
    out
}

/// Whether the text before "=" or ":" ends with the name of a secret.
fn is_secret(before: &str, pair: bool) -> bool {
    let before = before.trim_end().trim_end_matches(['"', '\'', '\\']);
    let start = before.rfind(|c: char| !(c.is_alphanumeric() || "_-%".contains(c)));
    let name =
        before[start.map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8))..].to_ascii_lowercase();
    if name.is_empty() || name == HARMLESS || name == "sslpassfile" {
        return false;
    }
    SECRETS.iter().any(|word| name.contains(word))
        || (pair && name.contains('%') && start.is_some_and(|at| before[at..].starts_with(['?', '&'])))
}

/// The quote of a value, and the length of the value without a closing quote.
fn value_of(text: &str, pair: bool) -> (&str, usize) {
    for quote in ["\\\"", "\\'", "\"", "'", "`"] {
        let Some(inner) = text.strip_prefix(quote) else { continue };
        let end = if quote.starts_with('\\') { inner.find(quote) } else { unescaped(inner, |c| quote.contains(c)) };
        return (&text[..quote.len()], quote.len() + end.unwrap_or(inner.len()));
    }
    if !pair {
        // Prose: "password: expected …".
        return ("", 0);
    }
    let mut end = unescaped(text, |c| c.is_whitespace() || c == '&' || c == '"').unwrap_or(text.len());
    // The value may hold blanks: words after it other than settings are a part of it.
    while end > 0 {
        let rest = &text[end..];
        let word = rest.trim_start_matches([' ', '\t']);
        let length = word.find(|c: char| c.is_whitespace() || "\"&;".contains(c)).unwrap_or(word.len());
        if word.len() == rest.len() || length == 0 || word[..length].contains('=') {
            break;
        }
        end = text.len() - word.len() + length;
    }
    ("", end)
}

/// The place of the first such character that no backslash escapes.
fn unescaped(text: &str, wanted: impl Fn(char) -> bool) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let found = !escaped && wanted(c);
        escaped = !escaped && c == '\\';
        found.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{masked, shorten};

    #[test]
    fn no_secret_is_left_of_what_may_hold_one() {
        let cases: Value = serde_json::from_str(include_str!("../__test__/support/fixtures/secrets.json")).unwrap();
        for case in cases.as_array().unwrap() {
            let (text, expected) = (case[0].as_str().unwrap(), case[1].as_str().unwrap());
            assert_eq!(masked(text), expected, "{text}");
            assert_eq!(masked(expected), expected, "{text}, again");
        }
    }

    #[test]
    fn a_secret_is_masked_before_the_text_is_cut() {
        let url = format!("postgres://u:{}S3cret@h/x", "S3cret".repeat(1_000));
        assert_eq!(shorten(&url), "postgres://u:•••");
        assert_eq!(shorten(&"é".repeat(10_000)).chars().count(), 81);
    }
}
