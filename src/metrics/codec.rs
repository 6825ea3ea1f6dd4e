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

/// `None` if it is not the text of a histogram.
pub fn decode(text: &str) -> Option<Histogram> {
    if text.is_empty() {
        return Some(Histogram::default());
    }
    let numbers: Vec<u64> = text.split(' ').map(|it| u64::from_str_radix(it, 36).ok()).collect::<Option<_>>()?;
    let (&[count, sum, max], pairs) = numbers.split_first_chunk::<3>()?;
    let (pairs, rest) = pairs.as_chunks::<2>();
    let mut last = 0_usize;
    let buckets: Vec<(usize, u64)> = pairs
        .iter()
        .map(|[gap, n]| {
            last = last.checked_add(usize::try_from(*gap).ok()?)?;
            Some((last, *n))
        })
        .collect::<Option<_>>()?;
    if rest.is_empty() { Histogram::of(count, sum, max, buckets) } else { None }
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
    }
}
