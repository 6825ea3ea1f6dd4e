//! The executor by itself: no database, and time passes when a test says so.

mod exits;
mod groups;
mod limits;
mod overdue;
mod quarantine;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::mpsc;

use super::{Directive, Executor, FinishedRun, Options, SharedIsolate};
use crate::ack::{Completion, Pending};
use crate::metrics::Metrics;
use crate::model::draft::Isolation;
use crate::model::job::{Job, sample};
use crate::model::outcome::{Limits, Outcome};
use crate::queue::Waker;
use crate::telemetry::Telemetry;

const GRACE: Duration = Duration::from_secs(5);

/// An executor, and what comes out of it.
struct Bench {
    executor: Executor,
    completions: mpsc::UnboundedReceiver<Vec<Completion>>,
    pending: Pending,
    now: Cell<Instant>,
}

/// Counts its wake-ups.
#[derive(Default)]
struct CountingWaker(AtomicUsize);

impl Waker for CountingWaker {
    fn wake(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl CountingWaker {
    fn wakes(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

/// What an exchange handed out: runs with their jobs, and aborts.
#[derive(Debug, PartialEq)]
struct HandedOut {
    jobs: Vec<(u64, i64)>,
    aborts: Vec<(u64, String)>,
}

impl Bench {
    fn new(limit: usize, threads: usize) -> Self {
        let (sender, completions) = mpsc::unbounded_channel();
        let pending = Pending::default();
        let options = Options { limit, threads, abort_grace: GRACE, max_stuck: 1, limits: Limits::default() };
        let (telemetry, registry) = (Arc::new(Telemetry::default()), Arc::default());
        let metrics = Arc::new(Metrics::new(10));
        let executor =
            Executor::new("default".to_owned(), options, sender, pending.clone(), telemetry, registry, metrics);
        Self { executor, completions, pending, now: Cell::new(Instant::now()) }
    }

    fn attach(&self, isolation: Isolation) -> (u32, Arc<CountingWaker>) {
        self.attach_to(&Arc::default(), isolation)
    }

    fn attach_to(&self, isolate: &Arc<SharedIsolate>, isolation: Isolation) -> (u32, Arc<CountingWaker>) {
        let waker = Arc::new(CountingWaker::default());
        (self.executor.attach(isolation, waker.clone(), isolate.clone()), waker)
    }

    /// Jobs with these ids, which may take a second each.
    fn offer(&self, isolation: Isolation, ids: impl IntoIterator<Item = i64>) {
        self.offer_with(isolation, ids, Some(1000));
    }

    fn offer_with(&self, isolation: Isolation, ids: impl IntoIterator<Item = i64>, timeout: Option<i64>) {
        let job = |id| Job { id, timeout, ..sample(1, 3) };
        self.executor.offer(ids.into_iter().map(|id| (job(id), isolation)).collect());
    }

    /// Jobs of a thread that have crashed twice.
    fn offer_suspects(&self, ids: impl IntoIterator<Item = i64>) {
        let job = |id| Job { id, crashes: 2, ..sample(3, 20) };
        self.executor.offer(ids.into_iter().map(|id| (job(id), Isolation::Thread)).collect());
    }

    fn exchange(&self, slot: u32, completions: impl IntoIterator<Item = (u64, Outcome)>) -> HandedOut {
        let completions = completions
            .into_iter()
            .map(|(run, outcome)| FinishedRun { run, end: outcome.into(), logs: None, usage: None })
            .collect();
        let Some(text) = self.executor.exchange_at(self.pass(Duration::from_millis(1)), slot, completions) else {
            return HandedOut { jobs: vec![], aborts: vec![] };
        };
        let parts: Vec<Vec<Vec<Value>>> = serde_json::from_str(&text).expect("an exchange");
        let number = |value: &Value| value.as_u64().expect("a run");
        HandedOut {
            jobs: parts[0].iter().map(|row| (number(&row[0]), row[1].as_i64().expect("an id"))).collect(),
            aborts: parts[1].iter().map(|it| (number(&it[0]), it[1].as_str().expect("why").to_owned())).collect(),
        }
    }

    /// Takes what there is for the slot; the runs.
    fn take(&self, slot: u32) -> Vec<u64> {
        self.exchange(slot, []).jobs.into_iter().map(|(run, _)| run).collect()
    }

    fn pass(&self, time: Duration) -> Instant {
        self.now.set(self.now.get() + time);
        self.now.get()
    }

    /// Lets time pass, and works off what is due by then.
    fn after(&self, time: Duration) -> Vec<Directive> {
        let now = self.pass(time);
        self.executor.trust(now);
        self.executor.expire(now).0
    }

    /// What was settled since the last time, as job and outcome in words.
    fn outcomes(&mut self) -> Vec<(i64, String)> {
        let mut all = vec![];
        while let Ok(batch) = self.completions.try_recv() {
            self.pending.done(batch.len());
            all.extend(batch.into_iter().map(|it| (it.job.id, word(&it.outcome))));
        }
        all.sort_unstable();
        all
    }
}

fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Completed { .. } => "completed".to_owned(),
        Outcome::Failed { error, .. } => format!("failed: {}", error.name),
        Outcome::Cancelled { .. } => "cancelled".to_owned(),
        Outcome::Discarded { .. } => "discarded".to_owned(),
        Outcome::Snoozed { .. } => "snoozed".to_owned(),
        Outcome::Released { begun: true } => "interrupted".to_owned(),
        Outcome::Released { begun: false } => "released".to_owned(),
        Outcome::Crashed { alone, .. } => if *alone { "crashed alone" } else { "crashed" }.to_owned(),
    }
}

fn outcome(id: i64, word: &str) -> (i64, String) {
    (id, word.to_owned())
}
