//! What a chart shows: counts, durations or samples by time, of rows of one step.

mod cell;
mod values;

#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;

use super::row::{MetricsData, Sampled};
pub use cell::Agg;
use cell::Cell;
use values::each_value;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Attempts that ended.
    Executed,
    /// Attempts that failed.
    Failed,
    Enqueued,
    /// How long attempts ran.
    Run,
    /// How long jobs had been due before they were claimed.
    Wait,
    /// Jobs that wait.
    Backlog,
    /// How long the oldest job has waited.
    Oldest,
}

/// What a metric is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    Count,
    Duration,
    Sample,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    State,
    Queue,
    Worker,
    Node,
}

/// Which chart to make.
#[derive(Debug, Clone)]
pub struct Chart {
    pub shown: Shown,
    pub group: Option<Group>,
    pub agg: Agg,
    /// When the first point begins, and the time that each covers, in microseconds.
    pub start: i64,
    pub step: i64,
    pub points: usize,
    pub queue: Option<String>,
    pub worker: Option<String>,
    pub node: Option<String>,
    /// The number of series; the others are added up.
    pub top: usize,
}

/// A row, as a chart reads it.
pub struct ChartRow<'a> {
    pub bucket: i64,
    pub node: &'a str,
    pub data: &'a str,
}

/// `None` is a point that was not measured.
pub type Points = Vec<Option<f64>>;

#[derive(Debug, PartialEq)]
pub struct Line {
    pub key: String,
    pub points: Points,
    /// The same of all points together.
    pub total: Option<f64>,
}

#[derive(Debug, PartialEq)]
pub struct Charted {
    pub lines: Vec<Line>,
    /// All series beyond the number wanted.
    pub other: Option<Line>,
    /// Rows that have an unknown format.
    pub skipped: u64,
}

/// A row that was read, and its point; those before the first are negative.
struct Read<'a> {
    point: i64,
    node: &'a str,
    data: MetricsData<'a>,
}

impl Shown {
    pub const ALL: [(&'static str, Self); 7] = [
        ("executed", Self::Executed),
        ("failed", Self::Failed),
        ("enqueued", Self::Enqueued),
        ("run", Self::Run),
        ("wait", Self::Wait),
        ("backlog", Self::Backlog),
        ("oldest", Self::Oldest),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, shown)| *shown == self).map_or("", |(name, _)| name)
    }

    pub const fn nature(self) -> Nature {
        match self {
            Self::Executed | Self::Failed | Self::Enqueued => Nature::Count,
            Self::Run | Self::Wait => Nature::Duration,
            Self::Backlog | Self::Oldest => Nature::Sample,
        }
    }
}

impl Chart {
    /// For how many points an empty sample stands: the leader makes the next a minute later.
    pub const fn carried(step: i64) -> i64 {
        60_000_000 / step
    }

    /// Whether it tells nodes apart.
    pub fn is_by_node(&self) -> bool {
        self.group == Some(Group::Node) || self.node.is_some()
    }

    /// Makes the chart of rows. Those shortly before the first point say whether it was measured.
    pub fn of(&self, rows: &[ChartRow<'_>]) -> Charted {
        let mut skipped = 0;
        let mut read = Vec::with_capacity(rows.len());
        for row in rows {
            let point = (row.bucket - self.start).div_euclid(self.step);
            match MetricsData::read(row.data) {
                Some(data) => {
                    skipped += if point >= 0 { data.skipped } else { 0 };
                    read.push(Read { point, node: row.node, data });
                }
                None => skipped += u64::from(point >= 0),
            }
        }
        let measured = self.measured(&read);
        let keys = self.keys(&read);
        let index: FxHashMap<&str, usize> = keys.iter().enumerate().map(|(n, key)| (key.as_str(), n)).collect();
        // The last are those of all other keys.
        let mut cells: Vec<Vec<Option<Cell>>> = (0..=keys.len()).map(|_| vec![]).collect();
        each_value(self, &read, |point, key, value| {
            let Some(point) = usize::try_from(point).ok().filter(|point| *point < self.points) else { return };
            let cells = &mut cells[*index.get(key).unwrap_or(&keys.len())];
            cells.resize_with(self.points, || None);
            Cell::add(&mut cells[point], &value);
        });
        let other = cells.pop().filter(|it| !it.is_empty()).map(|cells| self.line("", &cells, &measured));
        let lines = keys.iter().zip(&cells).map(|(key, cells)| self.line(key, cells, &measured)).collect();
        Charted { lines, other, skipped }
    }

    fn line(&self, key: &str, cells: &[Option<Cell>], measured: &[bool]) -> Line {
        #[expect(clippy::cast_precision_loss, reason = "seconds")]
        let seconds = self.step as f64 / 1_000_000.0;
        let none = self.empty();
        let point = |(n, measured): (usize, &bool)| {
            let cell = cells.get(n).and_then(Option::as_ref);
            measured.then(|| cell.map_or(none, |cell| cell.value(self.agg, seconds))).flatten()
        };
        let points: Points = measured.iter().enumerate().map(point).collect();
        #[expect(clippy::cast_precision_loss, reason = "at most some hundred")]
        let measured_points = measured.iter().filter(|it| **it).count() as f64;
        let total = match self.shown.nature() {
            Nature::Sample if self.agg == Agg::Sum => points.iter().rev().find_map(|it| *it),
            Nature::Sample => points.iter().flatten().copied().reduce(f64::max),
            _ if measured_points == 0.0 => None,
            _ => Cell::sum(cells.iter().flatten()).map_or(none, |all| all.value(self.agg, seconds * measured_points)),
        };
        Line { key: key.to_owned(), points, total }
    }

    /// The value where nothing happened.
    fn empty(&self) -> Option<f64> {
        (self.shown.nature() != Nature::Duration).then_some(0.0)
    }

    /// Whether each point was measured: there is a row, or an empty sample shortly before.
    fn measured(&self, read: &[Read<'_>]) -> Vec<bool> {
        let mut measured = vec![false; self.points];
        let mut mark = |points: std::ops::RangeInclusive<i64>| {
            for point in points.filter_map(|it| usize::try_from(it).ok()) {
                if let Some(it) = measured.get_mut(point) {
                    *it = true;
                }
            }
        };
        for row in read {
            let is_sample = row.data.nodes.is_some();
            if is_sample || self.shown.nature() != Nature::Sample {
                mark(row.point..=row.point);
            }
            let waits = |queue: &[Sampled; 9]| queue[..4].iter().any(|it| it.last.unwrap_or(0) > 0);
            if is_sample && !row.data.q.values().any(waits) {
                mark(row.point..=row.point + Self::carried(self.step));
            }
        }
        measured
    }

    /// The keys that have a series of their own, those with the greatest sums first.
    fn keys(&self, read: &[Read<'_>]) -> Vec<String> {
        if self.group.is_none() {
            return vec![self.shown.name().to_owned()];
        }
        let mut sums: FxHashMap<String, u64> = FxHashMap::default();
        each_value(self, read, |point, key, value| {
            if point < 0 {
                return;
            }
            match sums.get_mut(key) {
                Some(sum) => *sum += value.weight(),
                None => _ = sums.insert(key.to_owned(), value.weight()),
            }
        });
        let mut all: Vec<_> = sums.into_iter().collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all.into_iter().take(self.top).map(|(key, _)| key).collect()
    }
}
