//! What labels and their folding make of series.

use serde_json::{Value, json};

use super::series::{GroupedSeries, Labels, MAX_LINES, QUEUE_FOLDED, WORKER_FOLDED};
use super::{Exposition, Snapshot, families, text_of};
use crate::engine::metrics::SeriesReport;
use crate::metrics::{Counts, Format, Histogram, Series};
use crate::testing::{Act, with_database};

fn series(queue: &str, worker: &str) -> SeriesReport {
    let mut run = Histogram::default();
    run.record_micros(1_500);
    let counts = Counts { success: 2, failure: 1, enqueued: 3, ..Counts::default() };
    let (queue, worker, failed, wait) = (queue.into(), worker.into(), run.clone(), run.clone());
    SeriesReport::new(Series { queue, worker, counts, run, failed, wait, measured: 0, cpu_us: 0 }, true)
}

fn labels(options: &Value) -> Labels {
    Exposition::read(&json!({ "labels": options }).to_string()).expect("options").labels
}

/// Sums of everything that was counted, and the number of groups of counters and histograms.
fn sums(grouped: &GroupedSeries) -> (u64, u64, usize, usize) {
    let success = grouped.counters.values.values().map(|it| it.success).sum();
    let runs = grouped.histograms.values.values().map(|it| it.run.count()).sum();
    (success, runs, grouped.counters.values.len(), grouped.histograms.values.len())
}

#[test]
fn series_are_summed_up_by_the_labels_that_are_wanted() {
    let all = [series("a", "X"), series("a", "Y"), series("b", "X")];
    for (options, counters, histograms) in [
        (json!({}), 3, 2),
        (json!({ "counters": ["queue"], "histograms": [] }), 2, 1),
        (json!({ "counters": ["worker"], "histograms": ["queue", "worker"] }), 2, 3),
    ] {
        let grouped = GroupedSeries::new(&all, labels(&options), MAX_LINES);
        assert_eq!(sums(&grouped), (6, 3, counters, histograms), "{options}");
        assert_eq!((grouped.counters.note, grouped.histograms.note), (None, None));
    }
}

#[test]
fn above_the_limit_labels_are_left_empty_and_nothing_is_lost() {
    let of = |queues: usize| (0..1_000).map(move |n| series(&format!("q{}", n % queues), &format!("Job{n}")));
    let by_worker = labels(&json!({ "histograms": ["queue", "worker"] }));
    let few: Vec<_> = of(10).collect();
    let grouped = GroupedSeries::new(&few, by_worker, MAX_LINES);
    assert_eq!(sums(&grouped), (2_000, 1_000, 1_000, 10));
    assert_eq!((grouped.counters.note, grouped.histograms.note), (None, Some(WORKER_FOLDED)));
    let key = ("q1".to_owned(), String::new());
    assert_eq!(grouped.histograms.labels(&key, &[]), [("queue", "q1"), ("worker", "")]);

    let many: Vec<_> = of(1_000).collect();
    let grouped = GroupedSeries::new(&many, Labels::default(), MAX_LINES);
    assert_eq!(sums(&grouped), (2_000, 1_000, 1_000, 1));
    assert_eq!((grouped.counters.note, grouped.histograms.note), (Some(WORKER_FOLDED), Some(QUEUE_FOLDED)));
}

#[test]
fn options_that_are_not_known_are_refused() {
    for (options, message) in [
        (json!({ "label": {} }), "prometheus: unknown"),
        (json!({ "format": "json" }), "prometheus.format: expected \"text\" or \"openmetrics\", got \"json\""),
        (json!({ "cluster": 1 }), "prometheus.cluster: expected true or false, got 1"),
        (json!({ "labels": { "gauges": [] } }), "prometheus.labels"),
        (json!({ "labels": { "counters": "queue" } }), "prometheus.labels.counters: expected an array of labels, got"),
        (
            json!({ "labels": { "counters": ["node"] } }),
            "prometheus.labels.counters[0]: expected \"queue\" or \"worker\", got \"node\"",
        ),
    ] {
        let error = Exposition::read(&options.to_string()).expect_err("an error").to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_but_those_that_count_what_did_not_happen_has_samples() {
    with_database(async |db| {
        let (node, _main) = db.working(json!(1), |_| Act::done()).await;
        let threads = vec![("default".to_owned(), "running".to_owned(), 1)];
        let cluster = serde_json::from_value(json!({ "v": 1, "q": { "a": [1, 2, 3, 4, 5, 0, 6, false, 7] } }));
        let cluster = Some(std::sync::Arc::new(cluster.expect("a row")));
        let mut snapshot = Snapshot::of(&node.engine, threads, cluster, Labels::default());
        snapshot.series = GroupedSeries::new(&[series("a", "X")], Labels::default(), MAX_LINES);
        let text = text_of(&[snapshot], Format::OpenMetrics);
        let without: Vec<_> =
            families::FAMILIES.iter().map(|it| it.name).filter(|name| !text.contains(&format!("\n{name}"))).collect();
        let never = [
            "eram_thread_exits_total",
            "eram_thread_lag_seconds",
            "eram_slow_statements_total",
            "eram_events_dropped_total",
        ];
        assert!(
            without.iter().all(|name| never.contains(name) || *name == "eram_heartbeat_age_seconds"),
            "{without:?}"
        );
        assert!(text.ends_with("# EOF\n"));
    })
    .await;
}
