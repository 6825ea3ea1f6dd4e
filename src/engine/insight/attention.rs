//! `engine.attention()`: gathers what the rules are about.

use std::collections::BTreeMap;

use serde_json::json;

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::metrics::{Agg, Chart, ChartRow, Group, Line, Shown};
use crate::model::attention::{
    Cluster, Cron, Facts, QueueHistory, Thresholds, Unhandled, Waiting, WorkerHistory, attention,
};
use crate::model::config::GONE_AFTER;
use crate::model::instant;
use crate::model::schedule::Schedule;
use crate::plugins::{Due, is_unhandled};
use crate::store::{Step, StoredMetrics, WantedMetrics};

/// The minutes in which the last end of an attempt is looked for, and those in which failures are counted.
const MINUTES: i64 = 60;
const FAILURE_MINUTES: i64 = 10;

/// The hours of what is usual.
const HOURS: i64 = 24;

/// The time of which minutes may not be there yet: rows of ten seconds tell.
const TAIL_MINUTES: i64 = 2;

/// Waiting jobs that are looked at in each queue.
const MAX_INSPECTED: i64 = 1_000;

/// The most series of a chart.
const MAX_SERIES: usize = 1_000;

/// Rows of one step that begin at `start`.
struct Rows {
    all: Vec<StoredMetrics>,
    start: i64,
    step: Step,
    points: i64,
}

impl Rows {
    fn lines(&self, shown: Shown, group: Group, agg: Agg) -> Vec<Line> {
        let chart = Chart {
            shown,
            group: Some(group),
            agg,
            start: self.start,
            step: self.step.micros(),
            points: usize::try_from(self.points).unwrap_or_default(),
            queue: None,
            worker: None,
            node: None,
            top: MAX_SERIES,
        };
        let rows: Vec<_> =
            self.all.iter().map(|row| ChartRow { bucket: row.bucket, node: &row.node, data: &row.data }).collect();
        chart.of(&rows).lines
    }

    /// The sums of all points.
    fn totals(&self, shown: Shown, group: Group, agg: Agg) -> BTreeMap<String, f64> {
        self.lines(shown, group, agg).into_iter().filter_map(|it| Some((it.key, it.total?))).collect()
    }

    /// When the last point ends in which an attempt of each queue ended, in microseconds.
    fn last_ends(&self) -> BTreeMap<String, i64> {
        let end = |line: Line| {
            let last = line.points.iter().rposition(|it| it.is_some_and(|sum| sum > 0.0))?;
            Some((line.key, self.start + (i64::try_from(last).ok()? + 1) * self.step.micros()))
        };
        self.lines(Shown::Executed, Group::Queue, Agg::Sum).into_iter().filter_map(end).collect()
    }
}

impl Engine {
    /// What needs attention, as JSON.
    pub async fn attention(&self) -> Result<String> {
        let facts = self.attention_facts().await?;
        Ok(json!(attention(&facts, &Thresholds::default())).to_string())
    }

    async fn attention_facts(&self) -> Result<Facts> {
        let text = self.store.attention().await?;
        let cluster: Cluster = serde_json::from_str(&text).map_err(|e| Error::Internal(format!("attention: {e}")))?;
        let backlog = self.backlog().await?.into_iter();
        let waiting = backlog.map(|it| Waiting {
            queue: it.queue,
            jobs: it.depth,
            at_least: it.at_least,
            oldest_ms: it.latency_ms,
        });
        let unhandled = self.store.unhandled_jobs(GONE_AFTER.as_secs_f64(), 0.0, MAX_INSPECTED).await?;
        #[expect(clippy::cast_possible_truncation, reason = "at most a hundred years")]
        let unhandled = unhandled.into_iter().filter(is_unhandled).map(|it| Unhandled {
            queue: it.queue,
            worker: it.worker,
            version: it.version,
            jobs: it.jobs,
            oldest_ms: (it.seconds * 1_000.0) as i64,
        });
        let (now, newest) = self.store.newest_metrics().await?;
        let is_on = self.plugins.effective()["metrics"]["keep"].is_object();
        let late_ms = newest.map(|newest| ((now - newest - Step::TenSeconds.micros()) / 1_000).max(0));
        let (queues, workers) = self.attention_history(now, &cluster).await?;
        Ok(Facts {
            waiting: waiting.collect(),
            unhandled: unhandled.collect(),
            queues,
            workers,
            crons: self.attention_crons().await?,
            metrics_late_ms: late_ms.filter(|_| is_on),
            warnings: self.warnings.all().into_iter().map(|(kind, subject)| (kind.as_str(), subject)).collect(),
            cluster,
        })
    }

    /// What metrics say of the queues that nodes serve, and of all classes.
    async fn attention_history(&self, now: i64, cluster: &Cluster) -> Result<(Vec<QueueHistory>, Vec<WorkerHistory>)> {
        let minutes = self.rows_before(now, Step::Minute, MINUTES, WantedMetrics::Samples).await?;
        let hours = self.rows_before(now, Step::Hour, HOURS, WantedMetrics::Samples).await?;
        let tail = TAIL_MINUTES * Step::Minute.micros() / Step::TenSeconds.micros();
        let tail =
            self.rows_before(now + Step::TenSeconds.micros(), Step::TenSeconds, tail, WantedMetrics::Sums).await?;
        let lately = Rows {
            all: minutes.all.clone(),
            start: minutes.start + (MINUTES - FAILURE_MINUTES) * Step::Minute.micros(),
            step: Step::Minute,
            points: FAILURE_MINUTES,
        };
        let (ends, last_ends) = (minutes.last_ends(), tail.last_ends());
        let p95 = hours.totals(Shown::Run, Group::Queue, Agg::Quantile(0.95));
        let p95_lately = minutes.totals(Shown::Run, Group::Queue, Agg::Quantile(0.95));
        let mut oldest: BTreeMap<String, Vec<Option<f64>>> =
            minutes.lines(Shown::Oldest, Group::Queue, Agg::Max).into_iter().map(|it| (it.key, it.points)).collect();
        let mut names: Vec<&str> = cluster.producers.iter().map(|it| it.queue.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let queue = |name: &str| {
            let end = last_ends.get(name).or_else(|| ends.get(name)).copied().unwrap_or(minutes.start);
            let mut oldest = oldest.remove(name).unwrap_or_default();
            // The last minutes may not be there yet.
            oldest.truncate(oldest.iter().rposition(Option::is_some).map_or(0, |last| last + 1));
            QueueHistory {
                queue: name.to_owned(),
                silent_ms: ((now - end) / 1_000).max(0),
                p95_ms: p95.get(name).or_else(|| p95_lately.get(name)).copied(),
                oldest,
            }
        };
        let queues = names.into_iter().map(queue).collect();
        let [failed, executed] =
            [Shown::Failed, Shown::Executed].map(|shown| lately.totals(shown, Group::Worker, Agg::Sum));
        let [usual_failed, usual_executed] =
            [Shown::Failed, Shown::Executed].map(|shown| hours.totals(shown, Group::Worker, Agg::Sum));
        let number = |of: &BTreeMap<String, f64>, name: &str| of.get(name).copied().unwrap_or(0.0);
        let worker = |(name, failed): (&String, &f64)| WorkerHistory {
            worker: name.clone(),
            failed: *failed,
            executed: number(&executed, name),
            usual_failed: number(&usual_failed, name),
            usual_executed: number(&usual_executed, name),
        };
        Ok((queues, failed.iter().map(worker).collect()))
    }

    /// The rows of so many buckets that are over.
    async fn rows_before(&self, now: i64, step: Step, points: i64, wanted: WantedMetrics) -> Result<Rows> {
        let until = now.div_euclid(step.micros()) * step.micros();
        let start = until - points * step.micros();
        let all = self.store.metrics_between(step, start, until, wanted).await?;
        Ok(Rows { all, start, step, points })
    }

    async fn attention_crons(&self) -> Result<Vec<Cron>> {
        let rows = self.store.load_crons(None).await?;
        let cron = |row: &crate::store::Cron| {
            if row.paused || !row.active {
                return None;
            }
            let shown = self.cron_view(row);
            let last_at = shown["last_at"].as_str().and_then(instant::from_text);
            let missed = shown["missed"].as_i64().unwrap_or(0);
            let due = Schedule::parse(&row.expression, &row.timezone).ok().map(|schedule| Due::of(row, &schedule));
            // A pause or a new schedule settles ticks too, and is a change of the entry.
            let was_missed = missed > 0 && last_at.is_none_or(|at| at < row.base) && row.base > row.updated_at;
            Some(Cron {
                name: row.name.clone(),
                tick: due.filter(|it| it.tick.is_some() || it.missed > 0).map(|it| it.upto),
                last_at,
                missed,
                missed_at: was_missed.then_some(row.base),
                problem: shown["problem"].as_str().map(str::to_owned),
            })
        };
        Ok(rows.iter().filter_map(cron).collect())
    }
}
