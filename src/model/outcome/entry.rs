//! The entry of one failed attempt in the column `errors`.
//!
//! ```json
//! { "attempt": 1, "at": "…Z", "kind": "error", "name": "TypeError", "message": "…", "code": "ECONNRESET",
//!   "stack": "…", "cause": …, "attempted_at": "…Z", "attempted_by": ["node", "producer uuid"] }
//! ```
//! This module does not write `at`: the ack's statement adds it, by the database's clock.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::instant;
use crate::model::job::Job;
use crate::model::json::sanitise_json;

/// Why an attempt has an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The job threw.
    Error,
    /// The attempt exceeded its `timeout`.
    Timeout,
    /// The class could not be loaded.
    Load,
    Cancelled,
    Discarded,
    /// The thread or process died.
    Crash,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "timeout" => Self::Timeout,
            "load" => Self::Load,
            "cancelled" => Self::Cancelled,
            "discarded" => Self::Discarded,
            "crash" => Self::Crash,
            _ => Self::Error,
        }
    }
}

/// The error of an attempt. Job, attempt and claim are added when the entry is written.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorEntry {
    pub kind: Kind,
    /// The name of the error's class.
    pub name: String,
    pub message: String,
    pub stack: Option<String>,
    /// The error's cause, as far as the thread could serialize it.
    pub cause: Option<Value>,
    /// A text or a number, as `error.code` in Node.
    pub code: Option<Value>,
}

impl ErrorEntry {
    pub fn new(kind: Kind, name: &str, message: impl Into<String>) -> Self {
        Self { kind, name: name.to_owned(), message: message.into(), stack: None, cause: None, code: None }
    }

    /// Reads the entry that a thread sent: `{ name, message, stack?, cause?, code?, kind? }`. Any
    /// other value becomes the message.
    pub fn from_json(text: &str) -> Self {
        match serde_json::from_str(&sanitise_json(text)) {
            Ok(Value::Object(members)) => Self::of_members(members),
            Ok(Value::String(message)) => Self::new(Kind::Error, "Error", message),
            Ok(_) | Err(_) => Self::new(Kind::Error, "Error", text),
        }
    }

    fn of_members(mut members: Map<String, Value>) -> Self {
        let mut take = |key: &str| members.remove(key).filter(|value| !value.is_null());
        Self {
            kind: take("kind").map_or(Kind::Error, |kind| Kind::of(&into_text(kind))),
            name: take("name").map_or_else(|| "Error".to_owned(), into_text),
            message: take("message").map_or_else(String::new, into_text),
            stack: take("stack").map(into_text),
            cause: take("cause"),
            code: take("code"),
        }
    }

    /// JSON text of at most `most` bytes (`most` is at least 1,024) that `jsonb` accepts. If the
    /// whole entry is too long, the message may use half of the space, the cause a quarter, the
    /// stack the rest; each may also use what the previous ones leave.
    pub fn to_json(&self, job: &Job, most: usize) -> String {
        let whole = self.written(job, &self.message, self.stack.as_deref(), self.cause.as_ref());
        if whole.len() <= most {
            return whole;
        }
        let cause = self.cause.as_ref().map(|cause| match cause {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let room = most.saturating_sub(self.written(job, "", Some(""), Some(&Value::from(""))).len());
        let of_stack = self.stack.as_deref().map_or(0, json_len);
        let of_cause = cause.as_deref().map_or(0, json_len).min(room / 4);
        let of_message = json_len(&self.message).min((room / 2).max(room.saturating_sub(of_cause + of_stack)));
        let cause = cause.map(|text| Value::from(clip(&text, of_cause)));
        let stack = self.stack.as_deref().map(|text| clip(text, room - of_message - of_cause));
        self.written(job, &clip(&self.message, of_message), stack.as_deref(), cause.as_ref())
    }

    fn written(&self, job: &Job, message: &str, stack: Option<&str>, cause: Option<&Value>) -> String {
        const MAX_SHORT_CHARS: usize = 128;
        let code = self.code.as_ref().map(|code| match code {
            Value::Number(_) => code.clone(),
            other => Value::from(clip(&into_text(other.clone()), MAX_SHORT_CHARS)),
        });
        let written = Written {
            attempt: job.attempt,
            kind: self.kind,
            name: &clip(&self.name, MAX_SHORT_CHARS),
            message,
            code,
            stack,
            cause,
            attempted_at: &instant::to_text(job.attempted_at),
            attempted_by: &job.attempted_by,
        };
        let text = serde_json::to_string(&written).expect("texts, numbers and values have a JSON text");
        sanitise_json(&text).into_owned()
    }
}

#[derive(Serialize)]
struct Written<'a> {
    attempt: i32,
    kind: Kind,
    name: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a Value>,
    attempted_at: &'a str,
    attempted_by: &'a [String],
}

fn into_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The end of a cut text.
const CUT_MARK: &str = "… (cut)";

/// The start of a text whose JSON form takes at most `most` bytes without the quotes.
fn clip(text: &str, most: usize) -> Cow<'_, str> {
    if json_len(text) <= most {
        return Cow::Borrowed(text);
    }
    let room = most.saturating_sub(CUT_MARK.len());
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += char_len(*c);
        used > room
    });
    match end {
        _ if most < CUT_MARK.len() => Cow::Borrowed(""),
        Some((end, _)) => Cow::Owned(format!("{}{CUT_MARK}", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn json_len(text: &str) -> usize {
    text.chars().map(char_len).sum()
}

/// The number of bytes that a character takes in a JSON string.
fn char_len(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::job::sample;

    fn parsed(entry: &ErrorEntry, most: usize) -> Value {
        let text = entry.to_json(&sample(2, 20), most);
        assert!(text.len() <= most, "{} > {most}", text.len());
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn an_entry_has_its_attempt_and_claim() {
        let entry =
            ErrorEntry::from_json(r#"{"name":"TypeError","message":"no","stack":"at x","code":"E1","cause":{"a":1}}"#);
        assert_eq!(
            parsed(&entry, 8_192),
            json!({
                "attempt": 2, "kind": "error", "name": "TypeError", "message": "no", "stack": "at x", "code": "E1",
                "cause": { "a": 1 }, "attempted_at": "2024-01-01T00:00:00.000000Z", "attempted_by": ["node", "uuid"],
            })
        );
    }

    #[test]
    fn anything_becomes_an_entry() {
        for (text, name, message) in [
            ("{}", "Error", ""),
            (r#""plain""#, "Error", "plain"),
            ("42", "Error", "42"),
            ("null", "Error", "null"),
            ("not json", "Error", "not json"),
            (r#"{"name":7,"message":["x"],"stack":null}"#, "7", "[\"x\"]"),
            (r#"{"message":"a\u0000b\ud800"}"#, "Error", "a\u{fffd}b\u{fffd}"),
        ] {
            let entry = ErrorEntry::from_json(text);
            assert_eq!((entry.name.as_str(), entry.message.as_str(), entry.stack), (name, message, None), "{text}");
        }
        assert_eq!(ErrorEntry::from_json(r#"{"kind":"timeout"}"#).kind, Kind::Timeout);
        let deep = format!(r#"{{"message":"m","cause":{}1{}}}"#, "[".repeat(300), "]".repeat(300));
        assert!(ErrorEntry::from_json(&deep).message.contains("[[[["), "too deep to be parsed: the text itself");
    }

    #[test]
    fn a_long_entry_is_cut_to_its_bytes() {
        let long = ErrorEntry {
            kind: Kind::Error,
            name: "N".repeat(1_000),
            message: "\n\u{1}\"é".repeat(100_000),
            stack: Some("s".repeat(100_000)),
            cause: Some(json!({ "cause": "c".repeat(100_000) })),
            code: Some(json!("k".repeat(1_000))),
        };
        for most in [1_024, 8_192, 65_536] {
            let entry = parsed(&long, most);
            for key in ["name", "message", "stack", "cause", "code"] {
                assert!(entry[key].as_str().unwrap().ends_with(CUT_MARK), "{key} of {most}");
            }
            assert!(entry.to_string().len() > most - 32, "the room is used");
        }
    }

    #[test]
    fn what_is_short_leaves_its_room_to_the_others() {
        let mut entry = ErrorEntry::new(Kind::Error, "E", "m".repeat(100_000));
        assert!(parsed(&entry, 8_192)["message"].as_str().unwrap().len() > 7_900);
        entry.stack = Some("s".repeat(100));
        assert_eq!(parsed(&entry, 8_192)["stack"], json!("s".repeat(100)));
        entry.message = "short".to_owned();
        entry.stack = Some("s".repeat(100_000));
        assert!(parsed(&entry, 8_192)["stack"].as_str().unwrap().len() > 7_900);
    }

    #[test]
    fn a_nul_of_the_engine_itself_is_mended() {
        let entry = ErrorEntry::new(Kind::Crash, "Crash", "exit\0code");
        assert_eq!(parsed(&entry, 8_192)["message"], json!("exit\u{fffd}code"));
    }
}
