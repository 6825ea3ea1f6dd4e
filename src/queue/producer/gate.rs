//! The producer's side of the wake-up gate: when it sleeps, and what wakes it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Producer;
use super::demand::{self, LINGER};
use super::state::{Cycle, Gate};
use crate::store::Sleep;

impl Producer {
    /// Takes in what was heard since the last turn.
    pub(super) async fn listen(&self, cycle: &mut Cycle, now: Instant) {
        cycle.unsure |= self.doubtful.swap(false, Ordering::AcqRel);
        let places = self.executor.places();
        // An environment came: there may be jobs that could not be run before.
        cycle.hungry |= self.hungry.swap(false, Ordering::AcqRel) || places != cycle.places;
        if places != cycle.places {
            cycle.classes = None;
        }
        cycle.places = places;
        let calls = self.calls.swap(0, Ordering::AcqRel);
        let busy = cycle.rate.is_high(calls, now);
        let unwatched = self.unwatched.swap(false, Ordering::AcqRel);
        let notifier = self.around.notifier.as_ref();
        let listening = notifier.is_some_and(|it| it.is_listening());
        match cycle.gate {
            Gate::Awake => return,
            // Its lock is its own: only the loss of the connection takes it away.
            Gate::Sentinel if listening && !busy && !self.is_paused() && !unwatched => return,
            Gate::Watched if listening && !busy && !unwatched => return,
            Gate::Sentinel => {
                if let (Some(notifier), true) = (notifier, listening) {
                    // An error means that the connection is gone, and the lock with it.
                    let _ = notifier.wake(&self.config.name).await;
                }
            }
            Gate::Watched => {
                if let Some(notifier) = notifier {
                    notifier.unwatch(&self.config.name);
                }
            }
        }
        cycle.gate = Gate::Awake;
        cycle.hungry = true;
        cycle.found_at = now;
        cycle.look_delay = Duration::ZERO;
    }

    pub(super) fn wants_sleep(&self, cycle: &Cycle, quiet: bool, now: Instant) -> bool {
        quiet
            && cycle.gate == Gate::Awake
            && !cycle.hungry
            && !cycle.unmet
            && !self.is_paused()
            && cycle.retry_at.is_none()
            && now.duration_since(cycle.found_at) >= LINGER
            && cycle.look_at.is_none_or(|at| at > now)
            && self.around.notifier.as_ref().is_some_and(|notifier| notifier.is_listening())
    }

    /// Tries to fall asleep; one more fetch follows in any case.
    pub(super) async fn sleep(&self, cycle: &mut Cycle, now: Instant) {
        let Some(notifier) = &self.around.notifier else { return };
        match notifier.sleep(&self.config.name).await {
            Ok(Sleep::Sentinel) => cycle.gate = Gate::Sentinel,
            Ok(Sleep::Watched) => cycle.gate = Gate::Watched,
            Ok(Sleep::Busy) | Err(_) => {
                // Looks, and asks again after as long a while.
                cycle.found_at = now;
                cycle.look_delay = demand::next_look(cycle.look_delay, self.longest_look());
                cycle.look_at = Some(now + cycle.look_delay);
                return;
            }
        }
        cycle.look_at = None;
        cycle.hungry = true;
    }

    /// Stops looking: hands back what was not begun and wakes those who relied on this sentinel.
    pub(super) async fn leave(&self, cycle: &mut Cycle) {
        // It ends with its last job.
        self.executor.tell_below(usize::MAX);
        self.executor.release_ready(None);
        if let Some(notifier) = &self.around.notifier {
            match cycle.gate {
                Gate::Sentinel => drop(notifier.wake(&self.config.name).await),
                Gate::Watched => notifier.unwatch(&self.config.name),
                Gate::Awake => {}
            }
        }
        cycle.gate = Gate::Awake;
        cycle.look_at = None;
    }
}
