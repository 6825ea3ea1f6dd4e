//! A slot: the attachment of one isolate to a queue.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use super::run::Abort;
use crate::model::draft::Isolation;
use crate::queue::Waker;

#[expect(clippy::struct_excessive_bools, reason = "independent facts, each set at its own time")]
pub struct Slot {
    pub isolation: Isolation,
    pub waker: Arc<dyn Waker>,
    /// The isolate was woken and has not called `exchange` yet. Cleared before the queue is read, so a later offer wakes it again.
    pub woken: bool,
    /// When the isolate was woken last.
    pub woken_at: Instant,
    pub answered_at: Instant,
    pub running: usize,
    /// Runs given up while their isolate went on with them; their late outcome is ignored.
    pub stuck: HashSet<u64>,
    /// The aborts for the next exchange: `(run, why)`.
    pub aborts: Vec<(u64, Abort)>,
    /// Gets no more jobs, and is terminated when it holds none.
    pub retiring: bool,
    /// Holds a quarantined job, and takes no other meanwhile.
    pub exclusive: bool,
    /// The engine asked the host to terminate it: its exit is not a crash.
    pub terminating: bool,
    /// When the isolate was lost; its jobs wait for the exit report.
    pub gone: Option<Instant>,
    /// The isolate is to learn that no more jobs will come.
    pub stopped: bool,
}

impl Slot {
    pub fn new(isolation: Isolation, waker: Arc<dyn Waker>, now: Instant) -> Self {
        Self {
            isolation,
            waker,
            woken: false,
            woken_at: now,
            answered_at: now,
            running: 0,
            stuck: HashSet::new(),
            aborts: vec![],
            retiring: false,
            exclusive: false,
            terminating: false,
            gone: None,
            stopped: false,
        }
    }

    /// May be given jobs.
    pub fn takes(&self) -> bool {
        self.gone.is_none() && !self.retiring && !self.terminating
    }

    /// The engine ends the isolate, or asked it to end.
    pub const fn is_ended(&self) -> bool {
        self.terminating || self.retiring || self.stopped
    }

    /// May be given jobs now.
    pub fn has_room(&self) -> bool {
        self.takes() && !self.exclusive
    }

    /// One of its runs is over.
    pub fn left(&mut self, alone: bool) {
        self.running -= 1;
        if alone {
            self.exclusive = false;
        }
    }

    /// The waker to call, unless the isolate was woken already.
    pub fn wake(&mut self, now: Instant) -> Option<Arc<dyn Waker>> {
        if self.woken || self.gone.is_some() {
            return None;
        }
        self.woken = true;
        self.woken_at = now;
        Some(self.waker.clone())
    }
}
