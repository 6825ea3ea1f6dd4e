//! What the producer's state machine takes in and gives out.

use std::time::{Duration, Instant};

use super::wake::Flags;
use crate::store::Sleep;

/// How long a claimed job may wait to begin before it is handed back: another node may have capacity.
pub const MAX_READY_AGE: Duration = Duration::from_secs(1);

/// What is true now, as far as it concerns the producer.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub now: Instant,
    /// Conditions, and the reasons to wake that were set since the last call.
    pub flags: Flags,
    /// The number of notifications since the last call.
    pub notifications: u32,
    pub limit: usize,
    /// The number of claimed jobs that have not begun.
    pub ready: usize,
    pub running: usize,
    /// How long a job takes; a moving average.
    pub job_seconds: f64,
    /// The number of outcomes not yet written.
    pub unwritten: usize,
}

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input {
    /// A wait is over: the facts show why.
    Woken,
    /// An action without a result was performed.
    Done,
    FetchAnswered(Answer),
    /// An enqueue accepted the open offer, and its transaction was answered.
    OfferAnswered(Answer),
    /// An enqueue had accepted the offer that was to be withdrawn: a fetch for this capacity is in flight.
    OfferTaken(usize),
    /// The offer is gone, and nothing was claimed.
    OfferWithdrawn,
    /// The reply of the gate; `None` when there was none.
    Slept(Option<Sleep>),
    Reclaimed(Reclaimed),
    /// How many jobs were handed back that had not begun for long.
    ReleasedStale(usize),
}

/// The answer to a fetch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    pub requested: usize,
    pub claimed: Claimed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    Jobs {
        count: usize,
        /// Their approximate size in memory.
        bytes: usize,
        took: Duration,
        /// The producer was declared lost and has begun anew since.
        is_void: bool,
    },
    /// The database rejected the fetch: nothing was claimed.
    Refused,
    /// There is no answer: the database may have claimed jobs.
    Unknown,
}

/// The result of a reclaim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reclaimed {
    Done,
    /// Outcomes are unwritten, so not all known jobs could be listed.
    Unwritten,
    Failed,
}

/// What the loop is to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Give the jobs that were just claimed to the executor.
    Deliver,
    /// Release the jobs that were just claimed.
    HandBack,
    WithdrawOffer,
    /// Stop being the sentinel and wake those that rely on it, or stop relying on one.
    LeaveGate(Gate),
    /// Release all claimed jobs that have not begun.
    ReleaseReady,
    /// Release claimed jobs that have not begun within [`MAX_READY_AGE`].
    ReleaseStale,
    /// Release what the database shows as claimed and this producer does not know.
    Reclaim,
    /// From now on the executor wakes the loop when it holds no more jobs than this.
    NotifyBelow(usize),
    Fetch {
        count: usize,
        /// Whether jobs pinned to a version are fetched too.
        pinned: bool,
        /// As in [`Action::NotifyBelow`].
        low_water: usize,
    },
    /// Ask the engine, which rests, to report that it is awake.
    Rouse,
    /// Ask the gate whether the producer may sleep.
    Sleep,
    /// Wait until something happens, at the latest until `until`; meanwhile `offer` is the capacity for enqueues to take.
    Wait {
        until: Option<Instant>,
        offer: Option<usize>,
    },
    /// The producer has stopped; it may have claims that it does not know of.
    Finish {
        unknown_claims: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    Awake,
    /// Asleep, and the holder of the queue's lock.
    Sentinel,
    /// Asleep, and relying on the sentinel of another node.
    Watched,
}
