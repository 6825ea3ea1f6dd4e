//! Cron expressions and time zones.
//!
//! `minute hour day month weekday`, separated by blanks: minute 0–59, hour 0–23, day 1–31, month
//! 1–12 or JAN–DEC, weekday 0–7 (0 and 7 are Sunday) or SUN–SAT, in upper or lower case. Each field
//! is `*`, a value, a range `a-b`, a step `*/s`, `a/s` or `a-b/s`, or a list of them separated by
//! commas. Alternatively a nickname:
//! `@yearly @annually @monthly @weekly @daily @midnight @hourly @reboot`. Day and weekday must
//! *both* match. There are no seconds, and no `L W # ?`.
//! @hourly @reboot`. Day and weekday must *both* match. There are no seconds, and no `L W # ?`.
//!
//! [`times`] describes what happens when clocks change.

mod field;
mod times;

use chrono::DateTime;
use serde_json::Value;

use crate::error::Result;
use crate::model::instant;
use crate::model::read::{Owner, Reader, nearest};
use field::{DAY, HOUR, MINUTE, MONTH, WEEKDAY};
use times::Times;

/// An IANA time zone. Its rules are compiled in, so they are those of the time of the release.
pub type Zone = chrono_tz::Tz;

/// An expression in a time zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    expression: String,
    zone: Zone,
    /// `None` for `@reboot`, which has no times: it occurs when the cluster starts.
    times: Option<Times>,
}

const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Schedule {
    /// Parses both texts; `Error::Config` names the invalid one and the reason.
    pub fn parse(expression: &str, timezone: &str) -> Result<Self> {
        let [expression, timezone] = [expression, timezone].map(Value::from);
        let zone = read_zone(&Reader::new(Owner::Config, "timezone", &timezone))?;
        Self::read(&Reader::new(Owner::Config, "schedule", &expression), zone)
    }

    /// Reads the expression, with the reader's path in messages.
    pub fn read(reader: &Reader<'_>, zone: Zone) -> Result<Self> {
        let expression = reader.as_text(1..=usize::MAX)?.trim();
        let nickname = expression.to_ascii_lowercase();
        let times = if nickname == "@reboot" {
            None
        } else {
            let plain = NICKNAMES.iter().find(|(name, _)| *name == nickname).map_or(expression, |(_, plain)| plain);
            let fields: Vec<_> = plain.split_ascii_whitespace().collect();
            let [minute, hour, day, month, weekday] = fields[..] else {
                let what = "five fields (minute hour day month weekday) or a nickname such as \"@daily\"";
                return Err(reader.expected(what));
            };
            let sets = [(MINUTE, minute), (HOUR, hour), (DAY, day), (MONTH, month), (WEEKDAY, weekday)]
                .map(|(field, text)| field.parse(text).map_err(|message| reader.refuse(&message)));
            let [minute, hour, day, month, weekday] = sets;
            let times = Times::new([minute?, hour?, day?, month?, weekday?]);
            Some(times.ok_or_else(|| reader.expected("a day and a month that go together"))?)
        };
        Ok(Self { expression: expression.to_owned(), zone, times })
    }

    /// The expression as it was written, trimmed.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    pub fn timezone(&self) -> &'static str {
        self.zone.name()
    }

    /// Whether the expression is `@reboot`, for which [`Schedule::next_after`] returns nothing.
    pub const fn is_reboot(&self) -> bool {
        self.times.is_none()
    }

    /// The first instant of the schedule after `micros`, both in microseconds since the Unix epoch; none
    /// after the year 9999.
    pub fn next_after(&self, micros: i64) -> Option<i64> {
        let after = DateTime::from_timestamp_micros(micros)?.with_timezone(&self.zone);
        self.times?.next_after(&after).map(|next| next.timestamp_micros()).filter(|next| instant::TIMES.contains(next))
    }

    /// The number of instants after `after` and before `until`, counted up to `most`.
    pub fn count_between(&self, after: i64, until: i64, most: usize) -> usize {
        let next = |at: i64| self.next_after(at).filter(|next| *next < until);
        std::iter::successors(next(after), |at| next(*at)).take(most).count()
    }

    /// The last instant of the schedule after `after` and up to `until`: the one that a
    /// `guaranteed` entry makes up for.
    pub fn last_between(&self, after: i64, until: i64) -> Option<i64> {
        const HOUR: i64 = 3_600_000_000;
        let mut span = HOUR;
        loop {
            let from = until.saturating_sub(span).max(after);
            let next = |at: i64| self.next_after(at).filter(|next| *next <= until);
            if let Some(first) = next(from) {
                return std::iter::successors(Some(first), |at| next(*at)).last();
            }
            if from == after {
                return None;
            }
            span = span.saturating_mul(8);
        }
    }
}

/// Reads the name of a time zone, such as `Europe/Berlin`.
pub fn read_zone(reader: &Reader<'_>) -> Result<Zone> {
    let name = reader.as_text(1..=64)?;
    name.parse().map_err(|_| {
        let known: Vec<_> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
        let hint = nearest(name, &known).map(|zone| format!(", did you mean {zone:?}?")).unwrap_or_default();
        reader.refuse(&format!("expected the name of a time zone such as \"Europe/Berlin\", got {name:?}{hint}"))
    })
}

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
