//! How long a failed job waits for its next attempt.
//!
//! | backoff | seconds before the next attempt |
//! |---|---|
//! | `"oban"` (default) | 15 + 2^a, a = the attempt, scaled to 20 steps when the job may take more than 20; up to 10 % are added |
//! | `"exp"` | 2^attempt |
//! | `"none"` | 0 |
//! | `{ base, factor, max, jitter }` | base · factor^(attempt − 1), at most `max`; up to the fraction `jitter` of it is added |
//!
//! The Oban formula is that of `Oban.Backoff`: attempt 1 waits 17–18 s, attempt 5 47–51 s, attempt
//! 19 six days. All delays end at [`MAX_DELAY`].

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::Result;
use crate::model::read::{Owner, Reader};

/// The longest delay of any backoff: 30 days.
pub const MAX_DELAY: Duration = Duration::from_secs(30 * 86_400);
const MAX_DELAY_SECONDS: f64 = 30.0 * 86_400.0;

/// The delay before a retry, as a job class or a job defines it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Backoff {
    #[default]
    Oban,
    Exp,
    None,
    /// Delays in seconds; `jitter` is a fraction of the delay, between 0 and 1.
    Custom {
        base: f64,
        factor: f64,
        max: f64,
        jitter: f64,
    },
}

impl Backoff {
    /// Reads the option `backoff`. `{}` means `{ base: 1, factor: 2, max: 86400, jitter: 0.1 }`.
    pub fn parse(value: &Value) -> Result<Self> {
        Self::read(&Reader::new(Owner::Job, "backoff", value))
    }

    /// As [`Backoff::parse`], with the reader's path in messages.
    pub fn read(reader: &Reader<'_>) -> Result<Self> {
        match reader.value() {
            Value::String(name) => match name.as_str() {
                "oban" => Ok(Self::Oban),
                "exp" => Ok(Self::Exp),
                "none" => Ok(Self::None),
                _ => Err(reader.expected("\"oban\", \"exp\", \"none\" or an object { base, factor, max, jitter }")),
            },
            Value::Object(_) => {
                reader.only(&["base", "factor", "max", "jitter"])?;
                Ok(Self::Custom {
                    base: reader.number("base", 0.0, MAX_DELAY_SECONDS)?.unwrap_or(1.0),
                    factor: reader.number("factor", 1.0, 1_000.0)?.unwrap_or(2.0),
                    max: reader.number("max", 0.0, MAX_DELAY_SECONDS)?.unwrap_or(86_400.0),
                    jitter: reader.number("jitter", 0.0, 1.0)?.unwrap_or(0.1),
                })
            }
            _ => Err(reader.expected("\"oban\", \"exp\", \"none\" or an object { base, factor, max, jitter }")),
        }
    }

    /// Reads the backoff of a row, as JSON text. A row may hold anything, and its job must be
    /// retried all the same, so an invalid backoff counts as the default.
    pub fn of_row(text: Option<&str>) -> Option<Self> {
        let value = serde_json::from_str(text?).ok()?;
        Some(Self::parse(&value).unwrap_or_default())
    }

    /// The JSON that [`Backoff::parse`] reads back.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Oban => json!("oban"),
            Self::Exp => json!("exp"),
            Self::None => json!("none"),
            Self::Custom { base, factor, max, jitter } => {
                json!({ "base": base, "factor": factor, "max": max, "jitter": jitter })
            }
        }
    }

    /// The delay after the failure of `attempt` (from 1). `rand`, from 0 to 1, spreads jobs that
    /// failed together. The Oban formula gives whole seconds.
    pub fn delay(&self, attempt: i32, max_attempts: i32, rand: f64) -> Duration {
        let attempt = f64::from(attempt.max(1));
        let seconds = match self {
            Self::Oban => {
                let max_attempts = f64::from(max_attempts);
                let step = if max_attempts <= 20.0 { attempt } else { (attempt / max_attempts * 20.0).round() };
                let wait = 15.0 + step.min(100.0).exp2();
                wait + (rand * 0.1 * wait).trunc()
            }
            Self::Exp => attempt.exp2(),
            Self::None => 0.0,
            Self::Custom { base, factor, max, jitter } => {
                let growth = factor.powf(attempt - 1.0).min(1e300); // never infinite, because 0 times infinity is NaN
                let wait = (base * growth).min(*max);
                wait + rand * jitter * wait
            }
        };
        Duration::from_secs_f64(seconds.clamp(0.0, MAX_DELAY_SECONDS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(backoff: Backoff, attempt: i32, max_attempts: i32, rand: f64) -> f64 {
        backoff.delay(attempt, max_attempts, rand).as_secs_f64()
    }

    #[test]
    fn oban_waits_as_oban_does() {
        for (attempt, max_attempts, least, most) in [
            (1, 20, 17.0, 18.0),
            (2, 20, 19.0, 20.0),
            (5, 20, 47.0, 51.0),
            (10, 20, 1_039.0, 1_142.0),
            (19, 20, 524_303.0, 576_733.0),
            (5, 100, 17.0, 18.0),
            (95, 100, 524_303.0, 576_733.0),
            (1, 1_000, 16.0, 17.0),
            (0, 20, 17.0, 18.0),
        ] {
            assert!(
                (seconds(Backoff::Oban, attempt, max_attempts, 0.0) - least).abs() < 1e-9,
                "{attempt}/{max_attempts}"
            );
            let highest = seconds(Backoff::Oban, attempt, max_attempts, 0.999_999_9);
            assert!((highest - most).abs() < 1e-9, "{attempt}/{max_attempts}: {highest}");
        }
    }

    #[test]
    fn the_others_wait_as_documented() {
        let custom = Backoff::Custom { base: 2.0, factor: 3.0, max: 50.0, jitter: 0.5 };
        for (backoff, attempt, rand, wait) in [
            (Backoff::Exp, 1, 0.9, 2.0),
            (Backoff::Exp, 10, 0.9, 1_024.0),
            (Backoff::None, 7, 0.9, 0.0),
            (custom, 1, 0.0, 2.0),
            (custom, 1, 1.0, 3.0),
            (custom, 3, 0.0, 18.0),
            (custom, 4, 0.0, 50.0),
            (custom, 4, 0.5, 62.5),
        ] {
            let got = seconds(backoff, attempt, 20, rand);
            assert!((got - wait).abs() < 1e-6, "{backoff:?} {attempt}: {got}");
        }
    }

    #[test]
    fn nothing_waits_longer_than_the_longest() {
        for backoff in [
            Backoff::Oban,
            Backoff::Exp,
            Backoff::Custom { base: MAX_DELAY_SECONDS, factor: 1_000.0, max: MAX_DELAY_SECONDS, jitter: 1.0 },
        ] {
            for attempt in [30, 1_000, i32::MAX] {
                assert!(backoff.delay(attempt, 20, 1.0) <= MAX_DELAY, "{backoff:?}");
            }
        }
        assert_eq!(Backoff::Exp.delay(1_000, 20, 1.0), MAX_DELAY);
    }

    #[test]
    fn it_is_read_and_written() {
        for (text, backoff) in [
            ("\"oban\"", Backoff::Oban),
            ("\"exp\"", Backoff::Exp),
            ("\"none\"", Backoff::None),
            ("{}", Backoff::Custom { base: 1.0, factor: 2.0, max: 86_400.0, jitter: 0.1 }),
            ("{\"base\":5,\"jitter\":0}", Backoff::Custom { base: 5.0, factor: 2.0, max: 86_400.0, jitter: 0.0 }),
        ] {
            assert_eq!(Backoff::parse(&serde_json::from_str(text).unwrap()).unwrap(), backoff);
            assert_eq!(Backoff::parse(&backoff.to_json()).unwrap(), backoff);
        }
    }

    #[test]
    fn what_is_no_backoff_is_refused() {
        for (text, message) in [
            (
                "\"obn\"",
                "backoff: expected \"oban\", \"exp\", \"none\" or an object { base, factor, max, jitter }, got \"obn\"",
            ),
            ("3", "backoff: expected \"oban\", \"exp\", \"none\" or an object { base, factor, max, jitter }, got 3"),
            ("{\"factr\":2}", "backoff: unknown option \"factr\", did you mean \"factor\"?"),
            ("{\"factor\":0.5}", "backoff.factor: expected a number from 1 to 1000, got 0.5"),
            ("{\"jitter\":\"1\"}", "backoff.jitter: expected a number from 0 to 1, got \"1\""),
        ] {
            let error = Backoff::parse(&serde_json::from_str(text).unwrap()).unwrap_err();
            assert_eq!((error.code(), error.to_string().as_str()), ("ERAM_JOB", message));
        }
    }

    #[test]
    fn a_row_with_nonsense_gets_the_default() {
        assert_eq!(Backoff::of_row(None), None);
        assert_eq!(Backoff::of_row(Some("\"exp\"")), Some(Backoff::Exp));
        assert_eq!(Backoff::of_row(Some("{\"base\":\"x\"}")), Some(Backoff::Oban));
    }
}
