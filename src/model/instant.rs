//! Instants as the engine stores them, microseconds since the Unix epoch, and their RFC 3339 texts.

use chrono::{DateTime, SecondsFormat};

/// The times that jobs and cron entries can have, in microseconds: from 0001-01-01 to the end of 9999,
/// whose years have four digits in texts.
pub const TIMES: std::ops::Range<i64> = -62_135_596_800_000_000..253_402_300_800_000_000;

/// Formats `2024-01-01T00:00:00.000000Z`, always in UTC and with six digits, so that texts sort as
/// instants do.
pub fn to_text(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .unwrap_or(if micros < 0 { DateTime::<chrono::Utc>::MIN_UTC } else { DateTime::<chrono::Utc>::MAX_UTC })
        .to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Reads an RFC 3339 text with an offset; `None` if it is invalid, or its year is not 0–9999.
pub fn from_text(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_instants_agree() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_704_067_200_123_456, "2024-01-01T00:00:00.123456Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(to_text(micros), text);
            assert_eq!(from_text(text), Some(micros));
        }
        assert_eq!(from_text("2024-01-01T01:00:00+01:00"), from_text("2024-01-01T00:00:00Z"));
    }

    #[test]
    fn a_text_without_an_offset_names_no_instant() {
        for text in ["2024-01-01", "2024-01-01T00:00:00", "2024-13-01T00:00:00Z", "tomorrow", ""] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }

    #[test]
    fn no_number_of_microseconds_panics() {
        assert!(to_text(i64::MAX).ends_with('Z'));
        assert!(to_text(i64::MIN).ends_with('Z'));
    }
}
