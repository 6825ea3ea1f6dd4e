//! Compares versions of an application, for jobs that require a node of at least their version.
//!
//! Versions are ordered as in Semantic Versioning: numbers between dots, a missing one counts as 0,
//! `1.2.0-rc.1` comes before `1.2.0`, and what follows a `+` does not count; a leading `v` is
//! allowed. So build numbers (`1041`) and dates (`2030.01.31`) are ordered, too. Any other version,
//! such as a commit's hash, has no order: it is equal or not.

use std::cmp::Ordering;

use crate::model::draft::VersionRule;

/// Whether a node of version `own` may run a job that was enqueued by version `wanted`.
pub fn allows(rule: VersionRule, wanted: &str, own: &str) -> bool {
    match rule {
        VersionRule::Pinned => own == wanted,
        VersionRule::Min => own == wanted || later(own, wanted).is_some_and(Ordering::is_ge),
    }
}

/// The order of `a` relative to `b`; `None` if one of them has no order.
fn later(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Parts::of(a)?, Parts::of(b)?);
    let most = a.numbers.len().max(b.numbers.len());
    let numbers = (0..most).map(|i| by_value(a.number(i), b.number(i))).find(|order| order.is_ne());
    Some(numbers.unwrap_or_else(|| match (a.before, b.before) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => words(a, b),
    }))
}

struct Parts<'a> {
    /// The numbers without leading zeros.
    numbers: Vec<&'a str>,
    /// The text after the first hyphen.
    before: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Option<Self> {
        let text = version.split('+').next().unwrap_or_default();
        let text = text.strip_prefix('v').unwrap_or(text);
        let (numbers, before) = text.split_once('-').map_or((text, None), |(numbers, before)| (numbers, Some(before)));
        let numbers = numbers.split('.').map(|it| is_number(it).then(|| it.trim_start_matches('0')));
        Some(Self { numbers: numbers.collect::<Option<_>>()?, before })
    }

    /// The number at index `i`; empty, which counts as 0, if it is missing.
    fn number(&self, i: usize) -> &'a str {
        self.numbers.get(i).copied().unwrap_or("")
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Compares digits without leading zeros, of any length.
fn by_value(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Compares identifiers of a pre-release: numbers by value and before words, words alphabetically,
/// fewer before more.
fn words(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (is_number(a), is_number(b)) {
                (true, true) => by_value(a.trim_start_matches('0'), b.trim_start_matches('0')),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_in_the_order_of_semantic_versioning() {
        let rising = [
            "0.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "v1.0.1",
            "1.2",
            "1.10.0",
            "2",
            "1041",
            "2030.01.31",
            "2030.02.01",
            "99999999999999999999999",
        ];
        for (i, low) in rising.iter().enumerate() {
            for (j, high) in rising.iter().enumerate() {
                assert_eq!(later(low, high), Some(i.cmp(&j)), "{low} and {high}");
            }
        }
    }

    #[test]
    fn who_may_run_what() {
        use VersionRule::{Min, Pinned};
        for (rule, wanted, own, may) in [
            (Pinned, "1.2.0", "1.2.0", true),
            (Pinned, "1.2.0", "1.2", false),
            (Min, "1.2.0", "1.2", true),
            (Min, "1.2.0", "1.3.0-rc.1", true),
            (Min, "1.3.0", "1.3.0-rc.1", false),
            (Min, "1.2.0", "1.2.0+build.7", true),
            (Min, "41", "42", true),
            (Min, "42", "41", false),
            (Min, "007", "7", true),
            (Min, "f3a9c1", "f3a9c1", true),
            (Min, "f3a9c1", "a04b77", false),
            (Min, "1.0.0", "f3a9c1", false),
            (Min, "1.0.0", "", false),
            (Min, "1..0", "1.1.0", false),
        ] {
            assert_eq!(allows(rule, wanted, own), may, "{rule:?} {wanted}, {own}");
        }
    }
}
