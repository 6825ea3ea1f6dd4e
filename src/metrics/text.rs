//! The text formats of Prometheus: 0.0.4, and [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/) 1.0.

use std::borrow::Cow;
use std::fmt::{Display, Write};

use super::Histogram;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// 0.0.4.
    Text,
    OpenMetrics,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
}

/// The upper bounds of the buckets of histograms, in microseconds, with their names in seconds.
const BOUNDS: [(u64, &str); 17] = [
    (1_000, "0.001"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (5_000_000, "5"),
    (10_000_000, "10"),
    (30_000_000, "30"),
    (60_000_000, "60"),
    (300_000_000, "300"),
    (1_800_000_000, "1800"),
    (3_600_000_000, "3600"),
];

/// The lines of one histogram: its bounds, infinity, sum and count.
pub const HISTOGRAM_LINES: usize = BOUNDS.len() + 3;

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Info => "info",
        }
    }

    /// What OpenMetrics adds to the name of a metric in its samples.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram => "",
        }
    }
}

impl Format {
    /// The lines that end a text.
    pub const fn end(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::OpenMetrics => "# EOF\n",
        }
    }

    /// The lines that describe a metric.
    fn head(self, name: &str, kind: Kind, help: &str) -> String {
        let (name, kind) = match self {
            // 0.0.4 has no type for information.
            Self::Text => (name, if kind == Kind::Info { Kind::Gauge } else { kind }),
            Self::OpenMetrics => (name.strip_suffix(kind.suffix()).unwrap_or(name), kind),
        };
        let mut head = format!("# HELP {name} {help}\n# TYPE {name} {}\n", kind.as_str());
        if self == Self::OpenMetrics && name.ends_with("_seconds") {
            let _ = writeln!(head, "# UNIT {name} seconds");
        }
        head
    }
}

/// The samples of one metric.
pub struct Samples {
    format: Format,
    name: &'static str,
    kind: Kind,
    /// Whose they are: a label of every sample.
    engine: String,
    lines: String,
    /// Added to the description.
    note: Option<&'static str>,
}

impl Samples {
    pub const fn new(format: Format, name: &'static str, kind: Kind) -> Self {
        Self { format, name, kind, engine: String::new(), lines: String::new(), note: None }
    }

    /// The samples that follow are those of this engine.
    pub fn of(&mut self, engine: &str) {
        self.engine = format!("engine=\"{}\"", escaped(engine));
    }

    pub const fn note(&mut self, note: &'static str) {
        self.note = Some(note);
    }

    pub fn add(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.line("", labels, None, value);
    }

    pub fn histogram(&mut self, labels: &[(&str, &str)], histogram: &Histogram) {
        let counts = histogram.counts_up_to(BOUNDS.map(|(limit, _)| limit));
        for ((_, bound), count) in BOUNDS.iter().zip(counts) {
            // OpenMetrics writes all bounds as numbers with a point.
            let point = if self.format == Format::OpenMetrics && !bound.contains('.') { ".0" } else { "" };
            self.line("_bucket", labels, Some((bound, point)), count);
        }
        self.line("_bucket", labels, Some(("+Inf", "")), histogram.count());
        self.line("_sum", labels, None, seconds(histogram.sum()));
        self.line("_count", labels, None, histogram.count());
    }

    fn line(&mut self, suffix: &str, labels: &[(&str, &str)], bound: Option<(&str, &str)>, value: impl Display) {
        let lines = &mut self.lines;
        lines.push_str(self.name);
        lines.push_str(suffix);
        lines.push('{');
        lines.push_str(&self.engine);
        for (name, value) in labels {
            let _ = write!(lines, ",{name}=\"{}\"", escaped(value));
        }
        if let Some((bound, point)) = bound {
            let _ = write!(lines, ",le=\"{bound}{point}\"");
        }
        let _ = writeln!(lines, "}} {value}");
    }

    /// Adds the description and the samples to a text, or nothing if there are none.
    pub fn write(self, help: &str, text: &mut String) {
        if self.lines.is_empty() {
            return;
        }
        let help = self.note.map_or(Cow::Borrowed(help), |note| Cow::Owned(format!("{help} {note}")));
        text.push_str(&self.format.head(self.name, self.kind, &help));
        text.push_str(&self.lines);
    }
}

/// A duration in seconds.
#[expect(clippy::cast_precision_loss, reason = "exact up to 285 years")]
pub fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// The value of a label between quotes.
fn escaped(value: &str) -> Cow<'_, str> {
    if value.contains(['\\', '"', '\n']) {
        Cow::Owned(value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
    } else {
        Cow::Borrowed(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(format: Format, name: &'static str, kind: Kind, add: impl FnOnce(&mut Samples)) -> String {
        let mut samples = Samples::new(format, name, kind);
        samples.of("a");
        add(&mut samples);
        let mut text = String::new();
        samples.write("What it is.", &mut text);
        text
    }

    #[test]
    fn a_counter_has_its_suffix_in_the_description_of_one_format_only() {
        let of = |format| text(format, "jobs_total", Kind::Counter, |it| it.add(&[("queue", "b")], 3));
        assert_eq!(
            of(Format::Text),
            "# HELP jobs_total What it is.\n# TYPE jobs_total counter\njobs_total{engine=\"a\",queue=\"b\"} 3\n"
        );
        assert_eq!(
            of(Format::OpenMetrics),
            "# HELP jobs What it is.\n# TYPE jobs counter\njobs_total{engine=\"a\",queue=\"b\"} 3\n"
        );
    }

    #[test]
    fn values_of_labels_are_escaped() {
        let text = text(Format::Text, "jobs", Kind::Gauge, |it| it.add(&[("queue", "a\"b\\c\nd\te")], 0.5));
        assert!(text.ends_with("jobs{engine=\"a\",queue=\"a\\\"b\\\\c\\nd\te\"} 0.5\n"), "{text}");
    }

    #[test]
    fn a_histogram_is_cumulative_and_ends_with_all() {
        let mut histogram = Histogram::default();
        for micros in [900, 4_000, 2_000_000, 7_200_000_000] {
            histogram.record_micros(micros);
        }
        let text = text(Format::OpenMetrics, "run_seconds", Kind::Histogram, |it| it.histogram(&[], &histogram));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3 + HISTOGRAM_LINES);
        assert_eq!(lines[2], "# UNIT run_seconds seconds");
        let counts: Vec<&str> = lines[3..].iter().map(|line| line.rsplit(' ').next().unwrap_or_default()).collect();
        let expected = ["1", "2", "2", "2", "2", "2", "2", "2", "2", "3", "3", "3", "3", "3", "3", "3", "3", "4"];
        assert_eq!(counts, [expected.as_slice(), &["7202.0049", "4"]].concat());
        assert!(text.contains("le=\"1.0\"") && text.contains("le=\"0.25\"") && text.contains("le=\"+Inf\""), "{text}");
    }

    #[test]
    fn what_has_no_samples_is_not_described() {
        assert_eq!(text(Format::Text, "jobs", Kind::Gauge, |_| ()), "");
    }
}
