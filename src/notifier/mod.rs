//! The LISTEN connection: receives wake-ups and signals, and holds the locks of this node's
//! sentinels.
//!
//! ```text
//!   connecting ──► listening ──► lost ──► connecting …
//!                  ping every 12 s, 2.5 s to answer
//! ```
//! While the connection is lost, no producer is notified and no lock is held, so every producer
//! polls. After each reconnect, everything is checked once. The protocol that loses no wake-up is
//! described and verified in [`gate_model`].

mod after_commit;
mod ends;
#[cfg(test)]
mod gate_model;
mod message;
mod signal;
#[cfg(test)]
mod sleep_model;
#[cfg(test)]
mod tests;

pub use after_commit::AfterCommit;
pub use ends::{Awaited, JobEnds, ended};
pub use message::{Message, check_channel, received};
pub use signal::{EVERYWHERE, Signal};

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, watch};
use tokio_postgres::{AsyncMessage, Client};

use crate::error::{Error, Result};
use crate::pg::connect;
use crate::pg::conninfo::ConnInfo;
use crate::store::{Sleep, Store, quote_ident};

/// How often the connection is checked. Together with [`PING_TIMEOUT`] this bounds the time until a
/// dead connection is detected.
const PING_INTERVAL: Duration = Duration::from_secs(12);
const PING_TIMEOUT: Duration = Duration::from_millis(2_500);

/// The least time between two looks at the sentinels that this node relies on, however many signals say that one is gone.
const MIN_WATCH_INTERVAL: Duration = Duration::from_millis(50);

/// The channel of events of other nodes.
const EVENTS: &str = "events";

/// Handles what arrives on the LISTEN connection. Every role that may connect can send all of it, any number of times: a handler
/// only notes where to look.
pub trait NotificationHandler: Send + Sync + 'static {
    /// A job became available in a queue with a sleeping producer.
    fn on_insert(&self, queue: &str);
    /// A job was scheduled for soon.
    fn on_stage(&self);
    /// A lease was released.
    fn on_leader(&self);
    fn on_signal(&self, signal: Signal);
    /// A message of an application was sent.
    fn on_message(&self);
    /// Another node has sent events.
    fn on_events(&self);
    /// The queue has no sentinel any more.
    fn on_sentinel_lost(&self, queue: &str);
    /// Notifications arrive from now on (earlier ones may have been missed), or no longer arrive.
    fn on_switch(&self, listening: bool);
}

pub struct Notifier {
    store: Arc<Store>,
    session: RwLock<Option<Arc<Client>>>,
    watched: Mutex<HashSet<String>>,
    /// The session on which every insert notifies, because the engine sleeps or is about to.
    sleeping: Mutex<Option<Arc<Client>>>,
    /// Whether the connection is checked.
    pings: AtomicBool,
    /// Whether there is a session; callers wait for its changes.
    listening: watch::Sender<bool>,
    /// Whether events of other nodes are wanted.
    receives: AtomicBool,
    begin_to_receive: Notify,
    /// Queues of which a signal says that their sentinel is gone, on which a producer of this node relies.
    suspected: Mutex<HashSet<String>>,
    suspects: Notify,
    stop: Notify,
}

impl Notifier {
    /// Starts to listen, and reconnects until [`Notifier::stop`].
    pub fn start(store: Arc<Store>, info: ConnInfo, handler: Arc<dyn NotificationHandler>) -> Arc<Self> {
        let notifier = Arc::new(Self {
            store,
            session: RwLock::new(None),
            watched: Mutex::default(),
            sleeping: Mutex::default(),
            pings: AtomicBool::new(true),
            listening: watch::Sender::new(false),
            receives: AtomicBool::new(false),
            begin_to_receive: Notify::new(),
            suspected: Mutex::default(),
            suspects: Notify::new(),
            stop: Notify::new(),
        });
        tokio::spawn(notifier.clone().run(info, handler));
        notifier
    }

    pub fn is_listening(&self) -> bool {
        self.session.read().is_some()
    }

    /// Resolves with true once notifications arrive, and with false if they do not within `limit`.
    pub async fn listens_within(&self, limit: Duration) -> bool {
        let mut listening = self.listening.subscribe();
        tokio::time::timeout(limit, listening.wait_for(|it| *it)).await.is_ok_and(|events| events.is_ok())
    }

    /// Receives events of other nodes from now on; they are not listened for before, as they may be many.
    pub fn receive_events(&self) {
        if !self.receives.swap(true, Ordering::AcqRel) {
            self.begin_to_receive.notify_one();
        }
    }

    pub fn stop(&self) {
        self.stop.notify_one();
    }

    /// Checks whether the queue's producer may sleep. An error means: keep polling.
    pub async fn sleep(&self, queue: &str) -> Result<Sleep> {
        let client = self.client()?;
        // Before the question: a signal that arrives with the answer may be the newer of the two.
        self.watched.lock().insert(queue.to_owned());
        let sleep = limited(self.store.sleep_queue(&client, queue)).await;
        if !matches!(sleep, Ok(Sleep::Watched)) {
            self.unwatch(queue);
        }
        // A lock taken on a session that was lost in the meantime does not count.
        if sleep.is_ok() && !self.session.read().as_ref().is_some_and(|now| Arc::ptr_eq(now, &client)) {
            self.unwatch(queue);
            return Err(Error::Unavailable("the connection that listens was lost".into()));
        }
        sleep
    }

    /// Records that the queue's producer, a watched sleeper, is awake.
    pub fn unwatch(&self, queue: &str) {
        self.watched.lock().remove(queue);
    }

    /// Wakes the queue's producer, the sentinel, for good.
    pub async fn wake(&self, queue: &str) -> Result<()> {
        let client = self.client()?;
        let signal = Signal::Wake { queue: queue.to_owned() }.text();
        limited(self.store.wake_queue(&client, queue, &signal)).await
    }

    /// Whether every insert that commits later notifies this engine, until [`Notifier::end_sleep`] or
    /// the loss of the connection. False: an insert is in flight that may not.
    pub async fn begin_sleep(&self) -> Result<bool> {
        let client = self.client()?;
        let begun = limited(self.store.begin_sleep(&client)).await?;
        if begun {
            *self.sleeping.lock() = Some(client);
        }
        Ok(begun)
    }

    pub async fn end_sleep(&self) {
        let Some(client) = self.sleeping.lock().take() else { return };
        // An error means that the connection is gone, and the lock with it.
        drop(limited(self.store.end_sleep(&client)).await);
    }

    /// Whether to check the connection at intervals; TCP keepalive goes on without.
    pub fn ping(&self, on: bool) {
        self.pings.store(on, Ordering::Relaxed);
    }

    fn client(&self) -> Result<Arc<Client>> {
        self.session.read().clone().ok_or_else(|| Error::Unavailable("the connection that listens is down".into()))
    }

    async fn run(self: Arc<Self>, info: ConnInfo, handler: Arc<dyn NotificationHandler>) {
        let mut delay = Duration::from_millis(100);
        // A failure to listen is logged once.
        let mut reported = false;
        loop {
            tokio::select! {
                () = self.stop.notified() => return,
                ended = self.listen(&info, &handler, &mut delay, &mut reported) => {
                    let was_up = self.session.write().take().is_some();
                    self.watched.lock().clear();
                    self.suspected.lock().clear();
                    self.listening.send_replace(false);
                    if was_up {
                        handler.on_switch(false);
                    }
                    if let (false, Err(error)) = (reported, ended) {
                        tracing::warn!(%error, "notifier: cannot listen; producers poll until it can");
                    }
                    reported = true;
                }
            }
            tokio::select! {
                () = self.stop.notified() => return,
                () = tokio::time::sleep(delay) => {}
            }
            delay = (delay * 2).min(Duration::from_secs(10));
        }
    }

    /// One session, from connect to loss.
    async fn listen(
        self: &Arc<Self>,
        info: &ConnInfo,
        handler: &Arc<dyn NotificationHandler>,
        delay: &mut Duration,
        reported: &mut bool,
    ) -> Result<()> {
        let (client, mut connection) =
            connect::connect(info, &connect::Options { suffix: Some("listen".into()) }).await?;
        let client = Arc::new(client);
        // Handled as they arrive: a flood of notifications takes no memory.
        let own = Arc::new(AtomicI32::new(0));
        let (this, listener, own_pid) = (self.clone(), handler.clone(), own.clone());
        let mut driver = tokio::spawn(async move {
            while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
                match message {
                    Ok(AsyncMessage::Notification(it)) if it.process_id() != own_pid.load(Ordering::Relaxed) => {
                        this.pass(&*listener, it.channel(), it.payload());
                    }
                    Ok(_) => {}
                    Err(error) => return Err(Error::from(error)),
                }
            }
            Ok(())
        });
        let _ended = AbortOnDrop(driver.abort_handle());
        let listen = async |kinds: &[&str]| {
            let prefix = self.store.prefix();
            let statement = |kind: &&str| format!("LISTEN {}", quote_ident(&format!("{prefix}.eram_{kind}")));
            let all: Vec<String> = kinds.iter().map(statement).collect();
            limited(async { Ok(client.batch_execute(&all.join(";")).await?) }).await
        };
        limited(async { Ok(connect::lift_limits(&client).await?) }).await?;
        listen(&["insert", "stage", "leader", "signal", "message"]).await?;
        let mut receives = self.receives.load(Ordering::Acquire);
        if receives {
            listen(&[EVENTS]).await?;
        }
        let row = limited(async { Ok(client.query_typed_one("SELECT pg_backend_pid()", &[]).await?) }).await?;
        own.store(row.try_get(0)?, Ordering::Relaxed);
        *self.session.write() = Some(client.clone());
        *delay = Duration::from_millis(100);
        if std::mem::take(reported) {
            tracing::info!("notifier: listening again");
        }
        handler.on_switch(true);
        self.listening.send_replace(true);

        let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + PING_INTERVAL, PING_INTERVAL);
        // After a sleep, one check.
        ping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                ended = &mut driver => {
                    return match ended {
                        Ok(ended) => ended.and(Err(Error::Unavailable("the server closed the connection that listens".into()))),
                        Err(_) => Err(Error::Internal("the connection that listens was abandoned".into())),
                    };
                }
                () = self.suspects.notified() => {
                    self.look_for_sentinels(&client, &**handler).await?;
                    tokio::time::sleep(MIN_WATCH_INTERVAL).await;
                }
                () = self.begin_to_receive.notified(), if !receives => {
                    listen(&[EVENTS]).await?;
                    receives = true;
                }
                // Asked when the time has come: an engine that has fallen asleep meanwhile makes no statement.
                _ = ping.tick() => {
                    if !self.pings.load(Ordering::Relaxed) {
                        continue;
                    }
                    self.look_for_sentinels(&client, &**handler).await?;
                }
            }
        }
    }

    /// Also checks the connection. Where another sentinel has taken the place of the one that left, a job may have been enqueued
    /// between the two, so the producer fetches once.
    async fn look_for_sentinels(&self, client: &Client, handler: &dyn NotificationHandler) -> Result<()> {
        let suspected = std::mem::take(&mut *self.suspected.lock());
        let watched: Vec<String> = self.watched.lock().iter().cloned().collect();
        let lost = limited(self.store.check_watched(client, &watched)).await?;
        for queue in suspected.iter().filter(|queue| !lost.contains(queue)) {
            handler.on_insert(queue);
        }
        for queue in lost {
            handler.on_sentinel_lost(&queue);
        }
        Ok(())
    }

    /// Gives a notification to its handler.
    fn pass(&self, handler: &dyn NotificationHandler, channel: &str, payload: &str) {
        match channel.rsplit_once(".eram_").map(|(_, kind)| kind) {
            Some("insert") => handler.on_insert(payload),
            Some("stage") => handler.on_stage(),
            Some("leader") => handler.on_leader(),
            Some("message") => handler.on_message(),
            Some(EVENTS) => handler.on_events(),
            Some("signal") => match serde_json::from_str(payload) {
                Ok(Signal::Wake { queue }) => {
                    if self.watched.lock().contains(&queue) {
                        self.suspected.lock().insert(queue);
                        self.suspects.notify_one();
                    }
                }
                Ok(signal) => handler.on_signal(signal),
                // Newer versions may send signals that this version does not know.
                Err(error) => tracing::debug!(%error, bytes = payload.len(), "notifier: cannot parse a signal"),
            },
            _ => {}
        }
    }
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn limited<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(PING_TIMEOUT, work).await {
        Ok(done) => done,
        Err(_) => Err(Error::Unavailable(format!("no answer within {PING_TIMEOUT:?} on the connection that listens"))),
    }
}
