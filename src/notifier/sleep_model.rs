//! A model of how engines fall asleep and wake, explored over all interleavings: while all engines
//! sleep, no job waits, and no job is held by a node that died.
//!
//! ```text
//!   awake ── idle ──► resting ── its row says so, all rows rest ──► holds "asleep", no insert in
//!     ▲                  │                                          flight, looks once more
//!     │                  │                                               │
//!     └── its row says awake, rouses the others ◄── roused ◄── asleep ◄──┘
//! ```
//! Why this holds: an insert that does not notify found "asleep" free while it was in flight, so an
//! engine that holds "asleep" since then is refused by the lock of inserts in flight until the rows
//! are visible, and looks after that. A claim follows the notification of all other engines, and an
//! engine falls asleep only on rows of which none may claim before it notifies.
//!
//! The wake-up of a producer by its queue's lock is the subject of [`super::gate_model`]: here, an
//! engine that is not asleep finds every job.

mod world;

use world::{Scene, World};

use crate::testing::{Explored, explore};

/// A fault in the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutant {
    /// Falls asleep although an insert may be about to commit.
    IgnoresInserts,
    /// Asks for inserts in flight before it holds the lock that makes others notify.
    AsksBeforeItHolds,
    /// An insert is no longer in flight before its rows are visible.
    LandsBeforeCommit,
    /// Falls asleep on the basis of an earlier look.
    SleepsWithoutALook,
    /// What rouses an engine while it falls asleep is forgotten.
    ForgetsWhatRousedIt,
    /// Falls asleep beside an engine that may claim jobs.
    SleepsBesideTheAwake,
    /// Claims before the others are notified.
    ClaimsBeforeItRouses,
    /// A node that starts does not notify.
    StartsWithoutAWord,
    /// Sleeps on when its connection is gone.
    SleepsThroughALoss,
}

fn explored(scene: &Scene, mutant: Option<Mutant>) -> Explored {
    explore(scene.world(), |world: &World| {
        let steps = world.steps(mutant);
        if world.needs_an_engine() && !steps.iter().any(|it| it.goes_on) {
            return None;
        }
        Some(steps.into_iter().map(|step| (step.name, step.next.sorted())).collect())
    })
}

fn assert_sound(scene: &Scene) {
    let found = explored(scene, None);
    assert!(found.lost.is_none(), "an engine sleeps on in {scene:?}:\n{}", found.lost.unwrap_or_default());
    assert!(found.states > 500, "the model hardly moved: {} states", found.states);
}

const PAIR: Scene = Scene { inserts: 2, nodes: 2, late_nodes: 0, deaths: 0, losses: 0, resumes: 0 };

#[test]
fn an_insert_that_commits_while_an_engine_falls_asleep_wakes_it() {
    assert_sound(&PAIR);
    assert_sound(&Scene { nodes: 1, inserts: 3, ..PAIR });
}

#[test]
fn no_insert_is_missed_among_three_engines() {
    assert_sound(&Scene { nodes: 3, inserts: 1, ..PAIR });
}

#[test]
fn the_jobs_of_an_engine_that_dies_are_found_by_those_that_slept() {
    assert_sound(&Scene { inserts: 1, deaths: 1, ..PAIR });
    assert_sound(&Scene { inserts: 1, nodes: 3, deaths: 2, ..PAIR });
}

#[test]
fn a_job_that_only_one_engine_may_run_wakes_the_others_before_it_is_claimed() {
    assert_sound(&Scene { inserts: 1, resumes: 1, deaths: 1, ..PAIR });
}

#[test]
fn a_node_that_starts_and_dies_with_a_job_is_noticed() {
    assert_sound(&Scene { inserts: 1, late_nodes: 1, deaths: 1, ..PAIR });
}

#[test]
fn an_engine_that_loses_its_connection_wakes() {
    assert_sound(&Scene { losses: 1, ..PAIR });
    assert_sound(&Scene { inserts: 1, losses: 1, deaths: 1, ..PAIR });
}

#[test]
fn every_mutant_sleeps_on() {
    let alone = Scene { nodes: 1, inserts: 1, ..PAIR };
    let dying = Scene { inserts: 1, deaths: 1, ..PAIR };
    for (mutant, scene) in [
        (Mutant::IgnoresInserts, alone),
        (Mutant::AsksBeforeItHolds, alone),
        (Mutant::LandsBeforeCommit, alone),
        (Mutant::SleepsWithoutALook, alone),
        (Mutant::ForgetsWhatRousedIt, alone),
        (Mutant::SleepsBesideTheAwake, dying),
        (Mutant::ClaimsBeforeItRouses, Scene { inserts: 0, resumes: 1, ..dying }),
        (Mutant::StartsWithoutAWord, Scene { late_nodes: 1, nodes: 1, inserts: 0, resumes: 1, ..dying }),
        (Mutant::SleepsThroughALoss, Scene { losses: 1, ..alone }),
    ] {
        let found = explored(&scene, Some(mutant));
        assert!(found.lost.is_some(), "{mutant:?} was not seen to sleep on in {} states", found.states);
    }
}
