//! Phrases of texts for people: spans of time, numbers of things, lists.

/// Such as `340 ms`, `12 s`, `6 min`, `3 h` or `2 days`.
pub fn span(ms: i64) -> String {
    const UNITS: [(i64, i64, &str); 4] =
        [(86_400_000, 2, "days"), (3_600_000, 2, "h"), (60_000, 2, "min"), (1_000, 1, "s")];
    let ms = ms.abs();
    UNITS
        .into_iter()
        .find(|(length, least, _)| ms >= length * least)
        .map_or_else(|| format!("{ms} ms"), |(length, _, unit)| format!("{} {unit}", (ms + length / 2) / length))
}

/// Such as `1 job` or `3 jobs`.
pub fn count(number: i64, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// With a comma between thousands.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let parts: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap_or_default()).collect();
    format!("{}{}", if number < 0 { "-" } else { "" }, parts.join(","))
}

/// The names up to a number of them, and how many more there are.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 3;
    let names: Vec<&str> = names.into_iter().collect();
    match names.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) if others.len() < MOST => format!("{} and {last}", others.join(", ")),
        Some(_) => format!("{} and {} more", names[..MOST].join(", "), names.len() - MOST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_the_unit_of_which_it_has_two() {
        for (ms, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1 s"),
            (-90_000, "90 s"),
            (119_999, "120 s"),
            (120_000, "2 min"),
            (7_199_999, "120 min"),
            (7_200_000, "2 h"),
            (172_800_000, "2 days"),
        ] {
            assert_eq!(span(ms), text, "{ms}");
        }
    }

    #[test]
    fn numbers_and_lists_are_read_with_ease() {
        assert_eq!([count(1, "job"), count(0, "job"), count(1_234_567, "job")], ["1 job", "0 jobs", "1,234,567 jobs"]);
        assert_eq!(grouped(-1000), "-1,000");
        for (names, text) in [
            (&[][..], "none"),
            (&["a"], "a"),
            (&["a", "b"], "a and b"),
            (&["a", "b", "c"], "a, b and c"),
            (&["a", "b", "c", "d"], "a, b, c and 1 more"),
        ] {
            assert_eq!(list(names.iter().copied()), text);
        }
    }
}
