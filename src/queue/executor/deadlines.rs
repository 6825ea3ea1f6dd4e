//! Deadlines: timeouts, cancels, jobs that ignore their abort, and isolates that exit.
//!
//! A job shares its JavaScript thread with other jobs, so code that ignores its abort can only be stopped by terminating the
//! thread. After the abort the job has `abort_grace`. Then, if the thread has called `exchange` since, the job is a promise that
//! never settles: it is given up as stuck, its capacity is free again, and the thread retires (finishes its other jobs and is
//! replaced). If the thread has not called, it is blocked and is terminated: the overdue job is recorded as such, and the other
//! jobs are released without losing an attempt.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::slot::Slot;
use super::{Abort, Executor, Ready, Run, State, wake_all};
use crate::ack::{Completion, RunEnd};
use crate::model::draft::Isolation;
use crate::model::outcome::Outcome;

/// How long the jobs of a lost isolate wait for the host to report why it exited.
const EXIT_REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// What the host is to do with an isolate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directive {
    /// Terminate it now; its jobs are settled when it is gone.
    Terminate { slot: u32 },
    /// Start one of this kind for the queue: a job waits for it.
    Spawn { isolation: Isolation },
    /// Start another one: this one takes no more jobs and is terminated when it holds none.
    Replace { slot: u32 },
}

/// How an isolate exited.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct WorkerExit {
    pub message: String,
    /// The run whose code was on the stack, which has crashed; the other runs have not.
    pub run: Option<u64>,
    /// The newest run that had begun; later ones had only been delivered.
    pub last: Option<u64>,
    /// A number is an exit code; a text names the cause, as `error.code` does.
    #[serde(default)]
    pub code: Option<serde_json::Value>,
}

impl WorkerExit {
    fn unknown() -> Self {
        Self { message: "the thread ended without a word".into(), run: None, last: None, code: None }
    }

    /// The outcome for one of the isolate's runs. Without a run on the stack, every one that had begun counts as crashed.
    fn outcome(&self, run: u64, alone: bool) -> Outcome {
        if self.last.is_some_and(|last| run > last) {
            return Outcome::Released { begun: false };
        }
        match self.run {
            Some(crashed_run) if crashed_run != run => Outcome::Released { begun: true },
            _ => Outcome::Crashed {
                reason: self.message.clone(),
                code: self.code.clone().filter(serde_json::Value::is_string),
                alone,
            },
        }
    }
}

impl Executor {
    /// Handles all deadlines up to now; returns what the host is to do, and the next deadline.
    pub fn expire(&self, now: Instant) -> (Vec<Directive>, Option<Instant>) {
        let mut directives = vec![];
        let mut completions = vec![];
        let (wakers, next) = {
            let mut state = self.state.lock();
            while let Some(Reverse((at, run))) = state.deadlines.peek().copied() {
                if at > now {
                    break;
                }
                state.deadlines.pop();
                state.overdue(run, now, &mut directives, &mut completions);
            }
            state.settle_unreported(now, &mut completions);
            state.retire(&mut directives);
            state.call_for_slots(now, &mut directives);
            self.pending.add(completions.len());
            let exit_deadline =
                state.slots.values().filter_map(|slot| slot.gone).map(|gone| gone + EXIT_REPORT_TIMEOUT).min();
            let mut wakers = state.wake_all_with_aborts(now);
            let mut way_deadline = None;
            if state.ready_count > 0 && state.slots.values().any(|slot| slot.gives_way_at().is_some()) {
                wakers.extend(state.wake_slots(now));
                way_deadline = state.slots.values().filter_map(Slot::gives_way_at).filter(|at| *at > now).min();
            }
            let next = state.deadlines.peek().map(|d| d.0.0);
            (wakers, next.into_iter().chain(exit_deadline).chain(way_deadline).min())
        };
        wake_all(wakers);
        if !completions.is_empty() {
            self.settle(completions);
        }
        (directives, next)
    }

    /// Aborts running jobs, by job id, and settles those that have not begun; returns those that were here.
    pub fn cancel(&self, ids: &[i64]) -> Vec<i64> {
        let now = Instant::now();
        let (hit, completions, wakers) = {
            let mut state = self.state.lock();
            let completions = state.call_off(ids, now);
            self.pending.add(completions.len());
            let runs: Vec<(u64, i64)> = state
                .runs
                .iter()
                .filter(|(_, run)| ids.contains(&run.job.id))
                .map(|(n, run)| (*n, run.job.id))
                .collect();
            let stopped =
                runs.into_iter().filter(|(run, _)| state.abort(*run, Abort::Cancelled, now)).map(|(_, id)| id);
            let hit = stopped.chain(completions.iter().map(|it| it.job.id)).collect();
            (hit, completions, state.wake_all_with_aborts(now))
        };
        wake_all(wakers);
        if completions.is_empty() {
            self.changed.notify_one();
        } else {
            self.settle(completions);
        }
        hit
    }

    /// Aborts every running job because the engine stops.
    pub fn abort_all(&self) {
        self.handed_back.lock().get_or_insert_default();
        let now = Instant::now();
        let wakers = {
            let mut state = self.state.lock();
            let runs: Vec<u64> = state.runs.keys().copied().collect();
            for run in runs {
                state.abort(run, Abort::Shutdown, now);
            }
            state.wake_all_with_aborts(now)
        };
        wake_all(wakers);
    }

    /// Releases every job that still runs; returns the ids of all that were released since the queue began to stop.
    pub fn release_running(&self) -> Vec<i64> {
        self.handed_back.lock().get_or_insert_default();
        let now = Instant::now();
        let completions: Vec<Completion> = {
            let mut state = self.state.lock();
            let runs: Vec<u64> = state.runs.keys().copied().collect();
            for run in &runs {
                let slot = state.runs.get(run).map(|it| it.slot);
                if let Some(slot) = slot.and_then(|id| state.slots.get_mut(&id)) {
                    slot.deserted = true;
                }
            }
            let completions: Vec<Completion> =
                runs.into_iter().filter_map(|run| state.finish_run(run, now, Run::given_up)).collect();
            self.pending.add(completions.len());
            completions
        };
        if !completions.is_empty() {
            self.settle(completions);
        }
        self.handed_back.lock().take().unwrap_or_default()
    }

    /// The queue has stopped, and its released jobs may still run in isolates that other queues use: these isolates are replaced.
    pub fn desert(&self) -> Vec<Directive> {
        let mut directives = vec![];
        let state = self.state.lock();
        for (id, slot) in &state.slots {
            if slot.deserted && slot.gone.is_none() && slot.isolate.is_shared() && slot.isolate.retire() {
                directives.push(Directive::Replace { slot: *id });
            }
        }
        state.retire(&mut directives);
        directives
    }

    /// Notifies every isolate that no more jobs will come.
    pub fn stop_slots(&self) {
        let now = Instant::now();
        let wakers = {
            let mut state = self.state.lock();
            state
                .slots
                .values_mut()
                .filter_map(|slot| {
                    slot.stopped = true;
                    slot.wake(now)
                })
                .collect()
        };
        wake_all(wakers);
    }

    /// A slot's isolate is gone. Called by its own clean-up hook, which does not know why. Returns whether it held jobs, which now
    /// wait for the exit report.
    pub fn detach(&self, slot: u32) -> bool {
        let held = {
            let mut state = self.state.lock();
            let Some(it) = state.slots.get_mut(&slot) else { return false };
            it.gone.get_or_insert_with(Instant::now);
            let held = it.running > 0;
            if !held {
                self.count_exit(it);
                state.remove(slot);
            }
            held
        };
        self.changed.notify_one();
        held
    }

    /// The host reports how a slot's isolate exited. Settles the jobs it held.
    pub fn exited(&self, slot: u32, exit: &WorkerExit) {
        let completions = {
            let mut state = self.state.lock();
            if let Some(it) = state.slots.get(&slot) {
                self.count_exit(it);
            }
            let completions = state.settle_exited(slot, exit, Instant::now());
            self.pending.add(completions.len());
            completions
        };
        self.settle(completions);
    }

    /// Each exit is counted once: a slot without jobs is removed when its isolate detaches, before the host reports the exit.
    fn count_exit(&self, slot: &Slot) {
        if slot.isolation != Isolation::Main {
            self.metrics.thread_exited(&self.queue, slot.is_ended());
        }
    }
}

impl State {
    fn overdue(&mut self, run: u64, now: Instant, directives: &mut Vec<Directive>, completions: &mut Vec<Completion>) {
        let Some(it) = self.runs.get(&run) else { return };
        let Some((_, aborted_at)) = it.abort else {
            self.abort(run, Abort::Timeout, now);
            return;
        };
        let id = it.slot;
        let Some(slot) = self.slots.get_mut(&id) else { return };
        if slot.gone.is_some() || slot.isolate.is_terminating() {
            return;
        }
        let answered = slot.answered_at > aborted_at;
        match slot.isolation {
            // A blocked main thread cannot be terminated; its job is given up when the thread answers at last.
            Isolation::Main if !answered => self.deadlines.push(Reverse((now + self.options.abort_grace, run))),
            Isolation::Thread if !answered => {
                slot.isolate.terminate();
                directives.push(Directive::Terminate { slot: id });
            }
            // Code that may have to be killed is what processes are for.
            Isolation::Process => {
                slot.isolate.terminate();
                directives.push(Directive::Terminate { slot: id });
            }
            Isolation::Main | Isolation::Thread => {
                if slot.isolation == Isolation::Thread && slot.isolate.retire() {
                    directives.push(Directive::Replace { slot: id });
                }
                slot.stuck.insert(run);
                self.stuck += 1;
                completions.extend(self.finish_run(run, now, Run::given_up));
            }
        }
    }

    /// Settles claimed jobs that have not begun as cancelled.
    fn call_off(&mut self, ids: &[i64], now: Instant) -> Vec<Completion> {
        let mut completions = vec![];
        for line in &mut self.ready {
            let (off, kept): (VecDeque<Ready>, _) =
                std::mem::take(line).into_iter().partition(|ready| ids.contains(&ready.job.id));
            *line = kept;
            completions.extend(off.into_iter().map(|Ready { job, .. }| {
                let outcome = Outcome::Cancelled { reason: "cancelled before it began".into() };
                Completion::unbegun(job, outcome, now)
            }));
        }
        self.ready_count -= completions.len();
        completions
    }

    /// Settles a run without a report from its isolate.
    fn finish_run(&mut self, run: u64, now: Instant, judge: impl FnOnce(&Run) -> Outcome) -> Option<Completion> {
        let run = self.runs.remove(&run)?;
        if let Some(slot) = self.slots.get_mut(&run.slot) {
            slot.left(run.slot, run.alone);
        }
        let outcome = judge(&run);
        Some(run.settle(RunEnd::Outcome(outcome), None, None, now))
    }

    /// Settles the jobs of isolates whose exit was not reported in time.
    fn settle_unreported(&mut self, now: Instant, completions: &mut Vec<Completion>) {
        let silent: Vec<u32> = self
            .slots
            .iter()
            .filter(|(_, s)| s.gone.is_some_and(|gone| now >= gone + EXIT_REPORT_TIMEOUT))
            .map(|(id, _)| *id)
            .collect();
        for slot in silent {
            completions.extend(self.settle_exited(slot, &WorkerExit::unknown(), now));
        }
    }

    fn settle_exited(&mut self, slot: u32, exit: &WorkerExit, now: Instant) -> Vec<Completion> {
        let Some(it) = self.slots.get_mut(&slot) else { return vec![] };
        it.gone.get_or_insert(now);
        let terminating = it.is_ended();
        let runs: Vec<u64> = self.runs.iter().filter(|(_, run)| run.slot == slot).map(|(n, _)| *n).collect();
        let completions = runs
            .into_iter()
            .filter_map(|run| {
                self.finish_run(run, now, |it| {
                    if terminating || it.abort.is_some() { it.given_up() } else { exit.outcome(run, it.alone) }
                })
            })
            .collect();
        self.remove(slot);
        completions
    }

    fn remove(&mut self, slot: u32) {
        if let Some(gone) = self.slots.remove(&slot) {
            gone.isolate.remove(slot, gone.woken);
            self.stuck -= gone.stuck.len();
        }
    }

    /// Terminates retiring isolates that hold nothing but stuck jobs.
    fn retire(&self, directives: &mut Vec<Directive>) {
        for (id, slot) in &self.slots {
            let is_done = slot.isolate.is_retiring() && slot.isolate.running() == 0 && slot.gone.is_none();
            if is_done && slot.isolate.terminate() {
                directives.push(Directive::Terminate { slot: *id });
            }
        }
    }

    /// Asks the host for isolates where jobs wait and none exists.
    fn call_for_slots(&mut self, now: Instant, directives: &mut Vec<Directive>) {
        for isolation in [Isolation::Thread, Isolation::Process] {
            if !self.ready[isolation as usize].is_empty()
                && !self.has_slot(isolation)
                && !self.is_asked_for(isolation, now)
            {
                self.asked_for[isolation as usize] = Some(now);
                directives.push(Directive::Spawn { isolation });
            }
        }
    }

    fn wake_all_with_aborts(&mut self, now: Instant) -> Vec<std::sync::Arc<dyn crate::queue::Waker>> {
        self.slots.values_mut().filter(|slot| !slot.aborts.is_empty()).filter_map(|slot| slot.wake(now)).collect()
    }
}
