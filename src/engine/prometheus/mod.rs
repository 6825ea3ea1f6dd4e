//! `engine.prometheus()`: the metrics of engines in the text formats of Prometheus.
//!
//! - `families.rs`: the list of metrics
//! - `series.rs`: what is counted of queues and classes, by the labels that are wanted
//! - `gauges.rs`: how many jobs wait in the cluster
//! - `snapshot.rs`: everything that samples are made of

mod families;
mod gauges;
mod series;
mod snapshot;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

pub(super) use gauges::Gauges;
pub use snapshot::ThreadCounts;

use std::sync::Arc;

use futures_util::future::join_all;

use self::series::Labels;
use self::snapshot::Snapshot;
use super::Engine;
use crate::error::{Error, Result};
use crate::metrics::{Format, Samples};
use crate::model::read::{Owner, Reader};

/// The options of `prometheus`.
#[derive(Debug)]
pub struct Exposition {
    format: Format,
    labels: Labels,
    /// Whether to show how many jobs wait in the cluster.
    cluster: bool,
}

impl Exposition {
    /// Reads JSON: `{format?, labels?, cluster?}`.
    pub fn read(text: &str) -> Result<Self> {
        let value = Owner::Config.parse("prometheus", text)?;
        let reader = Reader::new(Owner::Config, "prometheus", &value);
        reader.only(&["format", "labels", "cluster"])?;
        let formats = [("text", Format::Text), ("openmetrics", Format::OpenMetrics)];
        Ok(Self {
            format: reader.get("format").map_or(Ok(Format::Text), |it| it.word(&formats))?,
            labels: reader.get("labels").map_or(Ok(Labels::default()), |it| Labels::read(&it))?,
            cluster: reader.flag("cluster")?.unwrap_or(true),
        })
    }
}

/// The metrics of all these engines as one text. Runs at most one statement for each engine, and none that counts jobs.
pub async fn exposition(engines: Vec<(Arc<Engine>, ThreadCounts)>, options: Exposition) -> Result<String> {
    let gauges = join_all(engines.iter().map(|(engine, _)| async {
        if options.cluster { engine.gauges.read(&engine.store, engine.idle.is_asleep()).await } else { None }
    }));
    let gauges = gauges.await;
    // Thousands of lines take their time, which the tasks of the engine do not wait for.
    let text = tokio::task::spawn_blocking(move || {
        let snapshots: Vec<Snapshot> = engines
            .into_iter()
            .zip(gauges)
            .map(|((engine, threads), gauges)| Snapshot::of(&engine, threads, gauges, options.labels))
            .collect();
        text_of(&snapshots, options.format)
    });
    text.await.map_err(|error| Error::Internal(format!("prometheus: {error}")))
}

fn text_of(snapshots: &[Snapshot], format: Format) -> String {
    let mut text = String::new();
    for family in families::FAMILIES {
        let mut samples = Samples::new(format, family.name, family.kind);
        for snapshot in snapshots {
            samples.of(&snapshot.metrics.name);
            (family.sample)(snapshot, &mut samples);
        }
        samples.write(family.help, &mut text);
    }
    text.push_str(format.end());
    text
}
