//! What the slots of one isolate have in common. An isolate has one slot, or one for each queue of its thread group; each slot
//! belongs to an executor with a lock of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::queue::Waker;

/// Where an isolate is reserved for no slot; the numbers of slots begin with 1.
const NONE: u32 = 0;

#[derive(Default)]
pub struct SharedIsolate {
    /// Jobs of all its slots.
    running: AtomicUsize,
    /// Slots that were woken and have not called `exchange` yet.
    woken: AtomicUsize,
    /// Gets no more jobs, and is terminated when it holds none.
    retiring: AtomicBool,
    /// The engine asked the host to terminate it: its exit is not a crash.
    terminating: AtomicBool,
    /// The slot whose quarantined job is alone here, or waits until the others have ended.
    reserved: AtomicU32,
    slots: AtomicUsize,
    wakers: Mutex<Vec<(u32, Arc<dyn Waker>)>>,
}

impl SharedIsolate {
    pub(super) fn add(&self, slot: u32, waker: Arc<dyn Waker>) {
        self.slots.fetch_add(1, Ordering::AcqRel);
        self.wakers.lock().push((slot, waker));
    }

    /// A slot is gone; it was woken and did not answer, or not.
    pub(super) fn remove(&self, slot: u32, was_woken: bool) {
        self.slots.fetch_sub(1, Ordering::AcqRel);
        self.wakers.lock().retain(|(id, _)| *id != slot);
        if was_woken {
            self.answered();
        }
        self.give_up_reservation(slot);
    }

    /// Whether it serves several queues.
    pub(super) fn is_shared(&self) -> bool {
        self.slots.load(Ordering::Acquire) > 1
    }

    pub(super) fn running(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// How busy it is: its jobs, and the slots that are about to take some.
    pub(super) fn load(&self) -> usize {
        self.running() + self.woken.load(Ordering::Acquire)
    }

    pub(super) fn took(&self, jobs: usize) {
        self.running.fetch_add(jobs, Ordering::AcqRel);
    }

    /// One of its jobs is over. Wakes the slot that waits for the last.
    pub(super) fn left(&self) {
        let was_last = self.running.fetch_sub(1, Ordering::AcqRel) == 1;
        let waiting = self.reserved.load(Ordering::Acquire);
        if was_last && waiting != NONE {
            self.wake(|slot| slot == waiting);
        }
    }

    pub(super) fn woke(&self) {
        self.woken.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn answered(&self) {
        self.woken.fetch_sub(1, Ordering::AcqRel);
    }

    /// Lets it finish its jobs and take no more; returns whether that is new.
    pub(super) fn retire(&self) -> bool {
        !self.retiring.swap(true, Ordering::AcqRel)
    }

    /// It is about to be terminated; returns whether that is new.
    pub(super) fn terminate(&self) -> bool {
        !self.terminating.swap(true, Ordering::AcqRel)
    }

    pub(super) fn is_retiring(&self) -> bool {
        self.retiring.load(Ordering::Acquire)
    }

    pub(super) fn is_terminating(&self) -> bool {
        self.terminating.load(Ordering::Acquire)
    }

    /// Whether the job of another slot is alone here, or is to be.
    pub(super) fn is_reserved_for_another(&self, slot: u32) -> bool {
        let reserved = self.reserved.load(Ordering::Acquire);
        reserved != NONE && reserved != slot
    }

    /// Keeps the other slots from taking jobs, unless another did so first.
    pub(super) fn reserve(&self, slot: u32) {
        let _ = self.reserved.compare_exchange(NONE, slot, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Lets the other slots take jobs again.
    pub(super) fn give_up_reservation(&self, slot: u32) {
        if self.reserved.compare_exchange(slot, NONE, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            self.wake(|other| other != slot);
        }
    }

    /// A waker only schedules a call, so it may be called while an executor is locked.
    fn wake(&self, wants: impl Fn(u32) -> bool) {
        for (_, waker) in self.wakers.lock().iter().filter(|(slot, _)| wants(*slot)) {
            waker.wake();
        }
    }
}
