//! When a producer sleeps, and what wakes it.

use super::*;

#[test]
fn it_tries_to_sleep_when_it_has_found_nothing_for_fifty_milliseconds() {
    let mut it = Machine::idle();
    assert_eq!(fetched(it.woken_after(49)), Some(10));
    // A job found meanwhile counts.
    assert_eq!(it.next(answer(10, 1)), Action::Deliver);
    assert!(it.waits(Input::Done).0.is_some());
    assert_eq!(fetched(it.woken_after(49)), Some(10));
    it.waits(answer(10, 0));
    assert_eq!(it.woken_after(1), Action::Sleep);
}

#[test]
fn after_it_fell_asleep_one_more_fetch_follows_and_no_poll() {
    for sleep in [Sleep::Sentinel, Sleep::Watched] {
        let mut it = Machine::idle();
        it.fetches_in_vain_until_sleep();
        it.fetches(Input::Slept(Some(sleep)), 10);
        assert_eq!(it.waits(answer(10, 0)), (None, Some(10)));
    }
}

#[test]
fn without_permission_to_sleep_it_polls_and_tries_again_after_the_same_time() {
    for reply in [Some(Sleep::Busy), None] {
        let mut it = Machine::idle();
        it.fetches_in_vain_until_sleep();
        let (poll, offer) = it.waits(Input::Slept(reply));
        assert!(poll.is_some_and(|poll| poll <= 50), "{poll:?}");
        assert_eq!(offer, Some(10));
        assert_eq!(fetched(it.woken_after(49)), Some(10));
        it.waits(answer(10, 0));
        assert_eq!(it.woken_after(1), Action::Sleep);
    }
}

#[test]
fn it_does_not_sleep_when_something_speaks_against_it() {
    let reasons: [Case; 4] = [
        ("notifications do not arrive", |it| it.unset(Flags::LISTENING)),
        ("it is paused", |it| it.set(Flags::PAUSED)),
        ("jobs may wait, and there is no capacity", |it| {
            it.facts.running = 10;
            it.set(Flags::FETCH_DUE);
        }),
        ("no class can run", |it| {
            it.unset(Flags::RUNNABLE);
            it.set(Flags::FETCH_DUE);
        }),
    ];
    for (reason, make) in reasons {
        let mut it = Machine::idle();
        make(&mut it);
        for _ in 0..5 {
            it.pass(1);
            assert_ne!(it.woken(), Action::Sleep, "{reason}");
            it.pass(200);
            let action = it.woken();
            assert_ne!(action, Action::Sleep, "{reason}");
            if fetched(action).is_some() {
                assert_ne!(it.next(answer(10, 0)), Action::Sleep, "{reason}");
            }
        }
    }
}

/// What a sleeper does when it is woken, and whether it is awake then.
fn reaction(gate: Gate, make: impl Fn(&mut Machine)) -> (Vec<Action>, bool) {
    let mut it = Machine::asleep(gate);
    make(&mut it);
    let mut actions = vec![it.woken()];
    while !matches!(actions.last(), Some(Action::Wait { .. })) {
        let result = match actions.last() {
            Some(Action::Fetch { count, .. }) => answer(*count, 0),
            _ => Input::Done,
        };
        actions.push(it.next(result));
    }
    let Some(Action::Wait { until, .. }) = actions.pop() else { unreachable!("it waits") };
    (actions, until.is_some())
}

#[test]
fn each_gate_reacts_to_each_reason_to_wake() {
    let fetch = Action::Fetch { count: 10, pinned: true, low_water: 0 };
    let reasons: [Case; 6] = [
        ("nothing", |_| ()),
        ("a notification", |it| {
            it.set(Flags::FETCH_DUE);
            it.facts.notifications = 1;
        }),
        ("so many notifications that polling is cheaper", |it| {
            it.set(Flags::FETCH_DUE);
            it.facts.notifications = 32;
        }),
        ("a sentinel that may be gone", |it| it.set(Flags::SENTINEL_LOST | Flags::FETCH_DUE)),
        ("a pause", |it| it.set(Flags::PAUSED | Flags::FETCH_DUE)),
        ("the loss of the connection", |it| it.unset(Flags::LISTENING)),
    ];
    let leaves = |gate| vec![Action::LeaveGate(gate), fetch];
    for (gate, expected) in [
        (
            Gate::Sentinel,
            [
                (vec![], false),
                (vec![fetch], false),
                (leaves(Gate::Sentinel), true),
                (leaves(Gate::Sentinel), true),
                // It may not keep the lock: others rely on its holder to fetch.
                (vec![Action::LeaveGate(Gate::Sentinel)], false),
                // The lock is gone with the connection.
                (vec![fetch], true),
            ],
        ),
        (
            Gate::Watched,
            [
                (vec![], false),
                (vec![fetch], false),
                (leaves(Gate::Watched), true),
                (leaves(Gate::Watched), true),
                (vec![], false),
                (leaves(Gate::Watched), true),
            ],
        ),
    ] {
        for ((reason, make), expected) in reasons.iter().zip(expected) {
            assert_eq!(reaction(gate, make), expected, "{gate:?}, woken by {reason}");
        }
    }
}

#[test]
fn a_loss_reported_while_it_falls_asleep_is_newer_than_the_reply() {
    let mut it = Machine::idle();
    it.fetches_in_vain_until_sleep();
    it.set(Flags::SENTINEL_LOST);
    assert_eq!(it.next(Input::Slept(Some(Sleep::Watched))), Action::LeaveGate(Gate::Watched));
    it.fetches(Input::Done, 10);
}

#[test]
fn a_sleeper_that_finds_jobs_stays_asleep() {
    let mut it = Machine::asleep(Gate::Sentinel);
    assert_eq!(fetched(it.woken_by(Flags::FETCH_DUE)), Some(10));
    assert_eq!(it.next(answer(10, 1)), Action::Deliver);
    // No poll follows.
    it.facts.running = 1;
    assert_eq!(it.waits(Input::Done), (None, Some(9)));
}

#[test]
fn a_producer_that_rests_asks_once_to_be_awake_and_fetches_only_then() {
    for gate in [Gate::Sentinel, Gate::Watched] {
        let mut it = Machine::asleep(gate);
        assert_eq!(it.state.calm(&it.facts), Wait::Quiet);
        it.set(Flags::RESTING);
        // The offer is withdrawn, and none is made.
        assert_eq!(it.next(Input::Woken), Action::WithdrawOffer);
        assert_eq!(it.waits(Input::OfferWithdrawn), (None, None));
        assert_eq!(it.state.calm(&it.facts), Wait::Resting);
        assert_eq!(it.woken_by(Flags::FETCH_DUE), Action::Rouse);
        assert_eq!(it.waits(Input::Done), (None, None));
        assert_eq!(it.state.calm(&it.facts), Wait::Busy);
        assert_eq!(it.waits_although(Flags::FETCH_DUE), (None, None));
        it.unset(Flags::RESTING);
        assert_eq!(fetched(it.woken()), Some(10));
    }
}

#[test]
fn an_offer_that_was_taken_before_the_rest_is_no_rest() {
    let mut it = Machine::asleep(Gate::Sentinel);
    it.set(Flags::RESTING);
    assert_eq!(it.next(Input::Woken), Action::WithdrawOffer);
    it.waits(Input::OfferTaken(10));
    assert_eq!(it.state.calm(&it.facts), Wait::Busy);
}

#[test]
fn what_keeps_a_producer_busy_is_no_rest() {
    let cases: [Case; 6] = [
        ("a job runs", |it| it.facts.running = 1),
        ("a job is ready", |it| it.facts.ready = 1),
        ("an outcome is unwritten", |it| it.facts.unwritten = 1),
        ("a pinned job waits", |it| it.set(Flags::PINNED)),
        ("it stops", |it| it.set(Flags::STOPPING)),
        ("it polls", |it| *it = Machine::idle()),
    ];
    for (name, change) in cases {
        let mut it = Machine::asleep(Gate::Sentinel);
        change(&mut it);
        assert_eq!(it.state.calm(&it.facts), Wait::Busy, "{name}");
    }
    let mut paused = Machine::asleep(Gate::Watched);
    paused.set(Flags::PAUSED | Flags::FETCH_DUE);
    paused.woken();
    assert_eq!(paused.state.calm(&paused.facts), Wait::Quiet);
}
