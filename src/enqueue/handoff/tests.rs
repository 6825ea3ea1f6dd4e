//! Which enqueues accept an offer, and what its producer receives.

use super::*;
use crate::store::Claim;
use tokio::sync::oneshot::error::TryRecvError;

fn request(queue: &str) -> FetchRequest {
    let claim =
        Claim { queue: queue.to_owned(), node: "node".to_owned(), producer: uuid::Uuid::new_v4(), version: None };
    FetchRequest {
        claim,
        workers: Arc::from(["Sample".to_owned()]),
        limit: 10,
        pins: vec![],
        marks: crate::model::marks::Marks::default(),
    }
}

const PLAIN: &str = r#"{"worker":"Sample","args":{"unique":true}}"#;

#[test]
fn an_offer_is_taken_once_and_by_jobs_of_its_queue() {
    let (board, fetching) = (Offers::default(), Arc::default());
    assert!(board.take(&[PLAIN]).is_none());
    let mut claimed = board.post(request("default"), &fetching);
    assert!(board.take(&[r#"{"worker":"Sample","queue":"other"}"#]).is_none());
    let taken = board.take(&[PLAIN, PLAIN]).expect("an offer");
    assert_eq!((taken.request.limit, fetching.load(Ordering::Acquire)), (10, 1));
    assert!(board.take(&[PLAIN]).is_none());
    assert!(!board.withdraw("default"));
    assert_eq!(claimed.try_recv().expect_err("no answer yet"), TryRecvError::Empty);
    taken.fill(Ok(vec![]));
    assert_eq!(claimed.try_recv().expect("an answer").jobs.expect("jobs").len(), 0);
}

#[test]
fn jobs_that_may_wait_or_are_many_do_not_take_an_offer() {
    let (board, fetching) = (Offers::default(), Arc::default());
    let _filled = board.post(request("default"), &fetching);
    for draft in [
        r#"{"worker":"Sample","unique":true}"#,
        r#"{"worker":"Sample","unique":{"period":60}}"#,
        r#"{"worker":"Sample","schedule_in":5}"#,
        r#"{"worker":"Sample","scheduled_at":"2030-01-01T00:00:00Z"}"#,
        r#"{"worker":"Sample","state":"suspended"}"#,
        r#"{"worker":"Sample","queue":5}"#,
        "no JSON",
    ] {
        assert!(board.take(&[PLAIN, draft]).is_none(), "{draft}");
    }
    assert!(board.take(&[PLAIN; MAX_DRAFTS + 1]).is_none());
    assert!(board.take(&[PLAIN; MAX_DRAFTS]).is_some());
}

#[test]
fn an_offer_that_was_withdrawn_or_whose_producer_is_gone_is_none() {
    let (board, fetching) = (Offers::default(), Arc::default());
    let mut claimed = board.post(request("default"), &fetching);
    assert!(board.withdraw("default"));
    assert_eq!(claimed.try_recv().expect_err("it is closed"), TryRecvError::Closed);
    assert!(board.take(&[PLAIN]).is_none());
    drop(board.post(request("default"), &fetching));
    assert!(board.take(&[PLAIN]).is_none());
    assert_eq!(fetching.load(Ordering::Acquire), 0);
}

#[test]
fn an_insert_that_ends_without_an_answer_may_have_claimed_jobs() {
    let (board, fetching) = (Offers::default(), Arc::default());
    let mut claimed = board.post(request("default"), &fetching);
    drop(board.take(&[PLAIN]));
    let answer = claimed.try_recv().expect("an answer").jobs;
    assert!(matches!(answer, Err(Error::Unavailable(_))), "{answer:?}");
}
