//! `engine.jobs.why()`: why a job does not run, or how it does.

use serde_json::json;

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::metrics::{Agg, Chart, ChartRow, Shown};
use crate::model::config::GONE_AFTER;
use crate::model::why::{Facts, Local, explain};
use crate::store::{Step, StoredMetrics, WantedMetrics};

/// The time of which durations are taken, in minutes.
const LATELY: i64 = 10;

impl Engine {
    /// The answer as JSON; `null` if the job does not exist.
    pub(in crate::engine) async fn why(&self, id: i64) -> Result<String> {
        let Some(text) = self.store.why_job(id).await? else { return Ok("null".to_owned()) };
        let facts: Facts = serde_json::from_str(&text).map_err(|e| Error::Internal(format!("why_job: {e}")))?;
        let waits = facts.state.as_str() == "available";
        let local = Local {
            node: self.config.node.clone(),
            stopping: self.is_stopping(),
            gone_after_ms: millis(GONE_AFTER),
            look_ms: millis(self.config.heartbeat_interval),
            run_ms: if waits { self.lately(&facts.queue).await? } else { None },
            refused: self.refusals.find(id).map(|it| json!(it)),
        };
        Ok(json!(explain(&facts, &local)).to_string())
    }

    /// How long jobs of the queue have run in the last minutes, in milliseconds: the median, and the 95th percentile.
    async fn lately(&self, queue: &str) -> Result<Option<(f64, f64)>> {
        let (now, _) = self.store.newest_metrics().await?;
        let step = Step::Minute.micros();
        let until = now.div_euclid(step) * step;
        let from = until - LATELY * step;
        let rows = self.store.metrics_between(Step::Minute, from, until, WantedMetrics::Samples).await?;
        Ok(quantile(&rows, queue, from, 0.5).zip(quantile(&rows, queue, from, 0.95)))
    }
}

fn quantile(rows: &[StoredMetrics], queue: &str, start: i64, quantile: f64) -> Option<f64> {
    let chart = Chart {
        shown: Shown::Run,
        group: None,
        agg: Agg::Quantile(quantile),
        start,
        step: Step::Minute.micros(),
        points: usize::try_from(LATELY).unwrap_or_default(),
        queue: Some(queue.to_owned()),
        worker: None,
        node: None,
        top: 0,
    };
    let rows: Vec<_> =
        rows.iter().map(|row| ChartRow { bucket: row.bucket, node: &row.node, data: &row.data }).collect();
    chart.of(&rows).lines.first().and_then(|line| line.total)
}

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
