//! The gate in SQL: whom an enqueue wakes, and whom not. That none is forgotten is the business of the notifier's tests.

use serde_json::json;
use tokio_postgres::{AsyncMessage, Client};

use crate::pg::connect;
use crate::store::{Sleep, quote_ident};
use crate::testing::{Database, draft, with_database};

/// A connection that listens as a notifier's does.
struct Listener {
    client: Client,
    connection: connect::Connection,
}

impl Listener {
    async fn of(db: &Database) -> Self {
        let (client, mut connection) =
            connect::connect(&db.info(), &connect::Options::default()).await.expect("a connection");
        let channel = |kind: &str| quote_ident(&format!("{}.eram_{kind}", db.prefix));
        let sql = format!("LISTEN {}; LISTEN {}; LISTEN {}", channel("insert"), channel("stage"), channel("signal"));
        drive(&mut connection, async { client.batch_execute(&sql).await.expect("LISTEN") }).await;
        Self { client, connection }
    }

    /// What came since the last time: what was committed before is delivered before the answer to a query.
    async fn received(&mut self) -> Vec<(String, String)> {
        drive(&mut self.connection, async { self.client.batch_execute("SELECT 1").await.expect("an answer") }).await.0
    }

    async fn sleep(&mut self, db: &Database, queue: &str) -> Sleep {
        drive(&mut self.connection, async { db.store.sleep_queue(&self.client, queue).await.expect("an answer") })
            .await
            .1
    }
}

/// Polls the connection while the work goes on; the notifications, as kind and payload, and the outcome.
async fn drive<T>(connection: &mut connect::Connection, work: impl Future<Output = T>) -> (Vec<(String, String)>, T) {
    let mut received = vec![];
    let mut work = std::pin::pin!(work);
    let done = std::future::poll_fn(|cx| {
        while let std::task::Poll::Ready(Some(message)) = connection.poll_message(cx) {
            if let AsyncMessage::Notification(it) = message.expect("a connection") {
                let kind = it.channel().rsplit_once("eram_").expect("one of ours").1.to_owned();
                received.push((kind, it.payload().to_owned()));
            }
        }
        work.as_mut().poll(cx)
    })
    .await;
    (received, done)
}

fn insert(queue: &str) -> (String, String) {
    ("insert".to_owned(), queue.to_owned())
}

#[tokio::test]
async fn an_enqueue_notifies_of_each_queue_that_sleeps_and_only_of_those() {
    with_database(async |db| {
        let mut listener = Listener::of(db).await;
        let three = [json!({ "worker": "A", "queue": "a" }), json!({ "worker": "B", "queue": "b" }), draft()];
        db.insert(&three).await;
        assert_eq!(listener.received().await, []);
        assert_eq!(listener.sleep(db, "a").await, Sleep::Sentinel);
        assert_eq!(listener.sleep(db, "default").await, Sleep::Sentinel);
        db.insert(&[&three[..], &three[..]].concat()).await;
        assert_eq!(listener.received().await, [insert("a"), insert("default")]);
    })
    .await;
}

#[tokio::test]
async fn while_an_enqueue_is_in_flight_no_producer_becomes_sentinel() {
    with_database(async |db| {
        let mut listener = Listener::of(db).await;
        let mut client = db.client().await;
        let tx = client.transaction().await.expect("a transaction");
        tx.query_one("SELECT eram_enqueue($1)", &[&draft().to_string()]).await.expect("an answer");
        assert_eq!(listener.sleep(db, "default").await, Sleep::Busy);
        assert_eq!(listener.sleep(db, "other").await, Sleep::Sentinel);
        tx.commit().await.expect("a commit");
        assert_eq!(listener.sleep(db, "default").await, Sleep::Sentinel);
    })
    .await;
}

#[tokio::test]
async fn one_watches_and_the_others_rely_on_it_until_it_says_that_it_wakes() {
    with_database(async |db| {
        let (mut first, mut second) = (Listener::of(db).await, Listener::of(db).await);
        assert_eq!(first.sleep(db, "default").await, Sleep::Sentinel);
        assert_eq!(second.sleep(db, "default").await, Sleep::Watched);
        db.insert(&[draft()]).await;
        assert_eq!(first.received().await, [insert("default")]);
        assert_eq!(second.received().await, [insert("default")]);
        drive(&mut first.connection, async {
            db.store.wake_queue(&first.client, "default", "farewell").await.expect("awake");
        })
        .await;
        assert_eq!(second.received().await, [("signal".to_owned(), "farewell".to_owned())]);
        assert_eq!(second.sleep(db, "default").await, Sleep::Sentinel);
    })
    .await;
}

#[tokio::test]
async fn the_check_names_the_queues_without_a_sentinel() {
    with_database(async |db| {
        let (mut first, mut second) = (Listener::of(db).await, Listener::of(db).await);
        assert_eq!(first.sleep(db, "a").await, Sleep::Sentinel);
        let queues = ["a".to_owned(), "b".to_owned()];
        let check = async |it: &mut Listener| {
            drive(&mut it.connection, async { db.store.check_watched(&it.client, &queues).await.expect("an answer") })
                .await
                .1
        };
        assert_eq!(check(&mut second).await, ["b"]);
        drop(first);
        crate::testing::until("the server releases the lock", async || check(&mut second).await == ["a", "b"]).await;
        // The check itself leaves no lock behind.
        assert_eq!(second.sleep(db, "a").await, Sleep::Sentinel);
    })
    .await;
}

#[tokio::test]
async fn a_draft_that_wants_no_notification_does_not_silence_others() {
    with_database(async |db| {
        let mut listener = Listener::of(db).await;
        for queue in ["quiet", "loud"] {
            assert_eq!(listener.sleep(db, queue).await, Sleep::Sentinel);
        }
        db.insert(&[
            json!({ "worker": "A", "queue": "quiet", "notify": false }),
            json!({ "worker": "A", "queue": "loud", "schedule_in": 0, "state": "available" }),
            json!({ "worker": "A", "queue": "quiet", "unique": true, "notify": false }),
            json!({ "worker": "A", "schedule_in": 1, "notify": false }),
        ])
        .await;
        assert_eq!(listener.received().await, [insert("loud")]);
    })
    .await;
}

#[tokio::test]
async fn the_stager_is_told_of_what_is_due_within_ten_seconds() {
    with_database(async |db| {
        let mut listener = Listener::of(db).await;
        for (seconds, object) in [(60, false), (9, true)] {
            db.insert(&[json!({ "worker": "A", "schedule_in": seconds })]).await;
            assert_eq!(!listener.received().await.is_empty(), object, "due in {seconds} s");
        }
    })
    .await;
}
