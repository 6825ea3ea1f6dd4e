//! Compares the instants of random expressions with those of the crate croner, near all kinds of
//! clock changes. Expressions whose documented meaning differs are left out: croner treats lists of
//! fixed times as intervals.

use chrono::{DateTime, TimeZone};
use croner::parser::CronParser;

use super::{Schedule, Zone};

const ZONES: [&str; 8] = [
    "Etc/UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Chatham",
    "America/Havana",
    "Asia/Kathmandu",
];

/// Starts of two-day periods around clock changes in 2024, in seconds since 1970.
const STARTS: [i64; 6] = [1_709_900_000, 1_711_800_000, 1_712_300_000, 1_728_100_000, 1_729_900_000, 1_730_500_000];

/// Xorshift: the same choices in every run.
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
        format!("{time} {day} {month} {}", self.of(&["*", "*", "SUN", "1-5", "7,3"]))
    }
}

#[test]
fn croner_has_the_same_instants() {
    let croner = CronParser::builder().dom_and_dow(true).build();
    let mut picks = Picks(88_172_645_463_325_252);
    for _ in 0..1_500 {
        let expression = picks.expression();
        let zone: Zone = picks.of(&ZONES).parse().unwrap();
        let start = STARTS[usize::try_from(picks.below(6)).unwrap()] + i64::try_from(picks.below(200_000)).unwrap();
        let ours = Schedule::parse(&expression, zone.name()).unwrap();
        let theirs = croner.parse(&expression).unwrap();
        let mut at = zone.timestamp_opt(start, 0).unwrap();
        for _ in 0..6 {
            let Ok(expected) = theirs.find_next_occurrence(&at, false) else { break };
            let next = ours.next_after(at.timestamp_micros()).and_then(DateTime::from_timestamp_micros);
            assert_eq!(next, Some(expected.to_utc()), "{expression} in {zone} after {at}");
            at = expected;
        }
    }
}
