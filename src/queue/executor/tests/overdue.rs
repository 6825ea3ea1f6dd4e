//! Jobs that are asked to stop, and what happens to those that do not.

use std::time::Duration;

use super::{Bench, Directive, GRACE, Outcome, outcome};
use crate::model::draft::Isolation::{Main, Process, Thread};
use crate::testing::failed;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_job_past_its_time_is_asked_to_stop_and_its_failure_is_a_timeout() {
    let mut bench = Bench::new(10, 1);
    let (slot, waker) = bench.attach(Thread);
    bench.offer(Thread, [1]);
    let runs = bench.take(slot);
    waker.wakes();
    assert_eq!(bench.after(SECOND / 2), []);
    assert_eq!(waker.wakes(), 0);
    assert_eq!(bench.after(SECOND), []);
    assert_eq!(waker.wakes(), 1);
    assert_eq!(bench.exchange(slot, []).aborts, [(runs[0], "timeout".to_owned())]);
    bench.exchange(slot, [(runs[0], failed())]);
    assert_eq!(bench.outcomes(), [outcome(1, "failed: TimeoutError")]);
    assert_eq!(bench.after(GRACE * 2), []);
}

#[test]
fn a_job_that_ends_well_after_it_was_asked_to_stop_has_ended_well() {
    let mut bench = Bench::new(10, 1);
    let (slot, _) = bench.attach(Thread);
    bench.offer(Thread, [1]);
    let runs = bench.take(slot);
    bench.after(SECOND);
    bench.exchange(slot, [(runs[0], Outcome::done())]);
    assert_eq!(bench.outcomes(), [outcome(1, "completed")]);
}

#[test]
fn a_promise_that_never_settles_becomes_a_zombie_and_its_thread_is_replaced() {
    let mut bench = Bench::new(2, 1);
    let (slot, _) = bench.attach(Thread);
    bench.offer(Thread, [1]);
    bench.offer_with(Thread, [2], None);
    let runs = bench.take(slot);
    bench.after(SECOND);
    // The thread answers: it is the promise that hangs.
    assert_eq!(bench.exchange(slot, []).aborts.len(), 1);
    assert_eq!(bench.after(GRACE), [Directive::Replace { slot }]);
    assert_eq!(bench.outcomes(), [outcome(1, "failed: TimeoutError")]);
    assert_eq!((bench.executor.counts().stuck, bench.executor.counts().running), (1, 1));
    // The old thread keeps its other job and gets no more; the capacity of the stuck one is free.
    let (new, _) = bench.attach(Thread);
    bench.offer_with(Thread, [3], None);
    assert_eq!(bench.take(slot), [0; 0]);
    assert_eq!(bench.take(new).len(), 1);
    // A late word changes nothing.
    bench.exchange(slot, [(runs[0], Outcome::done())]);
    assert_eq!((bench.outcomes(), bench.executor.counts().stuck), (vec![], 0));
    // With its last job the old thread goes.
    bench.exchange(slot, [(runs[1], Outcome::done())]);
    assert_eq!(bench.after(Duration::ZERO), [Directive::Terminate { slot }]);
    assert_eq!(bench.outcomes(), [outcome(2, "completed")]);
    assert_eq!(bench.after(GRACE), []);
}

#[test]
fn stuck_jobs_beyond_their_number_keep_their_capacity() {
    let mut bench = Bench::new(2, 1);
    let (slot, _) = bench.attach(Main);
    bench.offer(Main, [1, 2]);
    bench.take(slot);
    bench.after(SECOND);
    bench.exchange(slot, []);
    bench.after(GRACE);
    assert_eq!(bench.outcomes().len(), 2);
    // max_stuck_jobs is 1: one of the two places is given back.
    bench.offer_with(Main, [3, 4], None);
    assert_eq!(bench.take(slot).len(), 1);
}

#[test]
fn a_blocked_thread_is_ended_and_its_neighbours_are_innocent() {
    let mut bench = Bench::new(10, 1);
    let (slot, waker) = bench.attach(Thread);
    bench.offer(Thread, [1]);
    bench.offer_with(Thread, [2, 3], None);
    bench.take(slot);
    waker.wakes();
    bench.after(SECOND);
    assert_eq!(bench.after(GRACE), [Directive::Terminate { slot }]);
    assert_eq!(bench.after(GRACE), []);
    assert_eq!(bench.outcomes(), []);
    assert!(bench.executor.detach(slot));
    bench.executor.exited(slot, &serde_json::from_str(r#"{"message":"terminated"}"#).expect("a death"));
    assert_eq!(
        bench.outcomes(),
        [outcome(1, "failed: TimeoutError"), outcome(2, "interrupted"), outcome(3, "interrupted")]
    );
    assert_eq!(bench.executor.counts().running, 0);
}

#[test]
fn a_process_is_ended_whether_it_answers_or_not() {
    let bench = Bench::new(10, 1);
    let (slot, _) = bench.attach(Process);
    bench.offer(Process, [1]);
    bench.take(slot);
    bench.after(SECOND);
    bench.exchange(slot, []);
    assert_eq!(bench.after(GRACE), [Directive::Terminate { slot }]);
}

#[test]
fn a_blocked_main_thread_is_waited_for() {
    let mut bench = Bench::new(10, 1);
    let (slot, _) = bench.attach(Main);
    bench.offer(Main, [1]);
    let runs = bench.take(slot);
    bench.after(SECOND);
    assert_eq!(bench.after(GRACE), []);
    assert_eq!(bench.outcomes(), []);
    // It answers at last, and the job is still there: given up.
    assert_eq!(bench.exchange(slot, []).aborts, [(runs[0], "timeout".to_owned())]);
    assert_eq!(bench.after(GRACE), []);
    assert_eq!(bench.outcomes(), [outcome(1, "failed: TimeoutError")]);
}

#[test]
fn a_running_job_is_cancelled_by_its_id_once() {
    let mut bench = Bench::new(1, 1);
    let (slot, waker) = bench.attach(Main);
    bench.offer_with(Main, [1, 2], None);
    let runs = bench.take(slot);
    waker.wakes();
    assert_eq!(bench.executor.cancel(&[7, 1]), [1]);
    assert_eq!(waker.wakes(), 1);
    assert_eq!(bench.executor.cancel(&[1]), [0; 0]);
    assert_eq!(bench.exchange(slot, []).aborts, [(runs[0], "cancelled".to_owned())]);
    bench.exchange(slot, [(runs[0], failed())]);
    assert_eq!(bench.outcomes(), [outcome(1, "cancelled")]);
}

#[test]
fn a_claimed_job_that_was_not_begun_is_cancelled_at_once() {
    let mut bench = Bench::new(1, 1);
    let (slot, _) = bench.attach(Main);
    bench.offer_with(Main, [1, 2, 3], None);
    bench.take(slot);
    assert_eq!(bench.executor.cancel(&[2]), [2]);
    assert_eq!(bench.outcomes(), [outcome(2, "cancelled")]);
    assert_eq!(bench.executor.counts().ready, 1);
}

#[test]
fn the_first_reason_to_stop_is_the_one_that_counts() {
    let mut bench = Bench::new(1, 1);
    let (slot, _) = bench.attach(Main);
    bench.offer(Main, [1]);
    let runs = bench.take(slot);
    bench.executor.cancel(&[1]);
    bench.after(SECOND);
    bench.executor.abort_all();
    assert_eq!(bench.exchange(slot, []).aborts, [(runs[0], "cancelled".to_owned())]);
    bench.exchange(slot, [(runs[0], failed())]);
    assert_eq!(bench.outcomes(), [outcome(1, "cancelled")]);
}
