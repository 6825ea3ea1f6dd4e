//! How long rows are kept, by the time that they cover.

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::Result;
use crate::model::config::kind::{DAY, Kind};
use crate::model::read::{MAX_DURATION, Reader, Unit};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    pub ten_seconds: Duration,
    pub minutes: Duration,
    pub hours: Duration,
}

impl Default for Keep {
    fn default() -> Self {
        Self { ten_seconds: 2 * HOUR, minutes: DAY, hours: 30 * DAY }
    }
}

impl Keep {
    /// The keys, and how long rows are kept at least: until their roll-up was made.
    const STEPS: [(&'static str, Duration); 3] =
        [("10s", Duration::from_secs(600)), ("1m", Duration::from_secs(3 * 3_600)), ("1h", HOUR)];

    pub(crate) fn kind() -> Kind<Self> {
        Kind::new("object of durations (**s**)", Self::read, |it| it.write())
    }

    fn read(reader: &Reader<'_>) -> Result<Self> {
        reader.only(&Self::STEPS.map(|(key, _)| key))?;
        let [ten_seconds, minutes, hours] =
            Self::STEPS.map(|(key, least)| reader.duration(key, Unit::Seconds, least..=MAX_DURATION));
        let usual = Self::default();
        let kept = Self {
            ten_seconds: ten_seconds?.unwrap_or(usual.ten_seconds),
            minutes: minutes?.unwrap_or(usual.minutes),
            hours: hours?.unwrap_or(usual.hours),
        };
        if kept.ten_seconds > kept.minutes || kept.minutes > kept.hours {
            return Err(
                reader.expected("minutes that are kept at least as long as ten seconds, and hours as long as minutes")
            );
        }
        Ok(kept)
    }

    fn write(self) -> Value {
        let [ten_seconds, minutes, hours] =
            [self.ten_seconds, self.minutes, self.hours].map(|age| Unit::Seconds.number(age));
        json!({ "10s": ten_seconds, "1m": minutes, "1h": hours })
    }

    /// The ages in microseconds.
    pub fn micros(self) -> [i64; 3] {
        [self.ten_seconds, self.minutes, self.hours].map(|age| i64::try_from(age.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The time that a roll-up is redone less long than its rows are kept, so that they are all there.
pub const MARGIN: Duration = Duration::from_secs(5 * MINUTE.as_secs());
