//! What the producer's loop remembers from turn to turn.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot::Receiver;
use uuid::Uuid;

use super::classes::Classes;
use super::demand::{Pace, Rate};
use crate::enqueue::Filled;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    Awake,
    Sentinel,
    Watched,
}

/// What the loop remembers from turn to turn.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each set at its own time")]
pub(super) struct Cycle {
    pub gate: Gate,
    /// A fetch may find something.
    pub hungry: bool,
    /// The last fetch brought all that it asked for.
    pub full: bool,
    pub asked: usize,
    pub pace: Pace,
    pub rate: Rate,
    /// When to look again, while awake.
    pub look_at: Option<Instant>,
    pub look_delay: Duration,
    pub found_at: Instant,
    /// Not before this, after an error.
    pub retry_at: Option<Instant>,
    pub errors: u32,
    /// There is no room for more jobs.
    pub unmet: bool,
    /// The database may have jobs as executing that nobody knows of: a fetch's answer was lost, or another server took over.
    pub unsure: bool,
    /// When to see whether claimed jobs have waited too long.
    pub stale_at: Option<Instant>,
    /// Jobs claimed ahead had to be handed back. None is claimed ahead again until a job ends, by which the pace (its bits)
    /// changes.
    pub crowded: Option<u64>,
    /// Where jobs could run at the last turn.
    pub places: [bool; 3],
    /// The classes that could, until they change.
    pub classes: Option<Arc<Classes>>,
    /// What is offered to inserts, while there is nothing else to do.
    pub vacancy: Option<Posted>,
}

impl Default for Cycle {
    fn default() -> Self {
        Self {
            gate: Gate::Awake,
            hungry: true,
            full: false,
            asked: 0,
            pace: Pace::default(),
            rate: Rate::default(),
            look_at: None,
            look_delay: Duration::ZERO,
            found_at: Instant::now(),
            retry_at: None,
            errors: 0,
            unmet: false,
            unsure: false,
            stale_at: None,
            crowded: None,
            places: [false; 3],
            classes: None,
            vacancy: None,
        }
    }
}

/// The offer, as its producer remembers it.
pub(super) struct Posted {
    pub places: usize,
    pub producer: Uuid,
    pub filled: Receiver<Filled>,
}
