//! What stands at the caret of a search that may not be complete yet.

use std::ops::Range;

use crate::model::search::{Field, Qualifier};

/// What the word at the caret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// The beginning of a qualifier.
    Key(String),
    /// Of `args` or `meta`: the keys before the caret, and the beginning of the next one.
    Path {
        document: String,
        path: Vec<String>,
        prefix: String,
    },
    /// A value of a qualifier, at a path of `args` or `meta`; and the other values of the term.
    Value {
        field: Field,
        path: Vec<String>,
        prefix: String,
        taken: Vec<String>,
    },
    Nothing,
}

/// The word at the caret, and where it is, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub word: Range<usize>,
    pub asked: Asked,
    /// The search without the term at the caret.
    pub others: String,
}

impl Place {
    /// Of a caret in bytes, at the boundary of a character.
    pub fn at(text: &str, caret: usize) -> Self {
        let marks = marks(text);
        let is = |at: &usize, kind: Mark| marks.iter().any(|(place, mark)| place == at && *mark == kind);
        let before = |kind: Mark, least: usize| {
            marks.iter().rev().find(|(at, mark)| *at < caret && *at >= least && *mark == kind).map(|(at, _)| at + 1)
        };
        let after = |kind: Mark, most: usize| {
            marks.iter().find(|(at, mark)| *at >= caret && *at < most && *mark == kind).map_or(most, |(at, _)| *at)
        };
        let blank_len = |at: usize| text[at..].chars().next().map_or(1, char::len_utf8);
        let start = marks
            .iter()
            .rev()
            .find(|(at, mark)| *at < caret && *mark == Mark::Blank)
            .map_or(0, |(at, _)| at + blank_len(*at));
        let end = after(Mark::Blank, text.len());
        let others = format!("{} {}", &text[..start], &text[end..]).trim().to_owned();
        let key_start = start + usize::from(text[start..end].starts_with('-'));
        let colon = (key_start..end).find(|at| is(at, Mark::Colon));
        let place = |word, asked| Self { word, asked, others: others.clone() };
        if caret < key_start {
            return place(caret..caret, Asked::Nothing);
        }
        let Some(colon) = colon.filter(|colon| *colon < caret) else {
            // Also the colon is replaced, which each qualifier brings.
            let word = key_start..colon.map_or(end, |colon| colon + 1);
            return place(word, key(&text[key_start..caret]));
        };
        let value_start = before(Mark::Comma, colon + 1).unwrap_or(colon + 1);
        let value_end = after(Mark::Comma, end);
        let relation = text[value_start..value_end].find(|c| !"<>=~".contains(c)).unwrap_or(value_end - value_start);
        let from = (value_start + relation).min(caret);
        let mut taken: Vec<String> = vec![];
        let mut at = colon + 1;
        for comma in (colon + 1..end).filter(|at| is(at, Mark::Comma)).chain([end]) {
            if at != value_start {
                taken.push(unquoted(&text[at..comma]));
            }
            at = comma + 1;
        }
        let mut names = split(&text[key_start..colon]).into_iter();
        let name = names.next().unwrap_or_default();
        let asked = Qualifier::named(&name).map_or(Asked::Nothing, |it| Asked::Value {
            field: it.field,
            path: names.collect(),
            prefix: unquoted(&text[from..caret]),
            taken,
        });
        place(from..value_end, asked)
    }
}

/// What a character outside quotes separates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Blank,
    Colon,
    Comma,
}

fn marks(text: &str) -> Vec<(usize, Mark)> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let mut marks = vec![];
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            ':' => marks.push((at, Mark::Colon)),
            ',' => marks.push((at, Mark::Comma)),
            c if c.is_whitespace() => marks.push((at, Mark::Blank)),
            _ => {}
        }
    }
    marks
}

fn key(text: &str) -> Asked {
    let mut words = split(text);
    let prefix = words.pop().unwrap_or_default();
    match words.split_first() {
        None => Asked::Key(prefix),
        Some((document, path)) if document == "args" || document == "meta" => {
            Asked::Path { document: document.clone(), path: path.to_vec(), prefix }
        }
        Some(_) => Asked::Nothing,
    }
}

/// The words between dots outside quotes.
fn split(text: &str) -> Vec<String> {
    let mut words = vec![];
    let (mut start, mut is_quoted, mut is_escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => {
                words.push(unquoted(&text[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(unquoted(&text[start..]));
    words
}

/// The text of a word, whose closing quote may be missing yet.
fn unquoted(word: &str) -> String {
    let Some(inner) = word.strip_prefix('"') else { return word.to_owned() };
    let mut text = String::new();
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => text.extend(rest.next()),
            c => text.push(c),
        }
    }
    text
}
