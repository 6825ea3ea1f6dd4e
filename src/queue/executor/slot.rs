//! A slot: the attachment of one isolate to a queue.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::isolate::SharedIsolate;
use super::run::Abort;
use crate::model::draft::Isolation;
use crate::queue::Waker;

/// How long an isolate of several queues may take to answer before others are woken for the jobs too.
pub const ANSWER_LIMIT: Duration = Duration::from_millis(50);

#[expect(clippy::struct_excessive_bools, reason = "independent facts, each set at its own time")]
pub struct Slot {
    pub isolation: Isolation,
    pub isolate: Arc<SharedIsolate>,
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
    /// Holds a quarantined job, and takes no other meanwhile.
    pub exclusive: bool,
    /// A job was given up while the isolate went on with it, because its queue stopped.
    pub deserted: bool,
    /// When the isolate was lost; its jobs wait for the exit report.
    pub gone: Option<Instant>,
    /// The isolate is to learn that no more jobs will come.
    pub stopped: bool,
}

impl Slot {
    pub fn new(isolation: Isolation, waker: Arc<dyn Waker>, isolate: Arc<SharedIsolate>, now: Instant) -> Self {
        Self {
            isolation,
            isolate,
            waker,
            woken: false,
            woken_at: now,
            answered_at: now,
            running: 0,
            stuck: HashSet::new(),
            aborts: vec![],
            exclusive: false,
            deserted: false,
            gone: None,
            stopped: false,
        }
    }

    /// May be given jobs.
    pub fn takes(&self) -> bool {
        self.gone.is_none() && !self.is_ending()
    }

    /// The engine ends the isolate, or asked it to end.
    pub fn is_ended(&self) -> bool {
        self.is_ending() || self.stopped
    }

    fn is_ending(&self) -> bool {
        self.isolate.is_terminating() || self.isolate.is_retiring()
    }

    /// May be given jobs now; `id` is its own.
    pub fn has_room(&self, id: u32) -> bool {
        self.takes() && !self.exclusive && !self.isolate.is_reserved_for_another(id)
    }

    /// What its isolate has to do besides the jobs of this slot counts too.
    pub fn load(&self) -> usize {
        self.isolate.load() - usize::from(self.woken)
    }

    /// When the jobs are to go to other isolates: a job of another queue keeps this one busy.
    pub fn gives_way_at(&self) -> Option<Instant> {
        (self.woken && self.takes() && self.isolate.is_shared()).then(|| self.woken_at + ANSWER_LIMIT)
    }

    /// One of its runs is over.
    pub fn left(&mut self, id: u32, alone: bool) {
        self.running -= 1;
        if alone {
            self.exclusive = false;
            self.isolate.give_up_reservation(id);
        }
        self.isolate.left();
    }

    /// The waker to call, unless the isolate was woken already.
    pub fn wake(&mut self, now: Instant) -> Option<Arc<dyn Waker>> {
        if self.woken || self.gone.is_some() {
            return None;
        }
        self.woken = true;
        self.woken_at = now;
        self.isolate.woke();
        Some(self.waker.clone())
    }
}
