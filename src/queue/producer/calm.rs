//! What the loop tells the engine, which may sleep while all its producers are calm.

use std::sync::atomic::{AtomicU8, Ordering};

/// Set when the loop begins to wait, and cleared when the wait is over.
#[derive(Debug, Default)]
pub struct Calm(AtomicU8);

/// A wait in which the producer does nothing by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    Busy,
    /// It holds no job and is asleep at the gate, or paused. It may have an open offer.
    Quiet,
    /// The same, and it claims no job whatever happens, before it may.
    Resting,
}

impl Calm {
    pub fn set(&self, wait: Wait) {
        self.0.store(wait as u8, Ordering::SeqCst);
    }

    pub fn is_quiet(&self) -> bool {
        self.0.load(Ordering::SeqCst) != Wait::Busy as u8
    }

    pub fn is_resting(&self) -> bool {
        self.0.load(Ordering::SeqCst) == Wait::Resting as u8
    }
}
