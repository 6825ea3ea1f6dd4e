//! Queues that share the isolates of a thread group.

use std::sync::Arc;
use std::time::Duration;

use super::{Bench, Directive, GRACE, Outcome, SharedIsolate, outcome};
use crate::model::draft::Isolation::{Process, Thread};
use crate::queue::executor::WorkerExit;

/// Two queues.
fn benches() -> (Bench, Bench) {
    (Bench::new(10, 2), Bench::new(10, 2))
}

fn exit(run: Option<u64>, last: Option<u64>) -> WorkerExit {
    WorkerExit { message: "exit code 1".to_owned(), run, last, code: None }
}

#[test]
fn a_crash_in_one_queue_releases_the_jobs_of_the_other() {
    let (mut one, mut other) = benches();
    let isolate = Arc::default();
    let ((a, _), (b, _)) = (one.attach_to(&isolate, Thread), other.attach_to(&isolate, Thread));
    one.offer(Thread, [1]);
    other.offer(Thread, [2, 3]);
    let (crashed, neighbors) = (one.take(a), other.take(b));
    for (bench, slot, last) in [(&one, a, crashed[0]), (&other, b, neighbors[0])] {
        bench.executor.detach(slot);
        bench.executor.exited(slot, &exit(Some(crashed[0]), Some(last)));
    }
    assert_eq!(one.outcomes(), [outcome(1, "crashed")]);
    assert_eq!(other.outcomes(), [outcome(2, "interrupted"), outcome(3, "released")]);
}

#[test]
fn a_blocked_isolate_is_terminated_once_and_the_jobs_of_all_queues_are_settled() {
    let (mut one, mut other) = benches();
    let isolate = Arc::default();
    let ((a, _), (b, _)) = (one.attach_to(&isolate, Thread), other.attach_to(&isolate, Thread));
    one.offer(Thread, [1]);
    other.offer(Thread, [2]);
    one.take(a);
    other.take(b);
    for bench in [&one, &other] {
        assert_eq!(bench.after(Duration::from_secs(2)), []);
    }
    assert_eq!(one.after(GRACE), [Directive::Terminate { slot: a }]);
    // Its neighbor is overdue too.
    assert_eq!(other.after(GRACE), []);
    other.offer_with(Thread, [3], None);
    assert_eq!(other.take(b), [0; 0]);
    for (bench, slot) in [(&one, a), (&other, b)] {
        bench.executor.exited(slot, &exit(None, None));
    }
    assert_eq!(one.outcomes(), [outcome(1, "failed: TimeoutError")]);
    assert_eq!(other.outcomes(), [outcome(2, "failed: TimeoutError")]);
}

#[test]
fn a_neighbor_that_is_not_late_is_released_when_the_isolate_is_terminated() {
    let (one, mut other) = benches();
    let isolate = Arc::default();
    let ((a, _), (b, _)) = (one.attach_to(&isolate, Thread), other.attach_to(&isolate, Thread));
    one.offer(Thread, [1]);
    other.offer_with(Thread, [2], None);
    one.take(a);
    other.take(b);
    one.after(Duration::from_secs(2));
    assert_eq!(one.after(GRACE), [Directive::Terminate { slot: a }]);
    // The code on the stack is not known: it was in no call of perform.
    other.executor.exited(b, &exit(None, None));
    assert_eq!(other.outcomes(), [outcome(2, "interrupted")]);
}

#[test]
fn an_isolate_with_a_stuck_job_is_terminated_when_the_jobs_of_all_queues_have_ended() {
    let (one, other) = benches();
    let isolate = Arc::default();
    let ((a, _), (b, _)) = (one.attach_to(&isolate, Thread), other.attach_to(&isolate, Thread));
    one.offer(Thread, [1]);
    other.offer_with(Thread, [2, 3], None);
    one.take(a);
    let runs = other.take(b);
    one.after(Duration::from_secs(2));
    one.exchange(a, []);
    assert_eq!(one.after(GRACE), [Directive::Replace { slot: a }]);
    assert_eq!(other.after(Duration::ZERO), []);
    // It takes nothing more, of no queue.
    other.offer_with(Thread, [4], None);
    assert_eq!(other.exchange(b, [(runs[0], Outcome::done())]).jobs, []);
    assert_eq!(other.after(Duration::ZERO), [Directive::Spawn { isolation: Thread }]);
    other.exchange(b, [(runs[1], Outcome::done())]);
    assert_eq!(other.after(Duration::ZERO), [Directive::Terminate { slot: b }]);
    assert_eq!(one.after(Duration::ZERO), []);
}

#[test]
fn jobs_go_to_the_isolate_with_the_fewest_jobs_of_all_queues() {
    let (one, other) = benches();
    let (first, second) = (Arc::default(), Arc::default());
    let (a, _) = one.attach_to(&first, Thread);
    one.attach_to(&second, Thread);
    let ((_, busy), (_, idle)) = (other.attach_to(&first, Thread), other.attach_to(&second, Thread));
    one.offer(Thread, [1]);
    // About to take one.
    other.offer(Thread, [2]);
    assert_eq!((busy.wakes(), idle.wakes()), (0, 1));
    assert_eq!(one.take(a).len(), 1);
}

#[test]
fn another_isolate_is_woken_when_one_does_not_answer() {
    let (one, other) = benches();
    let (first, second) = (Arc::default(), Arc::default());
    one.attach_to(&first, Thread);
    one.attach_to(&second, Thread);
    let ((_, silent), (b, awake)) = (other.attach_to(&first, Thread), other.attach_to(&second, Thread));
    other.offer(Thread, [1]);
    assert_eq!((silent.wakes(), awake.wakes()), (1, 0));
    other.after(Duration::from_secs(1));
    assert_eq!((silent.wakes(), awake.wakes()), (0, 1));
    assert_eq!(other.take(b).len(), 1);
}

#[test]
fn a_quarantined_job_is_alone_among_the_jobs_of_all_queues() {
    let (mut one, mut other) = benches();
    let isolate = Arc::default();
    let ((a, one_wakes), (b, other_wakes)) = (one.attach_to(&isolate, Process), other.attach_to(&isolate, Process));
    other.offer(Process, [1]);
    let run = other.take(b)[0];
    one.offer_suspects([2]);
    assert_eq!(one.take(a), [0; 0]);
    // It waits, so the other queue begins nothing more.
    other.offer(Process, [3]);
    assert_eq!(other.take(b), [0; 0]);
    one_wakes.wakes();
    assert_eq!(other.exchange(b, [(run, Outcome::done())]).jobs, []);
    assert_eq!(one_wakes.wakes(), 1);
    let alone = one.take(a);
    assert_eq!((alone.len(), other.take(b).len()), (1, 0));
    other_wakes.wakes();
    one.exchange(a, [(alone[0], Outcome::done())]);
    assert_eq!(other_wakes.wakes(), 1);
    assert_eq!(other.take(b).len(), 1);
    assert_eq!(one.outcomes(), [outcome(2, "completed")]);
    assert_eq!(other.outcomes(), [outcome(1, "completed")]);
}

#[test]
fn a_quarantined_job_that_waits_no_more_gives_way() {
    let (one, other) = benches();
    let isolate = Arc::default();
    let ((a, one_wakes), (b, other_wakes)) = (one.attach_to(&isolate, Process), other.attach_to(&isolate, Process));
    other.offer(Process, [1]);
    let run = other.take(b)[0];
    one.offer_suspects([2]);
    one.take(a);
    other.offer(Process, [3]);
    one.executor.cancel(&[2]);
    one_wakes.wakes();
    other.exchange(b, [(run, Outcome::done())]);
    assert_eq!(one_wakes.wakes(), 1);
    other_wakes.wakes();
    one.take(a);
    assert_eq!((other_wakes.wakes(), other.take(b).len()), (1, 1));
}

#[test]
fn a_queue_that_stops_leaves_the_isolate_to_the_others() {
    let (one, other) = benches();
    let isolate = Arc::new(SharedIsolate::default());
    let ((a, _), (b, _)) = (one.attach_to(&isolate, Thread), other.attach_to(&isolate, Thread));
    one.offer(Thread, [1]);
    let run = one.take(a)[0];
    one.exchange(a, [(run, Outcome::done())]);
    assert_eq!(one.executor.release_running(), [0; 0]);
    assert_eq!(one.executor.desert(), []);
    one.executor.stop_slots();
    one.executor.detach(a);
    other.offer(Thread, [2]);
    assert_eq!(other.take(b).len(), 1);
}

#[test]
fn an_isolate_is_replaced_where_a_job_of_a_stopped_queue_goes_on() {
    let (one, other) = benches();
    let isolate = Arc::default();
    let ((a, _), (b, _)) = (one.attach_to(&isolate, Thread), other.attach_to(&isolate, Thread));
    one.offer(Thread, [1]);
    other.offer(Thread, [2]);
    one.take(a);
    let run = other.take(b)[0];
    assert_eq!(one.executor.release_running(), [1]);
    assert_eq!(one.executor.desert(), [Directive::Replace { slot: a }]);
    other.exchange(b, [(run, Outcome::done())]);
    assert_eq!(other.after(Duration::ZERO), [Directive::Terminate { slot: b }]);
}
