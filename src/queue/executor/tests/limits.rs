//! How many jobs begin, where, and which isolates are woken.

use std::time::Duration;

use super::{Bench, Directive, Outcome, outcome};
use crate::model::draft::Isolation::{Main, Process, Thread};
use crate::model::job::MAX_ID;

#[test]
fn isolates_share_the_limit() {
    let bench = Bench::new(5, 2);
    let (first, second) = (bench.attach(Thread).0, bench.attach(Thread).0);
    bench.offer(Thread, 1..=9);
    assert_eq!(bench.take(first).len(), 3);
    assert_eq!(bench.take(first).len(), 0);
    let runs = bench.take(second);
    assert_eq!(runs.len(), 2);
    assert_eq!(bench.exchange(second, [(runs[0], Outcome::done())]).jobs.len(), 1);
    assert_eq!(bench.executor.counts().running, 5);
}

#[test]
fn a_job_whose_id_javascript_cannot_hold_is_discarded_and_the_others_run() {
    let mut bench = Bench::new(5, 1);
    let (slot, _) = bench.attach(Thread);
    bench.offer(Thread, [1, MAX_ID, MAX_ID + 1, MAX_ID + 2]);
    assert_eq!(bench.outcomes(), [outcome(MAX_ID + 1, "discarded"), outcome(MAX_ID + 2, "discarded")]);
    assert_eq!(bench.take(slot).len(), 2);
}

#[test]
fn only_environments_that_can_take_a_job_are_rung_for_and_only_once() {
    let bench = Bench::new(2, 2);
    let (first, waker) = bench.attach(Thread);
    let (second, other) = bench.attach(Thread);
    let (_, main) = bench.attach(Main);
    bench.offer(Thread, [1]);
    bench.offer(Thread, [2, 3]);
    assert_eq!((waker.wakes() + other.wakes(), main.wakes()), (2, 0));
    let runs = [bench.take(first), bench.take(second)].concat();
    assert_eq!(runs.len(), 2);
    // Full: no isolate is woken for the third, nor for a fourth.
    bench.offer(Thread, [4]);
    assert_eq!(waker.wakes() + other.wakes(), 0);
    // The one that settles takes the next in the same exchange.
    let next = bench.exchange(first, [(runs[0], Outcome::done())]);
    assert_eq!(next.jobs.len(), 1);
    assert_eq!(waker.wakes() + other.wakes(), 0);
}

#[test]
fn an_offer_between_the_ring_and_the_answer_rings_again() {
    let bench = Bench::new(10, 1);
    let (slot, waker) = bench.attach(Main);
    bench.offer(Main, [1]);
    bench.offer(Main, [2]);
    assert_eq!(waker.wakes(), 1);
    assert_eq!(bench.take(slot).len(), 2);
    bench.offer(Main, [3]);
    assert_eq!(waker.wakes(), 1);
}

#[test]
fn what_does_not_fit_into_one_text_is_rung_for_again() {
    let bench = Bench::new(10, 1);
    let (slot, waker) = bench.attach(Main);
    let large = |id| {
        let args = format!("{:?}", "x".repeat(100_000));
        (crate::model::job::Job { id, args, ..crate::model::job::sample(1, 3) }, Main)
    };
    bench.executor.offer(vec![large(1), large(2)]);
    assert_eq!(waker.wakes(), 1);
    assert_eq!(bench.take(slot).len(), 1);
    assert_eq!(waker.wakes(), 1);
    assert_eq!(bench.take(slot).len(), 1);
}

#[test]
fn a_higher_limit_takes_effect_at_once_and_a_lower_one_as_jobs_end() {
    let bench = Bench::new(2, 1);
    let (slot, waker) = bench.attach(Main);
    bench.offer(Main, 1..=9);
    let runs = bench.take(slot);
    waker.wakes();
    bench.executor.set_limit(3);
    assert_eq!(waker.wakes(), 1);
    assert_eq!(bench.take(slot).len(), 1);
    bench.executor.set_limit(1);
    assert_eq!(bench.exchange(slot, runs.into_iter().map(|run| (run, Outcome::done()))).jobs, []);
    assert_eq!(bench.executor.counts().running, 1);
}

#[test]
fn claimed_jobs_that_wait_too_long_are_handed_back_oldest_first() {
    let mut bench = Bench::new(1, 1);
    let (slot, _) = bench.attach(Main);
    bench.offer(Main, [1, 2]);
    let runs = bench.take(slot);
    assert_eq!(bench.executor.release_ready(Some(Duration::from_secs(60))), 0);
    assert_eq!(bench.executor.release_ready(Some(Duration::ZERO)), 1);
    assert_eq!(bench.pending.count(), 1);
    assert_eq!(bench.outcomes(), [outcome(2, "released")]);
    bench.exchange(slot, [(runs[0], Outcome::done())]);
    assert_eq!(bench.outcomes(), [outcome(1, "completed")]);
    assert!(bench.executor.is_idle());
}

#[test]
fn nothing_is_begun_while_the_last_heartbeat_is_old() {
    let bench = Bench::new(10, 1);
    let (slot, waker) = bench.attach(Main);
    let Some(long_ago) = bench.now.get().checked_sub(Duration::from_secs(60)) else { return };
    bench.executor.trust(long_ago);
    bench.offer(Main, [1]);
    assert_eq!((waker.wakes(), bench.take(slot)), (0, vec![]));
    bench.executor.trust(bench.now.get());
    assert_eq!((waker.wakes(), bench.take(slot).len()), (1, 1));
}

#[test]
fn the_host_is_asked_for_an_environment_that_a_job_waits_for() {
    let bench = Bench::new(10, 1);
    assert_eq!(bench.executor.isolations(), [false, true, true]);
    bench.offer(Process, [1]);
    assert_eq!(bench.after(Duration::ZERO), [Directive::Spawn { isolation: Process }]);
    assert_eq!(bench.after(Duration::from_secs(1)), []);
    // It did not come: no more jobs for it are claimed, and it is asked for again.
    assert_eq!(bench.executor.isolations(), [false, true, false]);
    assert_eq!(bench.after(Duration::from_secs(5)), [Directive::Spawn { isolation: Process }]);
    let (slot, _) = bench.attach(Process);
    assert_eq!(bench.take(slot).len(), 1);
    assert_eq!(bench.after(Duration::from_secs(60)).len(), 0);
}

#[test]
fn deadlines_of_jobs_that_ended_do_not_pile_up() {
    let bench = Bench::new(10, 1);
    let (slot, _) = bench.attach(Main);
    let mut runs = vec![];
    for n in 0..2000 {
        bench.offer_with(Main, n * 10..(n + 1) * 10, Some(3_600_000));
        let completions: Vec<_> = runs.drain(..).map(|run| (run, Outcome::done())).collect();
        runs = bench.exchange(slot, completions).jobs.into_iter().map(|(run, _)| run).collect();
        assert_eq!(runs.len(), 10);
    }
    let kept = bench.executor.state.lock().deadlines.len();
    assert!(kept < 5000, "{kept} deadlines for 10 running jobs");
}
