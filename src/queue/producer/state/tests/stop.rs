//! How a producer ends.

use super::*;

const FINISHED: Action = Action::Finish { unknown_claims: false };

/// Stops with this input: from now on the executor reports the end of each job.
fn stops(it: &mut Machine) -> Action {
    it.set(Flags::STOPPING);
    assert_eq!(it.woken(), Action::NotifyBelow(usize::MAX));
    it.next(Input::Done)
}

#[test]
fn an_idle_producer_finishes_at_once() {
    assert_eq!(stops(&mut Machine::idle()), FINISHED);
}

#[test]
fn jobs_that_have_not_begun_are_released_and_the_others_are_awaited() {
    let mut it = Machine::idle();
    (it.facts.running, it.facts.ready) = (2, 5);
    assert_eq!(it.woken_by(Flags::STOPPING), Action::ReleaseReady);
    it.facts.ready = 0;
    assert_eq!(it.next(Input::Done), Action::NotifyBelow(usize::MAX));
    let waits = (None, None);
    assert_eq!(it.waits(Input::Done), waits);
    it.facts.running = 1;
    // Nothing is fetched any more.
    assert_eq!(it.waits_although(Flags::FETCH_DUE), waits);
    it.facts.running = 0;
    assert_eq!(it.woken(), FINISHED);
}

#[test]
fn a_fetch_in_flight_is_awaited_and_its_jobs_are_handed_back() {
    let mut it = Machine::new();
    it.fetches(Input::Woken, 10);
    let action = stops(&mut it);
    assert_eq!(it.wait(action), (None, None));
    // Even when there is no time for running jobs.
    it.facts.running = 1;
    assert_eq!(it.waits_although(Flags::STOP_NOW), (None, None));
    assert_eq!(it.next(answer(10, 3)), Action::HandBack);
    assert_eq!(it.next(Input::Done), FINISHED);
}

#[test]
fn an_offer_that_an_enqueue_took_is_awaited_too() {
    let mut it = Machine::idle();
    it.set(Flags::STOPPING);
    assert_eq!(it.next(Input::Woken), Action::WithdrawOffer);
    assert_eq!(it.waits(Input::OfferTaken(10)), (None, None));
    assert_eq!(it.next(answer(10, 1)), Action::HandBack);
    assert_eq!(it.next(Input::Done), FINISHED);
}

#[test]
fn running_jobs_are_not_awaited_when_it_stops_now() {
    let mut it = Machine::idle();
    it.facts.running = 3;
    let action = stops(&mut it);
    assert_eq!(it.wait(action), (None, None));
    assert_eq!(it.woken_by(Flags::STOP_NOW), FINISHED);
}

#[test]
fn a_lost_answer_is_reported_at_the_end() {
    let mut it = Machine::new();
    it.fetches(Input::Woken, 10);
    stops(&mut it);
    assert_eq!(it.next(failed(10, Claimed::Unknown)), Action::Finish { unknown_claims: true });
}

#[test]
fn a_sleeper_leaves_the_gate_before_it_finishes() {
    for gate in [Gate::Sentinel, Gate::Watched] {
        let mut it = Machine::asleep(gate);
        assert_eq!(it.woken_by(Flags::STOPPING), Action::LeaveGate(gate));
        assert_eq!(it.next(Input::Done), Action::NotifyBelow(usize::MAX));
        assert_eq!(it.next(Input::Done), FINISHED);
    }
}
