//! What other threads report to the producer's loop: one word of flags, and the wake-up that makes the loop read it.

use std::ops::BitOr;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;

/// A set of flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    // Reasons to wake: each holds until the loop has read it.

    /// A fetch may find something.
    pub const FETCH_DUE: Self = Self(1);
    /// The sentinel that this producer relies on may be gone, or notifications may have been missed.
    pub const SENTINEL_LOST: Self = Self(1 << 1);
    /// Another server may have taken over without the latest acks, or claims are to be handed back that the database had refused to.
    pub const MAYBE_LOST_ACKS: Self = Self(1 << 2);

    /// The jobs that the producer may claim are others than before.
    pub const RANGE_CHANGED: Self = Self(1 << 12);
    /// A heartbeat did not look for jobs that wait here.
    pub const CHECK_DUE: Self = Self(1 << 13);

    // Conditions: each holds until it is changed.

    pub const PAUSED: Self = Self(1 << 3);
    /// Other nodes serve the queue too, as of the last heartbeat.
    pub const SHARED: Self = Self(1 << 4);
    /// Pinned jobs were waiting at the last heartbeat.
    pub const PINNED: Self = Self(1 << 5);
    pub const STOPPING: Self = Self(1 << 6);
    /// Stopping, without waiting for running jobs.
    pub const STOP_NOW: Self = Self(1 << 7);
    /// The producer stopped before it could hand back what a fetch without an answer may have claimed.
    pub const UNKNOWN_CLAIMS: Self = Self(1 << 8);

    /// The engine rests: nothing is fetched before it has reported that it is awake.
    pub const RESTING: Self = Self(1 << 9);

    // What the loop adds by itself.

    /// Notifications arrive.
    pub const LISTENING: Self = Self(1 << 10);
    /// At least one job class can run here now.
    pub const RUNNABLE: Self = Self(1 << 11);

    const REASONS: Self = Self(
        Self::FETCH_DUE.0 | Self::SENTINEL_LOST.0 | Self::MAYBE_LOST_ACKS.0 | Self::RANGE_CHANGED.0 | Self::CHECK_DUE.0,
    );

    /// Whether any of `flags` is set.
    pub const fn has(self, flags: Self) -> bool {
        self.0 & flags.0 != 0
    }

    pub const fn with(self, flags: Self, on: bool) -> Self {
        Self(if on { self.0 | flags.0 } else { self.0 & !flags.0 })
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The flags that any thread may set, and the loop's wake-up.
#[derive(Debug, Default)]
pub struct Wake {
    flags: AtomicU32,
    /// Notifications of inserts since the loop last read them.
    notifications: AtomicU32,
    wakeup: Notify,
}

impl Wake {
    pub fn new(flags: Flags) -> Self {
        Self { flags: AtomicU32::new(flags.0), ..Self::default() }
    }

    /// Sets flags and wakes the loop.
    pub fn wake(&self, flags: Flags) {
        self.set(flags, true);
        self.wakeup.notify_one();
    }

    /// As [`Wake::wake`], for the notification of an insert.
    pub fn on_notify(&self) {
        self.notifications.fetch_add(1, Ordering::AcqRel);
        self.wake(Flags::FETCH_DUE);
    }

    /// Sets or clears a flag without waking the loop; returns whether that changed it.
    pub fn set(&self, flag: Flags, on: bool) -> bool {
        let before = if on {
            self.flags.fetch_or(flag.0, Ordering::AcqRel)
        } else {
            self.flags.fetch_and(!flag.0, Ordering::AcqRel)
        };
        Flags(before).has(flag) != on
    }

    pub fn has(&self, flag: Flags) -> bool {
        Flags(self.flags.load(Ordering::Acquire)).has(flag)
    }

    /// All flags, and the number of notifications. Clears the reasons; the conditions stay.
    pub fn take(&self) -> (Flags, u32) {
        let flags = self.flags.fetch_and(!Flags::REASONS.0, Ordering::AcqRel);
        (Flags(flags), self.notifications.swap(0, Ordering::AcqRel))
    }

    /// Resolves after a wake-up; at once if there was one since the last time.
    pub async fn notified(&self) {
        self.wakeup.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_read_once_and_conditions_stay() {
        let wake = Wake::new(Flags::FETCH_DUE);
        assert!(wake.set(Flags::PAUSED, true));
        assert!(!wake.set(Flags::PAUSED, true));
        wake.on_notify();
        wake.on_notify();
        assert_eq!(wake.take(), (Flags::FETCH_DUE | Flags::PAUSED, 2));
        assert_eq!(wake.take(), (Flags::PAUSED, 0));
        assert!(wake.set(Flags::PAUSED, false));
        assert_eq!(wake.take(), (Flags::default(), 0));
    }
}
