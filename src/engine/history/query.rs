//! The query of a chart: its options, and what is refused.

use std::time::Duration;

use serde_json::Value;

use crate::error::Result;
use crate::metrics::{Agg, Chart, Group, Nature, Shown};
use crate::model::instant;
use crate::model::read::{Owner, Reader, Unit};
use crate::store::Step;

const OPTIONS: [&str; 7] = ["metric", "group", "agg", "window", "step", "filter", "top"];

const GROUPS: [(&str, Group); 4] =
    [("state", Group::State), ("queue", Group::Queue), ("worker", Group::Worker), ("node", Group::Node)];

const AGGS: [(&str, Agg); 8] = [
    ("sum", Agg::Sum),
    ("rate", Agg::Rate),
    ("mean", Agg::Mean),
    ("max", Agg::Max),
    ("p50", Agg::Quantile(0.5)),
    ("p75", Agg::Quantile(0.75)),
    ("p95", Agg::Quantile(0.95)),
    ("p99", Agg::Quantile(0.99)),
];

const STEPS: [Step; 3] = [Step::TenSeconds, Step::Minute, Step::Hour];

/// The number of points that a series has at most: the minutes of a day.
const MAX_POINTS: i64 = 1_440;

const HOUR: i64 = Step::Hour.micros();
const WINDOWS: std::ops::RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(30 * 86_400);

/// How long rows of ten seconds and of minutes are kept, in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    ten_seconds: i64,
    minutes: i64,
}

impl Default for Kept {
    fn default() -> Self {
        Self { ten_seconds: 2 * HOUR, minutes: 24 * HOUR }
    }
}

impl Kept {
    /// `None` if the engine writes no metrics.
    pub fn of(options: &Value) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "at most a hundred years")]
        let micros = |key: &str| options["keep"][key].as_f64().map(|seconds| (seconds * 1e6) as i64);
        Some(Self { ten_seconds: micros("10s")?, minutes: micros("1m")? })
    }
}

#[derive(Debug)]
enum Window {
    Last(i64),
    Between { from: i64, until: i64 },
}

/// A query, read but for what depends on the time.
#[derive(Debug)]
pub struct Query {
    shown: Shown,
    group: Option<Group>,
    agg: Agg,
    window: Window,
    step: Option<Step>,
    queue: Option<String>,
    worker: Option<String>,
    node: Option<String>,
    top: usize,
}

impl Query {
    pub fn read(text: &str) -> Result<Self> {
        let given = Owner::Config.parse("history", text)?;
        let reader = Reader::new(Owner::Config, "history", &given);
        reader.only(&OPTIONS)?;
        let shown = reader.need("metric", "a text")?.word(&Shown::ALL)?;
        let group = reader.get("group").map(|it| read_group(shown, &it)).transpose()?;
        let agg = reader.get("agg").map(|it| read_agg(shown, &it)).transpose()?;
        let filter = reader.get("filter");
        if let Some(filter) = &filter {
            filter.only(if shown.nature() == Nature::Sample { &["queue"] } else { &["queue", "worker", "node"] })?;
        }
        let filtered = |key: &str| -> Result<Option<String>> {
            let text = filter.as_ref().map(|it| it.text(key, 0..=256)).transpose()?;
            Ok(text.flatten().map(str::to_owned))
        };
        Ok(Self {
            shown,
            group,
            agg: agg.unwrap_or_else(|| usual(shown)),
            window: reader.get("window").map_or(Ok(Window::Last(HOUR)), |it| read_window(&it))?,
            step: reader.get("step").map(|it| read_step(&it)).transpose()?.flatten(),
            queue: filtered("queue")?,
            worker: filtered("worker")?,
            node: filtered("node")?,
            top: reader.integer("top", 0..=1_000)?.unwrap_or(9),
        })
    }

    /// The chart at this time of the database, and the step of its rows.
    pub fn chart(&self, now: i64, kept: &Kept) -> Result<(Step, Chart)> {
        let (from, until) = match self.window {
            Window::Last(length) => (now - length, now),
            Window::Between { from, until } => (from, until),
        };
        let is_kept = |step: Step| match step {
            Step::TenSeconds => now - from <= kept.ten_seconds,
            Step::Minute => now - from <= kept.minutes,
            Step::Hour => true,
        };
        let fits = |step: Step| (until - from) / step.micros() <= MAX_POINTS;
        let given = Value::Null;
        let reader = Reader::new(Owner::Config, "history", &given);
        let by_node = self.group == Some(Group::Node) || self.node.is_some();
        let step = if by_node && !self.kept_by_node() {
            let most = kept.ten_seconds.min(MAX_POINTS * Step::TenSeconds.micros()) / 60_000_000;
            let step = self.step.unwrap_or(Step::TenSeconds);
            if step != Step::TenSeconds || !is_kept(step) || !fits(step) {
                return Err(reader.refuse(&format!(
                    "expected a step of 10 and a window of the last {most} minutes, because beyond them nodes have only counts of all their jobs"
                )));
            }
            step
        } else {
            let usual = || match until - from {
                length if length <= HOUR && is_kept(Step::TenSeconds) => Step::TenSeconds,
                length if length <= 24 * HOUR && is_kept(Step::Minute) && fits(Step::Minute) => Step::Minute,
                _ => Step::Hour,
            };
            self.step.unwrap_or_else(usual)
        };
        if !fits(step) {
            return Err(reader.refuse(&format!(
                "expected a window of at most {MAX_POINTS} steps of {} seconds, got more; choose a larger step, or step: \"auto\"",
                step.seconds()
            )));
        }
        let floor = |at: i64| at.div_euclid(step.micros()) * step.micros();
        // The end of the newest bucket that should have been written.
        let end = floor(now - written_after(step)).min(floor(until));
        let start = match self.window {
            Window::Last(length) => end - floor(length).max(step.micros()),
            Window::Between { .. } => floor(from),
        };
        let points = usize::try_from((end - start) / step.micros()).unwrap_or(0);
        let Self { shown, group, agg, top, .. } = *self;
        let (queue, worker, node) = (self.queue.clone(), self.worker.clone(), self.node.clone());
        Ok((step, Chart { shown, group, agg, start, step: step.micros(), points, queue, worker, node, top }))
    }

    /// Whether roll-ups have what is asked for of each node.
    fn kept_by_node(&self) -> bool {
        self.shown.nature() == Nature::Count && self.queue.is_none() && self.worker.is_none()
    }
}

/// How long after the end of a bucket its row is there.
const fn written_after(step: Step) -> i64 {
    match step {
        Step::TenSeconds => 3_000_000,
        Step::Minute => 25_000_000,
        Step::Hour => 95_000_000,
    }
}

/// What is shown if the query does not say.
const fn usual(shown: Shown) -> Agg {
    match shown.nature() {
        Nature::Duration => Agg::Quantile(0.95),
        Nature::Sample if matches!(shown, Shown::Oldest) => Agg::Max,
        Nature::Count | Nature::Sample => Agg::Sum,
    }
}

fn read_group(shown: Shown, it: &Reader<'_>) -> Result<Group> {
    let group = it.word(&GROUPS)?;
    let refused = match (shown, group) {
        (Shown::Backlog, Group::Worker | Group::Node) => "\"state\" or \"queue\" for a backlog",
        (Shown::Oldest, Group::State | Group::Worker | Group::Node) => "\"queue\" for the oldest job",
        (Shown::Enqueued | Shown::Wait, Group::State) => "\"queue\", \"worker\" or \"node\" for this metric",
        _ => return Ok(group),
    };
    Err(it.expected(refused))
}

fn read_agg(shown: Shown, it: &Reader<'_>) -> Result<Agg> {
    let agg = it.word(&AGGS)?;
    let refused = match (shown.nature(), agg) {
        (Nature::Count, Agg::Mean | Agg::Max | Agg::Quantile(_)) => "\"sum\" or \"rate\" for a count",
        (Nature::Duration, Agg::Rate) => "\"sum\", \"mean\", \"max\" or a quantile for a duration",
        (Nature::Sample, Agg::Sum | Agg::Rate | Agg::Mean | Agg::Quantile(_)) if shown == Shown::Oldest => {
            "\"max\" for the oldest job"
        }
        (Nature::Sample, Agg::Rate | Agg::Mean | Agg::Quantile(_)) => "\"sum\" or \"max\" for a backlog",
        _ => return Ok(agg),
    };
    Err(it.expected(refused))
}

fn read_window(it: &Reader<'_>) -> Result<Window> {
    let is_range = it.value().as_object().is_some_and(|it| it.contains_key("from") || it.contains_key("until"));
    if !is_range {
        return Ok(Window::Last(micros(it.as_duration(Unit::Milliseconds, WINDOWS)?)));
    }
    it.only(&["from", "until"])?;
    let time = |key: &str| {
        let what = "a time, such as \"2026-01-31T12:00:00Z\"";
        let it = it.need(key, what)?;
        it.value().as_str().and_then(instant::from_text).ok_or_else(|| it.expected(what))
    };
    let (from, until) = (time("from")?, time("until")?);
    if from >= until || until - from > micros(*WINDOWS.end()) {
        return Err(it.expected("an end after the start, and at most 30 days later"));
    }
    Ok(Window::Between { from, until })
}

/// `None` for `auto`.
fn read_step(it: &Reader<'_>) -> Result<Option<Step>> {
    if it.value().as_str() == Some("auto") {
        return Ok(None);
    }
    let found = STEPS.into_iter().find(|step| it.value().as_f64() == Some(f64::from(step.seconds())));
    found.map(Some).ok_or_else(|| it.expected("\"auto\", 10, 60 or 3600"))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-31T12:34:56.5Z.
    const NOW: i64 = 1_769_862_896_500_000;
    const MINUTE: i64 = 60_000_000;

    fn charted(query: &str) -> (i16, i64, usize) {
        let (step, chart) = Query::read(query).and_then(|it| it.chart(NOW, &Kept::default())).expect(query);
        assert_eq!(chart.start % chart.step, 0, "{query}");
        (step.seconds(), chart.start, chart.points)
    }

    fn refused(query: &str) -> String {
        let done = Query::read(query).and_then(|it| it.chart(NOW, &Kept::default()));
        done.expect_err(query).to_string()
    }

    #[test]
    fn the_step_follows_from_the_window_and_from_what_is_kept() {
        let window = |window: &str| {
            let (step, _, points) = charted(&format!(r#"{{"metric":"executed","window":{window}}}"#));
            (step, points)
        };
        assert_eq!(window("\"5m\""), (10, 30));
        assert_eq!(window("\"1h\""), (10, 360));
        assert_eq!(window("\"2h\""), (60, 120));
        assert_eq!(window("\"24h\""), (60, 1_440));
        assert_eq!(window("\"25h\""), (3_600, 25));
        assert_eq!(window("\"30d\""), (3_600, 720));
        assert_eq!(window(r#"{"from":"2026-01-31T06:00:00Z","until":"2026-01-31T06:30:00Z"}"#), (60, 30));
        assert_eq!(window(r#"{"from":"2026-01-20T06:00:00Z","until":"2026-01-20T07:00:00Z"}"#), (3_600, 1));
    }

    #[test]
    fn the_last_point_is_one_that_should_have_been_written() {
        let (_, start, points) = charted(r#"{"metric":"executed","window":"10m"}"#);
        assert_eq!(start + 10_000_000 * i64::try_from(points).expect("small"), 1_769_862_890_000_000);
        let (_, start, points) = charted(r#"{"metric":"executed","window":"2h"}"#);
        assert_eq!(start + MINUTE * i64::try_from(points).expect("small"), 1_769_862_840_000_000);
        let future =
            charted(r#"{"metric":"executed","window":{"from":"2026-01-31T12:30:00Z","until":"2026-01-31T13:00:00Z"}}"#);
        assert_eq!(future, (10, 1_769_862_600_000_000, 29));
        assert_eq!(
            charted(r#"{"metric":"run","window":{"from":"2027-01-31T12:30:00Z","until":"2027-01-31T13:00:00Z"}}"#).2,
            0
        );
    }

    #[test]
    fn what_is_not_kept_of_each_node_is_refused() {
        assert_eq!(charted(r#"{"metric":"run","group":"node","window":"2h"}"#).2, 720);
        assert_eq!(charted(r#"{"metric":"executed","group":"node","window":"30d"}"#).2, 720);
        for query in [
            r#"{"metric":"run","group":"node","window":"3h"}"#,
            r#"{"metric":"wait","filter":{"node":"one"},"window":"1d"}"#,
            r#"{"metric":"run","group":"node","window":"1h","step":60}"#,
            r#"{"metric":"executed","group":"node","filter":{"queue":"mail"},"window":"1d"}"#,
        ] {
            assert!(refused(query).contains("a window of the last 120 minutes"), "{query}: {}", refused(query));
        }
    }

    #[test]
    fn a_query_that_makes_no_sense_is_refused() {
        for (query, message) in [
            ("{}", "history.metric: expected a text, got nothing"),
            (r#"{"metric":"ran"}"#, "history.metric: expected \"executed\", \"failed\""),
            (
                r#"{"metric":"executed","agg":"p95"}"#,
                "history.agg: expected \"sum\" or \"rate\" for a count, got \"p95\"",
            ),
            (r#"{"metric":"run","agg":"rate"}"#, "history.agg: expected \"sum\", \"mean\""),
            (r#"{"metric":"backlog","agg":"p50"}"#, "history.agg: expected \"sum\" or \"max\" for a backlog"),
            (r#"{"metric":"oldest","agg":"sum"}"#, "history.agg: expected \"max\" for the oldest job"),
            (r#"{"metric":"backlog","group":"node"}"#, "history.group: expected \"state\" or \"queue\" for a backlog"),
            (r#"{"metric":"wait","group":"state"}"#, "history.group: expected \"queue\", \"worker\" or \"node\""),
            (r#"{"metric":"backlog","filter":{"node":"a"}}"#, "history.filter: unknown option \"node\""),
            (r#"{"metric":"run","windows":"1h"}"#, "history: unknown option \"windows\", did you mean \"window\"?"),
            (r#"{"metric":"run","window":"31d"}"#, "history.window: expected a duration from"),
            (r#"{"metric":"run","window":{"from":"2026-01-31T12:30:00Z"}}"#, "history.window.until: expected a time"),
            (
                r#"{"metric":"run","window":{"from":"2026-01-31T12:30:00Z","until":"2026-01-31T12:00:00Z"}}"#,
                "history.window: expected an end after the start",
            ),
            (r#"{"metric":"run","step":30}"#, "history.step: expected \"auto\", 10, 60 or 3600, got 30"),
            (
                r#"{"metric":"run","window":"5h","step":10}"#,
                "history: expected a window of at most 1440 steps of 10 seconds",
            ),
        ] {
            assert!(refused(query).contains(message), "{query}: {}", refused(query));
        }
    }
}
