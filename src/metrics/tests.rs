//! What is counted, and under which names.

use super::*;
use crate::model::outcome::EventState;

fn attempt<'a>(queue: &'a Arc<str>, worker: &'a Arc<str>, state: Option<EventState>) -> Attempt<'a> {
    Attempt { queue, worker, state, run: Some(Duration::from_micros(20)), wait: 7, cpu: None }
}

fn sum(series: &[Series]) -> Counts {
    let mut sum = Counts::default();
    for it in series {
        sum.add(&it.counts);
    }
    sum
}

#[test]
fn attempts_are_counted_by_queue_class_and_result() {
    let metrics = Metrics::new(10);
    let (a, b, job): (Arc<str>, Arc<str>, Arc<str>) = (Arc::from("a"), Arc::from("b"), Arc::from("Job"));
    let same: Arc<str> = Arc::from("a");
    metrics.attempts(
        [
            attempt(&a, &job, Some(EventState::Success)),
            attempt(&a, &job, Some(EventState::Success)),
            attempt(&same, &job, Some(EventState::Failure)),
            attempt(&b, &job, Some(EventState::Snoozed)),
            attempt(&a, &job, None),
        ]
        .into_iter(),
    );
    let totals = metrics.totals();
    let found: Vec<_> = totals.iter().map(|it| (&*it.queue, &*it.worker, it.counts)).collect();
    let of_a = Counts { success: 2, failure: 1, lost: 1, ..Counts::default() };
    assert_eq!(found, [("a", "Job", of_a), ("b", "Job", Counts { snoozed: 1, ..Counts::default() })]);
    let first = &totals[0];
    assert_eq!((first.run.count(), first.failed.count(), first.wait.count()), (2, 1, 3));
    assert_eq!((first.run.sum(), first.wait.max()), (40, 7));
}

#[test]
fn an_attempt_that_did_not_begin_has_no_duration() {
    let metrics = Metrics::new(10);
    let (queue, worker): (Arc<str>, Arc<str>) = (Arc::from("a"), Arc::from("Job"));
    let released = Attempt { run: None, ..attempt(&queue, &worker, Some(EventState::Released)) };
    metrics.attempts([released].into_iter());
    let totals = metrics.totals();
    assert_eq!((totals[0].counts.released, totals[0].failed.count(), totals[0].wait.count()), (1, 0, 0));
}

#[test]
fn what_was_taken_remains_part_of_the_totals() {
    let metrics = Metrics::new(10);
    let (queue, worker): (Arc<str>, Arc<str>) = (Arc::from("a"), Arc::from("Job"));
    let succeeds = || metrics.attempts([attempt(&queue, &worker, Some(EventState::Success))].into_iter());
    succeeds();
    let before = metrics.attempts_of(Some("a"));
    assert_eq!(sum(metrics.take().series.all()).success, 1);
    assert!(metrics.take().is_nothing());
    succeeds();
    metrics.count(&queue, &worker, |it| it.rescued += 3);
    let wanted = Counts { success: 2, rescued: 3, ..Counts::default() };
    assert_eq!(sum(&metrics.totals()), wanted);
    let one = AttemptCounts { success: 1, ..AttemptCounts::default() };
    assert_eq!(metrics.attempts_of(Some("a")).since(before), one);
    assert_eq!(metrics.attempts_of(Some("b")), AttemptCounts::default());
    assert_eq!(metrics.attempts_of(None), Counts { success: 2, ..Counts::default() }.into());
}

#[test]
fn beyond_the_limit_classes_count_together_and_no_count_is_dropped() {
    let metrics = Metrics::new(100);
    let name = |text: String| -> Arc<str> { Arc::from(text) };
    let names: Vec<_> = (0..1_500).map(|n| (name(format!("q{}", n % 300)), name(format!("Job{n}")))).collect();
    for _ in 0..2 {
        for (queue, worker) in &names {
            metrics.attempts([attempt(queue, worker, Some(EventState::Success))].into_iter());
        }
        drop(metrics.take());
    }
    let totals = metrics.totals();
    assert_eq!(sum(&totals).success, 3_000);
    assert_eq!(totals.iter().filter(|it| !it.worker.is_empty()).count(), 100);
    assert!(totals.len() <= 201, "{} series", totals.len());
    assert!(totals.iter().any(|it| it.queue.is_empty()), "queues beyond twice the limit count together");
}
