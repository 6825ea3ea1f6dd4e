//! One field of a cron expression: numbers, names, ranges, steps and lists, stored as a set of
//! bits.

/// The values that a field may have.
pub struct Field {
    pub name: &'static str,
    pub least: u8,
    pub most: u8,
    /// Names of the values from `least` on.
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

pub const MINUTE: Field = Field { name: "minute", least: 0, most: 59, names: &[] };
pub const HOUR: Field = Field { name: "hour", least: 0, most: 23, names: &[] };
pub const DAY: Field = Field { name: "day", least: 1, most: 31, names: &[] };
pub const MONTH: Field = Field { name: "month", least: 1, most: 12, names: &MONTHS };
/// Includes 7, which also means Sunday; the caller of [`Field::parse`] maps it to 0.
pub const WEEKDAY: Field = Field { name: "weekday", least: 0, most: 7, names: &WEEKDAYS };

/// The values of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Set {
    /// Bit n stands for the value n.
    pub bits: u64,
    /// Whether all values are listed, without `*` and steps.
    pub named: bool,
}

impl Field {
    /// Parses the field; the error says what was expected and what was found.
    pub fn parse(&self, text: &str) -> Result<Set, String> {
        let mut set = Set { bits: 0, named: true };
        for item in text.split(',') {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => (range, Some(self.step(step, item)?)),
                None => (item, None),
            };
            let (first, last) = match range.split_once('-') {
                _ if range == "*" => (self.least, self.most),
                Some((first, last)) => self.ascending(first, last, item)?,
                None => {
                    let first = self.value(range, item)?;
                    (first, if step.is_some() { self.most } else { first })
                }
            };
            set.named &= step.is_none() && range != "*";
            for value in (first..=last).step_by(usize::from(step.unwrap_or(1))) {
                set.bits |= 1 << value;
            }
        }
        Ok(set)
    }

    fn value(&self, text: &str, item: &str) -> Result<u8, String> {
        let by_name = || self.names.iter().zip(self.least..).find(|(name, _)| name.eq_ignore_ascii_case(text));
        let by_number = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let value = by_number.or_else(|| by_name().map(|(_, value)| value));
        value.filter(|value| (self.least..=self.most).contains(value)).ok_or_else(|| {
            let also = match self.names {
                [first, .., last] => format!(" or {first} to {last}"),
                _ => String::new(),
            };
            self.expected(&format!("{} to {}{also}", self.least, self.most), item)
        })
    }

    fn step(&self, text: &str, item: &str) -> Result<u8, String> {
        let most = self.most - self.least + 1;
        let step = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        step.filter(|step| (1..=most).contains(step))
            .ok_or_else(|| self.expected(&format!("a step from 1 to {most}"), item))
    }

    /// Makes ranges ascend: `FRI-SUN` ends on the following Sunday, and so does `0-SUN`.
    fn ascending(&self, first: &str, last: &str, item: &str) -> Result<(u8, u8), String> {
        let is_named = last.starts_with(|c: char| c.is_ascii_alphabetic());
        let (first, last) = (self.value(first, item)?, self.value(last, item)?);
        let last = if self.most == WEEKDAY.most && last == 0 && (first > 0 || is_named) { 7 } else { last };
        if first <= last { Ok((first, last)) } else { Err(self.expected("a range that ascends", item)) }
    }

    fn expected(&self, what: &str, item: &str) -> String {
        format!("expected {what} in the {} field, got {item:?}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(field: &Field, text: &str) -> Vec<u8> {
        let bits = field.parse(text).unwrap().bits;
        (0..64).filter(|n| bits >> n & 1 == 1).collect()
    }

    #[test]
    fn every_form_is_read() {
        for (field, text, expected) in [
            (&MINUTE, "5", vec![5]),
            (&MINUTE, "*/15", vec![0, 15, 30, 45]),
            (&MINUTE, "50/4", vec![50, 54, 58]),
            (&MINUTE, "10-20/5,1", vec![1, 10, 15, 20]),
            (&MINUTE, "*/60", vec![0]),
            (&MINUTE, "007", vec![7]),
            (&HOUR, "1-3", vec![1, 2, 3]),
            (&DAY, "*/10", vec![1, 11, 21, 31]),
            (&MONTH, "jan,Mar-MAY", vec![1, 3, 4, 5]),
            (&MONTH, "JAN-12/6", vec![1, 7]),
            (&WEEKDAY, "MON-FRI", vec![1, 2, 3, 4, 5]),
            (&WEEKDAY, "fri-sun", vec![5, 6, 7]),
            (&WEEKDAY, "0-7", vec![0, 1, 2, 3, 4, 5, 6, 7]),
        ] {
            assert_eq!(values(field, text), expected, "{text}");
        }
        assert_eq!(MINUTE.parse("*").unwrap().bits.count_ones(), 60);
    }

    #[test]
    fn a_star_or_a_step_is_not_named() {
        for (text, named) in
            [("1", true), ("1,2-4", true), ("*", false), ("*/2", false), ("1-5/2", false), ("1,*", false)]
        {
            assert_eq!(HOUR.parse(text).unwrap().named, named, "{text}");
        }
    }

    #[test]
    fn the_rest_is_refused() {
        for (field, text, message) in [
            (&MINUTE, "60", "expected 0 to 59 in the minute field, got \"60\""),
            (&MINUTE, "", "expected 0 to 59 in the minute field, got \"\""),
            (&MINUTE, "1,", "expected 0 to 59 in the minute field, got \"\""),
            (&MINUTE, "-1", "expected 0 to 59 in the minute field, got \"-1\""),
            (&MINUTE, "+1", "expected 0 to 59 in the minute field, got \"+1\""),
            (&MINUTE, "*-5", "expected 0 to 59 in the minute field, got \"*-5\""),
            (&MINUTE, "*/0", "expected a step from 1 to 60 in the minute field, got \"*/0\""),
            (&MINUTE, "*/90", "expected a step from 1 to 60 in the minute field, got \"*/90\""),
            (&MINUTE, "1/2/3", "expected a step from 1 to 60 in the minute field, got \"1/2/3\""),
            (&HOUR, "5-1", "expected a range that ascends in the hour field, got \"5-1\""),
            (&DAY, "0", "expected 1 to 31 in the day field, got \"0\""),
            (&DAY, "L", "expected 1 to 31 in the day field, got \"L\""),
            (&MONTH, "0", "expected 1 to 12 or JAN to DEC in the month field, got \"0\""),
            (&MONTH, "JANUARY", "expected 1 to 12 or JAN to DEC in the month field, got \"JANUARY\""),
            (&WEEKDAY, "8", "expected 0 to 7 or SUN to SAT in the weekday field, got \"8\""),
            (&WEEKDAY, "MON#1", "expected 0 to 7 or SUN to SAT in the weekday field, got \"MON#1\""),
        ] {
            assert_eq!(field.parse(text).unwrap_err(), message);
        }
    }
}
