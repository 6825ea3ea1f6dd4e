//! Reads values that are texts, JSON, paths or one of a list.

use serde_json::Value;

use super::problem::Problem;
use super::words::{Relation, Typed, Word};
use super::{Edge, Span};
use crate::model::job::State;
use crate::model::json;
use crate::model::read::nearest;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextTest {
    Is(String),
    StartsWith(String),
    /// Upper and lower case are the same.
    Contains(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonTest {
    /// The text of a scalar. It is met by an array that has the scalar, too.
    Is(String),
    /// A string with this part; upper and lower case are the same.
    Contains(String),
    /// A number, as text, so that none is rounded.
    Between(Span<String>),
}

/// A name: all of it, its beginning (`mail*`) or a part of it (`~mail`).
pub fn name(typed: &Typed) -> Result<TextTest, Problem> {
    let Typed { relation, word } = typed;
    storable(word)?;
    match relation {
        Relation::Contains => Ok(TextTest::Contains(word.text.clone())),
        Relation::Is => Ok(match word.text.strip_suffix('*') {
            Some(beginning) if !word.is_quoted => TextTest::StartsWith(beginning.to_owned()),
            _ => TextTest::Is(word.text.clone()),
        }),
        _ => Err(unordered(word, "a name, such as emails, mail* or ~mail")),
    }
}

/// A part of a text, with `~` or without.
pub fn part(typed: &Typed) -> Result<TextTest, Problem> {
    storable(&typed.word)?;
    match typed.relation {
        Relation::Contains | Relation::Is => Ok(TextTest::Contains(typed.word.text.clone())),
        _ => Err(unordered(&typed.word, "a part of the text, such as timeout")),
    }
}

/// A value as it is.
pub fn exact(typed: &Typed) -> Result<String, Problem> {
    storable(&typed.word)?;
    match typed.relation {
        Relation::Is => Ok(typed.word.text.clone()),
        _ => Err(unordered(&typed.word, "the whole text, such as vip")),
    }
}

/// One of a list.
pub fn one_of<T: Copy>(typed: &Typed, known: &[(&'static str, T)]) -> Result<T, Problem> {
    let Typed { relation, word } = typed;
    let found = known.iter().find(|(name, _)| *name == word.text).filter(|_| *relation == Relation::Is);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let message = format!("expected one of {}, got {:?}", names.join(", "), word.text);
        Problem::at(word.place.clone(), message).suggesting(nearest(&word.text, &names))
    })
}

/// The states that a word names; a group has several.
pub fn states(typed: &Typed) -> Result<Vec<State>, Problem> {
    let mut known: Vec<(&str, Option<State>)> = State::ALL.iter().map(|it| (it.as_str(), Some(*it))).collect();
    known.extend([("live", None), ("final", None)]);
    let is_final = typed.word.text == "final";
    Ok(match one_of(typed, &known)? {
        Some(state) => vec![state],
        None => State::ALL.into_iter().filter(|it| it.is_terminal() == is_final).collect(),
    })
}

/// A value in a JSON document. A quoted word is a string; `1`, `true` and `null` are what JSON makes of them.
pub fn json(typed: &Typed) -> Result<JsonTest, Problem> {
    let Typed { relation, word } = typed;
    storable(word)?;
    let number = |text: &str| (is_number(text) && json::obstacle(text).is_none()).then(|| text.to_owned());
    let edge = |text: &str, is_included| {
        let what = "a number, or a text after ~";
        let value = number(text).filter(|_| !word.is_quoted).ok_or_else(|| unordered(word, what))?;
        Ok(Some(Edge { value, is_included }))
    };
    let between = |from, until| Ok(JsonTest::Between(Span { from, until }));
    match relation {
        Relation::Contains => Ok(JsonTest::Contains(word.text.clone())),
        Relation::Above => between(edge(&word.text, false)?, None),
        Relation::AtLeast => between(edge(&word.text, true)?, None),
        Relation::Below => between(None, edge(&word.text, false)?),
        Relation::AtMost => between(None, edge(&word.text, true)?),
        Relation::Is => {
            let sides = word.text.split_once("..").filter(|_| !word.is_quoted);
            if let Some((from, until)) =
                sides.filter(|(a, b)| [a, b].iter().all(|it| it.is_empty() || is_number(it)) && (*a, *b) != ("", ""))
            {
                let side = |text: &str| if text.is_empty() { Ok(None) } else { edge(text, true) };
                return between(side(from)?, side(until)?);
            }
            let is_plain =
                !word.is_quoted && (is_number(&word.text) || ["true", "false", "null"].contains(&&*word.text));
            Ok(JsonTest::Is(if is_plain { word.text.clone() } else { Value::from(&*word.text).to_string() }))
        }
    }
}

/// `args.user_id`: a document and a path in it.
pub fn path(typed: &Typed) -> Result<Vec<String>, Problem> {
    let Typed { relation, word } = typed;
    storable(word)?;
    let path: Vec<String> = word.text.split('.').map(str::to_owned).collect();
    let is_path = *relation == Relation::Is && path.len() > 1 && path.iter().all(|it| !it.is_empty());
    if is_path && ["args", "meta"].contains(&&*path[0]) {
        return Ok(path);
    }
    let message = format!("expected a path, such as args.user_id or meta.tenant, got {:?}", word.text);
    Err(Problem::at(word.place.clone(), message))
}

/// Whether JSON reads the text as a number.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}

/// PostgreSQL stores no NUL.
fn storable(word: &Word) -> Result<(), Problem> {
    if word.text.contains('\0') {
        return Err(Problem::at(word.place.clone(), "expected a value without NUL characters".to_owned()));
    }
    Ok(())
}

fn unordered(word: &Word, what: &str) -> Problem {
    Problem::at(word.place.clone(), format!("expected {what}, got {:?}", word.text))
}
