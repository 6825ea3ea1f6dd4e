//! How column values that the engine only passes on are read: JSON as its text, instants as microseconds.

use std::error::Error;

use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
const EPOCH_SHIFT: i64 = 946_684_800_000_000;

/// `-infinity`, read as microseconds since 1970; `infinity` is `i64::MAX`.
const NEGATIVE_INFINITY: i64 = i64::MIN + EPOCH_SHIFT;

/// The farthest instants that a JavaScript `Date` can hold, in microseconds from 1970.
const MAX_DATE: i64 = 8_640_000_000_000_000_000;

/// The text of a `json` or `jsonb` value, not parsed.
#[derive(Debug, Clone)]
pub struct JsonText(pub String);

impl<'a> FromSql<'a> for JsonText {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        // jsonb travels as a version byte and the text.
        let text = if *ty == Type::JSONB { raw.get(1..).unwrap_or_default() } else { raw };
        Ok(Self(std::str::from_utf8(text)?.to_owned()))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSON || *ty == Type::JSONB
    }
}

/// A `timestamptz` as microseconds since 1970: exact, unlike a JavaScript `Date`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Micros(pub i64);

impl Micros {
    /// The time that a user chose, within what a JavaScript `Date` can hold: an infinite one is the first or last of them.
    pub fn as_date(self) -> i64 {
        self.0.clamp(-MAX_DATE, MAX_DATE)
    }
}

impl<'a> FromSql<'a> for Micros {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let since_2000 = i64::from_be_bytes(raw.try_into()?);
        Ok(Self(since_2000.saturating_add(EPOCH_SHIFT)))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }
}

impl ToSql for Micros {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let since_2000 = match self.0 {
            i64::MAX => i64::MAX,
            NEGATIVE_INFINITY => i64::MIN,
            finite => finite.saturating_sub(EPOCH_SHIFT),
        };
        out.extend_from_slice(&since_2000.to_be_bytes());
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinite_times_are_written_as_they_were_read_and_shown_as_the_farthest_dates() {
        for (sent, date) in [(i64::MAX, MAX_DATE), (i64::MIN, -MAX_DATE), (0, EPOCH_SHIFT), (-1, EPOCH_SHIFT - 1)] {
            let read = Micros::from_sql(&Type::TIMESTAMPTZ, &sent.to_be_bytes()).expect("a time");
            assert_eq!(read.as_date(), date);
            let mut out = BytesMut::new();
            read.to_sql(&Type::TIMESTAMPTZ, &mut out).expect("written");
            assert_eq!(out[..], sent.to_be_bytes());
        }
    }
}
