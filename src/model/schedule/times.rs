//! The instants of an expression in a time zone, across clock changes.
//!
//! An expression is *fixed* if its minutes and hours are listed, without `*` and steps:
//! `30 2 * * *`, `0 8,20 * * *`. It means times of day, each of which occurs once a day: a time
//! that the clock skips occurs in the first minute after the gap, a time that the clock repeats
//! occurs the first time only. All other expressions mean intervals (`0 * * * *`, `*/15 1-3 * * *`)
//! and occur whenever the local clock shows a matching time: not at skipped times, and again at
//! repeated ones.

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike};

use super::Zone;
use super::field::Set;

/// The dates and times of day of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    fixed: bool,
}

type Instant = DateTime<Zone>;

/// The maximum number of years to search. The rarest date, a weekday on 29 February, recurs after
/// 40 years at most.
const MAX_SEARCH_YEARS: i32 = 50;

impl Times {
    /// `None` if no year has such a day, as for 30 February.
    pub fn new([minutes, hours, days, months, weekdays]: [Set; 5]) -> Option<Self> {
        let longest = |month: u64| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let first_day = u64::from(days.bits.trailing_zeros());
        let exists = (1..=12).any(|month| has(months.bits, month) && first_day <= longest(month));
        exists.then_some(Self {
            minutes: minutes.bits,
            hours: hours.bits,
            days: days.bits,
            months: months.bits,
            weekdays: weekdays.bits | weekdays.bits >> 7 & 1,
            fixed: minutes.named && hours.named,
        })
    }

    pub fn next_after(&self, after: &Instant) -> Option<Instant> {
        if self.fixed { self.next_fixed(after) } else { self.next_interval(after) }
    }

    /// Day of month and weekday must both match, unlike in POSIX cron: `0 0 13 * FRI` is Friday the
    /// 13th.
    fn has_day(&self, date: NaiveDate) -> bool {
        has(self.months, date.month().into())
            && has(self.days, date.day().into())
            && has(self.weekdays, date.weekday().num_days_from_sunday().into())
    }

    /// The first date of the expression from `date` on.
    fn day_from(&self, date: NaiveDate) -> Option<NaiveDate> {
        let last = date.with_day(1)?.with_year(date.year() + MAX_SEARCH_YEARS)?;
        date.iter_days().take_while(|day| *day < last).find(|day| self.has_day(*day))
    }

    fn next_fixed(&self, after: &Instant) -> Option<Instant> {
        // Starts on the day before: a gap at midnight moves the last times of a day into the next
        // day.
        let mut from = after.date_naive().pred_opt()?;
        let end = from.with_day(1)?.with_year(from.year() + MAX_SEARCH_YEARS)?;
        while from < end {
            let day = self.day_from(from)?;
            for hour in (0..24).filter(|hour| has(self.hours, *hour)) {
                for minute in (0..60).filter(|minute| has(self.minutes, *minute)) {
                    let wall = day.and_hms_opt(u32::try_from(hour).ok()?, u32::try_from(minute).ok()?, 0)?;
                    let instant = once(wall, after.timezone())?;
                    if instant > *after {
                        return Some(instant);
                    }
                }
            }
            from = day.succ_opt()?;
        }
        None
    }

    /// Advances in real time, so that clock changes do not matter.
    fn next_interval(&self, after: &Instant) -> Option<Instant> {
        // In real time: the local time of that day may not exist, or exist twice.
        let end = after.checked_add_signed(TimeDelta::days(366 * i64::from(MAX_SEARCH_YEARS)))?;
        let mut at = after.checked_add_signed(TimeDelta::minutes(1))?;
        at = at - TimeDelta::nanoseconds(i64::from(at.nanosecond())) - TimeDelta::seconds(at.second().into());
        while at < end {
            let (hour, minute) = (u64::from(at.hour()), u64::from(at.minute()));
            let minutes = if !self.has_day(at.date_naive()) {
                let day = self.day_from(at.date_naive().succ_opt()?)?;
                if let Some(midnight) = start_of(day, &at) {
                    at = midnight;
                    continue;
                }
                15
            } else if !has(self.hours, hour) {
                15 - minute % 15 // clocks change on quarters of an hour
            } else if !has(self.minutes, minute) {
                1
            } else {
                return Some(at);
            };
            at += TimeDelta::minutes(i64::try_from(minutes).ok()?);
        }
        None
    }
}

fn has(bits: u64, value: u64) -> bool {
    bits >> value & 1 == 1
}

/// The instant of a local time: the first of two, or the first after the gap that contains it.
fn once(wall: NaiveDateTime, zone: Zone) -> Option<Instant> {
    const A_DAY: i64 = 25 * 60; // no clock has ever skipped more
    (0..=A_DAY).find_map(|minutes| match zone.from_local_datetime(&(wall + TimeDelta::minutes(minutes))) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => Some(instant),
        LocalResult::None => None,
    })
}

/// The start of a day, if it comes after `after`.
fn start_of(day: NaiveDate, after: &Instant) -> Option<Instant> {
    once(day.and_hms_opt(0, 0, 0)?, after.timezone()).filter(|start| start > after)
}
