//! One JavaScript environment that performs jobs of a queue, as the engine sees it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use super::run::Abort;
use crate::model::draft::Isolation;
use crate::queue::Dispatcher;

#[expect(clippy::struct_excessive_bools, reason = "independent facts, each set at its own time")]
pub struct Slot {
    pub isolation: Isolation,
    pub bell: Arc<dyn Dispatcher>,
    /// The bell was rung and not yet answered. Cleared before the queue is read, so a later offer rings again.
    pub rung: bool,
    /// Since when the bell waits for an answer.
    pub rung_at: Instant,
    pub answered_at: Instant,
    pub running: usize,
    /// Runs given up while their environment went on with them; their late outcome is ignored.
    pub zombies: HashSet<u64>,
    /// What the next exchange tells the environment: `(run, why)`.
    pub aborts: Vec<(u64, Abort)>,
    /// Gets no more jobs, and is ended when it holds none.
    pub retiring: bool,
    /// Holds a suspect, and takes nobody else meanwhile.
    pub quarantined: bool,
    /// The engine asked the host to end it: its death is no crash.
    pub condemned: bool,
    /// The environment is gone, since when; what it held waits to hear why.
    pub gone: Option<Instant>,
    /// Told that no more jobs will come.
    pub stopped: bool,
}

impl Slot {
    pub fn new(isolation: Isolation, bell: Arc<dyn Dispatcher>, now: Instant) -> Self {
        Self {
            isolation,
            bell,
            rung: false,
            rung_at: now,
            answered_at: now,
            running: 0,
            zombies: HashSet::new(),
            aborts: vec![],
            retiring: false,
            quarantined: false,
            condemned: false,
            gone: None,
            stopped: false,
        }
    }

    /// May be given jobs.
    pub fn takes(&self) -> bool {
        self.gone.is_none() && !self.retiring && !self.condemned
    }

    /// May be given jobs now.
    pub fn has_room(&self) -> bool {
        self.takes() && !self.quarantined
    }

    /// One of its runs is over.
    pub fn left(&mut self, alone: bool) {
        self.running -= 1;
        if alone {
            self.quarantined = false;
        }
    }

    /// The bell to ring, unless it was rung already.
    pub fn wake(&mut self, now: Instant) -> Option<Arc<dyn Dispatcher>> {
        if self.rung || self.gone.is_some() {
            return None;
        }
        self.rung = true;
        self.rung_at = now;
        Some(self.bell.clone())
    }
}
