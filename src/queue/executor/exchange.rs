//! The exchange: an isolate's one call, with finished runs in and the next jobs and aborts out.

use std::cmp::Reverse;
use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{Abort, Executor, NEXT_RUN, Run, State, wake_all};
use crate::ack::{Completion, RunEnd, Trace, to_ack};
use crate::error::Result;
use crate::model::draft::DefaultsByQueue;
use crate::model::job::Job;
use crate::model::outcome::{Details, Outcome, SettledRun, Usage, parse_details};
use crate::telemetry::JobEvent;

/// The size of one answer in bytes. A longer JSON text becomes a large object in V8, at twice the cost.
const MAX_TEXT_BYTES: usize = 120 * 1024;

/// How many deadlines of ended jobs may accumulate before they are removed.
const SWEEP_THRESHOLD: usize = 1000;

/// Weight of the newest job in the moving average of their durations.
const AVERAGE_WEIGHT: f64 = 0.02;

/// A run that an isolate has finished.
#[derive(Debug)]
pub struct FinishedRun {
    pub run: u64,
    pub end: RunEnd,
    /// JSON text of the lines that it logged.
    pub logs: Option<String>,
    pub usage: Option<Usage>,
}

/// Reads what an isolate hands over: runs with codes, 0 for a plain success and 1 for an outcome that the job's own transaction
/// committed, and in `details` all others as JSON.
pub fn finished_runs(runs: &[f64], codes: &[u8], details: Option<&str>) -> Result<Vec<FinishedRun>> {
    let end = |code: u8| if code == 0 { RunEnd::Outcome(Outcome::done()) } else { RunEnd::Committed };
    let plain = |(run, code): (&f64, &u8)| FinishedRun { run: whole(*run), end: end(*code), logs: None, usage: None };
    let mut finished: Vec<FinishedRun> = runs.iter().zip(codes).map(plain).collect();
    if let Some(details) = details {
        let Details { settled, usage } = parse_details(details)?;
        let detailed = |it: SettledRun| FinishedRun { run: it.run, end: it.outcome.into(), logs: it.logs, usage: None };
        finished.extend(settled.into_iter().map(detailed));
        if !usage.is_empty() {
            for it in &mut finished {
                it.usage = usage.get(&it.run).copied();
            }
        }
    }
    Ok(finished)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "runs are whole numbers below 2^53")]
fn whole(run: f64) -> u64 {
    run as u64
}

impl Executor {
    /// Returns the JSON text `[[job,…],[abort,…]]`, or `None` when there is nothing to do.
    pub fn exchange(&self, slot: u32, finished: Vec<FinishedRun>) -> Option<String> {
        self.exchange_at(Instant::now(), slot, finished)
    }

    pub(super) fn exchange_at(&self, now: Instant, slot: u32, finished: Vec<FinishedRun>) -> Option<String> {
        let mut completions = Vec::with_capacity(finished.len());
        let mut begun: Vec<Job> = vec![];
        let (text, wakers, notify) = {
            let mut state = self.state.lock();
            let state = &mut *state;
            // Before anything is read: what is offered from here on wakes the isolate again.
            let mut ends = false;
            if let Some(it) = state.slots.get_mut(&slot) {
                if it.woken {
                    self.thread_lag.lock().record(now.saturating_duration_since(it.woken_at));
                    it.isolate.answered();
                }
                it.woken = false;
                it.answered_at = now;
                // A retiring isolate that holds nothing any more is to be terminated.
                ends = !it.takes();
            }
            for it in finished {
                completions.extend(state.settle_run(slot, it, now));
            }
            self.pending.add(completions.len());
            let before = state.deadlines.peek().map(|d| d.0.0);
            let announce = self.telemetry.wants_start();
            let text = state.take(slot, now, announce.then_some(&mut begun));
            let is_shared = state.review_reservation(slot, now);
            state.sweep();
            let after = state.deadlines.peek().map(|d| d.0.0);
            let deadline_moved = after < before || (before.is_none() && after.is_some());
            let few = state.ready_count + state.runs.len() <= self.low_water.load(Ordering::Acquire);
            let wakers = state.wake_slots(now);
            // The producer's loop watches whether the others answer.
            let watched = is_shared && !wakers.is_empty();
            (text, wakers, watched || deadline_moved || (!completions.is_empty() && (few || ends)))
        };
        wake_all(wakers);
        for job in begun {
            self.telemetry.emit_job(&JobEvent::start(&job));
        }
        if !completions.is_empty() {
            self.pass_on(completions);
        }
        if notify {
            self.changed.notify_one();
        }
        text
    }

    /// The claim of a run of this isolate: the id of the job, when it was claimed, and the producer.
    pub fn claim_of(&self, slot: u32, run: u64) -> Option<(i64, i64, Uuid)> {
        let state = self.state.lock();
        let Run { job, .. } = state.runs.get(&run).filter(|it| it.slot == slot)?;
        Some((job.id, job.attempted_at, to_ack::producer_of(job)))
    }

    /// The ack that a job's own transaction writes as its last statement, as JSON for `eram_settle`. `None` when the run no longer
    /// belongs to this isolate: its transaction must be rolled back.
    pub fn prepare_ack(&self, slot: u32, settled: SettledRun) -> Option<String> {
        let SettledRun { run, outcome, logs } = settled;
        let mut state = self.state.lock();
        let limits = state.options.limits;
        // Without the queue's defaults: they are for failures, which a transaction of the job never writes.
        let it = state.runs.get_mut(&run).filter(|it| it.slot == slot)?;
        let ack = to_ack::ack_of(&it.job, outcome.clone(), &limits, &self.registry, &DefaultsByQueue::default());
        let trace = Trace { isolate: Some(it.isolate()), logs, usage: None };
        let text = serde_json::to_string(&to_ack::ack_row(&it.job, &ack, &trace)).ok()?;
        it.prepared = Some(outcome);
        Some(text)
    }
}

impl State {
    fn settle_run(&mut self, slot: u32, finished: FinishedRun, now: Instant) -> Option<Completion> {
        let FinishedRun { run, end, logs, usage } = finished;
        let Some(done) = self.runs.remove(&run) else {
            // The late outcome of a stuck job: another was recorded when it was given up.
            if self.slots.get_mut(&slot).is_some_and(|it| it.stuck.remove(&run)) {
                self.stuck -= 1;
            }
            return None;
        };
        if let Some(it) = self.slots.get_mut(&slot) {
            it.left(slot, done.alone);
        }
        let seconds = now.duration_since(done.started).as_secs_f64();
        self.job_seconds += (seconds - self.job_seconds) * if self.job_seconds == 0.0 { 1.0 } else { AVERAGE_WEIGHT };
        Some(done.settle(end, logs, usage, now))
    }

    /// Moves jobs from ready to running for this slot and serializes them, with the slot's aborts.
    fn take(&mut self, id: u32, now: Instant, mut begun: Option<&mut Vec<Job>>) -> Option<String> {
        let room = self.room(now);
        let (isolation, running, takes) = self.slots.get(&id).map(|it| (it.isolation, it.running, it.has_room(id)))?;
        let most = if takes { room.min(self.share(isolation).saturating_sub(running)) } else { 0 };
        let most = most.min(self.ready[isolation as usize].len());
        let slot = self.slots.get_mut(&id)?;
        let aborts = std::mem::take(&mut slot.aborts);
        if most == 0 && aborts.is_empty() && !slot.stopped {
            return None;
        }
        let mut text = String::with_capacity(if most == 0 { 64 } else { MAX_TEXT_BYTES.min(most * 256) });
        text.push_str("[[");
        let mut count = 0;
        while count < most {
            let Some(ready) = self.ready[isolation as usize].pop_front() else { break };
            let is_too_long = count > 0 && text.len() + ready.tail.len() > MAX_TEXT_BYTES;
            if is_too_long || (ready.alone && slot.isolate.running() + count > 0) {
                self.ready[isolation as usize].push_front(ready);
                break;
            }
            let run = NEXT_RUN.fetch_add(1, Ordering::Relaxed);
            if count > 0 {
                text.push(',');
            }
            let _ = write!(text, "[{run}");
            text.push_str(&ready.tail);
            if let Some(ms) = ready.job.timeout {
                let limit = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
                self.deadlines.push(Reverse((now + limit, run)));
            }
            if let Some(begun) = begun.as_mut() {
                begun.push((*ready.job).clone());
            }
            let alone = ready.alone;
            self.runs.insert(
                run,
                Run { job: ready.job, slot: id, isolation, started: now, abort: None, prepared: None, alone },
            );
            count += 1;
            if alone {
                slot.exclusive = true;
                slot.isolate.reserve(id);
                break;
            }
        }
        self.ready_count -= count;
        slot.running += count;
        slot.isolate.took(count);
        text.push_str("],[");
        for (i, (run, why)) in aborts.iter().enumerate() {
            let _ = write!(text, "{}[{run},\"{}\"]", if i == 0 { "" } else { "," }, why.as_str());
        }
        if slot.stopped {
            text.push_str(if aborts.is_empty() { "[0,\"stop\"]" } else { ",[0,\"stop\"]" });
        }
        text.push_str("]]");
        Some(text)
    }

    /// Keeps the other queues of an isolate from giving it jobs while a quarantined job waits to be alone there; returns whether there
    /// are others.
    fn review_reservation(&self, id: u32, now: Instant) -> bool {
        let Some(slot) = self.slots.get(&id).filter(|it| it.isolate.is_shared()) else { return false };
        let waits = self.ready[slot.isolation as usize].front().is_some_and(|ready| ready.alone);
        if waits && slot.takes() && !slot.stopped && self.room(now) > 0 {
            slot.isolate.reserve(id);
        } else if !slot.exclusive {
            slot.isolate.give_up_reservation(id);
        }
        true
    }

    /// Removes the deadlines of jobs that ended in time, once most are of that kind.
    fn sweep(&mut self) {
        if self.deadlines.len() > 2 * self.runs.len() + SWEEP_THRESHOLD {
            let runs = &self.runs;
            self.deadlines.retain(|Reverse((_, run))| runs.contains_key(run));
        }
    }

    /// Asks a running job to stop; returns whether it was running and not yet asked.
    pub(super) fn abort(&mut self, run: u64, why: Abort, now: Instant) -> bool {
        let grace = self.options.abort_grace;
        let Some(it) = self.runs.get_mut(&run) else { return false };
        if it.abort.is_some() {
            return false;
        }
        it.abort = Some((why, now));
        if let Some(slot) = self.slots.get_mut(&it.slot) {
            slot.aborts.push((run, why));
        }
        self.deadlines.push(Reverse((now + grace, run)));
        true
    }
}
