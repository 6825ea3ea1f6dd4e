//! Whether this engine is awake, rests or sleeps, and what wakes it. How it falls asleep is in
//! `heartbeat/sleep.rs`; the protocol is verified in `notifier/sleep_model.rs`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use crate::model::config;

/// Whether the engine makes statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Awake,
    /// Its producers fetch nothing before it has reported that it is awake.
    Resting,
    /// It rests, and makes no statement.
    Asleep,
}

/// Why an engine wakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Another node, or an insert, has notified it.
    Notified,
    /// Something is due: a job, a tick of a cron entry, of the reindexer or of a plugin.
    Due,
    /// It has slept for as long as it may.
    Longest,
    /// A call or a queue of this engine needs it.
    Local,
    /// The connection that listens was lost, or is back.
    Connection,
}

impl Reason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notified => "notified",
            Self::Due => "due",
            Self::Longest => "longest",
            Self::Local => "local",
            Self::Connection => "connection",
        }
    }
}

pub struct Idle {
    /// `None`: the engine never rests.
    options: Option<config::Idle>,
    phase: watch::Sender<Phase>,
    /// How often something needed the engine.
    rouses: AtomicU64,
    roused: Notify,
    /// A notification says that something may need the engine.
    hinted: AtomicBool,
    memory: Mutex<Memory>,
}

struct Memory {
    /// Since when there has been nothing to do.
    since: Instant,
    /// The number of jobs that had been fetched by then.
    fetched: u64,
    /// `rouses` when the engine began to rest.
    mark: u64,
    /// The first reason since then.
    reason: Option<Reason>,
    /// When the engine last woke from sleep.
    woke_at: Option<Instant>,
}

impl Idle {
    pub fn new(options: Option<config::Idle>) -> Self {
        let memory = Memory { since: Instant::now(), fetched: 0, mark: 0, reason: None, woke_at: None };
        Self {
            options,
            phase: watch::Sender::new(Phase::Awake),
            rouses: AtomicU64::new(0),
            roused: Notify::new(),
            hinted: AtomicBool::new(false),
            memory: Mutex::new(memory),
        }
    }

    pub const fn options(&self) -> Option<&config::Idle> {
        self.options.as_ref()
    }

    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    pub fn is_asleep(&self) -> bool {
        self.phase() == Phase::Asleep
    }

    /// Something needs the engine. Never lost, not even while it falls asleep.
    pub fn rouse(&self, reason: Reason) {
        if self.options.is_none() {
            return;
        }
        self.rouses.fetch_add(1, Ordering::SeqCst);
        if self.phase() != Phase::Awake {
            self.memory.lock().reason.get_or_insert(reason);
            self.roused.notify_one();
        }
    }

    /// A notification says that something may need the engine, which looks before it wakes: every role that may connect can notify.
    pub fn hint(&self) {
        if self.options.is_some() && self.phase() != Phase::Awake {
            self.hinted.store(true, Ordering::SeqCst);
            self.roused.notify_one();
        }
    }

    pub fn is_hinted(&self) -> bool {
        self.hinted.load(Ordering::SeqCst)
    }

    /// Before the look, so that a hint during the look leads to another.
    pub fn take_hint(&self) {
        self.hinted.store(false, Ordering::SeqCst);
    }

    /// Resolves after a hint, or a rouse, of an engine that rests; at once if there was one since the last time.
    pub async fn roused(&self) {
        self.roused.notified().await;
    }

    /// Whether something has needed the engine since it began to rest.
    pub fn must_wake(&self) -> bool {
        self.phase() != Phase::Awake && self.rouses.load(Ordering::SeqCst) != self.memory.lock().mark
    }

    /// How long there has been nothing to do. `quiet`: there is nothing now; `fetched`: the number
    /// of jobs that were fetched so far.
    pub fn idle_for(&self, quiet: bool, fetched: u64) -> Duration {
        let memory = &mut *self.memory.lock();
        if !quiet || memory.fetched != fetched {
            (memory.since, memory.fetched) = (Instant::now(), fetched);
        }
        memory.since.elapsed()
    }

    pub fn rest(&self) {
        // First the phase: a rouse that still finds the engine awake is counted before the mark.
        self.phase.send_replace(Phase::Resting);
        let memory = &mut *self.memory.lock();
        (memory.mark, memory.reason) = (self.rouses.load(Ordering::SeqCst), None);
    }

    pub fn sleep(&self) {
        self.phase.send_replace(Phase::Asleep);
    }

    /// No longer asleep, but not yet awake: it has yet to report that.
    pub fn rise(&self) {
        self.memory.lock().woke_at = Some(Instant::now());
        self.phase.send_replace(Phase::Resting);
    }

    /// Returns what woke the engine.
    pub fn wake(&self) -> Reason {
        let reason = {
            let memory = &mut *self.memory.lock();
            memory.since = Instant::now();
            memory.reason.take()
        };
        self.phase.send_replace(Phase::Awake);
        reason.unwrap_or(Reason::Local)
    }

    /// Resolves when the engine does not sleep.
    pub async fn until_up(&self) {
        // The sender is in self.
        let _ = self.phase.subscribe().wait_for(|phase| *phase != Phase::Asleep).await;
    }

    /// The time since the engine last slept, if it ever did.
    pub fn awake_for(&self) -> Option<Duration> {
        self.memory.lock().woke_at.map(|at| at.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle() -> Idle {
        let (after, longest) = (Duration::from_secs(60), Duration::from_secs(3_600));
        Idle::new(Some(config::Idle { after, longest }))
    }

    #[tokio::test]
    async fn what_rouses_an_engine_after_it_has_begun_to_rest_is_not_lost() {
        let idle = idle();
        idle.rouse(Reason::Notified);
        idle.rest();
        assert!(!idle.must_wake(), "what came before the rest is part of what the engine sees");
        idle.rouse(Reason::Due);
        idle.sleep();
        idle.rouse(Reason::Local);
        assert!(idle.must_wake());
        idle.roused().await;
        idle.rise();
        assert!(idle.must_wake(), "until it has reported that it is awake");
        assert_eq!(idle.wake(), Reason::Due);
        idle.rouse(Reason::Local);
        assert!(!idle.must_wake());
        assert!(idle.awake_for().is_some());
    }

    #[test]
    fn a_hint_wakes_no_engine_and_is_kept_until_the_look() {
        let idle = idle();
        idle.hint();
        assert!(!idle.is_hinted(), "an engine that is awake sees for itself");
        idle.rest();
        idle.hint();
        idle.sleep();
        assert!(idle.is_hinted() && !idle.must_wake());
        idle.take_hint();
        assert!(!idle.is_hinted());
        idle.rouse(Reason::Notified);
        assert!(idle.must_wake());
    }

    #[test]
    fn an_engine_is_idle_since_it_last_had_a_job() {
        let idle = idle();
        let long_ago = Instant::now().checked_sub(Duration::from_secs(100)).expect("a time");
        idle.memory.lock().since = long_ago;
        assert!(idle.idle_for(true, 0) >= Duration::from_secs(100));
        assert!(idle.idle_for(true, 1) < Duration::from_secs(100), "a job was fetched meanwhile");
        idle.memory.lock().since = long_ago;
        assert!(idle.idle_for(false, 1) < Duration::from_secs(100));
    }

    #[test]
    fn an_engine_without_the_option_is_not_roused() {
        let idle = Idle::new(None);
        idle.rest();
        idle.rouse(Reason::Local);
        assert!(!idle.must_wake());
    }
}
