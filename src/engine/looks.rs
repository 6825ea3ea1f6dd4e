//! Looks: all that a notification leads to. Every role that may connect can send any, any number of times, so what it says is at
//! most a hint where to look: rows decide. Of one kind, one look runs and one is pending, however many notifications come, and
//! between two of them there is some time.
//!
//! ```text
//!   notifications ──► router: notes the hint ──► one task per kind: looks ──► rows of tables, under their grants
//! ```

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::Engine;
use crate::error::Result;

/// Ids that notifications may name for one look; what is too much is found by heartbeats, and by the look for ends.
const MAX_NAMED: usize = 2_000;

/// The wait after a look that failed because the database was away.
const RETRY_LOOK: Duration = Duration::from_secs(1);

/// Ids that notifications have named.
#[derive(Default)]
pub struct Named {
    ids: Mutex<HashSet<i64>>,
    hint: Notify,
}

impl Named {
    pub fn add(&self, ids: impl IntoIterator<Item = i64>) {
        let mut all = self.ids.lock();
        let room = MAX_NAMED.saturating_sub(all.len());
        all.extend(ids.into_iter().take(room));
        if !all.is_empty() {
            self.hint.notify_one();
        }
    }

    pub fn take(&self) -> Vec<i64> {
        std::mem::take(&mut *self.ids.lock()).into_iter().collect()
    }
}

/// What has been hinted at.
#[derive(Default)]
pub struct Looks {
    pub commands: Notify,
    pub messages: Notify,
    pub settings: Notify,
    pub lease: Notify,
    pub crons: Notify,
    pub scheduled: Notify,
    /// Jobs of which a cancel may have been requested.
    pub cancels: Named,
    /// Jobs that other nodes may await.
    pub requests: Named,
    /// Jobs awaited here that may have ended.
    pub ends: Named,
}

/// A kind of look: its name, its hint, the least time between two, and what it does. After an error it looks again.
type Kind = (&'static str, fn(&Looks) -> &Notify, Duration, fn(Arc<Engine>) -> BoxFuture<'static, Result<()>>);

const KINDS: [Kind; 9] = [
    ("look for commands", |it| &it.commands, millis(50), |it| Box::pin(async move { it.look_for_commands().await })),
    ("look for messages", |it| &it.messages, millis(20), |it| Box::pin(async move { it.look_for_messages().await })),
    (
        "look at queue settings",
        |it| &it.settings,
        millis(100),
        |it| {
            Box::pin(async move {
                it.look_at_settings().await;
                Ok(())
            })
        },
    ),
    (
        "look at the lease",
        |it| &it.lease,
        millis(100),
        |it| {
            Box::pin(async move {
                it.peer.look().await;
                Ok(())
            })
        },
    ),
    (
        "look at cron entries",
        |it| &it.crons,
        millis(100),
        |it| {
            Box::pin(async move {
                it.router.wakes.crons.notify_one();
                Ok(())
            })
        },
    ),
    (
        "look at scheduled jobs",
        |it| &it.scheduled,
        millis(50),
        |it| {
            Box::pin(async move {
                it.router.wakes.scheduled.notify_one();
                Ok(())
            })
        },
    ),
    (
        "look for cancels",
        |it| &it.cancels.hint,
        millis(20),
        |it| {
            Box::pin(async move {
                it.look_for_cancels(it.router.looks.cancels.take()).await;
                Ok(())
            })
        },
    ),
    (
        "look for awaited jobs",
        |it| &it.requests.hint,
        millis(20),
        |it| {
            Box::pin(async move {
                it.router.answer_requests(it.router.looks.requests.take()).await;
                Ok(())
            })
        },
    ),
    (
        "look at ends",
        |it| &it.ends.hint,
        millis(10),
        |it| {
            Box::pin(async move {
                it.router.ends.hinted(&it.router.looks.ends.take());
                Ok(())
            })
        },
    ),
];

const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// The tasks that look, each with its name.
pub(super) fn spawn(engine: &Arc<Engine>) -> Vec<(&'static str, JoinHandle<()>)> {
    let task = |(name, hint, interval, look): Kind| {
        (name, tokio::spawn(follow(name, Arc::downgrade(engine), engine.router.looks.clone(), hint, interval, look)))
    };
    KINDS.into_iter().map(task).collect()
}

async fn follow(
    name: &'static str,
    engine: Weak<Engine>,
    looks: Arc<Looks>,
    hint: fn(&Looks) -> &Notify,
    interval: Duration,
    look: fn(Arc<Engine>) -> BoxFuture<'static, Result<()>>,
) {
    loop {
        hint(&looks).notified().await;
        let Some(engine) = engine.upgrade() else { return };
        let pause = match look(engine).await {
            Ok(()) => interval,
            Err(error) => {
                tracing::warn!(%error, "{name}: failed; the next look does it");
                hint(&looks).notify_one();
                RETRY_LOOK
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// After each heartbeat: reads the settings of queues again when it reports a change, looks for commands where no notification
/// announces them, and as the leader deletes old messages.
pub(super) async fn follow_heartbeats(engine: Weak<Engine>, mut stamps: watch::Receiver<String>) {
    while stamps.changed().await.is_ok() {
        let stamp = stamps.borrow_and_update().clone();
        let Some(engine) = engine.upgrade() else { return };
        engine.follow_settings(&stamp).await;
        if !engine.notifier.as_ref().is_some_and(|it| it.is_listening()) {
            engine.router.looks.commands.notify_one();
        }
        if engine.peer.lease().is_some() {
            engine.prune_messages();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_once_and_a_flood_of_them_takes_no_more_memory_than_one_look() {
        let named = Named::default();
        named.add([1, 2, 2]);
        named.add(3..1_000_000);
        assert_eq!(named.take().len(), MAX_NAMED);
        assert!(named.take().is_empty());
    }
}
