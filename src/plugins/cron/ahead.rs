//! Entries that are settled up to a moment in the future: the database's clock has stepped back
//! since, or the row was written by hand.
//!
//! Up to [`MAX_AHEAD`], the clock was right before or is off now by hours: the ticks until then have
//! had their jobs, so the entry waits for the one after them, and says so. Further ahead, the clock
//! was wrong: the entry ticks from now on.

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::json;

use super::{Cron, PluginContext};
use crate::error::Result;
use crate::model::instant;
use crate::model::schedule::Schedule;
use crate::store::Cron as Row;
use crate::telemetry::Kind;

/// How late the job of a tick may be inserted; older ticks are missed.
pub const ON_TIME_WINDOW: Duration = Duration::from_secs(60);

/// How far ahead an entry may be settled, at most, to wait for that moment: further than any two time
/// zones are apart, for which the clock of a server may have been set.
const MAX_AHEAD: Duration = Duration::from_secs(86_400);

/// An entry that is settled up to a moment in the future, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ahead {
    /// It waits for the first tick after that moment.
    Waits,
    /// It is to tick from now on.
    TooFar,
}

impl Ahead {
    pub fn of(row: &Row, schedule: &Schedule) -> Option<Self> {
        let ahead = row.base.saturating_sub(row.now);
        match ahead {
            _ if ahead > micros(most(schedule)) => Some(Self::TooFar),
            _ if ahead > micros(ON_TIME_WINDOW) => Some(Self::Waits),
            _ => None,
        }
    }

    pub fn problem(self, row: &Row) -> String {
        let base = instant::to_text(row.base);
        let seconds = row.base.saturating_sub(row.now) / 1_000_000;
        let follows = match self {
            Self::Waits => "it waits for the first tick after that",
            Self::TooFar => "it ticks from now on",
        };
        format!(
            "last_at: expected ticks up to now to be settled, got those up to {base}, {seconds} s ahead of the database's clock; {follows}"
        )
    }
}

/// How far ahead the entry may be settled. One for `@reboot` has no ticks for which it could wait.
const fn most(schedule: &Schedule) -> Duration {
    if schedule.is_reboot() { ON_TIME_WINDOW } else { MAX_AHEAD }
}

/// What became of the entries that are settled too far ahead.
#[derive(Debug, Default, Clone, Copy)]
pub struct BroughtBack {
    /// Some were changed.
    pub some: bool,
    /// Others are locked, or were changed by another transaction.
    pub undecided: bool,
}

impl Cron {
    /// Has entries tick from now on that are settled too far ahead, and reports those that are settled
    /// ahead at all. The statement compares with the database's clock once more, so a node that was
    /// frozen since it read the rows changes nothing.
    pub(super) async fn bring_back(&self, context: &PluginContext, rows: &[(&Row, Schedule)]) -> Result<BroughtBack> {
        let mut done = BroughtBack::default();
        for (row, schedule) in rows {
            match Ahead::of(row, schedule) {
                None => {}
                Some(ahead @ Ahead::Waits) => self.report_ahead(context, row, ahead),
                Some(ahead @ Ahead::TooFar) => {
                    match context.store.bring_back_cron(row, most(schedule).as_secs_f64()).await {
                        Ok(true) => {
                            done.some = true;
                            self.report_ahead(context, row, ahead);
                        }
                        Ok(false) => done.undecided = true,
                        Err(error) if error.is_transient() => return Err(error),
                        Err(error) => self.cannot(context, row, None, &error),
                    }
                }
            }
        }
        Ok(done)
    }

    /// Once for each moment up to which the entry is settled.
    fn report_ahead(&self, context: &PluginContext, row: &Row, ahead: Ahead) {
        let mark = (row.updated_at, row.base);
        if self.memory.lock().broken.insert(row.name.clone(), mark) == Some(mark) {
            return;
        }
        let message = ahead.problem(row);
        tracing::warn!("cron: entry {:?}: {message}", row.name);
        context.telemetry.emit(
            Kind::CronException,
            || json!({ "name": row.name, "worker": row.worker, "at": instant::to_text(row.base), "message": message }),
        );
    }
}

pub fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
