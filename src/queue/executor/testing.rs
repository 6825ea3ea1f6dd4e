//! For tests: plays an environment of the host: answers the bell, takes jobs, and performs them as a script says.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::{Notify, watch};

use super::{Executor, Settlement};
use crate::ack::Said;
use crate::model::draft::Isolation;
use crate::model::outcome::{ErrorEntry, Kind, Outcome};
use crate::queue::Dispatcher;
use crate::testing::soon;

/// What the environment does with a job.
pub enum Act {
    /// Settles it at once.
    Settle(Outcome),
    /// Settles it when the future is ready, as a job that awaits.
    Perform(Pin<Box<dyn Future<Output = Outcome> + Send>>),
    /// Loops for ever, and answers no more.
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

/// A job as the environment got it.
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
    seat: Arc<Seat>,
}

#[derive(Default)]
struct Seat {
    bell: Notify,
    outbox: Mutex<VecDeque<Settlement>>,
    blocked: AtomicBool,
    gone: AtomicBool,
    /// What was taken so far; told on by every change.
    taken: watch::Sender<Vec<Taken>>,
    told_to_stop: watch::Sender<bool>,
}

impl Dispatcher for Seat {
    fn ring(&self) {
        self.bell.notify_one();
    }
}

impl Scripted {
    pub fn attach(
        executor: &Arc<Executor>,
        isolation: Isolation,
        script: impl Fn(&Taken) -> Act + Send + Sync + 'static,
    ) -> Self {
        let seat = Arc::new(Seat::default());
        let slot = executor.attach(isolation, seat.clone());
        let scripted = Self { slot, executor: executor.clone(), seat };
        tokio::spawn(scripted.clone().live(Box::new(script)));
        scripted
    }

    async fn live(self, script: Box<Script>) {
        loop {
            self.seat.bell.notified().await;
            loop {
                if self.seat.gone.load(Ordering::Acquire) {
                    return;
                }
                if self.seat.blocked.load(Ordering::Acquire) {
                    break;
                }
                let settled: Vec<Settlement> = self.seat.outbox.lock().drain(..).collect();
                if let Some(text) = self.executor.exchange(self.slot, settled) {
                    self.receive(&text, &*script);
                }
                if self.seat.outbox.lock().is_empty() {
                    break;
                }
            }
        }
    }

    fn receive(&self, text: &str, script: &Script) {
        let Ok(Value::Array(parts)) = serde_json::from_str(text) else { panic!("not an exchange: {text}") };
        for row in parts[0].as_array().expect("jobs") {
            let job = Taken {
                run: row[0].as_u64().expect("a run"),
                id: row[1].as_i64().expect("an id"),
                worker: row[2].as_str().expect("a worker").to_owned(),
                attempt: row[4].as_i64().expect("an attempt"),
                args: row[7].clone(),
                at: Instant::now(),
                aborted: watch::Sender::new(None),
            };
            let act = script(&job);
            let run = job.run;
            self.seat.taken.send_modify(|taken| taken.push(job));
            match act {
                Act::Settle(outcome) => self.seat.outbox.lock().push_back((run, outcome.into())),
                Act::Perform(work) => {
                    let this = self.clone();
                    tokio::spawn(async move { this.settle(run, work.await) });
                }
                Act::Block => self.seat.blocked.store(true, Ordering::Release),
            }
        }
        for abort in parts[1].as_array().expect("aborts") {
            let why = abort[1].as_str().expect("a reason").to_owned();
            match abort[0].as_u64().expect("a run") {
                0 => drop(self.seat.told_to_stop.send_replace(true)),
                run => {
                    if let Some(job) = self.seat.taken.borrow().iter().find(|job| job.run == run) {
                        job.aborted.send_replace(Some(why));
                    }
                }
            }
        }
    }

    /// Settles a run from outside the script.
    pub fn settle(&self, run: u64, outcome: Outcome) {
        self.say(run, outcome.into());
    }

    /// What the last statement of the run's own transaction is to write.
    pub fn settlement(&self, run: u64, outcome: Outcome) -> Option<String> {
        self.executor.settlement(self.slot, run, outcome)
    }

    /// Says that the run's own transaction has committed.
    pub fn committed(&self, run: u64) {
        self.say(run, Said::Committed);
    }

    fn say(&self, run: u64, said: Said) {
        self.seat.outbox.lock().push_back((run, said));
        self.seat.bell.notify_one();
    }

    /// Ends without a word, as a thread that is terminated or crashes. The host says why, or does not.
    pub fn end(&self) {
        self.seat.gone.store(true, Ordering::Release);
        self.seat.bell.notify_one();
        self.executor.detach(self.slot);
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.seat.taken.borrow().clone()
    }

    pub fn ids(&self) -> Vec<i64> {
        self.seat.taken.borrow().iter().map(|job| job.id).collect()
    }

    /// Waits until it has taken `count` jobs; all of those it has by then.
    pub async fn took(&self, count: usize) -> Vec<Taken> {
        let mut taken = self.seat.taken.subscribe();
        let enough = taken.wait_for(|taken| taken.len() >= count);
        soon(&format!("{count} jobs to be taken"), enough).await.expect("the seat lives").clone()
    }

    /// Waits for the word that no more jobs will come.
    pub async fn told_to_stop(&self) {
        let mut told = self.seat.told_to_stop.subscribe();
        soon("the word that no more jobs will come", told.wait_for(|told| *told)).await.expect("the seat lives");
    }
}
