//! Reads values that have an order: `3`, `>3`, `3..5`, and alike for durations and times.

use super::instants::{self, Edge, Moment, Span};
use super::problem::Problem;
use super::words::{Relation, Typed};

/// A range of what `read` makes of each word.
fn span<T: Clone>(
    Typed { relation, word }: &Typed,
    what: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Span<T>, Problem> {
    let refuse = || Problem::at(word.place.clone(), format!("expected {what}, got {:?}", word.text));
    let value = |text: &str| read(text).ok_or_else(refuse);
    let edge = |text: &str, is_included| value(text).map(|value| Some(Edge { value, is_included }));
    if *relation == Relation::Is
        && let Some((from, until)) = word.text.split_once("..").filter(|_| !word.is_quoted)
    {
        if from.is_empty() && until.is_empty() {
            return Err(refuse());
        }
        let side = |text: &str| if text.is_empty() { Ok(None) } else { edge(text, true) };
        return Ok(Span { from: side(from)?, until: side(until)? });
    }
    Ok(match relation {
        Relation::Is => Span::only(value(&word.text)?),
        Relation::Above => Span { from: edge(&word.text, false)?, until: None },
        Relation::AtLeast => Span { from: edge(&word.text, true)?, until: None },
        Relation::Below => Span { from: None, until: edge(&word.text, false)? },
        Relation::AtMost => Span { from: None, until: edge(&word.text, true)? },
        Relation::Contains => return Err(refuse()),
    })
}

pub fn integers(typed: &Typed) -> Result<Span<i64>, Problem> {
    span(typed, "an integer, such as 3, >3 or 3..5", |text| text.parse().ok())
}

/// In microseconds.
pub fn durations(typed: &Typed) -> Result<Span<i64>, Problem> {
    span(typed, "a duration, such as >30s or 1m..5m", |text| {
        instants::duration(text).and_then(|it| i64::try_from(it.as_micros()).ok())
    })
}

/// A day alone means all of it; as the end of a range it is included.
pub fn moments(typed: &Typed) -> Result<Span<Moment>, Problem> {
    let what = "a time, such as >-1h, today, 2026-11-20 or 2026-11-20T10:00..now";
    let Span { from, until } = span(typed, what, instants::read)?;
    let from = from.map(|Edge { value: (first, after), is_included }| match after {
        // After a day: from the beginning of the next.
        Some(after) if !is_included => Edge { value: after, is_included: true },
        _ => Edge { value: first, is_included },
    });
    let until = until.map(|Edge { value: (first, after), is_included }| match after {
        Some(after) if is_included => Edge { value: after, is_included: false },
        _ => Edge { value: first, is_included },
    });
    Ok(Span { from, until })
}
