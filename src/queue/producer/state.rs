//! The state of the producer's loop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot::Receiver;
use uuid::Uuid;

use super::classes::Classes;
use super::demand::{Pace, Rate};
use crate::enqueue::Claimed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    Awake,
    Sentinel,
    Watched,
}

/// What the loop keeps between turns.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each set at its own time")]
pub(super) struct LoopState {
    pub gate: Gate,
    /// A fetch may find something.
    pub fetch_due: bool,
    /// The last fetch brought as many jobs as it requested.
    pub full: bool,
    pub requested: usize,
    pub pace: Pace,
    pub rate: Rate,
    /// When to poll again, while awake.
    pub poll_at: Option<Instant>,
    pub poll_delay: Duration,
    pub found_at: Instant,
    /// No fetch before this instant, after an error.
    pub retry_at: Option<Instant>,
    pub errors: u32,
    /// The executor has no capacity for more jobs.
    pub at_capacity: bool,
    /// The database may show jobs as executing that no executor holds: a fetch's answer was lost, or another server took over.
    pub unknown_claims: bool,
    /// When to check whether claimed jobs have waited too long.
    pub ready_check_at: Option<Instant>,
    /// Prefetched jobs had to be handed back. Nothing is prefetched until a job ends, which changes the average job time; its bits
    /// are kept here.
    pub prefetch_blocked: Option<u64>,
    /// The kinds of isolate available at the last turn.
    pub isolations: [bool; 3],
    /// The classes that can run there; cleared when they change.
    pub classes: Option<Arc<Classes>>,
    /// The open offer to enqueues, while there is nothing else to do.
    pub offer: Option<OfferHandle>,
}

impl Default for LoopState {
    fn default() -> Self {
        Self {
            gate: Gate::Awake,
            fetch_due: true,
            full: false,
            requested: 0,
            pace: Pace::default(),
            rate: Rate::default(),
            poll_at: None,
            poll_delay: Duration::ZERO,
            found_at: Instant::now(),
            retry_at: None,
            errors: 0,
            at_capacity: false,
            unknown_claims: false,
            ready_check_at: None,
            prefetch_blocked: None,
            isolations: [false; 3],
            classes: None,
            offer: None,
        }
    }
}

/// The producer's side of an open offer.
pub(super) struct OfferHandle {
    pub capacity: usize,
    pub producer: Uuid,
    pub claimed: Receiver<Claimed>,
}
