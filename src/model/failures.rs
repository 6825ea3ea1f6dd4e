//! Groups failed jobs by what their errors have in common.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use crate::model::instant;

/// The number of points of a group, over the window.
pub const POINTS: usize = 24;

/// A failed attempt, and its job if that has not gone on.
#[derive(Debug, Clone)]
pub struct Failure {
    pub job: i64,
    /// Microseconds since 1970.
    pub at: i64,
    pub of: Option<FailedJob>,
}

#[derive(Debug, Clone)]
pub struct FailedJob {
    pub worker: String,
    pub queue: String,
    pub state: String,
    /// The first line of the message, with placeholders.
    pub line: String,
    pub fingerprint: String,
    /// The first line itself.
    pub message: Option<String>,
}

/// Jobs that failed alike. Times are ISO 8601.
#[derive(Debug, PartialEq, Serialize)]
pub struct FailureGroup {
    pub fingerprint: String,
    pub worker: String,
    pub error: String,
    pub jobs: u64,
    pub states: BTreeMap<String, u64>,
    pub queues: BTreeMap<String, u64>,
    /// When the first and the last of these jobs failed, each for its last time.
    pub first_at: String,
    pub last_at: String,
    pub sample: Sample,
    /// How many of the jobs failed in each part of the window.
    pub points: Vec<u64>,
}

/// The job of a group that failed last.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    pub id: i64,
    pub error: Option<String>,
}

/// Collects failures, the newest first.
pub struct Failures {
    from: i64,
    until: i64,
    met: HashSet<i64>,
    groups: HashMap<String, Group>,
}

struct Group {
    worker: String,
    error: String,
    states: BTreeMap<String, u64>,
    queues: BTreeMap<String, u64>,
    first_at: i64,
    last_at: i64,
    sample: Sample,
    points: Vec<u64>,
}

impl Failures {
    /// Of a window of time, in microseconds since 1970.
    pub fn new(from: i64, until: i64) -> Self {
        Self { from, until, met: HashSet::new(), groups: HashMap::new() }
    }

    /// The time of a point, in microseconds.
    pub fn step(&self) -> i64 {
        ((self.until - self.from) / i64::try_from(POINTS).unwrap_or(1)).max(1)
    }

    /// A job counts once, as it failed last.
    pub fn add(&mut self, failure: Failure) {
        let Failure { job, at, of: Some(of) } = failure else { return };
        if !self.met.insert(job) {
            return;
        }
        let point = usize::try_from((at - self.from) / self.step()).unwrap_or(0).min(POINTS - 1);
        let group = self.groups.entry(of.fingerprint).or_insert_with(|| Group {
            worker: of.worker,
            error: of.line,
            states: BTreeMap::new(),
            queues: BTreeMap::new(),
            first_at: at,
            last_at: at,
            sample: Sample { id: job, error: of.message },
            points: vec![0; POINTS],
        });
        group.first_at = group.first_at.min(at);
        *group.states.entry(of.state).or_default() += 1;
        *group.queues.entry(of.queue).or_default() += 1;
        group.points[point] += 1;
    }

    /// The number of jobs, the largest groups, and how many more there are.
    pub fn groups(self, most: usize) -> (u64, Vec<FailureGroup>, usize) {
        let mut all: Vec<FailureGroup> = self
            .groups
            .into_iter()
            .map(|(fingerprint, it)| FailureGroup {
                fingerprint,
                worker: it.worker,
                error: it.error,
                jobs: it.points.iter().sum(),
                states: it.states,
                queues: it.queues,
                first_at: instant::to_text(it.first_at),
                last_at: instant::to_text(it.last_at),
                sample: it.sample,
                points: it.points,
            })
            .collect();
        all.sort_by(|a, b| {
            b.jobs.cmp(&a.jobs).then_with(|| b.last_at.cmp(&a.last_at)).then_with(|| a.fingerprint.cmp(&b.fingerprint))
        });
        let jobs = all.iter().map(|it| it.jobs).sum();
        let more = all.len().saturating_sub(most);
        all.truncate(most);
        (jobs, all, more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(job: i64, at: i64, fingerprint: &str, state: &str) -> Failure {
        let of = FailedJob {
            worker: "Mail".to_owned(),
            queue: format!("q{}", job % 2),
            state: state.to_owned(),
            line: "SMTP <n>".to_owned(),
            fingerprint: fingerprint.to_owned(),
            message: Some(format!("SMTP {job}")),
        };
        Failure { job, at, of: Some(of) }
    }

    #[test]
    fn a_job_counts_once_as_it_failed_last() {
        let mut failures = Failures::new(0, 2_400);
        for it in [
            failure(1, 2_399, "a", "discarded"),
            failure(2, 2_300, "b", "retryable"),
            Failure { job: 9, at: 2_200, of: None },
            failure(1, 2_100, "b", "discarded"),
            failure(3, 50, "a", "retryable"),
            failure(4, 0, "a", "retryable"),
        ] {
            failures.add(it);
        }
        assert_eq!(failures.step(), 100);
        let (jobs, groups, more) = failures.groups(1);
        assert_eq!((jobs, more, groups.len()), (4, 1, 1));
        let [group] = &groups[..] else { panic!("expected one, got {groups:?}") };
        assert_eq!((group.fingerprint.as_str(), group.jobs), ("a", 3));
        assert_eq!(group.states, BTreeMap::from([("discarded".to_owned(), 1), ("retryable".to_owned(), 2)]));
        assert_eq!(group.queues, BTreeMap::from([("q0".to_owned(), 1), ("q1".to_owned(), 2)]));
        assert_eq!(group.sample, Sample { id: 1, error: Some("SMTP 1".to_owned()) });
        assert_eq!((group.points[0], group.points[23], group.points.iter().sum::<u64>()), (2, 1, 3));
        assert!(group.first_at.ends_with("00:00:00.000000Z") && group.last_at.ends_with("00:00:00.002399Z"));
    }
}
