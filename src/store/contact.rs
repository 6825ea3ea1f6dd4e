//! When the database last answered, and whether the last statement found it away.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::error::Error;

pub struct Contact {
    since: Instant,
    /// Milliseconds from `since` to the last answer.
    last: AtomicU64,
    away: AtomicBool,
}

impl Default for Contact {
    fn default() -> Self {
        Self { since: Instant::now(), last: AtomicU64::new(0), away: AtomicBool::new(false) }
    }
}

impl Contact {
    /// Takes note of how a statement ended. An error of the statement itself is an answer.
    pub fn record(&self, error: Option<&Error>) {
        let away = error.is_some_and(Error::is_away);
        self.away.store(away, Ordering::Relaxed);
        if !away {
            self.last.store(u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// The time since the last answer.
    pub fn age(&self) -> Duration {
        self.since.elapsed().saturating_sub(Duration::from_millis(self.last.load(Ordering::Relaxed)))
    }

    /// Whether the last statement found no database.
    pub fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_a_statement_is_an_answer_and_a_broken_connection_is_none() {
        let contact = Contact::default();
        for (error, away) in [
            (Some(Error::Unavailable("the connection broke".into())), true),
            (Some(Error::database("23505", "duplicate key")), false),
            (Some(Error::database("57P01", "shut down")), true),
            (None, false),
        ] {
            contact.record(error.as_ref());
            assert_eq!(contact.is_away(), away, "{error:?}");
        }
    }
}
