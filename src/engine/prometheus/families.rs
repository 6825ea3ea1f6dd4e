//! The list of metrics. To add one, add a line: its name, labels and description, and how its samples follow from a snapshot.

use std::collections::BTreeSet;

use super::gauges::QueueGauges;
use super::series::Durations;
use super::snapshot::Snapshot;
use crate::engine::metrics::QueueReport;
use crate::metrics::Kind::{Counter, Gauge, Histogram, Info};
use crate::metrics::{self, Counts, Kind, Samples, seconds};

/// One metric.
pub struct Family {
    pub name: &'static str,
    pub kind: Kind,
    /// Its labels besides `engine`, for the reference.
    #[cfg_attr(not(test), expect(dead_code, reason = "the page that lists the metrics is made by a test"))]
    pub labels: &'static [&'static str],
    pub help: &'static str,
    pub sample: fn(&Snapshot, &mut Samples),
}

macro_rules! families {
    ($($kind:ident $name:ident [$($label:ident),*] $help:literal, $sample:expr;)+) => {
        pub const FAMILIES: &[Family] = &[$(Family {
            name: stringify!($name),
            kind: $kind,
            labels: &[$(stringify!($label)),*],
            help: $help,
            sample: $sample,
        }),+];
    };
}

families! {
    Info eram_info [node, version, app_version] "The engine; always 1.", info;

    Counter eram_jobs_total [queue, worker, state] "Attempts by result, and rescued jobs.", results;
    Counter eram_jobs_enqueued_total [queue, worker] "Jobs that this process has inserted.", enqueued;
    Histogram eram_job_run_seconds [queue, outcome] "How long attempts ran, by whether they succeeded.", run_times;
    Histogram eram_job_wait_seconds [queue] "How long jobs had been due before they were claimed.", wait_times;

    Gauge eram_queue_jobs [queue, state] "Jobs of the cluster by state, up to 10,000; the same on all nodes.",
        |of, out| states(of, out);
    Gauge eram_queue_oldest_seconds [queue] "How long the oldest available job has been due; the same on all nodes.",
        |of, out| of_cluster(of, out, |it| seconds(it.oldest_ms.unwrap_or(0) * 1000));
    Gauge eram_queue_nodes [queue] "Nodes that serve the queue; the same on all nodes.",
        |of, out| of_cluster(of, out, |it| it.nodes);

    Gauge eram_queue_limit [queue] "Jobs that may run at once on this node.",
        |of, out| of_queues(of, out, |it| it.limit);
    Gauge eram_queue_running [queue] "Jobs that run on this node.", |of, out| of_queues(of, out, |it| it.running);
    Gauge eram_queue_claimed [queue] "Jobs that this node has claimed and not begun.",
        |of, out| of_queues(of, out, |it| it.claimed);
    Gauge eram_queue_stuck [queue] "Jobs that were given up and have not ended.",
        |of, out| of_queues(of, out, |it| it.stuck);
    Gauge eram_queue_paused [queue] "Whether the queue is paused on this node.",
        |of, out| of_queues(of, out, |it| u8::from(it.paused));
    Gauge eram_threads [queue, state] "Job threads and processes by state.", threads;
    Counter eram_thread_exits_total [queue, expected] "Job threads and processes that ended, by whether the engine ended them.",
        thread_exits;
    Histogram eram_thread_lag_seconds [queue] "How long job threads take to answer; long when jobs block them.",
        thread_lags;

    Counter eram_fetches_total [result] "Fetches by whether they claimed jobs.", fetches;
    Histogram eram_fetch_seconds [] "How long fetches took.", |of, out| out.histogram(&[], &of.metrics.engine.fetch);
    Histogram eram_ack_seconds [] "How long statements took that write outcomes.",
        |of, out| out.histogram(&[], &of.metrics.engine.ack);
    Histogram eram_insert_seconds [] "How long statements took that insert jobs, but for those in your own transactions.",
        |of, out| out.histogram(&[], &of.metrics.engine.insert);
    Gauge eram_unwritten_outcomes [] "Outcomes that are not written yet.",
        |of, out| out.add(&[], of.metrics.engine.unwritten);
    Gauge eram_connections [] "Connections to the database.", |of, out| out.add(&[], of.metrics.engine.connections);

    Counter eram_slow_statements_total [statement] "Statements that took longer than slow_query; `pool` is the wait for a connection.",
        slow_statements;

    Gauge eram_database_up [] "Whether the database answers.", |of, out| out.add(&[], u8::from(of.database_up));
    Gauge eram_listening [] "Whether notifications arrive, where the engine listens.",
        |of, out| of.listening.into_iter().for_each(|it| out.add(&[], u8::from(it)));
    Gauge eram_leader [] "Whether this engine leads.", |of, out| out.add(&[], u8::from(of.metrics.engine.leading));
    Gauge eram_heartbeat_age_seconds [] "The time since the last heartbeat that was answered.", heartbeat_age;
    Gauge eram_warning [warning] "How many queues or nodes have the warning.", warnings;
    Counter eram_events_dropped_total [event] "Events that the main thread did not take.", events_dropped;
}

fn info(of: &Snapshot, out: &mut Samples) {
    let app = of.version.as_deref().unwrap_or_default();
    out.add(&[("node", &of.metrics.node), ("version", env!("CARGO_PKG_VERSION")), ("app_version", app)], 1);
}

fn results(of: &Snapshot, out: &mut Samples) {
    let counters = &of.series.counters;
    counters.note.into_iter().for_each(|note| out.note(note));
    for (key, counts) in &counters.values {
        let Counts { success, failure, discard, cancelled, snoozed, released, lost, rescued, enqueued: _ } = *counts;
        // What alerts rest on is there from the first attempt on: Prometheus sees no rise from nothing.
        let usual = [("success", success), ("failure", failure), ("discard", discard)];
        let others = [
            ("cancelled", cancelled),
            ("snoozed", snoozed),
            ("released", released),
            ("lost", lost),
            ("rescued", rescued),
        ];
        let others = others.into_iter().filter(|(_, count)| *count > 0);
        let is_attempted = usual.iter().any(|(_, count)| *count > 0) || others.clone().next().is_some();
        for (state, count) in usual.into_iter().filter(|_| is_attempted).chain(others) {
            out.add(&counters.labels(key, &[("state", state)]), count);
        }
    }
}

fn enqueued(of: &Snapshot, out: &mut Samples) {
    let counters = &of.series.counters;
    counters.note.into_iter().for_each(|note| out.note(note));
    for (key, counts) in counters.values.iter().filter(|(_, counts)| counts.enqueued > 0) {
        out.add(&counters.labels(key, &[]), counts.enqueued);
    }
}

fn run_times(of: &Snapshot, out: &mut Samples) {
    durations(of, out, |it| vec![("ok", &it.run), ("failed", &it.failed)]);
}

fn wait_times(of: &Snapshot, out: &mut Samples) {
    durations(of, out, |it| vec![("", &it.wait)]);
}

/// Samples of histograms, each by the label `outcome` unless that is empty.
fn durations(of: &Snapshot, out: &mut Samples, parts: impl Fn(&Durations) -> Vec<(&'static str, &metrics::Histogram)>) {
    let histograms = &of.series.histograms;
    histograms.note.into_iter().for_each(|note| out.note(note));
    for (key, values) in &histograms.values {
        for (outcome, histogram) in parts(values).into_iter().filter(|(_, it)| !it.is_empty()) {
            let more = [("outcome", outcome)];
            let more = if outcome.is_empty() { &[][..] } else { &more[..] };
            out.histogram(&histograms.labels(key, more), histogram);
        }
    }
}

fn states(of: &Snapshot, out: &mut Samples) {
    for (queue, it) in of.cluster.iter().flat_map(|it| &it.queues) {
        let states = [
            ("available", it.available),
            ("scheduled", it.scheduled),
            ("retryable", it.retryable),
            ("executing", it.executing),
        ];
        for (state, count) in states {
            out.add(&[("queue", queue), ("state", state)], count);
        }
    }
}

fn of_cluster<T: std::fmt::Display>(of: &Snapshot, out: &mut Samples, value: impl Fn(&QueueGauges) -> T) {
    for (queue, it) in of.cluster.iter().flat_map(|it| &it.queues) {
        out.add(&[("queue", queue)], value(it));
    }
}

fn of_queues<T: std::fmt::Display>(of: &Snapshot, out: &mut Samples, value: impl Fn(&QueueReport) -> T) {
    for it in &of.metrics.queues {
        out.add(&[("queue", &it.queue)], value(it));
    }
}

fn threads(of: &Snapshot, out: &mut Samples) {
    for (queue, state, number) in &of.threads {
        out.add(&[("queue", queue), ("state", state)], number);
    }
}

fn thread_exits(of: &Snapshot, out: &mut Samples) {
    // Also zeros, as Prometheus sees no rise from nothing.
    let queues = of.threads.iter().map(|(queue, ..)| queue).chain(of.thread_exits.keys());
    for queue in queues.collect::<BTreeSet<_>>() {
        let exits = of.thread_exits.get(queue).copied().unwrap_or_default();
        out.add(&[("queue", queue), ("expected", "true")], exits.expected);
        out.add(&[("queue", queue), ("expected", "false")], exits.unexpected);
    }
}

fn thread_lags(of: &Snapshot, out: &mut Samples) {
    for it in of.metrics.queues.iter().filter(|it| !it.thread_lag.is_empty()) {
        out.histogram(&[("queue", &it.queue)], &it.thread_lag);
    }
}

fn fetches(of: &Snapshot, out: &mut Samples) {
    out.add(&[("result", "jobs")], of.metrics.engine.fetches);
    out.add(&[("result", "empty")], of.metrics.engine.empty_fetches);
}

fn heartbeat_age(of: &Snapshot, out: &mut Samples) {
    if let Some(age) = of.metrics.engine.heartbeat_age_ms {
        out.add(&[], seconds(age * 1000));
    }
}

fn warnings(of: &Snapshot, out: &mut Samples) {
    for (warning, subjects) in &of.warnings {
        out.add(&[("warning", warning)], subjects);
    }
}

fn slow_statements(of: &Snapshot, out: &mut Samples) {
    for (statement, number) in &of.slow_statements {
        out.add(&[("statement", statement)], number);
    }
}

fn events_dropped(of: &Snapshot, out: &mut Samples) {
    for (event, number) in &of.events_dropped {
        out.add(&[("event", event)], number);
    }
}
