//! A histogram as text: `count sum max gap n gap n …`, in base 36. Each gap is the distance from the bucket before, from 0 for the
//! first. The empty text is a histogram without values.

use std::fmt::Write;

use super::Histogram;

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

pub fn encode(histogram: &Histogram) -> String {
    let mut text = String::new();
    if histogram.is_empty() {
        return text;
    }
    for number in [histogram.count(), histogram.sum(), histogram.max()] {
        push(&mut text, number);
    }
    let mut last = 0;
    for (bucket, count) in histogram.buckets() {
        push(&mut text, (bucket - last) as u64);
        push(&mut text, count);
        last = bucket;
    }
    text
}

/// The text of a histogram without its buckets.
pub fn summary(histogram: &Histogram) -> String {
    let mut text = String::new();
    if !histogram.is_empty() {
        for it in [histogram.count(), histogram.sum(), histogram.max()] {
            push(&mut text, it);
        }
    }
    text
}

/// `None` if it is not the text of a histogram.
pub fn decode(text: &str) -> Option<Histogram> {
    let mut histogram = Histogram::default();
    merge_text(&mut histogram, text)?;
    Some(histogram)
}

/// Adds the values of a text to a histogram; `None`, and nothing is added, if it is not the text of one.
pub fn merge_text(histogram: &mut Histogram, text: &str) -> Option<()> {
    if text.is_empty() {
        return Some(());
    }
    let (sum, max) = read(text, |_, _| ())?;
    read(text, |bucket, count| histogram.add(bucket, count))?;
    histogram.add_sum(sum, max);
    Some(())
}

/// Calls `each` for each bucket and its count; returns the sum and the maximum.
fn read(text: &str, mut each: impl FnMut(usize, u64)) -> Option<(u64, u64)> {
    let mut numbers = text.as_bytes().split(|byte| *byte == b' ').map(number);
    let mut next = || numbers.next();
    let (count, sum, max) = (next()??, next()??, next()??);
    let (mut seen, mut bucket) = (0_u64, 0_usize);
    while let Some(gap) = next() {
        bucket = bucket.checked_add(usize::try_from(gap?).ok()?).filter(|it| *it < Histogram::LIMIT)?;
        let n = next()??;
        seen = seen.checked_add(n)?;
        each(bucket, n);
    }
    (seen == count).then_some((sum, max))
}

fn number(digits: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'z' => Some(byte - b'a' + 10),
        _ => None,
    };
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, byte| number.checked_mul(36)?.checked_add(digit(byte)?.into()))
}

fn push(text: &mut String, mut number: u64) {
    let mut digits = [0; 13];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = DIGITS[usize::try_from(number % 36).unwrap_or_default()];
        number /= 36;
        if number == 0 {
            break;
        }
    }
    let space = if text.is_empty() { "" } else { " " };
    let _ = write!(text, "{space}{}", String::from_utf8_lossy(&digits[at..]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_gives_the_same_histogram() {
        let mut histogram = Histogram::default();
        assert_eq!(encode(&histogram), "");
        for round in 0..1_000_u64 {
            histogram.record_micros((round * 7_919) << (round % 40));
            assert_eq!(decode(&encode(&histogram)).as_ref(), Some(&histogram));
        }
    }

    #[test]
    fn its_numbers_can_be_read() {
        let mut histogram = Histogram::default();
        for value in [3, 3, 40] {
            histogram.record_micros(value);
        }
        // Three values, a sum of 46 (1a), at most 40 (14): two of bucket 3, one of bucket 36 (4 + 32).
        assert_eq!(encode(&histogram), "3 1a 14 3 2 11 1");
    }

    #[test]
    fn other_texts_are_no_histograms() {
        for text in ["x!", "1", "1 1", "1 1 1", "2 3 3 3 1", "1 3 3 3", "1 3 3 zzz 1", "1 3 3 3 1 ", "-1 0 0"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
        let mut histogram = decode("3 1a 14 3 2 11 1").expect("a histogram");
        assert_eq!(merge_text(&mut histogram, "2 3 3 3 1"), None);
        assert_eq!(encode(&histogram), "3 1a 14 3 2 11 1", "nothing of it is added");
        assert_eq!(merge_text(&mut histogram, "1 3 3 3 1"), Some(()));
        assert_eq!(encode(&histogram), "4 1d 14 3 3 11 1");
    }
}
