//! Kinds of options: how a value is read, how it is shown in `status()`, and how the reference
//! names it.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::Value;

use crate::error::Result;
use crate::model::draft::{Isolation, QueueDefaults};
use crate::model::read::{Reader, Unit};
use crate::model::schedule::{Zone, read_zone};

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// The maximum size of a `jsonb` value that options allow, in bytes; PostgreSQL's limit is 256 MiB.
const MAX_JSONB_BYTES: i64 = 255 * 1_024 * 1_024;

/// The kind of an option whose value is a `T`.
pub(crate) struct Kind<T> {
    /// The column `type` of the reference.
    name: Cow<'static, str>,
    read: Read<T>,
    write: Box<dyn Fn(&T) -> Value>,
    /// The column `default` of the reference, if it is not the value itself.
    shown: Option<&'static str>,
}

/// Reads a given value.
type Read<T> = Box<dyn Fn(&Reader<'_>) -> Result<T>>;

/// One row of a table of the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub name: &'static str,
    pub kind: Cow<'static, str>,
    /// Markdown.
    pub default: Cow<'static, str>,
    pub meaning: &'static str,
}

impl Row {
    pub(crate) const fn new(
        name: &'static str,
        kind: &'static str,
        default: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, kind: Cow::Borrowed(kind), default: Cow::Borrowed(default), meaning }
    }
}

impl<T: 'static> Kind<T> {
    pub(crate) fn new(
        name: &'static str,
        read: impl Fn(&Reader<'_>) -> Result<T> + 'static,
        write: impl Fn(&T) -> Value + 'static,
    ) -> Self {
        Self { name: name.into(), read: Box::new(read), write: Box::new(write), shown: None }
    }

    /// The same kind under another name.
    pub(crate) fn named(self, name: &'static str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Describes the default in words, if it depends on something else.
    pub(crate) fn shown(self, default: &'static str) -> Self {
        Self { shown: Some(default), ..self }
    }

    /// Removes the default: the value is `null` if the option is not given.
    pub(crate) fn optional(self) -> Kind<Option<T>> {
        let Self { name, read, write, shown } = self;
        Kind {
            name,
            read: Box::new(move |it| read(it).map(Some)),
            write: Box::new(move |value| value.as_ref().map_or(Value::Null, &write)),
            shown,
        }
    }

    pub(crate) fn read(&self, reader: &Reader<'_>, option: &str) -> Result<Option<T>> {
        reader.get(option).map(|it| (self.read)(&it)).transpose()
    }

    pub(crate) fn write(&self, value: &T) -> Value {
        (self.write)(value)
    }

    pub(crate) fn row(&self, name: &'static str, default: &T, meaning: &'static str) -> Row {
        let default = self.shown.map_or_else(|| markdown(&self.write(default)).into(), Cow::Borrowed);
        Row { name, kind: self.name.clone(), default, meaning }
    }
}

/// A value in the reference.
fn markdown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => format!("`'{text}'`"),
        other => format!("`{other}`"),
    }
}

pub(crate) fn flag() -> Kind<bool> {
    let read = |it: &Reader<'_>| it.value().as_bool().ok_or_else(|| it.expected("true or false"));
    Kind::new("boolean", read, |it| Value::from(*it))
}

/// A text whose length in characters is in the range.
pub(crate) fn text(length: RangeInclusive<usize>) -> Kind<String> {
    let read = move |it: &Reader<'_>| it.as_text(length.clone()).map(str::to_owned);
    Kind::new("string", read, |it| Value::from(it.as_str()))
}

/// An integer in the range, which must fit the type.
pub(crate) fn integer<T: TryFrom<i64> + Copy + Into<Value> + 'static>(range: RangeInclusive<i64>) -> Kind<T> {
    let read = move |it: &Reader<'_>| {
        let n = it.as_integer(range.clone())?;
        T::try_from(n).map_err(|_| it.expected("an integer within the range of its type"))
    };
    Kind::new("integer", read, |it| (*it).into())
}

/// A number of bytes, up to the limit of `jsonb`.
pub(crate) fn bytes(least: i64) -> Kind<usize> {
    integer(least..=MAX_JSONB_BYTES).named("integer (bytes)")
}

/// A duration whose bare number counts milliseconds.
pub(crate) fn millis(range: RangeInclusive<Duration>) -> Kind<Duration> {
    duration("duration (ms)", Unit::Milliseconds, range)
}

/// A duration whose bare number counts seconds.
pub(crate) fn seconds(range: RangeInclusive<Duration>) -> Kind<Duration> {
    duration("duration (**s**)", Unit::Seconds, range)
}

fn duration(name: &'static str, unit: Unit, range: RangeInclusive<Duration>) -> Kind<Duration> {
    Kind::new(name, move |it| it.as_duration(unit, range.clone()), move |it| unit.number(*it))
}

/// The time between two queries or ticks: 10 ms to a day.
pub(crate) fn interval() -> Kind<Duration> {
    millis(Duration::from_millis(10)..=DAY)
}

/// The time after which a statement is slow, or `false`: 1 ms to a day.
pub(crate) fn slow_query() -> Kind<Option<Duration>> {
    Kind::new(
        "duration (ms) or `false`",
        |it| match it.value() {
            Value::Bool(false) => Ok(None),
            Value::Bool(true) => Err(it.expected("a duration in milliseconds, or false")),
            _ => it.as_duration(Unit::Milliseconds, Duration::from_millis(1)..=DAY).map(Some),
        },
        |limit| limit.map_or(Value::Bool(false), |limit| Unit::Milliseconds.number(limit)),
    )
}

/// The number of rows that one statement handles.
pub(crate) fn rows() -> Kind<u32> {
    integer(1..=1_000_000)
}

pub(crate) fn zone() -> Kind<Zone> {
    Kind::new("string", read_zone, |it| Value::from(it.name()))
}

pub(crate) fn isolation() -> Kind<Isolation> {
    Kind::new("`'main'`, `'thread'` or `'process'`", Isolation::read, |it| Value::from(it.as_str()))
}

/// Defaults for the jobs of a queue.
pub(crate) fn defaults() -> Kind<QueueDefaults> {
    Kind::new("object", QueueDefaults::read, |it| it.to_json())
}

/// A list of names; duplicates are dropped.
pub(crate) fn names(what: &'static str, most: usize, length: RangeInclusive<usize>) -> Kind<Vec<String>> {
    Kind::new("array", move |it| it.texts(what, most, length.clone()), |it| Value::from(it.as_slice()))
}
