//! What an idle producer offers to enqueues.

use super::*;

#[test]
fn an_idle_producer_offers_its_free_capacity() {
    let mut it = Machine::new();
    it.facts.running = 4;
    it.fetches(Input::Woken, 6);
    assert_eq!(it.waits(answer(6, 0)).1, Some(6));
}

#[test]
fn a_producer_that_has_something_else_to_do_offers_nothing() {
    let reasons: [Case; 6] = [
        ("it is paused", |it| it.set(Flags::PAUSED)),
        ("no class can run", |it| it.unset(Flags::RUNNABLE)),
        ("jobs wait to begin", |it| it.facts.ready = 1),
        ("it has no capacity", |it| it.facts.running = 10),
        ("too much is unwritten", |it| it.facts.unwritten = 20_001),
        ("it stops", |it| {
            it.set(Flags::STOPPING);
            it.facts.running = 1;
        }),
    ];
    for (reason, make) in reasons {
        let mut it = Machine::idle();
        make(&mut it);
        assert_eq!(it.next(Input::Woken), Action::WithdrawOffer, "{reason}");
        let mut action = it.next(Input::OfferWithdrawn);
        while !matches!(action, Action::Wait { .. }) {
            assert!(matches!(action, Action::ReleaseReady | Action::NotifyBelow(_)), "{reason}: {action:?}");
            it.facts.ready = 0;
            action = it.next(Input::Done);
        }
        assert_eq!(it.wait(action).1, None, "{reason}");
    }
}

#[test]
fn the_offer_is_withdrawn_before_anything_else_happens() {
    let mut it = Machine::asleep(Gate::Sentinel);
    it.set(Flags::FETCH_DUE | Flags::SENTINEL_LOST | Flags::MAYBE_LOST_ACKS);
    assert_eq!(it.next(Input::Woken), Action::WithdrawOffer);
    assert_eq!(it.next(Input::OfferWithdrawn), Action::LeaveGate(Gate::Sentinel));
    assert_eq!(it.next(Input::Done), Action::Reclaim);
    it.fetches(Input::Reclaimed(Reclaimed::Done), 10);
}

#[test]
fn an_offer_that_an_enqueue_took_counts_as_a_fetch() {
    let mut it = Machine::idle();
    it.set(Flags::FETCH_DUE);
    assert_eq!(it.next(Input::Woken), Action::WithdrawOffer);
    // Nothing else is fetched before its answer, and nothing is offered.
    assert_eq!(it.waits(Input::OfferTaken(10)).1, None);
    assert_eq!(it.next(answer(10, 1)), Action::Deliver);
    it.facts.running = 1;
    it.fetches(Input::Done, 9);
}

#[test]
fn an_answered_offer_brings_jobs_as_a_fetch_does() {
    let mut it = Machine::idle();
    assert_eq!(it.next(Input::OfferAnswered(claimed(10, 1))), Action::Deliver);
    it.facts.running = 1;
    // There is no offer to withdraw any more; a new one is open.
    assert_eq!(it.waits(Input::Done).1, Some(9));
    it.set(Flags::PAUSED);
    assert_eq!(it.next(Input::OfferAnswered(claimed(9, 1))), Action::HandBack);
}

#[test]
fn an_enqueue_without_an_answer_may_have_claimed_jobs() {
    let mut it = Machine::idle();
    let lost = Answer { requested: 10, claimed: Claimed::Unknown };
    assert_eq!(it.waits(Input::OfferAnswered(lost)), (Some(3), None));
    assert_eq!(it.woken_after(100), Action::Reclaim);
}

#[test]
fn an_offer_that_was_withdrawn_elsewhere_is_posted_again_if_there_is_still_nothing_to_do() {
    let mut it = Machine::idle();
    assert_eq!(it.waits(Input::OfferWithdrawn).1, Some(10));
}
