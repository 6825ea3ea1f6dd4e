//! Parses `host=localhost password='it\'s a secret'` as libpq does; also the list of pairs to which
//! both forms of a connection string are reduced.
//!
//! PostgreSQL manual, chapter libpq, "Keyword/Value Connection Strings".

use crate::error::{Error, Result};

/// Keywords and values in the order of the text; later ones take precedence.
#[derive(Default)]
pub(super) struct Pairs {
    pub list: Vec<(String, String)>,
    /// Whether a part of an unquoted password may have been parsed as a keyword or a value, so that
    /// errors must not quote it.
    pub guarded: bool,
}

impl Pairs {
    pub fn push(&mut self, key: String, value: String) {
        self.list.push((key, value));
    }

    /// Adds a part of a URI; an empty part counts as not given.
    pub fn push_given(&mut self, key: &str, value: String) {
        if !value.is_empty() {
            self.push(key.into(), value);
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Pairs> {
    let mut pairs = Pairs::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let Some(after) = after.trim_start().strip_prefix('=') else {
            return Err(refuse(text, rest, r#"expected "=" after a keyword, got none"#));
        };
        let after = after.trim_start();
        let quoted = after.strip_prefix('\'');
        let (value, after) = match quoted {
            Some(inner) => {
                quoted_value(inner).ok_or_else(|| refuse(text, after, "expected a closing quote, got none"))?
            }
            None => plain_value(after),
        };
        pairs.guarded |= key == "password" && quoted.is_none();
        pairs.push(key.into(), value);
        rest = after.trim_start();
    }
    Ok(pairs)
}

/// Names the position, not the text, which may be a part of the password.
fn refuse(text: &str, rest: &str, what: &str) -> Error {
    let place = text.len() - rest.len() + 1;
    Error::Config(format!("url: {what}, at character {place}; quote values that hold spaces: password='a b'"))
}

fn quoted_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '\'' => return Some((value, chars.as_str())),
            '\\' => value.push(chars.next()?),
            c => value.push(c),
        }
    }
}

fn plain_value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.chars();
    let mut rest = text;
    while let Some(c) = chars.next() {
        match c {
            c if c.is_ascii_whitespace() => break,
            '\\' => value.extend(chars.next()),
            c => value.push(c),
        }
        rest = chars.as_str();
    }
    (value, rest)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn strings_are_read_as_libpq_reads_them() {
        for (text, expected) in [
            ("", ""),
            (
                "host=localhost port=5432 dbname=mydb connect_timeout=10",
                "host:localhost|port:5432|dbname:mydb|connect_timeout:10",
            ),
            ("host = localhost\n\tport =  1 ", "host:localhost|port:1"),
            (r"password='it\'s a \\ secret' user=x", r"password:it's a \ secret|user:x"),
            (r"password=a\ b\\c\'d", r"password:a b\c'd"),
            ("user='' dbname=x", "user:|dbname:x"),
            ("user= dbname=x", "user:dbname=x"),
            ("user='a'dbname='b'", "user:a|dbname:b"),
            ("options='-c geqo=off' host=/tmp", "options:-c geqo=off|host:/tmp"),
            (r"user=a\", "user:a"),
        ] {
            let pairs = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            let got: Vec<_> = pairs.list.iter().map(|(key, value)| format!("{key}:{value}")).collect();
            assert_eq!(got.join("|"), expected, "{text}");
        }
    }

    #[test]
    fn broken_strings_are_refused_by_place_and_never_quoted() {
        for (text, place) in
            [("mydb", 1), ("password=my hush", 13), ("user=a password='hush", 17), (r"password='hush\'", 10)]
        {
            let error = parse(text).err().expect(text).to_string();
            assert!(error.contains(&format!("at character {place}")), "{text}: {error}");
            assert!(!error.contains("hush"), "{text}: {error}");
        }
    }
}
