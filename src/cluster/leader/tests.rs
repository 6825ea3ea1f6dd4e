//! Elections: the rules, and real leases.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use super::lease_state::{LeaseState, Next};
use super::{LEASE_TTL, STEP_DOWN_PAUSE, TRUSTED_FOR};
use crate::store::Choice;
use crate::store::{Holder, Lease, UnownedJobs};
use crate::testing::{Database, Node, draft, until, with_database};

fn holder(owner: Uuid, since: i64, seconds: f64) -> Holder {
    Holder { node: "node".to_owned(), owner, since, seconds, version: None }
}

/// A node that was elected at `begun`.
fn elected(begun: Instant) -> (LeaseState, Uuid, Lease) {
    let owner = Uuid::new_v4();
    let mut lease_state = LeaseState::new(owner);
    lease_state.eligible = true;
    let lease =
        lease_state.on_election("default", Some(&holder(owner, 1, LEASE_TTL.as_secs_f64())), begun).expect("a lease");
    (lease_state, owner, lease)
}

#[test]
fn a_leader_that_cannot_renew_gives_up_before_its_lease_ends() {
    let begun = Instant::now();
    let (mut lease_state, owner, lease) = elected(begun);
    assert!(TRUSTED_FOR < LEASE_TTL);
    assert_eq!(lease_state.next(begun), Next::Wait(begun + TRUSTED_FOR));
    assert_eq!(lease_state.lease(begun + TRUSTED_FOR), None);
    assert_eq!(lease_state.next(begun + TRUSTED_FOR), Next::Expired);
    // A renewal counts from the time of its request; a reply that renewed nothing does not count.
    let later = begun + Duration::from_secs(5);
    assert!(!lease_state.on_heartbeat(Some(&holder(owner, 1, 12.0)), None, later));
    assert_eq!(lease_state.next(begun), Next::Wait(begun + TRUSTED_FOR));
    assert!(!lease_state.on_heartbeat(Some(&holder(owner, 1, 12.0)), Some(&lease), later));
    assert_eq!(lease_state.next(begun), Next::Wait(begun + TRUSTED_FOR));
    assert!(!lease_state.on_heartbeat(Some(&holder(owner, 1, 15.0)), Some(&lease), later));
    assert_eq!(lease_state.next(begun), Next::Wait(later + TRUSTED_FOR));
}

#[test]
fn a_lease_that_is_not_renewed_is_stale_whatever_the_databases_clock_says() {
    let begun = Instant::now();
    let owner = Uuid::new_v4();
    let mut lease_state = LeaseState::new(Uuid::new_v4());
    lease_state.eligible = true;
    // As after a step back by an hour: the row says so at each heartbeat.
    let seen = |version, seconds| Holder { version: Some(version), ..holder(owner, 1, seconds) };
    let at = |seconds| begun + Duration::from_secs(seconds);
    for seconds in [0, 5, 10] {
        lease_state.on_heartbeat(Some(&seen(7, 3_600.0)), None, at(seconds));
        assert!(matches!(lease_state.next(at(seconds)), Next::Wait(until) if until < at(17)));
    }
    assert_eq!((lease_state.stale(at(14)), lease_state.stale(at(16))), (None, Some(7)));
    assert_eq!(lease_state.next(at(17)), Next::Campaign);
    // A renewal begins the time anew.
    lease_state.on_heartbeat(Some(&seen(8, 3_600.0)), None, at(16));
    assert_eq!(lease_state.stale(at(14)), None);
}

#[tokio::test]
async fn a_lease_in_the_future_is_taken_by_a_node_that_has_seen_it_unchanged_and_by_no_other() {
    with_database(async |db| {
        let claim = async |owner, stale| {
            db.store.claim_lease("default", "node", owner, 15.0, stale).await.expect("an answer").expect("a holder")
        };
        let (old, new) = (Uuid::new_v4(), Uuid::new_v4());
        let held = claim(old, None).await;
        db.run("UPDATE eram_peers SET expires_at = now() + interval '1 hour'").await;
        let seen = db.store.find_lease("default").await.expect("an answer").expect("a holder");
        for stale in [None, held.version, seen.version.map(|it| it + 1)] {
            assert_eq!(claim(new, stale).await.owner, old, "{stale:?}");
        }
        let won = claim(new, seen.version).await;
        assert_eq!((won.owner, won.seconds), (new, 15.0));
        // The version of the row that it replaced opens nothing.
        assert_eq!(claim(old, seen.version).await.owner, new);
    })
    .await;
}

#[test]
fn a_leader_whose_lease_is_gone_or_anothers_does_not_lead() {
    for leader in [None, Some(holder(Uuid::new_v4(), 2, 10.0))] {
        let begun = Instant::now();
        let (mut lease_state, _, lease) = elected(begun);
        // A heartbeat without a renewal may have read the lease before the election, even one that
        // was sent during it.
        for sent in
            [begun.checked_sub(Duration::from_secs(1)).expect("a time"), begun, begun + Duration::from_millis(1)]
        {
            assert!(!lease_state.on_heartbeat(leader.as_ref(), None, sent));
        }
        assert!(lease_state.on_heartbeat(leader.as_ref(), Some(&lease), begun + Duration::from_secs(5)));
    }
    // A later term of the same owner is another lease too.
    let begun = Instant::now();
    let (mut lease_state, owner, lease) = elected(begun);
    assert!(lease_state.on_heartbeat(Some(&holder(owner, 2, 10.0)), Some(&lease), begun + Duration::from_secs(5)));
}

#[test]
fn who_follows_stands_when_the_lease_is_over_and_not_before() {
    let now = Instant::now();
    let mut lease_state = LeaseState::new(Uuid::new_v4());
    assert_eq!(lease_state.next(now), Next::Idle);
    lease_state.eligible = true;
    assert_eq!(lease_state.next(now), Next::Campaign);
    let other = Uuid::new_v4();
    assert_eq!(lease_state.on_election("default", Some(&holder(other, 1, 10.0)), now), None);
    let Next::Wait(first) = lease_state.next(now) else { panic!("it does not wait") };
    assert!((10.0..10.6).contains(&(first - now).as_secs_f64()));
    // The leader's renewals postpone the campaign; the end of the lease starts it.
    lease_state.on_heartbeat(Some(&holder(other, 1, 15.0)), None, now);
    let Next::Wait(second) = lease_state.next(now) else { panic!("it does not wait") };
    assert_eq!(second - first, Duration::from_secs(5));
    lease_state.on_heartbeat(None, None, now);
    assert_eq!(lease_state.next(now), Next::Campaign);
    lease_state.eligible = false;
    assert_eq!(lease_state.next(now), Next::Idle);
}

#[test]
fn who_resigned_lets_the_others_go_first() {
    let begun = Instant::now();
    let (mut lease_state, ..) = elected(begun);
    lease_state.eligible = false;
    assert_eq!(lease_state.next(begun), Next::StepDown);
    lease_state.step_down(true).expect("a term");
    lease_state.eligible = true;
    let Next::Wait(at) = lease_state.next(Instant::now()) else { panic!("it does not wait") };
    assert!(at >= begun + STEP_DOWN_PAUSE);
    // A heartbeat without a leader does not shorten the pause, even one that was sent before.
    for sent in [begun, Instant::now()] {
        lease_state.on_heartbeat(None, None, sent);
        assert_eq!(lease_state.next(Instant::now()), Next::Wait(at));
    }
    // The node may campaign once another node has led and its term is over.
    lease_state.on_heartbeat(Some(&holder(Uuid::new_v4(), 2, 15.0)), None, Instant::now());
    lease_state.forget_other();
    assert_eq!(lease_state.next(Instant::now()), Next::Campaign);
    lease_state.leaving = true;
    assert_eq!(lease_state.next(begun), Next::Leave);
}

async fn start(db: &Database, options: Value) -> Node {
    let mut all = json!({ "queues": { "default": 1 }, "heartbeat_interval": 200 });
    let Value::Object(options) = options else { panic!("options: expected an object, got {options}") };
    all.as_object_mut().expect("an object").extend(options);
    let node = db.start(all).await;
    node.engine.open().await;
    node
}

async fn leader(node: &Node) -> Value {
    json!(node.engine.leader(None).await.expect("an answer"))
}

async fn until_led_by(asked: &Node, by: &Node) {
    let name = json!(by.engine.config.node);
    until(&format!("{name} leads"), async || leader(asked).await["node"] == name && by.engine.status().leading).await;
}

async fn lease(db: &Database) -> Lease {
    let row = db
        .rows("SELECT owner, (extract(epoch FROM started_at) * 1e6)::bigint AS since FROM eram_peers")
        .await
        .remove(0);
    let owner = row["owner"].as_str().expect("a text").parse().expect("a uuid");
    Lease { engine: "default".to_owned(), owner, since: row["since"].as_i64().expect("a number") }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_leads_and_when_it_stops_another_does_at_once() {
    with_database(async |db| {
        let first = start(db, json!({})).await;
        until_led_by(&first, &first).await;
        let nodes = [start(db, json!({})).await, start(db, json!({})).await];
        let other = start(db, json!({ "name": "other" })).await;
        until_led_by(&other, &other).await;
        let reported = leader(&nodes[0]).await;
        assert_eq!((&reported["node"], &reported["me"]), (&json!(first.engine.config.node), &json!(false)));
        assert_eq!(leader(&first).await["me"], json!(true));
        let begun = Instant::now();
        first.engine.stop(Duration::ZERO).await;
        assert_eq!(first.events("leader:lost")[0]["reason"], "stopped");
        until("one of the others leads", async || leader(&nodes[0]).await != Value::Null).await;
        assert!(begun.elapsed() < LEASE_TTL, "it took {:?}", begun.elapsed());
        let elected: usize = nodes.iter().map(|node| node.events("leader:elected").len()).sum();
        assert_eq!(elected, 1);
        // The leader of another name is not affected.
        assert_eq!(other.events("leader:lost").len(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_resigns_when_any_node_asks_with_and_without_notifications() {
    for notify in [true, false] {
        with_database(async |db| {
            let first = start(db, json!({ "notify": notify })).await;
            until_led_by(&first, &first).await;
            let second = start(db, json!({ "notify": notify })).await;
            let before = lease(db).await;
            let resigned = second.engine.resign_leader(None).await.expect("an answer").expect("a leader");
            assert_eq!(resigned.node, first.engine.config.node);
            until_led_by(&first, &second).await;
            let lost = first.wait_for_events("leader:lost", 1).await;
            assert!(["resigned", "superseded"].contains(&lost[0]["reason"].as_str().expect("a text")));
            assert_ne!(lease(db).await, before);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_without_queues_or_peer_never_leads() {
    with_database(async |db| {
        let poor = start(db, json!({ "queues": {} })).await;
        let shy = start(db, json!({ "peer": false })).await;
        let idle = start(db, json!({ "stager": false, "lifeline": false, "prune": false })).await;
        let fit = start(db, json!({})).await;
        until_led_by(&fit, &fit).await;
        // A node that stops its last queue ceases to be a candidate; a node that starts one becomes
        // a candidate.
        fit.engine.stop_queue(&target()).await.expect("a stopped queue");
        assert_eq!(fit.wait_for_events("leader:lost", 1).await[0]["reason"], "ineligible");
        until("no node leads", async || leader(&fit).await == Value::Null).await;
        let queue = crate::engine::QueueStart::read(r#"{"queue":"default"}"#).expect("a queue");
        poor.engine.start_queue(&queue).await.expect("a started queue");
        until_led_by(&fit, &poor).await;
        assert_eq!(shy.events("leader:elected").len() + idle.events("leader:elected").len(), 0);
    })
    .await;
}

fn target() -> crate::engine::Target {
    crate::engine::Target::read("stopQueue", r#"{"queue":"default","grace":0}"#).expect("a target")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_without_its_lease_writes_nothing() {
    with_database(async |db| {
        let due = json!({ "worker": "Sample", "schedule_in": 0.0 });
        let id = db.insert_one(due).await;
        let exhausted = db.insert_one(draft()).await;
        db.run(&format!("UPDATE eram_jobs SET attempt = max_attempts WHERE id = {exhausted}")).await;
        let stray = db.insert_one(draft()).await;
        db.run(&format!(
            "UPDATE eram_jobs SET state = 'executing', attempt = 1, attempted_at = now() - interval '1 day',
               attempted_by = ARRAY['node', gen_random_uuid()::text] WHERE id = {stray}"
        ))
        .await;
        let owner = Uuid::new_v4();
        let held =
            db.store.claim_lease("default", "old", owner, 15.0, None).await.expect("an answer").expect("a holder");
        assert_eq!((held.owner, held.seconds), (owner, 15.0));
        let lease = Lease { engine: "default".to_owned(), owner, since: held.since };
        let strays = Some(UnownedJobs { after: i64::MIN, seconds: 1.0 });
        let write = async |lease: &Lease| {
            let staged = db.store.stage_jobs(10, None, Some(lease)).await.expect("an answer").len();
            let rescued = db.store.rescue_jobs(20.0, strays, &[], Some(lease)).await.expect("an answer").jobs.len();
            let discarded =
                db.store.discard_exhausted(10, Some(lease), &Choice::default()).await.expect("an answer").len();
            (staged, rescued, discarded)
        };
        for (what, change) in [
            ("it has expired", "SET expires_at = now()"),
            ("another has it", "SET owner = gen_random_uuid()"),
            ("this is a later term", "SET started_at = started_at + interval '1 second'"),
            ("it is that of other engines", "SET name = 'other'"),
        ] {
            db.run(&format!("CREATE TABLE kept AS TABLE eram_peers; UPDATE eram_peers {change}")).await;
            assert_eq!(write(&lease).await, (0, 0, 0), "{what}");
            db.run("DELETE FROM eram_peers; INSERT INTO eram_peers TABLE kept; DROP TABLE kept").await;
        }
        assert_eq!(write(&lease).await, (1, 1, 1));
        assert_eq!(db.state(id).await, "available");
        let job = db.job(exhausted).await;
        assert_eq!((&job["state"], &job["errors"][0]["name"]), (&json!("discarded"), &json!("AttemptsExhausted")));
        // No other node gets a lease that is held, and its owner gets no second one.
        for owner in [owner, Uuid::new_v4()] {
            let seen =
                db.store.claim_lease("default", "new", owner, 15.0, None).await.expect("an answer").expect("a holder");
            assert_eq!((seen.owner, seen.since, seen.seconds < 15.0), (lease.owner, lease.since, true));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_stand_at_once_one_wins() {
    with_database(async |db| {
        for round in 0..20 {
            db.run(if round % 2 == 0 {
                "DELETE FROM eram_peers"
            } else {
                "UPDATE eram_peers SET expires_at = now() - interval '1 second'"
            })
            .await;
            let store = Arc::clone(&db.store);
            let stand = (0..4).map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    let owner = Uuid::new_v4();
                    let seen = store.claim_lease("default", "node", owner, 15.0, None).await.expect("an answer");
                    seen.is_some_and(|it| it.owner == owner && it.seconds > 0.0)
                })
            });
            let won: Vec<_> = futures_util::future::join_all(stand).await;
            assert_eq!(won.into_iter().filter(|won| *won.as_ref().expect("an end")).count(), 1, "round {round}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_is_kept_from_renewing_stops_leading_by_its_own_clock() {
    with_database(async |db| {
        let node = start(db, json!({})).await;
        until_led_by(&node, &node).await;
        let mut other = db.client().await;
        let lock = other.transaction().await.expect("a transaction");
        lock.execute("SELECT FROM eram_peers FOR UPDATE", &[]).await.expect("a locked lease");
        let lost = node.wait_for_events("leader:lost", 1).await;
        assert_eq!(lost[0]["reason"], "expired");
        // The lease outlasts the term, so no other node can have taken it yet.
        let left = "SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 FROM eram_peers";
        assert!(db.value(left).await.as_f64().expect("a number") > 0.0);
        lock.rollback().await.expect("a rollback");
        node.wait_for_events("leader:elected", 2).await;
    })
    .await;
}
