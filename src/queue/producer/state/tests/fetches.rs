//! When a fetch begins, how much it requests, and what follows from its answer.

use super::*;

/// Busy with short jobs: the executor has room for many more.
fn draining() -> Machine {
    let mut it = Machine::new();
    it.fetches(Input::Woken, 10);
    assert_eq!(it.next(answer(10, 10)), Action::Deliver);
    it.facts.job_seconds = 0.001;
    it
}

#[test]
fn a_new_producer_fetches_as_many_as_its_limit() {
    let mut it = Machine::new();
    assert_eq!(it.next(Input::Woken), Action::Fetch { count: 10, pinned: true, low_water: 0 });
    assert_eq!(it.waits(Input::Done), (None, None));
}

#[test]
fn jobs_go_to_the_executor_and_free_capacity_is_filled_when_it_is_reported() {
    let mut it = Machine::new();
    it.fetches(Input::Woken, 10);
    assert_eq!(it.next(answer(10, 10)), Action::Deliver);
    it.facts.running = 10;
    // Full: the executor is to report free capacity, and the claimed jobs are watched.
    assert_eq!(it.next(Input::Done), Action::NotifyBelow(10));
    assert_eq!(it.waits(Input::Done), (None, None));
    it.facts.running = 7;
    assert_eq!(fetched(it.woken()), Some(3));
}

#[test]
fn capacity_that_became_free_before_the_mark_was_set_is_seen() {
    let mut it = Machine::new();
    it.fetches(Input::Woken, 10);
    it.next(answer(10, 10));
    it.facts.running = 10;
    assert_eq!(it.next(Input::Done), Action::NotifyBelow(10));
    it.facts.running = 0;
    it.fetches(Input::Done, 10);
}

#[test]
fn after_a_full_answer_two_fetches_are_in_flight_at_once() {
    let mut it = draining();
    it.fetches(Input::Done, 17);
    it.fetches(Input::Done, 17);
    assert_eq!(it.waits(Input::Done), (None, None));
    assert_eq!(it.next(answer(17, 17)), Action::Deliver);
    it.fetches(Input::Done, 17);
}

#[test]
fn short_jobs_are_claimed_ahead_while_all_capacity_is_taken_and_long_ones_are_not() {
    for (job_seconds, expected) in [(0.001, Some(17)), (0.01, Some(4)), (0.15, None)] {
        let mut it = draining();
        (it.facts.running, it.facts.job_seconds) = (10, job_seconds);
        assert_eq!(fetched(it.next(Input::Done)), expected, "{job_seconds} s");
    }
}

#[test]
fn next_to_other_nodes_one_fetch_is_in_flight() {
    let mut it = draining();
    it.set(Flags::SHARED);
    it.fetches(Input::Done, 17);
    assert_eq!(it.waits(Input::Done), (None, None));
}

#[test]
fn a_second_fetch_does_not_begin_while_the_last_one_was_not_full() {
    let mut it = Machine::new();
    it.fetches(Input::Woken, 10);
    it.facts.limit = 20;
    assert_eq!(it.waits_although(Flags::FETCH_DUE), (None, None));
}

#[test]
fn after_a_part_of_what_was_requested_it_polls_again_shortly() {
    let mut it = Machine::new();
    it.fetches(Input::Woken, 10);
    assert_eq!(it.next(answer(10, 4)), Action::Deliver);
    assert_eq!(it.waits(Input::Done), (Some(2), Some(10)));
    assert_eq!(fetched(it.woken_after(2)), Some(10));
}

#[test]
fn after_each_vain_fetch_it_polls_later() {
    let mut it = Machine::idle();
    let mut waits = vec![];
    for _ in 0..6 {
        assert_eq!(fetched(it.woken_by(Flags::FETCH_DUE)), Some(10));
        waits.push(it.waits(answer(10, 0)).0.expect("a poll"));
    }
    assert_eq!(waits, [4, 6, 10, 15, 22, 34]);
}

#[test]
fn while_plain_jobs_keep_coming_pinned_ones_are_fetched_only_if_a_heartbeat_saw_some() {
    for (flags, expected) in [(Flags::default(), false), (Flags::PINNED, true)] {
        let mut it = draining();
        it.set(flags);
        let Action::Fetch { pinned, .. } = it.next(Input::Done) else { panic!("it does not fetch") };
        assert_eq!(pinned, expected);
    }
}

#[test]
fn without_a_class_to_run_it_neither_fetches_nor_offers_nor_sleeps() {
    let mut it = Machine::new();
    it.unset(Flags::RUNNABLE);
    assert_eq!(it.waits(Input::Woken), (None, None));
    it.pass(1000);
    assert_eq!(it.waits(Input::Woken), (None, None));
    it.set(Flags::RUNNABLE);
    it.fetches(Input::Woken, 10);
}

#[test]
fn too_many_unwritten_outcomes_stop_the_claiming_until_they_are_written() {
    let mut it = Machine::new();
    it.facts.unwritten = 20_001;
    assert_eq!(it.waits(Input::Woken), (Some(20), None));
    let later = it.woken_after(20);
    assert_eq!(it.wait(later), (Some(20), None));
    it.facts.unwritten = 20_000;
    assert_eq!(fetched(it.woken_after(20)), Some(10));
}

#[test]
fn a_lost_answer_blocks_fetching_until_the_claims_are_known() {
    let mut it = draining();
    it.fetches(Input::Done, 17);
    it.fetches(Input::Done, 17);
    // The other fetch may still bring jobs that would look unknown.
    assert_eq!(it.waits(failed(17, Claimed::Unknown)), (Some(100), None));
    assert_eq!(it.next(answer(17, 17)), Action::Deliver);
    assert_eq!(it.waits(Input::Done), (Some(100), None));
    assert_eq!(it.woken_after(100), Action::Reclaim);
    assert_eq!(it.waits(Input::Reclaimed(Reclaimed::Unwritten)), (Some(20), None));
    assert_eq!(it.woken_after(20), Action::Reclaim);
    assert_eq!(it.waits(Input::Reclaimed(Reclaimed::Failed)), (Some(500), None));
    assert_eq!(it.woken_after(500), Action::Reclaim);
    it.fetches(Input::Reclaimed(Reclaimed::Done), 17);
}

#[test]
fn a_refused_fetch_is_tried_again_ever_more_slowly() {
    let mut it = Machine::new();
    it.fetches(Input::Woken, 10);
    let mut waits = vec![];
    for _ in 0..8 {
        let (wait, offer) = it.waits(failed(10, Claimed::Refused));
        let wait = u64::try_from(wait.expect("a retry")).expect("a short time");
        assert_eq!(offer, None);
        // Whatever happens meanwhile.
        assert_eq!(it.waits_although(Flags::FETCH_DUE).0, Some(u128::from(wait)));
        waits.push(wait);
        assert_eq!(fetched(it.woken_after(wait)), Some(10));
    }
    assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    // An answer ends that.
    assert_eq!(it.next(answer(10, 10)), Action::Deliver);
    it.fetches(Input::Done, 10);
    assert_eq!(it.waits(failed(10, Claimed::Refused)).0, Some(100));
}

#[test]
fn when_acks_may_be_lost_it_reclaims_before_it_fetches() {
    let mut it = Machine::idle();
    assert_eq!(it.woken_by(Flags::MAYBE_LOST_ACKS | Flags::FETCH_DUE), Action::Reclaim);
    it.fetches(Input::Reclaimed(Reclaimed::Done), 10);
    // Not while a fetch is in flight: what that claims would look unknown.
    assert_eq!(it.waits_although(Flags::MAYBE_LOST_ACKS), (None, None));
    assert_eq!(it.next(answer(10, 0)), Action::Reclaim);
    // Another loss meanwhile is not covered by the answer.
    it.set(Flags::MAYBE_LOST_ACKS);
    assert_eq!(it.next(Input::Reclaimed(Reclaimed::Done)), Action::Reclaim);
}

#[test]
fn jobs_of_a_claim_that_became_void_are_handed_back() {
    let mut it = Machine::new();
    it.fetches(Input::Woken, 10);
    let claimed = Claimed::Jobs { count: 2, bytes: 0, took: Duration::ZERO, is_void: true };
    assert_eq!(it.next(failed(10, claimed)), Action::HandBack);
}

#[test]
fn a_paused_queue_fetches_and_offers_nothing_and_hands_back_what_a_fetch_brings() {
    let mut it = Machine::new();
    it.fetches(Input::Woken, 10);
    it.set(Flags::PAUSED);
    assert_eq!(it.next(answer(10, 10)), Action::HandBack);
    assert_eq!(it.waits(Input::Done), (None, None));
    assert_eq!(it.waits_although(Flags::FETCH_DUE), (None, None));
    it.unset(Flags::PAUSED);
    assert_eq!(fetched(it.woken_by(Flags::FETCH_DUE)), Some(10));
}

#[test]
fn a_queue_that_is_paused_as_jobs_arrive_releases_them() {
    let mut it = Machine::new();
    it.fetches(Input::Woken, 10);
    assert_eq!(it.next(answer(10, 3)), Action::Deliver);
    it.set(Flags::PAUSED);
    it.facts.ready = 3;
    assert_eq!(it.next(Input::Done), Action::ReleaseReady);
    it.facts.ready = 0;
    assert_eq!(it.waits(Input::Done).1, None);
}

#[test]
fn prefetched_jobs_that_wait_too_long_are_released_and_nothing_is_prefetched_until_a_job_ends() {
    let mut it = draining();
    (it.facts.running, it.facts.ready) = (10, 40);
    assert_eq!(it.waits(Input::Done), (Some(250), None));
    assert_eq!(it.woken_after(250), Action::ReleaseStale);
    assert_eq!(it.waits(Input::ReleasedStale(0)), (Some(250), None));
    assert_eq!(it.woken_after(250), Action::ReleaseStale);
    it.facts.ready = 0;
    // All places are taken, and jobs are known to be short: it would claim ahead.
    assert_eq!(it.waits(Input::ReleasedStale(40)), (None, None));
    assert_eq!(it.waits_although(Flags::FETCH_DUE), (None, None));
    (it.facts.running, it.facts.job_seconds) = (9, 0.002);
    assert!(fetched(it.woken()).is_some_and(|count| count > 1));
}
