//! Splits a search into its terms, and those into words with their places.

use std::ops::Range;

use super::problem::Problem;

/// A piece of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub is_quoted: bool,
    pub place: Range<usize>,
}

/// What a value says about its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Is,
    Contains,
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// A value as it was typed. A range stays one word, because only some fields have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    pub relation: Relation,
    pub word: Word,
}

/// A term as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedTerm {
    pub place: Range<usize>,
    pub is_negated: bool,
    /// The words of the qualifier: `["args", "user_id"]`; empty if there is none.
    pub key: Vec<Word>,
    pub values: Vec<Typed>,
}

/// The prefixes of a value; longer ones first.
const RELATIONS: [(&str, Relation); 5] = [
    (">=", Relation::AtLeast),
    ("<=", Relation::AtMost),
    (">", Relation::Above),
    ("<", Relation::Below),
    ("~", Relation::Contains),
];

pub fn split(text: &str) -> Result<Vec<TypedTerm>, Problem> {
    let mut input = Input { text, at: 0 };
    let mut terms = vec![];
    loop {
        input.skip_blanks();
        if input.rest().is_empty() {
            return Ok(terms);
        }
        terms.push(input.term()?);
    }
}

struct Input<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Input<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        self.at += if found { prefix.len() } else { 0 };
        found
    }

    fn term(&mut self) -> Result<TypedTerm, Problem> {
        let start = self.at;
        let is_negated = self.eat("-");
        let before = self.at;
        let key = self.key()?.unwrap_or_else(|| {
            self.at = before;
            vec![]
        });
        let mut values = vec![self.value()?];
        while self.eat(",") {
            values.push(self.value()?);
        }
        Ok(TypedTerm { place: start..self.at, is_negated, key, values })
    }

    /// The words before a colon; `None` if no qualifier comes next.
    fn key(&mut self) -> Result<Option<Vec<Word>>, Problem> {
        let mut words: Vec<Word> = vec![];
        loop {
            let word = if self.rest().starts_with('"') {
                if words.is_empty() {
                    return Ok(None);
                }
                self.quoted()?
            } else {
                let is_first = words.is_empty();
                self.bare(|c| c.is_alphanumeric() || c == '_' || (c == '-' && !is_first) || (!is_first && c == '$'))
            };
            if word.text.is_empty() && !word.is_quoted {
                return Ok(None);
            }
            words.push(word);
            if self.eat(":") {
                return Ok(Some(words));
            }
            if !self.eat(".") {
                return Ok(None);
            }
        }
    }

    fn value(&mut self) -> Result<Typed, Problem> {
        let found = RELATIONS.into_iter().find(|(prefix, _)| self.eat(prefix));
        let relation = found.map_or(Relation::Is, |(_, relation)| relation);
        let word = if self.rest().starts_with('"') { self.quoted()? } else { self.bare(|c| c != ',') };
        if word.text.is_empty() && !word.is_quoted {
            let place = word.place.start.saturating_sub(1)..word.place.end;
            return Err(Problem::at(place, "expected a value, got none".to_owned()));
        }
        let next = self.rest().chars().next();
        if let Some(next) = next.filter(|c| !c.is_whitespace() && *c != ',') {
            let message = format!("expected a blank or a comma after a quoted value, got {next:?}");
            return Err(Problem::at(self.at..self.at + next.len_utf8(), message));
        }
        Ok(Typed { relation, word })
    }

    /// Characters up to a blank, as long as they are allowed.
    fn bare(&mut self, is_allowed: impl Fn(char) -> bool) -> Word {
        let start = self.at;
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || !is_allowed(c)).unwrap_or(rest.len());
        self.at += end;
        Word { text: rest[..end].to_owned(), is_quoted: false, place: start..self.at }
    }

    fn quoted(&mut self) -> Result<Word, Problem> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + at + 1;
                    return Ok(Word { text, is_quoted: true, place: start..self.at });
                }
                '\\' => match chars.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(Problem::at(start..self.text.len(), "expected a closing \" of the value, got the end".to_owned()))
    }
}
