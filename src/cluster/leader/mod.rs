//! One of the engines of a name leads: it stages, rescues and tidies for all.
//!
//! ```text
//!                 lease free, or over              renewed by each heartbeat
//!   following ─────────────────────────► leading ───────────────────────────┐
//!       ▲                                   │  ▲                            │
//!       └── not renewed in time, by its own clock; another has it; ─────────┘
//!           asked to resign; stops
//! ```
//! A lease is a row of `eram_peers`: it ends by the database's clock, only its owner renews it, and only this very term of it.
//! Leading is therefore a belief, which the leader gives up by its own clock before the lease ends. What must not be written by
//! two asks for the lease in the same statement (`eram_holds_lease`).

mod lease_state;
mod snapshot;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use crate::error::Result;
use crate::retry_delay::Patience;
use crate::store::{Beaten, Holder, Identity, Lease, Standing, Store};
use crate::telemetry::{Kind, Telemetry};
use lease_state::{Belief, Next};
pub use snapshot::{Seen, Sight};

/// How long a lease lasts that is not renewed. Two heartbeats may fail; and a node that died is followed by another before the
/// time has come to rescue its jobs.
pub const LEASE: Duration = Duration::from_secs(15);

/// So long a leader believes to lead after it asked for the renewal; so it gives up before the lease ends.
const BELIEVED_FOR: Duration = Duration::from_secs(14);

/// The lease may last so much longer than the belief.
const MARGIN: Duration = Duration::from_secs(1);

/// So long a leader that was asked to resign lets the others go first; longer than a heartbeat, by which they learn of it.
const PAUSE: Duration = Duration::from_secs(8);

/// Silent for so long, a producer is worth a look; so that one that is gone has been watched when its time is over.
pub const SUSPECT_AFTER: Duration = Duration::from_secs(14);

pub struct Peer {
    store: Arc<Store>,
    telemetry: Arc<Telemetry>,
    engine: String,
    node: String,
    /// This start of this process; names of nodes may be given twice.
    owner: Uuid,
    belief: Mutex<Belief>,
    leading: watch::Sender<Option<Lease>>,
    sight: Mutex<Sight>,
    losses: AtomicU64,
    nudge: Notify,
}

impl Peer {
    pub fn new(store: Arc<Store>, telemetry: Arc<Telemetry>, identity: &Identity) -> Self {
        let Identity { name: engine, node, boot, .. } = identity;
        let owner = *boot;
        Self {
            store,
            telemetry,
            engine: engine.clone(),
            node: node.clone(),
            owner,
            belief: Mutex::new(Belief::new(owner)),
            leading: watch::Sender::new(None),
            sight: Mutex::default(),
            losses: AtomicU64::new(0),
            nudge: Notify::new(),
        }
    }

    /// The lease, while this node believes to lead.
    pub fn lease(&self) -> Option<Lease> {
        self.belief.lock().lease(Instant::now()).cloned()
    }

    /// Changes when this node begins or ceases to lead.
    pub fn leading(&self) -> watch::Receiver<Option<Lease>> {
        self.leading.subscribe()
    }

    /// What the last heartbeat saw.
    pub fn sight(&self) -> Sight {
        self.sight.lock().clone()
    }

    /// Whether this node may lead. One that may not any more resigns.
    pub fn stand(&self, eligible: bool) {
        self.belief.lock().eligible = eligible;
        self.nudge.notify_one();
    }

    /// Stands for election whenever there is no leader, until told to [leave](Peer::leave).
    pub async fn run(self: Arc<Self>) {
        let mut patience = Patience::default();
        loop {
            let next = self.belief.lock().next(Instant::now());
            let wait = match next {
                Next::Leave => return self.resign_own("stopped").await,
                Next::Resign => {
                    self.resign_own("ineligible").await;
                    continue;
                }
                Next::StepDown => {
                    self.cease("expired");
                    continue;
                }
                Next::Rest => None,
                Next::Wait(until) => Some(until),
                Next::Stand => match self.campaign().await {
                    Ok(()) => {
                        patience = Patience::default();
                        continue;
                    }
                    Err(error) => Some(Instant::now() + patience.next("peer", &error)),
                },
            };
            tokio::select! {
                () = self.nudge.notified() => {}
                () = async {
                    match wait {
                        Some(until) => tokio::time::sleep_until(until.into()).await,
                        None => std::future::pending().await,
                    }
                } => {}
            }
        }
    }

    /// Never leads again; [`Peer::run`] gives the lease back and ends.
    pub fn leave(&self) {
        self.belief.lock().leaving = true;
        self.nudge.notify_one();
    }

    /// What a heartbeat renews and asks for.
    pub const fn standing(lease: Option<&Lease>, together: Duration) -> Standing<'_> {
        Standing { lease, lease_seconds: LEASE.as_secs_f64(), silent_after: SUSPECT_AFTER.as_secs_f64(), together }
    }

    /// What the heartbeat that was sent at `begun` has seen.
    pub fn hear(&self, beaten: &Beaten, lease: Option<&Lease>, begun: Instant) {
        let losses = self.losses.load(Ordering::Relaxed);
        *self.sight.lock() = Sight::Seen(Arc::new(Seen::of(beaten, begun, lease.is_some(), losses)));
        let lost = self.belief.lock().hear(beaten.leader.as_ref(), lease, begun);
        if lost {
            self.cease("superseded");
        }
        self.nudge.notify_one();
    }

    /// The heartbeat failed: nothing is known of the others.
    pub fn lose_sight(&self) {
        self.losses.fetch_add(1, Ordering::Relaxed);
        *self.sight.lock() = Sight::Lost;
    }

    /// Another node tells that a leader of an engine has resigned, or was asked to.
    pub fn told_down(&self, engine: &str, owner: Uuid) {
        if engine != self.engine {
            return;
        }
        let leads = self.lease().is_some();
        if owner == self.owner && leads {
            self.cease("resigned");
        } else if owner != self.owner {
            self.belief.lock().forget_other();
        }
        self.nudge.notify_one();
    }

    /// Who leads, and whether that is this node.
    pub async fn leader(&self) -> Result<Option<(Holder, bool)>> {
        let found = self.store.find_lease(&self.engine).await?;
        Ok(found.map(|holder| {
            let me = holder.owner == self.owner;
            (holder, me)
        }))
    }

    /// Has the leader, on whatever node, resign; who that was.
    pub async fn depose(&self) -> Result<Option<Holder>> {
        let ended = self.store.end_lease(&self.engine, None).await?.filter(|it| it.seconds > 0.0);
        if let Some(holder) = &ended {
            // The notification may be slow or impossible; this node need not wait for it.
            self.told_down(&self.engine, holder.owner);
        }
        Ok(ended)
    }

    async fn campaign(&self) -> Result<()> {
        let begun = Instant::now();
        let holder = self.store.claim_lease(&self.engine, &self.node, self.owner, LEASE.as_secs_f64()).await?;
        let won = self.belief.lock().learn(&self.engine, holder.as_ref(), begun);
        if let Some(lease) = won {
            tracing::info!(node = self.node, "peer: this node leads");
            let since = lease.since;
            self.leading.send_replace(Some(lease));
            self.telemetry.emit(Kind::LeaderElected, || json!({ "node": self.node, "since": since / 1000 }));
        }
        Ok(())
    }

    /// Does not lead any more, whatever the database says.
    fn cease(&self, reason: &str) {
        let Some(lease) = self.belief.lock().cease(reason != "expired") else { return };
        self.leading.send_replace(None);
        tracing::info!(node = self.node, reason, "peer: this node leads no more");
        self.telemetry
            .emit(Kind::LeaderLost, || json!({ "node": self.node, "since": lease.since / 1000, "reason": reason }));
    }

    async fn resign_own(&self, reason: &str) {
        let owned = self.belief.lock().owns_lease();
        self.cease(reason);
        if owned && let Err(error) = self.store.end_lease(&self.engine, Some(self.owner)).await {
            tracing::warn!(%error, "peer: the lease could not be given back; it will expire");
        }
    }
}
