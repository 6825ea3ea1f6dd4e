//! Times in a search: `-1h`, `today`, `2026-11-20`, `2026-11-20T10:00`, and ranges of what has an
//! order.

use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta};

use crate::model::read;

/// A time, which may depend on the present and on a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// So many microseconds after the present; negative before it.
    FromNow(i64),
    /// An instant, in microseconds since 1970.
    At(i64),
    /// A local date and time, in the time zone of the search: `2026-11-20 10:00:00`.
    Local(String),
    /// The beginning of a day, in the time zone of the search: so many days after today.
    Day(i32),
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge<T> {
    pub value: T,
    pub is_included: bool,
}

/// A range; an end that is `None` is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span<T> {
    pub from: Option<Edge<T>>,
    pub until: Option<Edge<T>>,
}

impl<T: Clone> Span<T> {
    pub fn only(value: T) -> Self {
        let edge = Edge { value, is_included: true };
        Self { from: Some(edge.clone()), until: Some(edge) }
    }
}

/// What a word means: all from a moment until another, as days and minutes do, or an instant.
pub fn read(word: &str) -> Option<(Moment, Option<Moment>)> {
    match word {
        "now" => return Some((Moment::FromNow(0), None)),
        "today" => return Some((Moment::Day(0), Some(Moment::Day(1)))),
        "yesterday" => return Some((Moment::Day(-1), Some(Moment::Day(0)))),
        "tomorrow" => return Some((Moment::Day(1), Some(Moment::Day(2)))),
        _ => {}
    }
    let sign = word.chars().next().filter(|c| ['-', '+'].contains(c));
    if let Some(sign) = sign {
        let micros = i64::try_from(duration(&word[1..])?.as_micros()).ok()?;
        return Some((Moment::FromNow(if sign == '-' { -micros } else { micros }), None));
    }
    if let Ok(day) = word.parse::<NaiveDate>() {
        let next = day.succ_opt()?;
        let begin = |day: NaiveDate| Moment::Local(format!("{day} 00:00:00"));
        return in_range(day).then(|| (begin(day), Some(begin(next))));
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(word) {
        return in_range(at.date_naive()).then(|| (Moment::At(at.timestamp_micros()), None));
    }
    let minute = NaiveDateTime::parse_from_str(word, "%Y-%m-%dT%H:%M").ok();
    let local = minute.or_else(|| NaiveDateTime::parse_from_str(word, "%Y-%m-%dT%H:%M:%S%.f").ok())?;
    let show = |at: NaiveDateTime| Moment::Local(at.format("%Y-%m-%d %H:%M:%S%.6f").to_string());
    let next = minute.and_then(|it| it.checked_add_signed(TimeDelta::minutes(1)));
    in_range(local.date()).then(|| (show(local), next.map(show)))
}

/// The years that PostgreSQL reads and shows alike, in any time zone and with a day added.
fn in_range(day: NaiveDate) -> bool {
    (2..=9998).contains(&day.year())
}

/// `30s`, `1h30m`; up to a hundred years.
pub fn duration(text: &str) -> Option<Duration> {
    read::duration_of_text(text).filter(|it| *it <= read::MAX_DURATION)
}
