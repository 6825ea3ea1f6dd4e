//! What is counted of queues and classes, summed up by the labels that are wanted. Where that makes too many lines, further labels
//! are left empty.

use std::collections::BTreeMap;

use crate::engine::metrics::SeriesReport;
use crate::error::Result;
use crate::metrics::{Counts, HISTOGRAM_LINES, Histogram};
use crate::model::read::Reader;

/// The most lines of an engine.
pub const MAX_LINES: usize = 20_000;

pub const WORKER_FOLDED: &str = "Above 20,000 lines: the worker is left empty.";
pub const QUEUE_FOLDED: &str = "Above 20,000 lines: queue and worker are left empty.";

/// The labels by which something is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By {
    queue: bool,
    worker: bool,
}

/// The labels of counters and of histograms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labels {
    counters: By,
    histograms: By,
}

/// A queue and a class; empty where they are not told apart.
type Key = (String, String);

/// How long attempts of a queue and class ran and waited.
#[derive(Debug, Default)]
pub struct Durations {
    pub run: Histogram,
    pub failed: Histogram,
    pub wait: Histogram,
}

/// Values, by what they are told apart by.
#[derive(Debug)]
pub struct Grouped<T> {
    by: By,
    pub values: BTreeMap<Key, T>,
    /// What is told apart no more, because there would be too many lines.
    pub note: Option<&'static str>,
}

#[derive(Debug)]
pub struct GroupedSeries {
    pub counters: Grouped<Counts>,
    pub histograms: Grouped<Durations>,
}

impl Default for Labels {
    fn default() -> Self {
        Self { counters: By { queue: true, worker: true }, histograms: By { queue: true, worker: false } }
    }
}

impl Labels {
    pub fn read(reader: &Reader<'_>) -> Result<Self> {
        reader.only(&["counters", "histograms"])?;
        let usual = Self::default();
        let read = |key, usual| reader.get(key).map_or(Ok(usual), |it| By::read(&it));
        Ok(Self { counters: read("counters", usual.counters)?, histograms: read("histograms", usual.histograms)? })
    }
}

impl By {
    fn read(reader: &Reader<'_>) -> Result<Self> {
        let (queue, worker) = (Self { queue: true, worker: false }, Self { queue: false, worker: true });
        let none = Self { queue: false, worker: false };
        reader.elements("an array of labels")?.iter().try_fold(none, |by, element| {
            let label = element.word(&[("queue", queue), ("worker", worker)])?;
            Ok(Self { queue: by.queue || label.queue, worker: by.worker || label.worker })
        })
    }

    /// These labels without the class, or without both.
    const fn folded(self, worker: bool, queue: bool) -> Self {
        Self { queue: self.queue && !queue, worker: self.worker && !worker }
    }
}

impl<T: Default> Grouped<T> {
    fn new(wanted: By, shown: By) -> Self {
        let note = match shown {
            _ if shown == wanted => None,
            By { queue: true, .. } => Some(WORKER_FOLDED),
            By { queue: false, .. } => Some(QUEUE_FOLDED),
        };
        // A label that is left empty is still there, so that sums by it stay right.
        Self { by: wanted, values: BTreeMap::new(), note }
    }

    /// The labels of a value, to which `more` are added.
    pub fn labels<'a>(&self, (queue, worker): &'a Key, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = [(self.by.queue, ("queue", queue.as_str())), (self.by.worker, ("worker", worker.as_str()))];
        own.into_iter().filter_map(|(wanted, label)| wanted.then_some(label)).chain(more.iter().copied()).collect()
    }
}

impl GroupedSeries {
    /// Sums up series by labels, in at most `lines` lines if that is possible.
    pub fn new(series: &[SeriesReport], labels: Labels, lines: usize) -> Self {
        // What is left empty, one after the other: the class of histograms, that of counters, then the queues.
        let foldings = (0..=4).map(|step| Labels {
            histograms: labels.histograms.folded(step >= 1, step >= 3),
            counters: labels.counters.folded(step >= 2, step >= 4),
        });
        let mut shown = labels;
        let mut grouped = Self::grouped(series, labels, shown);
        for folding in foldings.skip(1) {
            if grouped.lines() <= lines {
                break;
            }
            if folding != shown {
                shown = folding;
                grouped = Self::grouped(series, labels, shown);
            }
        }
        grouped
    }

    fn grouped(series: &[SeriesReport], wanted: Labels, shown: Labels) -> Self {
        let key = |by: By, it: &SeriesReport| {
            let kept = |keep: bool, name: &String| if keep { name.clone() } else { String::new() };
            (kept(by.queue, &it.queue), kept(by.worker, &it.worker))
        };
        let mut counters: Grouped<Counts> = Grouped::new(wanted.counters, shown.counters);
        let mut histograms: Grouped<Durations> = Grouped::new(wanted.histograms, shown.histograms);
        for it in series {
            counters.values.entry(key(shown.counters, it)).or_default().add(&it.counts);
            let durations = histograms.values.entry(key(shown.histograms, it)).or_default();
            durations.run.merge(&it.run);
            durations.failed.merge(&it.failed);
            durations.wait.merge(&it.wait);
        }
        Self { counters, histograms }
    }

    fn lines(&self) -> usize {
        // Three results are there in any case.
        let counts = |it: &Counts| 3 + it.to_array().iter().filter(|count| **count > 0).count();
        let histograms = self.histograms.values.values().flat_map(|it| [&it.run, &it.failed, &it.wait]);
        self.counters.values.values().map(counts).sum::<usize>()
            + histograms.filter(|it| !it.is_empty()).count() * HISTOGRAM_LINES
    }
}
