//! What `engine.history()` returns: counts, durations and samples of the whole cluster by time, from `eram_metrics`.

mod query;

use serde::Serialize;

use super::Engine;
use crate::error::{Error, Result};
use crate::metrics::{ChartRow, Charted, Line, Nature, Points};
use crate::store::{Step, WantedMetrics};
use query::{Kept, Query};

/// A chart. Times are milliseconds since 1970; `null` is a point that was not measured.
#[derive(Debug, Serialize)]
pub struct History {
    /// When the first point begins.
    t0: i64,
    /// Seconds that each point covers.
    step: i16,
    series: Vec<SeriesLine>,
    other: Option<Points>,
    /// Milliseconds since the end of the newest bucket; null if there is none.
    late_ms: Option<i64>,
    /// Rows that this version cannot read.
    skipped: u64,
    /// This engine writes no metrics, and there are none of others.
    disabled: bool,
}

#[derive(Debug, Serialize)]
struct SeriesLine {
    key: String,
    points: Points,
    total: Option<f64>,
}

impl Engine {
    /// Reads a query, [`Query`], and answers it.
    pub async fn history(&self, query: &str) -> Result<History> {
        let options = self.plugins.effective();
        let kept = Kept::of(&options["metrics"]);
        let query = Query::read(query)?;
        let (now, newest) = self.store.newest_metrics().await?;
        let (step, chart) = query.chart(now, &kept.unwrap_or_default())?;
        let Some(points) = i64::try_from(chart.points).ok().filter(|points| *points > 0) else {
            return Ok(History::empty(chart.start, step, late(now, newest), false));
        };
        // What comes shortly before says whether the first points were measured.
        let from = chart.start - crate::metrics::Chart::carried(chart.step) * chart.step;
        let until = chart.start + points * chart.step;
        let wanted = match chart.shown.nature() {
            Nature::Sample => WantedMetrics::Samples,
            _ if chart.is_by_node() => WantedMetrics::Nodes,
            Nature::Count | Nature::Duration => WantedMetrics::Sums,
        };
        let rows = self.store.metrics_between(step, from, until, wanted).await?;
        if rows.is_empty() && kept.is_none() {
            return Ok(History::empty(chart.start, step, late(now, newest), true));
        }
        let start = chart.start;
        // Many rows take some time.
        let made = tokio::task::spawn_blocking(move || {
            let rows: Vec<_> =
                rows.iter().map(|row| ChartRow { bucket: row.bucket, node: &row.node, data: &row.data }).collect();
            chart.of(&rows)
        });
        let Charted { lines, other, skipped } =
            made.await.map_err(|error| Error::Internal(format!("history: {error}")))?;
        let series = lines.into_iter().map(|Line { key, points, total }| SeriesLine { key, points, total }).collect();
        let other = other.map(|line| line.points);
        Ok(History { series, other, skipped, ..History::empty(start, step, late(now, newest), false) })
    }
}

impl History {
    const fn empty(start: i64, step: Step, late_ms: Option<i64>, disabled: bool) -> Self {
        Self { t0: start / 1_000, step: step.seconds(), series: vec![], other: None, late_ms, skipped: 0, disabled }
    }
}

/// Milliseconds since the end of a bucket of ten seconds.
fn late(now: i64, newest: Option<i64>) -> Option<i64> {
    newest.map(|newest| ((now - newest - Step::TenSeconds.micros()) / 1_000).max(0))
}
