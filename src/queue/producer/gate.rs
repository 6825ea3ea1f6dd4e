//! The producer's side of the wake-up gate: when it sleeps, and what wakes it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Producer;
use super::demand::{self, IDLE_BEFORE_SLEEP};
use super::state::{Gate, LoopState};
use crate::store::Sleep;

impl Producer {
    /// Takes in notifications and other inputs since the last turn; leaves sleep when they require it.
    pub(super) async fn take_inputs(&self, state: &mut LoopState, now: Instant) {
        state.unknown_claims |= self.maybe_lost_acks.swap(false, Ordering::AcqRel);
        let isolations = self.executor.isolations();
        // A new kind of isolate: there may be jobs that could not run before.
        state.fetch_due |= self.fetch_due.swap(false, Ordering::AcqRel) || isolations != state.isolations;
        if isolations != state.isolations {
            state.classes = None;
        }
        state.isolations = isolations;
        let notifications = self.notifications.swap(0, Ordering::AcqRel);
        let busy = state.rate.is_high(notifications, now);
        let sentinel_lost = self.sentinel_lost.swap(false, Ordering::AcqRel);
        let notifier = self.deps.notifier.as_ref();
        let listening = notifier.is_some_and(|it| it.is_listening());
        match state.gate {
            Gate::Awake => return,
            // The sentinel's lock can only be lost with the connection.
            Gate::Sentinel if listening && !busy && !self.is_paused() && !sentinel_lost => return,
            Gate::Watched if listening && !busy && !sentinel_lost => return,
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
        state.gate = Gate::Awake;
        state.fetch_due = true;
        state.found_at = now;
        state.poll_delay = Duration::ZERO;
    }

    pub(super) fn wants_sleep(&self, state: &LoopState, quiet: bool, now: Instant) -> bool {
        quiet
            && state.gate == Gate::Awake
            && !state.fetch_due
            && !state.at_capacity
            && !self.is_paused()
            && state.retry_at.is_none()
            && now.duration_since(state.found_at) >= IDLE_BEFORE_SLEEP
            && state.poll_at.is_none_or(|at| at > now)
            && self.deps.notifier.as_ref().is_some_and(|notifier| notifier.is_listening())
    }

    /// Tries to fall asleep; one more fetch follows in any case.
    pub(super) async fn sleep(&self, state: &mut LoopState, now: Instant) {
        let Some(notifier) = &self.deps.notifier else { return };
        match notifier.sleep(&self.config.name).await {
            Ok(Sleep::Sentinel) => state.gate = Gate::Sentinel,
            Ok(Sleep::Watched) => state.gate = Gate::Watched,
            Ok(Sleep::Busy) | Err(_) => {
                // Polls, and tries again after the same time.
                state.found_at = now;
                state.poll_delay = demand::next_poll_delay(state.poll_delay, self.max_poll_delay());
                state.poll_at = Some(now + state.poll_delay);
                return;
            }
        }
        state.poll_at = None;
        state.fetch_due = true;
    }

    /// Stops fetching: hands back jobs that have not begun and wakes the producers that rely on this sentinel.
    pub(super) async fn stop_fetching(&self, state: &mut LoopState) {
        // It ends with its last job.
        self.executor.notify_below(usize::MAX);
        self.executor.release_ready(None);
        if let Some(notifier) = &self.deps.notifier {
            match state.gate {
                Gate::Sentinel => drop(notifier.wake(&self.config.name).await),
                Gate::Watched => notifier.unwatch(&self.config.name),
                Gate::Awake => {}
            }
        }
        state.gate = Gate::Awake;
        state.poll_at = None;
    }
}
