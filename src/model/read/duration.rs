//! Durations in options: a number in the option's own unit, `{ days: 1 }`, or `"1 day"`,
//! `"1h 30m"`.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::Value;

use super::Reader;
use crate::error::Result;

/// The unit of a bare number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Milliseconds,
    Seconds,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "milliseconds",
            Self::Seconds => "seconds",
        }
    }

    const fn seconds(self) -> f64 {
        match self {
            Self::Milliseconds => 0.001,
            Self::Seconds => 1.0,
        }
    }

    /// The bare number that is read back as this duration; an integer if possible.
    pub fn number(self, duration: Duration) -> Value {
        let millis = duration.as_millis();
        match self {
            Self::Milliseconds => Value::from(u64::try_from(millis).unwrap_or(u64::MAX)),
            Self::Seconds if millis.is_multiple_of(1_000) => Value::from(duration.as_secs()),
            Self::Seconds => Value::from(duration.as_secs_f64()),
        }
    }
}

/// The longest duration that options take: 100 years of 365.25 days.
pub const MAX_DURATION: Duration = Duration::from_secs(3_155_760_000);

/// The words for each unit in texts, and its seconds; the first word is also the key in objects.
const UNITS: [(&[&str], f64); 6] = [
    (&["milliseconds", "millisecond", "ms"], 0.001),
    (&["seconds", "second", "secs", "sec", "s"], 1.0),
    (&["minutes", "minute", "mins", "min", "m"], 60.0),
    (&["hours", "hour", "h"], 3_600.0),
    (&["days", "day", "d"], 86_400.0),
    (&["weeks", "week", "w"], 604_800.0),
];

impl Reader<'_> {
    /// A duration within `range`, to the millisecond.
    pub fn duration(&self, key: &str, unit: Unit, range: RangeInclusive<Duration>) -> Result<Option<Duration>> {
        self.get(key).map(|it| it.as_duration(unit, range)).transpose()
    }

    pub fn as_duration(&self, unit: Unit, range: RangeInclusive<Duration>) -> Result<Duration> {
        let seconds = match self.value() {
            Value::Number(n) => n.as_f64().map(|n| n * unit.seconds()),
            Value::String(text) => of_text(text),
            Value::Object(_) => Some(self.of_object()?),
            _ => None,
        };
        let millis = seconds.map(|s| (s * 1_000.0).round()).filter(|ms| (0.0..=1e15).contains(ms));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // filtered just above
        let duration = millis.map(|ms| Duration::from_millis(ms as u64)).filter(|d| range.contains(d));
        duration.ok_or_else(|| {
            let (least, most) = (shown(*range.start()), shown(*range.end()));
            let unit = unit.name();
            self.expected(&format!("a duration from {least} to {most} ({unit}, or {{ days: 1 }}, or \"1 day\")"))
        })
    }

    fn of_object(&self) -> Result<f64> {
        let keys = UNITS.map(|(words, _)| words[0]);
        self.only(&keys)?;
        let mut sum = 0.0;
        for (words, seconds) in UNITS {
            sum += self.number(words[0], 0.0, 1e15)?.unwrap_or(0.0) * seconds;
        }
        Ok(sum)
    }
}

/// The duration that a text such as `1h 30m` names, to the microsecond; `None` if it names none.
pub fn duration_of_text(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(of_text(text)?).ok()
}

/// The seconds of `1 day`, `30s` or `1h 30m`; `None` if the text is not a duration.
fn of_text(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut sum = None;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let word = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (_, seconds) = UNITS.iter().find(|(words, _)| words.contains(&&*rest[..word].to_ascii_lowercase()))?;
        rest = rest[word..].trim_start_matches([' ', ',']);
        sum = Some(sum.unwrap_or(0.0) + number * seconds);
    }
    sum
}

/// Formats `90 s`, `1 ms`, `36525 days`.
fn shown(duration: Duration) -> String {
    let ms = duration.as_millis();
    match ms {
        0 => "0".to_owned(),
        86_400_000 => "1 day".to_owned(),
        _ if ms.is_multiple_of(86_400_000) => format!("{} days", ms / 86_400_000),
        _ if ms.is_multiple_of(1_000) => format!("{} s", ms / 1_000),
        _ => format!("{ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Owner;
    use super::*;

    fn read(value: &Value, unit: Unit) -> Result<Duration> {
        Reader::new(Owner::Config, "prune.max_age", value).as_duration(unit, Duration::from_millis(1)..=MAX_DURATION)
    }

    #[test]
    fn every_form_is_read() {
        for (value, unit, millis) in [
            (json!(60), Unit::Seconds, 60_000),
            (json!(1.5), Unit::Seconds, 1_500),
            (json!(30_000), Unit::Milliseconds, 30_000),
            (json!({ "days": 1 }), Unit::Seconds, 86_400_000),
            (json!({ "hours": 1, "minutes": 30 }), Unit::Milliseconds, 5_400_000),
            (json!("1 day"), Unit::Seconds, 86_400_000),
            (json!("30s"), Unit::Milliseconds, 30_000),
            (json!("15m"), Unit::Seconds, 900_000),
            (json!(" 1h 30 min "), Unit::Seconds, 5_400_000),
            (json!("250ms"), Unit::Seconds, 250),
            (json!("2 Weeks, 1 day"), Unit::Seconds, 1_296_000_000),
        ] {
            assert_eq!(read(&value, unit).unwrap().as_millis(), millis, "{value}");
        }
    }

    #[test]
    fn a_duration_is_written_as_it_is_read() {
        for (unit, number) in
            [(Unit::Seconds, json!(60)), (Unit::Seconds, json!(0.25)), (Unit::Milliseconds, json!(250))]
        {
            assert_eq!(unit.number(read(&number, unit).unwrap()), number);
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for value in [
            json!("soon"),
            json!("5"),
            json!("1 fortnight"),
            json!(""),
            json!("-1s"),
            json!(-1),
            json!(0),
            json!(true),
            json!(1e30),
        ] {
            let message = read(&value, Unit::Seconds).unwrap_err().to_string();
            assert_eq!(
                message,
                format!(
                    "prune.max_age: expected a duration from 1 ms to 36525 days (seconds, or {{ days: 1 }}, or \"1 day\"), got {value}"
                )
            );
        }
        let message = read(&json!({ "dayz": 1 }), Unit::Seconds).unwrap_err().to_string();
        assert_eq!(message, "prune.max_age: unknown option \"dayz\", did you mean \"days\"?");
    }
}
