//! A model of the wake-up protocol, explored over all interleavings: no job waits while a producer with room sleeps.
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
//! Why it holds: a sleeper has seen the exclusive lock taken, by itself or by another, and has fetched after that. That
//! fetch found the rows that were visible by then. Any other enqueue asked for the shared lock either while the exclusive one
//! was taken, and notified; or before, and then its shared lock kept the exclusive one from being taken until its rows were
//! visible. The exclusive lock is released only with a notification to those that rely on it. When its holder dies without a word, the
//! watched ones find out by themselves (the notifier asks at each ping), and so does one whose own connection broke.
//!
//! The mutants are protocols that look as good and lose wake-ups. That the model finds every one of them shows that it can.

mod steps;
mod world;

use std::collections::HashSet;

use steps::steps;
use world::{Scene, World};

/// What could have been done otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutant {
    /// The sentinel notifies that it wakes, and releases the lock after that.
    NotifiesBeforeUnlock,
    /// The sentinel releases the lock without notifying.
    LeavesWithoutAWord,
    /// A producer falls asleep on the strength of its last fetch.
    SleepsWithoutAFetch,
    /// The enqueue releases its lock before its rows are visible.
    UnlocksBeforeCommit,
    /// An exclusive lock that is not to be had is thought to be a sentinel's.
    TakesBusyForWatched,
    /// A signal that comes before the answer is thought to be older than the answer.
    ForgetsWhatItHeardMeanwhile,
    /// An awake producer waits to be notified.
    NeverLooksAgain,
    /// A sleeper thinks that a new connection has all that the old one had.
    SleepsThroughALoss,
}

/// Who may still help where something went wrong without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Net {
    /// The notifier's ping: asks for the locks of the sentinels relied on, and notices a dead connection.
    Ping,
    /// The heartbeat too: asks whether jobs wait.
    Heartbeat,
}

struct Explored {
    states: usize,
    /// The shortest way to a job that no producer will look for.
    lost: Option<String>,
}

/// Breadth first over everything that can happen.
fn explore(scene: &Scene, mutant: Option<Mutant>, net: Net) -> Explored {
    let first = scene.world();
    let mut known = HashSet::from([first.clone()]);
    let mut met = vec![(first, 0, "")];
    let mut at = 0;
    while at < met.len() {
        let world = met[at].0.clone();
        let helped = world.is_found_out() || (world.troubled && net == Net::Heartbeat);
        if world.is_stuck() && !helped {
            return Explored { states: met.len(), lost: Some(story(&met, at)) };
        }
        for (step, next) in steps(&world, scene, mutant) {
            let world = next.sorted();
            if known.insert(world.clone()) {
                met.push((world, at, step));
            }
        }
        at += 1;
    }
    Explored { states: met.len(), lost: None }
}

fn story(met: &[(World, usize, &'static str)], mut at: usize) -> String {
    let mut reported = vec![format!("{:#?}", met[at].0)];
    while at > 0 {
        reported.push(met[at].2.to_owned());
        at = met[at].1;
    }
    reported.reverse();
    reported.join("\n")
}

fn assert_sound(scene: &Scene, net: Net) {
    let found = explore(scene, None, net);
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
    // A sentinel that lost its connection and is sentinel again by the time of the ping leaves no trace; no one told the
    // watched ones that enqueues were not notified of in between.
    assert!(explore(&scene, None, Net::Ping).lost.is_some());
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
        let found = explore(&scene, Some(mutant), Net::Ping);
        assert!(found.lost.is_some(), "{mutant:?} was not seen to lose a wake-up in {} states", found.states);
    }
}
