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
mod signal;
#[cfg(test)]
mod tests;

pub use after_commit::AfterCommit;
pub use ends::JobEnds;
pub use signal::{EVERYWHERE, Message, ReceivedMessage, Signal, check_channel};

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, mpsc, watch};
use tokio_postgres::{AsyncMessage, Client};

use crate::error::{Error, Result};
use crate::pg::connect;
use crate::pg::conninfo::ConnInfo;
use crate::store::{Sleep, Store, quote_ident};

/// How often the connection is checked. Together with [`PING_TIMEOUT`] this bounds the time until a
/// dead connection is detected.
const PING_INTERVAL: Duration = Duration::from_secs(12);
const PING_TIMEOUT: Duration = Duration::from_millis(2_500);

/// Handles what arrives on the LISTEN connection.
pub trait NotificationHandler: Send + Sync + 'static {
    /// A job became available in a queue with a sleeping producer.
    fn on_insert(&self, queue: &str);
    /// A job was scheduled for soon.
    fn on_stage(&self);
    /// A lease was released: JSON text.
    fn on_leader(&self, payload: &str);
    /// A message from a node: JSON text.
    fn on_signal(&self, payload: &str);
    /// Notifications arrive from now on (earlier ones may have been missed), or no longer arrive.
    fn on_switch(&self, listening: bool);
}

pub struct Notifier {
    store: Arc<Store>,
    session: RwLock<Option<Arc<Client>>>,
    watched: Mutex<HashSet<String>>,
    /// Whether there is a session; callers wait for its changes.
    listening: watch::Sender<bool>,
    stop: Notify,
}

impl Notifier {
    /// Starts to listen, and reconnects until [`Notifier::stop`].
    pub fn start(store: Arc<Store>, info: ConnInfo, handler: Arc<dyn NotificationHandler>) -> Arc<Self> {
        let notifier = Arc::new(Self {
            store,
            session: RwLock::new(None),
            watched: Mutex::default(),
            listening: watch::Sender::new(false),
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

    pub fn stop(&self) {
        self.stop.notify_one();
    }

    /// Checks whether the queue's producer may sleep. An error means: keep polling.
    pub async fn sleep(&self, queue: &str) -> Result<Sleep> {
        let client = self.client()?;
        let sleep = limited(self.store.sleep_queue(&client, queue)).await?;
        // A lock taken on a session that was lost in the meantime does not count.
        if !self.session.read().as_ref().is_some_and(|now| Arc::ptr_eq(now, &client)) {
            return Err(Error::Unavailable("the connection that listens was lost".into()));
        }
        if sleep == Sleep::Watched {
            self.watched.lock().insert(queue.to_owned());
        }
        Ok(sleep)
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
                ended = self.listen(&info, &*handler, &mut delay, &mut reported) => {
                    let was_up = self.session.write().take().is_some();
                    self.watched.lock().clear();
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
        &self,
        info: &ConnInfo,
        handler: &dyn NotificationHandler,
        delay: &mut Duration,
        reported: &mut bool,
    ) -> Result<()> {
        let (client, mut connection) =
            connect::connect(info, &connect::Options { suffix: Some("listen".into()) }).await?;
        let (sender, mut notifications) = mpsc::unbounded_channel();
        let driver = tokio::spawn(async move {
            while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
                match message {
                    Ok(AsyncMessage::Notification(notification)) => {
                        if sender.send(notification).is_err() {
                            return Ok(());
                        }
                    }
                    Ok(_) => {}
                    Err(error) => return Err(Error::from(error)),
                }
            }
            Ok(())
        });
        let _ended = AbortOnDrop(driver.abort_handle());
        let prefix = self.store.prefix();
        let channel = |kind: &str| format!("{prefix}.eram_{kind}");
        let listen = ["insert", "stage", "leader", "signal"]
            .map(|kind| format!("LISTEN {}", quote_ident(&channel(kind))))
            .join(";");
        limited(async { Ok(client.batch_execute(&listen).await?) }).await?;
        let row = limited(async { Ok(client.query_typed_one("SELECT pg_backend_pid()", &[]).await?) }).await?;
        let own: i32 = row.try_get(0)?;
        let client = Arc::new(client);
        *self.session.write() = Some(client.clone());
        *delay = Duration::from_millis(100);
        if std::mem::take(reported) {
            tracing::info!("notifier: listening again");
        }
        handler.on_switch(true);
        self.listening.send_replace(true);

        let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + PING_INTERVAL, PING_INTERVAL);
        loop {
            tokio::select! {
                message = notifications.recv() => {
                    let Some(message) = message else {
                        return match driver.await {
                            Ok(ended) => ended.and(Err(Error::Unavailable("the server closed the connection that listens".into()))),
                            Err(_) => Err(Error::Internal("the connection that listens was abandoned".into())),
                        };
                    };
                    if message.process_id() == own {
                        continue;
                    }
                    match message.channel().rsplit_once(".eram_").map(|(_, kind)| kind) {
                        Some("insert") => handler.on_insert(message.payload()),
                        Some("stage") => handler.on_stage(),
                        Some("leader") => handler.on_leader(message.payload()),
                        Some("signal") => handler.on_signal(message.payload()),
                        _ => {}
                    }
                }
                _ = ping.tick() => {
                    let watched: Vec<String> = self.watched.lock().iter().cloned().collect();
                    for queue in limited(self.store.check_watched(&client, &watched)).await? {
                        handler.on_signal(&Signal::Wake { queue }.text());
                    }
                }
            }
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
