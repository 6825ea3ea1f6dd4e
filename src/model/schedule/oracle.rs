//! Compares the instants of random expressions with those of the crate croner, near all kinds of
//! clock changes. Expressions whose documented meaning differs are left out: croner treats lists of
//! fixed times as intervals.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta, TimeZone};
use croner::parser::CronParser;

use super::{Schedule, Zone};

const ZONES: [&str; 30] = [
    "Etc/UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/Istanbul",
    "Europe/Moscow",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Asuncion",
    "America/Havana",
    "America/Nuuk",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
];

/// Xorshift.
struct Picks(u64);

impl Picks {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.below(words.len() as u64)).unwrap()]
    }

    fn expression(&mut self) -> String {
        let time = if self.below(2) == 0 {
            format!("{} {}", self.below(60), self.below(5))
        } else {
            let minute = self.of(&["*", "*/7", "*/15", "0-30/10"]);
            format!("{minute} {}", self.of(&["*", "*/2", "1-3", "0-4", "2"]))
        };
        let day = self.of(&["*", "*", "*/3", "1-15", "27,31"]);
        let month = self.of(&["*", "*", "3,4,10,11", "*/5"]);
        format!("{time} {day} {month} {}", self.of(&["*", "*", "SUN", "1-5", "7,3", "0-SUN", "FRI-SUN"]))
    }
}

#[test]
fn croner_has_the_same_instants() {
    let croner = CronParser::builder().dom_and_dow(true).build();
    // Printed if the test fails.
    let seed = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap();
    println!("seed {seed}");
    let mut picks = Picks(seed);
    for _ in 0..20_000 {
        let expression = picks.expression();
        let zone: Zone = picks.of(&ZONES).parse().unwrap();
        // From 2024 to 2035.
        let start = 1_704_067_200 + i64::try_from(picks.below(12 * 31_557_600)).unwrap();
        let ours = Schedule::parse(&expression, zone.name()).unwrap();
        let theirs = croner.parse(&expression).unwrap();
        let mut at = zone.timestamp_opt(start, 0).unwrap();
        for _ in 0..3 {
            let Ok(expected) = theirs.find_next_occurrence(&at, false) else { break };
            let next = ours.next_after(at.timestamp_micros()).and_then(DateTime::from_timestamp_micros);
            assert_eq!(next, Some(expected.to_utc()), "{expression} in {zone} after {at}");
            at = expected;
        }
    }
}

#[test]
fn an_interval_occurs_in_every_zone_at_any_time_of_the_year() {
    for name in ZONES {
        let zone: Zone = name.parse().unwrap();
        let every = Schedule::parse("*/5 * * * *", name).unwrap();
        // Each half hour of 2026.
        for half in 0..365 * 48 {
            let at = zone.timestamp_opt(1_767_225_600 + half * 1800, 0).unwrap();
            let next = every.next_after(at.timestamp_micros()).and_then(DateTime::from_timestamp_micros);
            assert_eq!(next, Some(at.to_utc() + TimeDelta::minutes(5)), "{name} after {at}");
        }
    }
}
