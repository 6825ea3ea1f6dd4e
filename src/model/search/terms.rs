//! Reads a term: what its qualifier is about, and what its values are.

use super::instants::{Moment, Span};
use super::numbers;
use super::problem::Problem;
use super::qualifiers::{Field, QUALIFIERS, Qualifier};
use super::texts::{self, JsonTest, TextTest};
use super::words::{Typed, TypedTerm, Word};
use crate::model::job::State;
use crate::model::read::nearest;

/// A condition, or its negation.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Where it stands in the search, in bytes.
    pub at: usize,
    pub until: usize,
    pub is_negated: bool,
    pub condition: Condition,
}

/// What a job must meet; lists are alternatives.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    States(Vec<State>),
    /// [`Field::Queue`], [`Field::Worker`], [`Field::Node`], [`Field::Cron`] or [`Field::Error`].
    Text(Field, Vec<TextTest>),
    Tags(Vec<String>),
    /// Of failures.
    Fingerprints(Vec<String>),
    /// [`Field::Id`], [`Field::Priority`], [`Field::Attempt`] or [`Field::MaxAttempts`]; for
    /// [`Field::Duration`] and [`Field::Wait`] microseconds.
    Number(Field, Vec<Span<i64>>),
    /// [`Field::Args`] or [`Field::Meta`], at a path.
    Json(Field, Vec<String>, Vec<JsonTest>),
    /// The documents with their paths: `["args", "user_id"]`.
    Has(Vec<Vec<String>>),
    /// [`Field::Inserted`], [`Field::Scheduled`], [`Field::Attempted`] or [`Field::Finished`].
    Time(Field, Vec<Span<Moment>>),
    Flags(Vec<Flag>),
}

/// A property of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// Executing, and no node has its claim.
    Orphaned,
    /// Taken from a lost node.
    Rescued,
    /// Its thread, process or node died in an attempt.
    Crashed,
    Snoozed,
    Retried,
    /// Not final, and without a further attempt.
    LastAttempt,
    /// Executing, and its cancellation was requested.
    Cancelling,
    Unique,
    Cron,
}

const FLAGS: [(&str, Flag); 9] = [
    ("orphaned", Flag::Orphaned),
    ("rescued", Flag::Rescued),
    ("crashed", Flag::Crashed),
    ("snoozed", Flag::Snoozed),
    ("retried", Flag::Retried),
    ("last-attempt", Flag::LastAttempt),
    ("cancelling", Flag::Cancelling),
    ("unique", Flag::Unique),
    ("cron", Flag::Cron),
];

/// The names of all properties.
pub const FLAG_NAMES: [&str; FLAGS.len()] = {
    let mut names = [""; FLAGS.len()];
    let mut n = 0;
    while n < FLAGS.len() {
        names[n] = FLAGS[n].0;
        n += 1;
    }
    names
};

pub fn read(term: &TypedTerm) -> Result<Term, Problem> {
    let condition = match term.key.split_first() {
        None => plain(&term.values)?,
        Some((name, path)) => qualified(name, path, &term.values)?,
    };
    Ok(Term { at: term.place.start, until: term.place.end, is_negated: term.is_negated, condition })
}

/// Ids if all are numbers, else parts of names.
fn plain(values: &[Typed]) -> Result<Condition, Problem> {
    let is_id = |it: &Typed| !it.word.is_quoted && it.word.text.parse::<i64>().is_ok_and(|id| id > 0);
    if values.iter().all(is_id) {
        return Ok(Condition::Number(Field::Id, all(values, numbers::integers)?));
    }
    Ok(Condition::Text(Field::Worker, all(values, texts::part)?))
}

fn qualified(name: &Word, path: &[Word], values: &[Typed]) -> Result<Condition, Problem> {
    let Some(Qualifier { field, .. }) = Qualifier::named(&name.text) else {
        let known: Vec<&str> = QUALIFIERS.iter().map(|it| it.name).collect();
        let message = format!("expected one of {}, or a quoted value, got {:?}", known.join(", "), name.text);
        return Err(Problem::at(name.place.clone(), message).suggesting(nearest(&name.text, &known)));
    };
    let is_document = matches!(field, Field::Args | Field::Meta);
    if is_document && path.is_empty() {
        let message = format!("expected a path, such as {}.user_id:1, got {:?} alone", name.text, name.text);
        return Err(Problem::at(name.place.clone(), message));
    }
    if let Some(first) = path.first().filter(|_| !is_document) {
        let message = format!("expected a colon after {:?}, got a path", name.text);
        return Err(Problem::at(first.place.clone(), message));
    }
    Ok(match *field {
        Field::State => Condition::States(all(values, texts::states)?.concat()),
        field @ (Field::Queue | Field::Worker | Field::Node | Field::Cron) => {
            Condition::Text(field, all(values, texts::name)?)
        }
        Field::Error => Condition::Text(Field::Error, all(values, texts::part)?),
        Field::Fingerprint => Condition::Fingerprints(all(values, texts::exact)?),
        Field::Tag => Condition::Tags(all(values, texts::exact)?),
        field @ (Field::Id | Field::Priority | Field::Attempt | Field::MaxAttempts) => {
            Condition::Number(field, all(values, numbers::integers)?)
        }
        field @ (Field::Duration | Field::Wait) => Condition::Number(field, all(values, numbers::durations)?),
        field @ (Field::Args | Field::Meta) => {
            let path = path.iter().map(|word| word.text.clone()).collect();
            Condition::Json(field, path, all(values, texts::json)?)
        }
        Field::Has => Condition::Has(all(values, texts::path)?),
        field @ (Field::Inserted | Field::Scheduled | Field::Attempted | Field::Finished) => {
            Condition::Time(field, all(values, numbers::moments)?)
        }
        Field::Is => Condition::Flags(all(values, |typed| texts::one_of(typed, &FLAGS))?),
    })
}

fn all<T>(values: &[Typed], read: impl Fn(&Typed) -> Result<T, Problem>) -> Result<Vec<T>, Problem> {
    values.iter().map(read).collect()
}
