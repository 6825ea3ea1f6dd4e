//! JSON text that `jsonb` accepts: outcomes are repaired, arguments are rejected.
//!
//! `jsonb` accepts less than JSON: no `\u0000`, no lone surrogate, no number beyond `numeric`, and
//! only a limited depth. Outcomes are repaired, because the work is done and its ack must not fail.
//! Arguments are rejected before any SQL, because an SQL error would abort the caller's
//! transaction. Texts are scanned once and never parsed.

pub mod path;

use std::borrow::Cow;
use std::fmt;

/// The maximum number of nested arrays and objects; the server's stack overflows at some thousands.
pub const MAX_DEPTH: usize = 512;
/// The maximum number of digits, and the maximum exponent, of a number. `numeric` is limited to
/// 131,072 digits before the point and 16,383 after it.
const MAX_DIGITS: usize = 5_000;

/// Something that `jsonb` would reject, with its position in the text in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obstacle {
    pub what: What,
    pub at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Nul,
    LoneSurrogate,
    Depth,
    Number,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nul => f.write_str("a NUL character (\\u0000)"),
            Self::LoneSurrogate => f.write_str("half of a surrogate pair (\\ud800 to \\udfff alone)"),
            Self::Depth => write!(f, "more than {MAX_DEPTH} levels of nesting"),
            Self::Number => write!(f, "a number of more than {MAX_DIGITS} digits"),
        }
    }
}

/// Replaces `\u0000` and lone surrogate escapes by `\ufffd`. Borrows the text if there are none,
/// which is nearly always the case.
pub fn sanitise_json(text: &str) -> Cow<'_, str> {
    let mut mended: Option<String> = None;
    for Obstacle { at, .. } in BadEscapes::new(text) {
        // Both escapes are six bytes of ASCII, so offsets do not change.
        mended.get_or_insert_with(|| text.to_owned()).replace_range(at..at + 6, "\\ufffd");
    }
    mended.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The first position in a JSON text that `jsonb` would reject.
pub fn obstacle(text: &str) -> Option<Obstacle> {
    BadEscapes::new(text).next().or_else(|| oversize(text))
}

/// The first level or number that exceeds the limits of `jsonb`; [`sanitise_json`] handles escapes.
pub fn oversize(text: &str) -> Option<Obstacle> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_string(bytes, at),
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(Obstacle { what: What::Depth, at });
                }
                at += 1;
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b'-' | b'0'..=b'9' => {
                let end = bytes[at..].iter().position(|b| !matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'));
                let number = &text[at..end.map_or(text.len(), |n| at + n)];
                if is_too_long(number) {
                    return Some(Obstacle { what: What::Number, at });
                }
                at += number.len();
            }
            _ => at += 1,
        }
    }
    None
}

fn is_too_long(number: &str) -> bool {
    let (digits, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    digits.len() > MAX_DIGITS || exponent.parse::<i64>().map_or(true, |e| e.unsigned_abs() > MAX_DIGITS as u64)
}

/// The index after the string that opens at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

/// Walks from backslash to backslash. JSON has them only in strings, so nothing else needs to be
/// parsed.
struct BadEscapes<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> BadEscapes<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The code unit of the escape `\uXXXX` at `at`.
    fn unit(&self, at: usize) -> Option<u16> {
        let escape = self.text.as_bytes().get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(escape).ok()?, 16).ok()
    }
}

impl Iterator for BadEscapes<'_> {
    type Item = Obstacle;

    fn next(&mut self) -> Option<Obstacle> {
        while let Some(found) = self.text.get(self.at..)?.find('\\') {
            let at = self.at + found;
            let Some(unit) = self.unit(at) else {
                self.at = at + 2; // the other escapes are two bytes, `\\` among them
                continue;
            };
            self.at = at + 6;
            let what = match unit {
                0 => What::Nul,
                0xD800..=0xDBFF if matches!(self.unit(at + 6), Some(0xDC00..=0xDFFF)) => {
                    self.at = at + 12;
                    continue;
                }
                0xD800..=0xDFFF => What::LoneSurrogate,
                _ => continue,
            };
            return Some(Obstacle { what, at });
        }
        self.at = self.text.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_escapes_become_the_replacement_character() {
        for (text, mended) in [
            (r#""plain""#, r#""plain""#),
            (r#""a\u0000b""#, r#""a\ufffdb""#),
            (r#""a\\u0000b""#, r#""a\\u0000b""#),
            (r#""a\\\u0000b""#, r#""a\\\ufffdb""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\uD83D\uDE00""#, r#""\uD83D\uDE00""#),
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83dx\n\u0041\"""#, r#""\ufffdx\n\u0041\"""#),
            (r#"{"k\u0000":["\ud800"]}"#, r#"{"k\ufffd":["\ufffd"]}"#),
        ] {
            assert_eq!(sanitise_json(text), mended, "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(mended).is_ok());
        }
    }

    #[test]
    fn a_good_text_is_not_copied() {
        assert!(matches!(sanitise_json(r#"{"a":"b\n\ud83d\ude00"}"#), Cow::Borrowed(_)));
    }

    #[test]
    fn broken_text_is_survived() {
        for text in ["\\", "\\u", "\\u00", "\"\\é\\u0000", "\\ud83d\\ude0", "\"abc", "\"abc\\", "-", "1e", "]]"] {
            let _ = (sanitise_json(text), obstacle(text));
        }
    }

    #[test]
    fn depth_and_numbers_have_a_limit() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(obstacle(&nested(MAX_DEPTH)), None);
        assert_eq!(obstacle(&nested(MAX_DEPTH + 1)), Some(Obstacle { what: What::Depth, at: MAX_DEPTH }));
        assert_eq!(obstacle(&"[1,{}],".repeat(2_000)), None, "breadth is not depth");
        for (text, what) in [
            ("1.7976931348623157e308", None),
            ("[-0, 1E+400, 5e-324]", None),
            (r#""1e999999 [[[ ""#, None),
            ("[1e999999]", Some(Obstacle { what: What::Number, at: 1 })),
            ("1e99999999999999999999999", Some(Obstacle { what: What::Number, at: 0 })),
        ] {
            assert_eq!(obstacle(text), what, "{text}");
        }
        assert_eq!(obstacle(&"9".repeat(5_001)), Some(Obstacle { what: What::Number, at: 0 }));
    }

    #[test]
    fn an_obstacle_says_where_it_is() {
        assert_eq!(obstacle(r#"["a","b\u0000"]"#), Some(Obstacle { what: What::Nul, at: 7 }));
        assert_eq!(obstacle(r#"["\udc00"]"#), Some(Obstacle { what: What::LoneSurrogate, at: 2 }));
    }
}
