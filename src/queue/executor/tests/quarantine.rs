//! Jobs that crashed twice.

use std::time::Duration;

use super::{Bench, Directive, Outcome};
use crate::model::draft::Isolation::{Main, Process, Thread};
use crate::queue::executor::WorkerExit;

fn exit() -> WorkerExit {
    WorkerExit { message: "exit code 139".to_owned(), run: None, last: None, code: None }
}

#[test]
fn a_suspect_gets_a_process_and_is_alone_in_it() {
    let mut bench = Bench::new(10, 1);
    let (thread, _) = bench.attach(Thread);
    bench.offer_suspects([1, 2]);
    bench.offer(Thread, [3]);
    assert_eq!(bench.exchange(thread, []).jobs.len(), 1);
    assert_eq!(bench.after(Duration::ZERO), [Directive::Spawn { isolation: Process }]);
    let (process, _) = bench.attach(Process);
    let first = bench.take(process);
    assert_eq!(first.len(), 1);
    assert_eq!(bench.take(process), [0; 0]);
    // Its capacity goes to the next as it ends.
    let second = bench.exchange(process, [(first[0], Outcome::done())]).jobs;
    assert_eq!(second.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [2]);
    bench.executor.exited(process, &exit());
    assert_eq!(bench.outcomes(), [(1, "completed".to_owned()), (2, "crashed alone".to_owned())]);
}

#[test]
fn a_quarantined_job_waits_until_the_process_is_empty_and_runs_alone() {
    let bench = Bench::new(10, 1);
    let (process, _) = bench.attach(Process);
    bench.offer(Process, [1, 2]);
    let runs = bench.take(process);
    bench.offer_suspects([3]);
    bench.offer(Process, [4]);
    assert_eq!(bench.take(process), [0; 0]);
    assert_eq!(bench.exchange(process, [(runs[0], Outcome::done())]).jobs, []);
    let quarantined = bench.exchange(process, [(runs[1], Outcome::done())]).jobs;
    assert_eq!(quarantined.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [3]);
    let next = bench.exchange(process, [(quarantined[0].0, Outcome::done())]).jobs;
    assert_eq!(next.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [4]);
}

#[test]
fn a_crash_in_company_is_no_proof() {
    let mut bench = Bench::new(10, 1);
    let (process, _) = bench.attach(Process);
    bench.offer(Process, [1, 2]);
    assert_eq!(bench.take(process).len(), 2);
    bench.executor.exited(process, &exit());
    assert_eq!(bench.outcomes(), [(1, "crashed".to_owned()), (2, "crashed".to_owned())]);
}

#[test]
fn a_suspect_of_the_main_thread_stays_there() {
    let bench = Bench::new(10, 1);
    let (main, _) = bench.attach(Main);
    let job = crate::model::job::Job { crashes: 5, ..crate::model::job::sample(1, 20) };
    bench.executor.offer(vec![(job, Main)]);
    bench.offer(Main, [7]);
    assert_eq!(bench.take(main).len(), 2);
}
