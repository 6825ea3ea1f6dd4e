//! For tests: a scripted isolate, which answers wake-ups, takes jobs, and performs them by a script.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::{Notify, watch};

use super::row::Column;
use super::{Executor, FinishedRun};
use crate::ack::RunEnd;
use crate::model::draft::Isolation;
use crate::model::outcome::{ErrorEntry, Kind, Outcome, SettledRun};
use crate::queue::Waker;
use crate::testing::soon;

/// What the isolate does with a job.
pub enum Act {
    /// Settles it at once.
    Settle(Outcome),
    /// Settles it when the future is ready, as a job that awaits.
    Perform(Pin<Box<dyn Future<Output = Outcome> + Send>>),
    /// Blocks its thread, and no longer answers.
    Block,
}

impl Act {
    pub fn done() -> Self {
        Self::Settle(Outcome::done())
    }

    pub fn result(json: &str) -> Self {
        Self::Settle(Outcome::Completed { result: Some(json.to_owned()), result_error: None })
    }

    pub fn perform(future: impl Future<Output = Outcome> + Send + 'static) -> Self {
        Self::Perform(Box::pin(future))
    }

    pub fn done_after(delay: Duration) -> Self {
        Self::perform(async move {
            tokio::time::sleep(delay).await;
            Outcome::done()
        })
    }

    /// A promise that never settles.
    pub fn never() -> Self {
        Self::perform(std::future::pending())
    }

    /// Runs until it is asked to stop, and throws then.
    pub fn until_aborted(job: &Taken) -> Self {
        let mut aborted = job.aborted.subscribe();
        Self::perform(async move {
            let _ = aborted.wait_for(Option::is_some).await;
            failed()
        })
    }
}

pub fn failed() -> Outcome {
    Outcome::Failed { error: ErrorEntry::new(Kind::Error, "Error", "no"), delay: None }
}

/// A job as the isolate received it.
#[derive(Clone, Debug)]
pub struct Taken {
    pub run: u64,
    pub id: i64,
    pub worker: String,
    pub attempt: i64,
    pub args: Value,
    pub at: Instant,
    /// Why it was asked to stop.
    pub aborted: watch::Sender<Option<String>>,
}

type Script = dyn Fn(&Taken) -> Act + Send + Sync;

#[derive(Clone)]
pub struct Scripted {
    pub slot: u32,
    executor: Arc<Executor>,
    state: Arc<ScriptedState>,
}

#[derive(Default)]
struct ScriptedState {
    waker: Notify,
    finished: Mutex<VecDeque<FinishedRun>>,
    blocked: AtomicBool,
    gone: AtomicBool,
    /// What was taken so far; told on by every change.
    taken: watch::Sender<Vec<Taken>>,
    asked_to_stop: watch::Sender<bool>,
}

impl Waker for ScriptedState {
    fn wake(&self) {
        self.waker.notify_one();
    }
}

impl Scripted {
    pub fn attach(
        executor: &Arc<Executor>,
        isolation: Isolation,
        script: impl Fn(&Taken) -> Act + Send + Sync + 'static,
    ) -> Self {
        let state = Arc::new(ScriptedState::default());
        let slot = executor.attach(isolation, state.clone(), Arc::default());
        let scripted = Self { slot, executor: executor.clone(), state };
        tokio::spawn(scripted.clone().live(Box::new(script)));
        scripted
    }

    async fn live(self, script: Box<Script>) {
        loop {
            self.state.waker.notified().await;
            loop {
                if self.state.gone.load(Ordering::Acquire) {
                    return;
                }
                if self.state.blocked.load(Ordering::Acquire) {
                    break;
                }
                let completions: Vec<FinishedRun> = self.state.finished.lock().drain(..).collect();
                if let Some(text) = self.executor.exchange(self.slot, completions) {
                    self.receive(&text, &*script);
                }
                if self.state.finished.lock().is_empty() {
                    break;
                }
            }
        }
    }

    fn receive(&self, text: &str, script: &Script) {
        let Ok(Value::Array(parts)) = serde_json::from_str(text) else { panic!("not an exchange: {text}") };
        for row in parts[0].as_array().expect("jobs") {
            let at = |column: Column| &row[column as usize];
            let job = Taken {
                run: at(Column::Run).as_u64().expect("a run"),
                id: at(Column::Id).as_i64().expect("an id"),
                worker: at(Column::Worker).as_str().expect("a worker").to_owned(),
                attempt: at(Column::Attempt).as_i64().expect("an attempt"),
                args: at(Column::Args).clone(),
                at: Instant::now(),
                aborted: watch::Sender::new(None),
            };
            let act = script(&job);
            let run = job.run;
            self.state.taken.send_modify(|taken| taken.push(job));
            match act {
                Act::Settle(outcome) => self.state.finished.lock().push_back(finished(run, outcome.into())),
                Act::Perform(work) => {
                    let this = self.clone();
                    tokio::spawn(async move { this.settle(run, work.await) });
                }
                Act::Block => self.state.blocked.store(true, Ordering::Release),
            }
        }
        for abort in parts[1].as_array().expect("aborts") {
            let why = abort[1].as_str().expect("a reason").to_owned();
            match abort[0].as_u64().expect("a run") {
                0 => drop(self.state.asked_to_stop.send_replace(true)),
                run => {
                    if let Some(job) = self.state.taken.borrow().iter().find(|job| job.run == run) {
                        job.aborted.send_replace(Some(why));
                    }
                }
            }
        }
    }

    /// Settles a run from outside the script.
    pub fn settle(&self, run: u64, outcome: Outcome) {
        self.finish(run, outcome.into());
    }

    /// What the last statement of the run's own transaction is to write.
    pub fn prepare_ack(&self, run: u64, outcome: Outcome) -> Option<String> {
        self.executor.prepare_ack(self.slot, SettledRun { run, outcome, logs: None })
    }

    /// Says that the run's own transaction has committed.
    pub fn committed(&self, run: u64) {
        self.finish(run, RunEnd::Committed);
    }

    fn finish(&self, run: u64, end: RunEnd) {
        self.state.finished.lock().push_back(finished(run, end));
        self.state.waker.notify_one();
    }

    /// Ends without a word, as a thread that is terminated or crashes. The host says why, or does not.
    pub fn end(&self) {
        self.state.gone.store(true, Ordering::Release);
        self.state.waker.notify_one();
        self.executor.detach(self.slot);
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.state.taken.borrow().clone()
    }

    pub fn ids(&self) -> Vec<i64> {
        self.state.taken.borrow().iter().map(|job| job.id).collect()
    }

    /// Waits until it has taken `count` jobs; all of those it has by then.
    pub async fn took(&self, count: usize) -> Vec<Taken> {
        let mut taken = self.state.taken.subscribe();
        let enough = taken.wait_for(|taken| taken.len() >= count);
        soon(&format!("{count} jobs to be taken"), enough).await.expect("the seat lives").clone()
    }

    /// Waits for the word that no more jobs will come.
    pub async fn asked_to_stop(&self) {
        let mut asked = self.state.asked_to_stop.subscribe();
        soon("the word that no more jobs will come", asked.wait_for(|asked| *asked)).await.expect("the seat lives");
    }
}

const fn finished(run: u64, end: RunEnd) -> FinishedRun {
    FinishedRun { run, end, logs: None, usage: None }
}
