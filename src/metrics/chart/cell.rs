//! What is added up for one point of a series.

use crate::metrics::{Histogram, merge_text};

/// How values of a point become one number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Agg {
    Sum,
    /// Per second.
    Rate,
    Mean,
    Max,
    Quantile(f64),
}

/// A value of a row.
pub enum Value<'a> {
    Sum(u64),
    Max(u64),
    /// The text of a histogram.
    Durations(&'a str),
}

/// The values of a point.
pub enum Cell {
    Sum(u64),
    Max(u64),
    Durations(Box<Histogram>),
}

impl Value<'_> {
    /// How much it adds to the rank of its series.
    pub fn weight(&self) -> u64 {
        match self {
            Self::Sum(n) | Self::Max(n) => *n,
            Self::Durations(text) => {
                text.split(' ').next().and_then(|count| u64::from_str_radix(count, 36).ok()).unwrap_or(0)
            }
        }
    }
}

impl Cell {
    pub fn add(cell: &mut Option<Self>, value: &Value<'_>) {
        let cell = cell.get_or_insert_with(|| match value {
            Value::Sum(_) => Self::Sum(0),
            Value::Max(_) => Self::Max(0),
            Value::Durations(_) => Self::Durations(Box::default()),
        });
        match (cell, value) {
            (Self::Sum(sum), Value::Sum(n)) => *sum += n,
            (Self::Max(max), Value::Max(n)) => *max = (*max).max(*n),
            // A text that cannot be read adds nothing.
            (Self::Durations(all), Value::Durations(text)) => _ = merge_text(all, text),
            _ => {}
        }
    }

    fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Sum(sum), Self::Sum(n)) => *sum += n,
            (Self::Max(max), Self::Max(n)) => *max = (*max).max(*n),
            (Self::Durations(all), Self::Durations(more)) => all.merge(more),
            _ => {}
        }
    }

    /// All of them together.
    pub fn sum<'a>(cells: impl Iterator<Item = &'a Self>) -> Option<Self> {
        cells.fold(None, |sum: Option<Self>, cell| {
            let mut sum = sum.unwrap_or_else(|| match cell {
                Self::Sum(_) => Self::Sum(0),
                Self::Max(_) => Self::Max(0),
                Self::Durations(_) => Self::Durations(Box::default()),
            });
            sum.merge(cell);
            Some(sum)
        })
    }

    /// The number of a point that covers so many seconds; durations are milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "a number for a chart")]
    pub fn value(&self, agg: Agg, seconds: f64) -> Option<f64> {
        let millis = |micros: u64| micros as f64 / 1_000.0;
        match (self, agg) {
            (Self::Sum(n), Agg::Rate) => Some(*n as f64 / seconds),
            (Self::Sum(n) | Self::Max(n), _) => Some(*n as f64),
            (Self::Durations(all), _) if all.is_empty() => None,
            (Self::Durations(all), Agg::Sum | Agg::Rate) => Some(millis(all.sum())),
            (Self::Durations(all), Agg::Mean) => Some(millis(all.sum()) / all.count() as f64),
            (Self::Durations(all), Agg::Max) => Some(millis(all.max())),
            (Self::Durations(all), Agg::Quantile(q)) => all.quantile(q).map(millis),
        }
    }
}
