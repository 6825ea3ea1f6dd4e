//! Time and death: deadlines, cancels, what to do with code that does not stop, and environments that end.
//!
//! A job shares its JavaScript thread with its neighbours, so code that ignores its abort can only be stopped by ending the
//! thread. The rules: after the abort the job has `abort_grace`. Then, if the thread has answered since, the job is a promise
//! that never settles: it is given up as a zombie, its place is free again, and the thread retires (finishes its other jobs
//! and is replaced). If the thread has not answered, it is blocked and is ended; the job that was past its time is recorded
//! so, its neighbours are released without losing an attempt.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Abort, Executor, Ready, Run, State, ring};
use crate::ack::{Said, Settled};
use crate::model::draft::Isolation;
use crate::model::outcome::Outcome;

/// How long a dead environment's jobs wait for the host to say why it died.
const OBITUARY: Duration = Duration::from_secs(1);

/// What the host shall do with an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directive {
    /// End it now; its jobs are settled when it is gone.
    Terminate { slot: u32 },
    /// Start one of this kind for the queue: a job waits for it.
    Spawn { isolation: Isolation },
    /// Start another beside it: this one takes no more jobs and is ended when it holds none.
    Replace { slot: u32 },
}

/// How an environment ended.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Death {
    pub message: String,
    /// The run whose code was on the stack: the culprit. Its neighbours are innocent then.
    pub run: Option<u64>,
    /// The newest run that had begun; later ones were only handed over.
    pub last: Option<u64>,
    /// A number is that of an exit; a text names the cause as `error.code` does.
    #[serde(default)]
    pub code: Option<serde_json::Value>,
}

impl Death {
    fn unknown() -> Self {
        Self { message: "the thread ended without a word".into(), run: None, last: None, code: None }
    }

    /// What it means for one of the runs that were there. Without a known culprit every one that had begun may be it.
    fn outcome(&self, run: u64, alone: bool) -> Outcome {
        if self.last.is_some_and(|last| run > last) {
            return Outcome::Released { begun: false };
        }
        match self.run {
            Some(culprit) if culprit != run => Outcome::Released { begun: true },
            _ => Outcome::Crashed {
                reason: self.message.clone(),
                code: self.code.clone().filter(serde_json::Value::is_string),
                alone,
            },
        }
    }
}

impl Executor {
    /// Works off what is due; returns what the host shall do, and when to look again.
    pub fn expire(&self, now: Instant) -> (Vec<Directive>, Option<Instant>) {
        let mut directives = vec![];
        let mut settled = vec![];
        let (bells, next) = {
            let mut state = self.state.lock();
            while let Some(Reverse((at, run))) = state.deadlines.peek().copied() {
                if at > now {
                    break;
                }
                state.deadlines.pop();
                state.overdue(run, now, &mut directives, &mut settled);
            }
            state.bury(now, &mut settled);
            state.retire(&mut directives);
            state.call_for_slots(now, &mut directives);
            self.pending.add(settled.len());
            let grave = state.slots.values().filter_map(|slot| slot.gone).map(|gone| gone + OBITUARY).min();
            let next = state.deadlines.peek().map(|d| d.0.0).into_iter().chain(grave).min();
            (state.wake_all_with_aborts(now), next)
        };
        ring(bells);
        if !settled.is_empty() {
            self.settle(settled);
        }
        (directives, next)
    }

    /// Asks running jobs to stop, by job id, and settles those that were not begun; returns those that were here.
    pub fn cancel(&self, ids: &[i64]) -> Vec<i64> {
        let now = Instant::now();
        let (hit, settled, bells) = {
            let mut state = self.state.lock();
            let settled = state.call_off(ids, now);
            self.pending.add(settled.len());
            let runs: Vec<(u64, i64)> = state
                .runs
                .iter()
                .filter(|(_, run)| ids.contains(&run.job.id))
                .map(|(n, run)| (*n, run.job.id))
                .collect();
            let stopped =
                runs.into_iter().filter(|(run, _)| state.abort(*run, Abort::Cancelled, now)).map(|(_, id)| id);
            let hit = stopped.chain(settled.iter().map(|it| it.job.id)).collect();
            (hit, settled, state.wake_all_with_aborts(now))
        };
        ring(bells);
        if settled.is_empty() {
            self.changed.notify_one();
        } else {
            self.settle(settled);
        }
        hit
    }

    /// Asks every running job to stop because the engine does.
    pub fn abort_all(&self) {
        self.handed_back.lock().get_or_insert_default();
        let now = Instant::now();
        let bells = {
            let mut state = self.state.lock();
            let runs: Vec<u64> = state.runs.keys().copied().collect();
            for run in runs {
                state.abort(run, Abort::Shutdown, now);
            }
            state.wake_all_with_aborts(now)
        };
        ring(bells);
    }

    /// Gives up every job that still runs, as released; returns the ids of all that were since the queue was told to stop.
    pub fn release_running(&self) -> Vec<i64> {
        self.handed_back.lock().get_or_insert_default();
        let now = Instant::now();
        let settled: Vec<Settled> = {
            let mut state = self.state.lock();
            let runs: Vec<u64> = state.runs.keys().copied().collect();
            let settled: Vec<Settled> =
                runs.into_iter().filter_map(|run| state.bring_home(run, now, Run::given_up)).collect();
            self.pending.add(settled.len());
            settled
        };
        if !settled.is_empty() {
            self.settle(settled);
        }
        self.handed_back.lock().take().unwrap_or_default()
    }

    /// Tells every environment that no more jobs will come.
    pub fn stop_slots(&self) {
        let now = Instant::now();
        let bells = {
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
        ring(bells);
    }

    /// The environment of a slot is gone. Called by its own clean-up, which does not know why. Returns whether it held jobs,
    /// which now wait for the reason.
    pub fn detach(&self, slot: u32) -> bool {
        let held = {
            let mut state = self.state.lock();
            let Some(it) = state.slots.get_mut(&slot) else { return false };
            it.gone.get_or_insert_with(Instant::now);
            let held = it.running > 0;
            if !held {
                state.remove(slot);
            }
            held
        };
        self.changed.notify_one();
        held
    }

    /// The host says how a slot's environment ended. Settles what it held.
    pub fn died(&self, slot: u32, death: &Death) {
        let settled = {
            let mut state = self.state.lock();
            let settled = state.settle_dead(slot, death, Instant::now());
            self.pending.add(settled.len());
            settled
        };
        self.settle(settled);
    }
}

impl State {
    fn overdue(&mut self, run: u64, now: Instant, directives: &mut Vec<Directive>, settled: &mut Vec<Settled>) {
        let Some(it) = self.runs.get(&run) else { return };
        let Some((_, aborted_at)) = it.abort else {
            self.abort(run, Abort::Timeout, now);
            return;
        };
        let id = it.slot;
        let Some(slot) = self.slots.get_mut(&id) else { return };
        if slot.gone.is_some() || slot.condemned {
            return;
        }
        let answered = slot.answered_at > aborted_at;
        match slot.isolation {
            // A blocked main thread cannot be ended; its job is given up when the thread answers at last.
            Isolation::Main if !answered => self.deadlines.push(Reverse((now + self.options.abort_grace, run))),
            Isolation::Thread if !answered => {
                slot.condemned = true;
                directives.push(Directive::Terminate { slot: id });
            }
            // To end a process is what it is for.
            Isolation::Process => {
                slot.condemned = true;
                directives.push(Directive::Terminate { slot: id });
            }
            Isolation::Main | Isolation::Thread => {
                if slot.isolation == Isolation::Thread && !slot.retiring {
                    slot.retiring = true;
                    directives.push(Directive::Replace { slot: id });
                }
                slot.zombies.insert(run);
                self.zombies += 1;
                settled.extend(self.bring_home(run, now, Run::given_up));
            }
        }
    }

    /// Settles claimed jobs that were not begun as cancelled.
    fn call_off(&mut self, ids: &[i64], now: Instant) -> Vec<Settled> {
        let mut settled = vec![];
        for line in &mut self.ready {
            let (off, kept): (VecDeque<Ready>, _) =
                std::mem::take(line).into_iter().partition(|ready| ids.contains(&ready.job.id));
            *line = kept;
            settled.extend(off.into_iter().map(|Ready { job, .. }| {
                let outcome = Outcome::Cancelled { reason: "cancelled before it began".into() };
                Settled::unbegun(job, outcome, now)
            }));
        }
        self.ready_count -= settled.len();
        settled
    }

    /// Settles a run without a word from its environment.
    fn bring_home(&mut self, run: u64, now: Instant, judge: impl FnOnce(&Run) -> Outcome) -> Option<Settled> {
        let run = self.runs.remove(&run)?;
        if let Some(slot) = self.slots.get_mut(&run.slot) {
            slot.left(run.alone);
        }
        let outcome = judge(&run);
        Some(run.settle(Said::Ended(outcome), now))
    }

    /// Settles the jobs of environments that ended without anybody saying why.
    fn bury(&mut self, now: Instant, settled: &mut Vec<Settled>) {
        let silent: Vec<u32> = self
            .slots
            .iter()
            .filter(|(_, s)| s.gone.is_some_and(|gone| now >= gone + OBITUARY))
            .map(|(id, _)| *id)
            .collect();
        for slot in silent {
            settled.extend(self.settle_dead(slot, &Death::unknown(), now));
        }
    }

    fn settle_dead(&mut self, slot: u32, death: &Death, now: Instant) -> Vec<Settled> {
        let Some(it) = self.slots.get_mut(&slot) else { return vec![] };
        it.gone.get_or_insert(now);
        let condemned = it.condemned || it.retiring || it.stopped;
        let runs: Vec<u64> = self.runs.iter().filter(|(_, run)| run.slot == slot).map(|(n, _)| *n).collect();
        let settled = runs
            .into_iter()
            .filter_map(|run| {
                self.bring_home(run, now, |it| {
                    if condemned || it.abort.is_some() { it.given_up() } else { death.outcome(run, it.alone) }
                })
            })
            .collect();
        self.remove(slot);
        settled
    }

    fn remove(&mut self, slot: u32) {
        if let Some(gone) = self.slots.remove(&slot) {
            self.zombies -= gone.zombies.len();
        }
    }

    /// Ends retiring environments that hold nothing but zombies.
    fn retire(&mut self, directives: &mut Vec<Directive>) {
        for (id, slot) in &mut self.slots {
            if slot.retiring && !slot.condemned && slot.running == 0 && slot.gone.is_none() {
                slot.condemned = true;
                directives.push(Directive::Terminate { slot: *id });
            }
        }
    }

    /// Asks for environments where jobs wait and there is none.
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

    fn wake_all_with_aborts(&mut self, now: Instant) -> Vec<std::sync::Arc<dyn crate::queue::Dispatcher>> {
        self.slots.values_mut().filter(|slot| !slot.aborts.is_empty()).filter_map(|slot| slot.wake(now)).collect()
    }
}
