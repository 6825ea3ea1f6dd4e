//! Metrics in the database: each node writes what it has counted in ten seconds; the leader writes
//! how many jobs wait, makes rows of minutes and hours, and deletes old rows.
//!
//! A node writes a bucket some time after its end, so that the nodes do not write at once. While
//! the database is away, buckets wait. A node that is killed loses what it has counted since its
//! last row.

mod clock;
mod flush;
mod gauges;
mod keep;
mod roll_ups;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::definition::{Definition, Loaded, switch};
use super::plugin::Plugin;
use crate::model::config::kind::{Row, integer};
use crate::model::config::options;
use flush::Flush;
use gauges::Gauges;
use keep::Keep;
use roll_ups::RollUps;

options! {
    struct Options() {
        keep: Keep = Keep::kind() => Keep::default(),
            "How long rows of ten seconds, of minutes and of hours are kept.";
        max_series: u32 = integer(1..=100_000) => 1_000,
            "Pairs of queue and class that a process counts apart; others count together.";
    }
}

pub const DEFINITION: Definition = Definition {
    option: Some(Row::new(
        "metrics",
        "boolean or [object](#metrics)",
        "`true`",
        "Writes what each node counts, and how many jobs wait, into `eram_metrics`.",
    )),
    table: Some(("Metrics", Options::rows)),
    read: |all, _| {
        let Some(options) = switch(all, "metrics", true, Options::read)? else { return Ok(Loaded::off()) };
        let effective = options.values().into();
        let max_series = options.max_series as usize;
        let plugins: Vec<Arc<dyn Plugin>> = vec![
            Arc::new(Flush { max_series, state: tokio::sync::Mutex::default() }),
            Arc::new(Gauges),
            Arc::new(RollUps { keep: options.keep, max_series, state: tokio::sync::Mutex::default() }),
        ];
        // An engine does not lead for metrics alone.
        Ok(Loaded { effective, plugins, needs_leader: false })
    },
};
