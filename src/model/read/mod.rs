//! Reads options from JSON and rejects invalid values, with the path of each.
//!
//! Every message is `<path>: expected <what>, got <what>`. `null` means absent, because JSON has no
//! `undefined`.

mod duration;

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::model::json::{self, path};
pub use crate::text::shorten;

pub use duration::{MAX_DURATION, Unit, duration_of_text};

/// The kind of the options, which decides the error: `Error::Config` or `Error::Job`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Config,
    Job,
}

impl Owner {
    pub fn error(self, message: String) -> Error {
        match self {
            Self::Config => Error::Config(message),
            Self::Job => Error::Job(message),
        }
    }

    /// Parses a text and rejects what `jsonb` cannot store; `root` is the path of the whole.
    pub fn parse(self, root: &str, text: &str) -> Result<Value> {
        self.storable(root, text)?;
        serde_json::from_str(text)
            .map_err(|e| self.error(format!("{}: expected JSON, got {:?} ({e})", subject(root), shorten(text))))
    }

    /// Rejects what `jsonb` cannot store, at its path.
    pub fn storable(self, root: &str, text: &str) -> Result<()> {
        json::obstacle(text).map_or(Ok(()), |found| {
            let path = path::at_offset(text, found.at, root);
            Err(self.error(format!(
                "{}: expected what PostgreSQL can store as jsonb, got {}",
                subject(&path),
                found.what
            )))
        })
    }
}

/// The subject of a message; an empty path stands for all options.
fn subject(path: &str) -> &str {
    if path.is_empty() { "options" } else { path }
}

/// A value and its path.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    value: &'a Value,
    path: String,
    owner: Owner,
}

impl<'a> Reader<'a> {
    /// If `path` is empty, the members of the value are at the top level.
    pub fn new(owner: Owner, path: &str, value: &'a Value) -> Self {
        Self { value, path: path.to_owned(), owner }
    }

    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// Another value at the same path: the meaning of an option that is not an object.
    pub fn with<'b>(&self, value: &'b Value) -> Reader<'b> {
        Reader { value, path: self.path.clone(), owner: self.owner }
    }

    pub fn owner(&self) -> Owner {
        self.owner
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// `<path>: expected <what>, got <the value>`
    pub fn expected(&self, what: &str) -> Error {
        let message = format!("expected {what}, got {}", shorten(&self.value.to_string()));
        self.owner.error(format!("{}: {message}", subject(&self.path)))
    }

    /// `<path>: <message>`
    pub fn refuse(&self, message: &str) -> Error {
        let path = &self.path;
        self.owner.error(if path.is_empty() { message.to_owned() } else { format!("{path}: {message}") })
    }

    pub fn object(&self) -> Result<&'a Map<String, Value>> {
        self.value.as_object().ok_or_else(|| self.expected("an object"))
    }

    /// Rejects a value that is not an object, or has other keys than these.
    pub fn only(&self, known: &[&str]) -> Result<()> {
        self.object()?
            .keys()
            .find(|key| !known.contains(&key.as_str()))
            .map_or(Ok(()), |key| Err(self.unknown(key, known)))
    }

    fn unknown(&self, key: &str, known: &[&str]) -> Error {
        let hint = nearest(key, known)
            .map_or_else(|| format!("; known are {}", known.join(", ")), |name| format!(", did you mean {name:?}?"));
        self.refuse(&format!("unknown option {:?}{hint}", shorten(key)))
    }

    /// The member of this key; `None` if it is absent or `null`.
    pub fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Self { value, path: path::member(&self.path, key), owner: self.owner })
    }

    /// The member of this key; an error if it is absent.
    pub fn need(&self, key: &str, what: &str) -> Result<Self> {
        self.get(key)
            .ok_or_else(|| self.owner.error(format!("{}: expected {what}, got nothing", path::member(&self.path, key))))
    }

    /// The members of an object.
    pub fn members(&self) -> Result<Vec<(&'a str, Self)>> {
        let member = |(key, value): (&'a String, &'a Value)| {
            (key.as_str(), Self { value, path: path::member(&self.path, key), owner: self.owner })
        };
        Ok(self.object()?.iter().map(member).collect())
    }

    /// The elements of an array.
    pub fn elements(&self, what: &str) -> Result<Vec<Self>> {
        let values = self.value.as_array().ok_or_else(|| self.expected(what))?;
        let element = |(index, value)| Self { value, path: path::element(&self.path, index), owner: self.owner };
        Ok(values.iter().enumerate().map(element).collect())
    }

    /// Whether the value is `false`, which removes a value that is set elsewhere.
    pub fn is_false(&self) -> bool {
        *self.value == Value::Bool(false)
    }

    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        self.get(key).map(|it| it.value.as_bool().ok_or_else(|| it.expected("true or false"))).transpose()
    }

    /// The text, if its length in characters is within `length`.
    pub fn as_text(&self, length: RangeInclusive<usize>) -> Result<&'a str> {
        let fits = |text: &&str| length.contains(&text.chars().count());
        self.value.as_str().filter(fits).ok_or_else(|| match (*length.start(), *length.end()) {
            (1, usize::MAX) => self.expected("a text that is not empty"),
            (least, most) => self.expected(&format!("a text of {least} to {most} characters")),
        })
    }

    /// A list of up to `most` strings within `length`; duplicates are dropped.
    pub fn texts(&self, what: &str, most: usize, length: RangeInclusive<usize>) -> Result<Vec<String>> {
        let elements = self.elements(what)?;
        if elements.len() > most {
            return Err(self.refuse(&format!("expected at most {most} entries, got {}", elements.len())));
        }
        let mut texts: Vec<String> = Vec::with_capacity(elements.len());
        for element in elements {
            let text = element.as_text(length.clone())?;
            if !texts.iter().any(|known| known == text) {
                texts.push(text.to_owned());
            }
        }
        Ok(texts)
    }

    pub fn text(&self, key: &str, length: RangeInclusive<usize>) -> Result<Option<&'a str>> {
        self.get(key).map(|it| it.as_text(length)).transpose()
    }

    pub fn as_integer(&self, range: RangeInclusive<i64>) -> Result<i64> {
        let (least, most) = (*range.start(), *range.end());
        let whole = self.value.as_i64().or_else(|| self.value.as_f64().and_then(whole));
        match whole {
            Some(n) if range.contains(&n) => Ok(n),
            Some(n) if n > most => Err(self.expected(&format!("an integer of at most {most}"))),
            _ if least == 1 => Err(self.expected("a positive integer")),
            _ if most < 1_000 => Err(self.expected(&format!("an integer from {least} to {most}"))),
            _ => Err(self.expected(&format!("an integer of {least} or more"))),
        }
    }

    /// An integer in the range, which must fit the caller's type.
    pub fn integer<T: TryFrom<i64>>(&self, key: &str, range: RangeInclusive<i64>) -> Result<Option<T>> {
        let Some(it) = self.get(key) else { return Ok(None) };
        let n = it.as_integer(range)?;
        T::try_from(n).map(Some).map_err(|_| it.expected("an integer within the range of its type"))
    }

    pub fn number(&self, key: &str, least: f64, most: f64) -> Result<Option<f64>> {
        let Some(it) = self.get(key) else { return Ok(None) };
        let number = it.value.as_f64().filter(|n| (least..=most).contains(n));
        number.map(Some).ok_or_else(|| it.expected(&format!("a number from {least} to {most}")))
    }

    /// One of the given words.
    pub fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T> {
        let found = words.iter().find(|(word, _)| self.value.as_str() == Some(word));
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let quoted: Vec<_> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
            let all = quoted.split_last().map_or(String::new(), |(last, rest)| {
                if rest.is_empty() { last.clone() } else { format!("{} or {last}", rest.join(", ")) }
            });
            self.expected(&all)
        })
    }
}

/// Reads a float without a fraction, because JavaScript's `1e3` and `5.0` are integers too.
fn whole(n: f64) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation)] // within 2^53, and without a fraction
    (n.fract() == 0.0 && n.abs() <= 9_007_199_254_740_991.0).then_some(n as i64)
}

/// The known word that is most similar to `word`.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let squashed = squash(word);
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&squashed, &squash(name)), *name))
        .filter(|(distance, name)| distance * 3 <= squashed.len().min(name.len()).max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Removes what separates words, so that `rescueAfter` finds `rescue_after`.
fn squash(word: &str) -> String {
    word.chars().take(64).filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_misspelt_word_finds_its_neighbour() {
        let known = ["queue", "queues", "max_attempts", "rescue_after", "url"];
        for (word, found) in [
            ("qeues", Some("queues")),
            ("quue", Some("queue")),
            ("maxAttempts", Some("max_attempts")),
            ("MAX_ATEMPTS", Some("max_attempts")),
            ("rescue_afer", Some("rescue_after")),
            ("uri", Some("url")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &known), found, "{word}");
        }
    }

    #[test]
    fn long_values_are_shortened_in_messages() {
        let value = json!({ "a": "é".repeat(1_000) });
        let reader = Reader::new(Owner::Job, "X", &value);
        let message = reader.get("a").unwrap().expected("less").to_string();
        assert!(message.starts_with("X.a: expected less, got \"é"), "{message}");
        assert!(message.chars().count() < 120);
        assert!(reader.only(&["b"]).is_err());
    }

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        let value = json!({ "a": 5.0, "b": 1e3, "c": 5.5, "d": "5", "e": 1e300, "f": u64::MAX });
        let reader = Reader::new(Owner::Config, "", &value);
        assert_eq!(reader.integer("a", 1..=9).unwrap(), Some(5_u32));
        assert_eq!(reader.integer("b", 1..=9_999).unwrap(), Some(1_000_i64));
        assert_eq!(reader.integer::<u32>("z", 1..=9).unwrap(), None);
        for key in ["c", "d", "e", "f"] {
            assert!(reader.integer::<i64>(key, 0..=i64::MAX).is_err(), "{key}");
        }
    }

    #[test]
    fn what_cannot_be_stored_is_refused_at_its_path() {
        let message = Owner::Config.parse("", r#"{"a":[{"b":"\u0000"}]}"#).unwrap_err().to_string();
        assert_eq!(message, "a[0].b: expected what PostgreSQL can store as jsonb, got a NUL character (\\u0000)");
        let message = Owner::Config.parse("", "\"\\u0000\"").unwrap_err().to_string();
        assert_eq!(message, "options: expected what PostgreSQL can store as jsonb, got a NUL character (\\u0000)");
        assert!(Owner::Config.parse("", "{").unwrap_err().to_string().starts_with("options: expected JSON, got \"{\""));
    }
}
