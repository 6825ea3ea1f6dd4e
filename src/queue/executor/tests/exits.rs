//! Isolates that exit, and the stop of them all.

use std::time::Duration;

use super::{Bench, Outcome, outcome};
use crate::model::draft::Isolation::{Main, Thread};
use crate::queue::executor::WorkerExit;
use crate::testing::failed;

fn exit(run: Option<u64>, last: Option<u64>) -> WorkerExit {
    WorkerExit { message: "exit code 1".to_owned(), run, last, code: None }
}

#[test]
fn the_crashed_run_fails_and_the_others_do_not() {
    let mut bench = Bench::new(10, 1);
    let (slot, _) = bench.attach(Thread);
    bench.offer(Thread, 1..=4);
    let runs = bench.take(slot);
    assert!(bench.executor.detach(slot));
    bench.executor.exited(slot, &exit(Some(runs[1]), Some(runs[2])));
    assert_eq!(
        bench.outcomes(),
        [outcome(1, "interrupted"), outcome(2, "crashed"), outcome(3, "interrupted"), outcome(4, "released")]
    );
}

#[test]
fn without_a_known_cause_every_job_that_had_begun_counts_as_crashed() {
    let mut bench = Bench::new(10, 1);
    let (slot, _) = bench.attach(Thread);
    bench.offer(Thread, 1..=3);
    let runs = bench.take(slot);
    bench.executor.detach(slot);
    bench.executor.exited(slot, &exit(None, Some(runs[1])));
    assert_eq!(bench.outcomes(), [outcome(1, "crashed"), outcome(2, "crashed"), outcome(3, "released")]);
}

#[test]
fn an_unreported_exit_is_settled_after_a_while() {
    let mut bench = Bench::new(10, 1);
    let (slot, _) = bench.attach(Thread);
    bench.offer_with(Thread, [1], None);
    bench.take(slot);
    assert!(bench.executor.detach(slot));
    bench.after(Duration::from_millis(500));
    assert_eq!(bench.outcomes(), []);
    bench.after(Duration::from_secs(1));
    assert_eq!(bench.outcomes(), [outcome(1, "crashed")]);
    // The explanation comes too late, and twice.
    bench.executor.exited(slot, &exit(None, None));
    assert!(!bench.executor.detach(slot));
    assert_eq!(bench.outcomes(), []);
}

#[test]
fn an_environment_that_held_nothing_goes_without_notice() {
    let mut bench = Bench::new(10, 1);
    let (slot, _) = bench.attach(Thread);
    bench.offer(Thread, [1]);
    let runs = bench.take(slot);
    bench.exchange(slot, [(runs[0], Outcome::done())]);
    assert!(!bench.executor.detach(slot));
    assert_eq!(bench.executor.counts().slots, 0);
    assert_eq!(bench.outcomes(), [outcome(1, "completed")]);
}

#[test]
fn a_late_outcome_is_ignored() {
    let mut bench = Bench::new(10, 1);
    let (slot, _) = bench.attach(Thread);
    bench.offer(Thread, [1]);
    let runs = bench.take(slot);
    bench.executor.detach(slot);
    bench.executor.exited(slot, &exit(Some(runs[0]), Some(runs[0])));
    bench.exchange(slot, [(runs[0], Outcome::done())]);
    assert_eq!(bench.outcomes(), [outcome(1, "crashed")]);
    assert_eq!(bench.pending.count(), 0);
}

#[test]
fn jobs_that_are_asked_to_stop_at_the_end_are_released_when_they_throw_or_hang() {
    let mut bench = Bench::new(10, 1);
    let (slot, _) = bench.attach(Main);
    bench.offer_with(Main, 1..=3, None);
    let runs = bench.take(slot);
    bench.executor.abort_all();
    assert_eq!(bench.exchange(slot, []).aborts.len(), 3);
    bench.exchange(slot, [(runs[0], failed()), (runs[1], Outcome::done())]);
    assert_eq!(bench.outcomes(), [outcome(1, "interrupted"), outcome(2, "completed")]);
    // All that was handed back since.
    assert_eq!(bench.executor.release_running(), [1, 3]);
    assert_eq!(bench.outcomes(), [outcome(3, "interrupted")]);
    bench.executor.stop_slots();
    assert_eq!(bench.exchange(slot, []).aborts, [(0, "stop".to_owned())]);
}

#[test]
fn claims_that_are_void_are_forgotten_without_an_ack() {
    let mut bench = Bench::new(1, 1);
    let (slot, _) = bench.attach(Main);
    bench.offer(Main, [1, 2, 3]);
    bench.take(slot);
    assert_eq!(bench.executor.forget_ready(), [2, 3]);
    assert_eq!((bench.outcomes(), bench.pending.count()), (vec![], 0));
    assert_eq!(bench.executor.holding().running_ids, [1]);
}
