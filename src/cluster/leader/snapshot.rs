//! What a heartbeat sees of the others, for the plugins: it asks anyway, so that they need not ask themselves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::store::{Beaten, Silent};

#[derive(Debug, Clone, Default)]
pub enum Sight {
    /// No heartbeat yet.
    #[default]
    None,
    /// The last one failed.
    Lost,
    Seen(Arc<Seen>),
}

#[derive(Debug)]
pub struct Seen {
    /// When it was asked.
    pub at: Instant,
    pub silent: Vec<Silent>,
    /// When the next job is due, of those that wait. Meaningful when `leads`.
    pub due_at: Option<Instant>,
    /// This node led when it asked.
    pub leads: bool,
    /// How often heartbeats had failed before.
    pub losses: u64,
}

impl Seen {
    pub(super) fn of(beaten: &Beaten, begun: Instant, leads: bool, losses: u64) -> Self {
        let wait = beaten.next_due.map(|seconds| Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0)));
        Self { at: begun, silent: beaten.silent.clone(), due_at: wait.map(|wait| begun + wait), leads, losses }
    }
}
