//! A model of the wake-up protocol, explored over all interleavings: no job waits while a producer
//! with free capacity sleeps.
//!
//! ```text
//!  an enqueue, on any session                   a producer, on the session that listens
//!  ──────────────────────────                   ────────────────────────────────────────
//!  BEGIN                                        awake: looks, less and less often; found nothing for a while:
//!  INSERT                                       try exclusive ─ granted ──► sentinel ──┐
//!  try shared ─ granted: no sleeper; held       └ refused: try shared                  ├─► ONE MORE FETCH, asleep
//!  │            to the end of the transaction,    ├ refused ─────────────► watched ────┘
//!  │            so that none falls asleep         └ granted: an enqueue is under way ─► busy: look again shortly
//!  │            before the rows are visible
//!  └ refused: one sleeps: NOTIFY insert         notified: fetches, stays asleep
//!  COMMIT: rows visible, lock released,         a sentinel wakes for good: UNLOCK, then NOTIFY wake; the watched ones
//!          notification delivered               are awake again
//! ```
//! Why this holds: every sleeper has seen the exclusive lock taken, by itself or by another
//! producer, and has fetched after that. The fetch found the rows that were visible by then. Any
//! other enqueue requested the shared lock either while the exclusive lock was taken, and notified;
//! or before, and then its shared lock prevented the exclusive lock until its rows were visible.
//! The exclusive lock is released only with a notification to the producers that rely on it. If its
//! holder dies, the watched producers notice (the notifier checks at each ping), and so does a
//! producer whose own connection broke.
//!
//! The mutants are similar protocols that lose wake-ups. That the model detects each of them shows
//! that it can detect lost wake-ups.

mod steps;
mod world;

use steps::steps;
use world::{Scene, World};

use crate::testing::{Explored, explore};

/// A fault in the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutant {
    /// The sentinel notifies that it wakes, and releases the lock after that.
    NotifiesBeforeUnlock,
    /// The sentinel releases the lock without notifying.
    LeavesWithoutAWord,
    /// A producer falls asleep on the basis of its last fetch.
    SleepsWithoutAFetch,
    /// The enqueue releases its lock before its rows are visible.
    UnlocksBeforeCommit,
    /// A producer takes any refused exclusive lock for a sentinel's.
    TakesBusyForWatched,
    /// A signal that arrives before the answer to a call is taken to be older than the answer.
    ForgetsWhatItHeardMeanwhile,
    /// An awake producer waits for a notification.
    NeverLooksAgain,
    /// A sleeper relies on a new connection as if it still held what the old one held.
    SleepsThroughALoss,
}

/// What detects a failure that nothing announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Net {
    /// The notifier's ping: checks the locks of the sentinels relied on, and notices a dead
    /// connection.
    Ping,
    /// The heartbeat, too: checks whether jobs wait.
    Heartbeat,
}

fn explored(scene: &Scene, mutant: Option<Mutant>, net: Net) -> Explored {
    explore(scene.world(), |world: &World| {
        let helped = world.is_found_out() || (world.troubled && net == Net::Heartbeat);
        if world.is_stuck() && !helped {
            return None;
        }
        Some(steps(world, scene, mutant).into_iter().map(|(step, next)| (step, next.sorted())).collect())
    })
}

fn assert_sound(scene: &Scene, net: Net) {
    let found = explored(scene, None, net);
    assert!(found.lost.is_none(), "a wake-up is lost in {scene:?}:\n{}", found.lost.unwrap_or_default());
    assert!(found.states > 1000, "the model hardly moved: {} states", found.states);
}

const PAIR: Scene =
    Scene { enqueuers: 2, transactions: 1, rows: 1, acks: 0, producers: 2, limit: 1, deaths: 0, losses: 0, stops: 0 };

#[test]
fn no_wake_up_is_lost_between_two_enqueuers_and_two_producers() {
    assert_sound(&PAIR, Net::Ping);
    assert_sound(&Scene { limit: 2, ..PAIR }, Net::Ping);
}

#[test]
fn no_wake_up_is_lost_in_transactions_that_enqueue_twice_or_follow_each_other() {
    assert_sound(&Scene { rows: 2, ..PAIR }, Net::Ping);
    assert_sound(&Scene { transactions: 2, ..PAIR }, Net::Ping);
}

#[test]
fn no_wake_up_is_lost_among_three_producers() {
    assert_sound(&Scene { producers: 3, ..PAIR }, Net::Ping);
}

#[test]
fn no_wake_up_is_lost_when_an_ack_makes_a_job_available() {
    assert_sound(&Scene { enqueuers: 1, acks: 1, ..PAIR }, Net::Ping);
}

#[test]
fn no_wake_up_is_lost_when_a_producer_stops() {
    assert_sound(&Scene { stops: 1, ..PAIR }, Net::Ping);
}

#[test]
fn what_a_silent_death_hides_the_ping_finds() {
    assert_sound(&Scene { deaths: 1, ..PAIR }, Net::Ping);
    assert_sound(&Scene { enqueuers: 1, producers: 3, deaths: 1, ..PAIR }, Net::Ping);
}

#[test]
fn what_a_lost_connection_hides_the_ping_or_the_heartbeat_finds() {
    let scene = Scene { losses: 1, ..PAIR };
    assert_sound(&scene, Net::Heartbeat);
    // A sentinel that lost its connection and is the sentinel again by the time of the ping leaves
    // no trace; nothing notified the watched producers of the enqueues in between.
    assert!(explored(&scene, None, Net::Ping).lost.is_some());
}

#[test]
fn every_mutant_loses_a_wake_up() {
    let alone = Scene { enqueuers: 1, ..PAIR };
    for (mutant, scene) in [
        (Mutant::NotifiesBeforeUnlock, Scene { stops: 1, ..alone }),
        (Mutant::LeavesWithoutAWord, Scene { stops: 1, ..alone }),
        (Mutant::SleepsWithoutAFetch, alone),
        (Mutant::UnlocksBeforeCommit, alone),
        (Mutant::TakesBusyForWatched, PAIR),
        (Mutant::ForgetsWhatItHeardMeanwhile, Scene { stops: 1, ..alone }),
        (Mutant::NeverLooksAgain, alone),
        (Mutant::SleepsThroughALoss, Scene { producers: 1, losses: 1, ..alone }),
    ] {
        let found = explored(&scene, Some(mutant), Net::Ping);
        assert!(found.lost.is_some(), "{mutant:?} was not seen to lose a wake-up in {} states", found.states);
    }
}
