//! Leader election: of the engines that share a name one leads, and stages, rescues and cleans up
//! for all.
//!
//! ```text
//!                 lease free, or over              renewed by each heartbeat
//!   following ─────────────────────────► leading ───────────────────────────┐
//!       ▲                                   │  ▲                            │
//!       └── not renewed in time, by its own clock; another has it; ─────────┘
//!           asked to resign; stops
//! ```
//! A lease is a row of `eram_peers`. It ends by the database's clock; only its owner renews it, and
//! only that very term. The leader therefore steps down by its own clock before the lease ends. A
//! statement that only a leader may run checks the lease itself (`eram_holds_lease`).

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
use crate::retry_delay::RetryDelay;
use crate::store::{HeartbeatReply, Holder, Identity, Lease, LeaseRequest, Store};
use crate::telemetry::{Kind, Telemetry};
use lease_state::{LeaseState, Next};
pub use snapshot::{ClusterSnapshot, LastHeartbeat};

/// How long a lease lasts without a renewal: long enough for two failed heartbeats, and short
/// enough that a dead leader is replaced before its jobs are due for rescue.
pub const LEASE_TTL: Duration = Duration::from_secs(15);

/// How long a leader leads after it requested a renewal: shorter than the lease, so that it steps
/// down before the lease ends.
const TRUSTED_FOR: Duration = Duration::from_secs(14);

/// How long the lease may outlast [`TRUSTED_FOR`].
const EXPIRY_MARGIN: Duration = Duration::from_secs(1);

/// How long a leader that was asked to step down lets other nodes campaign first: longer than the
/// heartbeat interval, because they may learn of it from a heartbeat.
const STEP_DOWN_PAUSE: Duration = Duration::from_secs(8);

/// Start watching a producer after this much silence, so it is already under observation by the
/// time it could be declared lost.
pub const OBSERVE_AFTER: Duration = Duration::from_secs(12);

pub struct Peer {
    store: Arc<Store>,
    telemetry: Arc<Telemetry>,
    engine: String,
    node: String,
    /// Identifies this start of this process, because two nodes may have the same name.
    owner: Uuid,
    lease_state: Mutex<LeaseState>,
    leading: watch::Sender<Option<Lease>>,
    last_heartbeat: Mutex<LastHeartbeat>,
    /// When the last heartbeat that was answered was sent, and the database's clock in its answer.
    last_contact: Mutex<Option<(Instant, i64)>>,
    losses: AtomicU64,
    wake: Notify,
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
            lease_state: Mutex::new(LeaseState::new(owner)),
            leading: watch::Sender::new(None),
            last_heartbeat: Mutex::default(),
            last_contact: Mutex::default(),
            losses: AtomicU64::new(0),
            wake: Notify::new(),
        }
    }

    /// The lease, while this node leads by its own clock.
    pub fn lease(&self) -> Option<Lease> {
        self.lease_state.lock().lease(Instant::now()).cloned()
    }

    /// Changes when this node begins or stops leading.
    pub fn leading(&self) -> watch::Receiver<Option<Lease>> {
        self.leading.subscribe()
    }

    /// What the last heartbeat reported about the cluster.
    pub fn last_heartbeat(&self) -> LastHeartbeat {
        self.last_heartbeat.lock().clone()
    }

    /// The time since the last heartbeat that was answered.
    pub fn heartbeat_age(&self) -> Option<Duration> {
        self.last_contact.lock().map(|(at, _)| at.elapsed())
    }

    /// The database's time in microseconds since 1970, as far as the last heartbeat tells; `None`
    /// before the first.
    pub fn database_time(&self) -> Option<i64> {
        let (at, clock) = (*self.last_contact.lock())?;
        Some(clock.saturating_add(i64::try_from(at.elapsed().as_micros()).unwrap_or(i64::MAX)))
    }

    /// The engine, the node, and this start of it.
    pub fn identity(&self) -> (&str, &str, Uuid) {
        (&self.engine, &self.node, self.owner)
    }

    /// Sets whether this node may lead. A leader that no longer may steps down.
    pub fn set_eligible(&self, eligible: bool) {
        self.lease_state.lock().eligible = eligible;
        self.wake.notify_one();
    }

    /// Campaigns whenever there is no leader, until [`Peer::leave`].
    pub async fn run(self: Arc<Self>) {
        let mut retry_delay = RetryDelay::default();
        loop {
            let next = self.lease_state.lock().next(Instant::now());
            let wait = match next {
                Next::Leave => return self.release_own("stopped").await,
                Next::StepDown => {
                    self.release_own("ineligible").await;
                    continue;
                }
                Next::Expired => {
                    self.step_down("expired");
                    continue;
                }
                Next::Idle => None,
                Next::Wait(until) => Some(until),
                Next::Campaign => match self.campaign().await {
                    Ok(()) => {
                        retry_delay = RetryDelay::default();
                        continue;
                    }
                    Err(error) => Some(Instant::now() + retry_delay.next("peer", &error)),
                },
            };
            tokio::select! {
                () = self.wake.notified() => {}
                () = async {
                    match wait {
                        Some(until) => tokio::time::sleep_until(until.into()).await,
                        None => std::future::pending().await,
                    }
                } => {}
            }
        }
    }

    /// Ends the candidacy for good; [`Peer::run`] releases the lease and ends.
    pub fn leave(&self) {
        self.lease_state.lock().leaving = true;
        self.wake.notify_one();
    }

    /// What a heartbeat renews and reads.
    pub const fn lease_request(lease: Option<&Lease>, together: Duration) -> LeaseRequest<'_> {
        LeaseRequest {
            lease,
            lease_seconds: LEASE_TTL.as_secs_f64(),
            silent_after: OBSERVE_AFTER.as_secs_f64(),
            together,
            resting: false,
        }
    }

    /// Releases the lease and campaigns no more, until the node is eligible again.
    pub async fn retire(&self) {
        self.lease_state.lock().eligible = false;
        self.release_own("idle").await;
        self.lease_state.lock().end_pause();
    }

    /// Handles the reply to the heartbeat sent at `begun`.
    pub fn on_heartbeat(&self, reply: &HeartbeatReply, lease: Option<&Lease>, begun: Instant) {
        let losses = self.losses.load(Ordering::Relaxed);
        *self.last_contact.lock() = Some((begun, reply.clock));
        *self.last_heartbeat.lock() =
            LastHeartbeat::Answered(Arc::new(ClusterSnapshot::of(reply, begun, lease.is_some(), losses)));
        let lost = self.lease_state.lock().on_heartbeat(reply.leader.as_ref(), lease, begun);
        if lost {
            self.step_down(lost_to(reply.leader.as_ref()));
        }
        self.wake.notify_one();
    }

    /// Records that the heartbeat failed: nothing is known about the other nodes.
    pub fn on_heartbeat_failed(&self) {
        self.losses.fetch_add(1, Ordering::Relaxed);
        *self.last_heartbeat.lock() = LastHeartbeat::Failed;
    }

    /// Reads the lease, which may have been released. A notification said so, which any role can send: the row decides.
    pub async fn look(&self) {
        let lease = self.lease();
        if lease.is_none() && !self.lease_state.lock().eligible {
            return;
        }
        let begun = Instant::now();
        match self.store.find_lease(&self.engine).await {
            Ok(holder) => {
                if self.lease_state.lock().on_heartbeat(holder.as_ref(), lease.as_ref(), begun) {
                    self.step_down("resigned");
                }
                self.wake.notify_one();
            }
            Err(error) => tracing::debug!(%error, "peer: cannot read the lease; the next heartbeat does"),
        }
    }

    /// The lease of that owner was released by this node.
    fn on_released(&self, owner: Uuid) {
        let leads = self.lease().is_some();
        if owner == self.owner && leads {
            self.step_down("resigned");
        } else if owner != self.owner {
            self.lease_state.lock().forget_other();
        }
        self.wake.notify_one();
    }

    /// The leader of the engines of a name, by default this one's, and whether it is this node.
    pub async fn leader(&self, name: Option<&str>) -> Result<Option<(Holder, bool)>> {
        let found = self.store.find_lease(name.unwrap_or(&self.engine)).await?;
        Ok(found.map(|holder| {
            let me = holder.owner == self.owner;
            (holder, me)
        }))
    }

    /// Makes the leader of the engines of a name, by default this one's, step down, on whichever node it is; returns the former
    /// leader.
    pub async fn resign_leader(&self, name: Option<&str>) -> Result<Option<Holder>> {
        let name = name.unwrap_or(&self.engine);
        let ended = self.store.release_lease(name, None).await?.filter(|it| it.seconds > 0.0);
        if let Some(holder) = ended.as_ref().filter(|_| name == self.engine) {
            // The notification may be slow or impossible; this node need not wait for it.
            self.on_released(holder.owner);
        }
        Ok(ended)
    }

    async fn campaign(&self) -> Result<()> {
        let begun = Instant::now();
        let stale = self.lease_state.lock().stale(begun);
        let seconds = LEASE_TTL.as_secs_f64();
        let holder = self.store.claim_lease(&self.engine, &self.node, self.owner, seconds, stale).await?;
        let won = self.lease_state.lock().on_election(&self.engine, holder.as_ref(), begun);
        if let Some(lease) = won {
            tracing::info!(node = self.node, "peer: this node leads");
            let since = lease.since;
            self.leading.send_replace(Some(lease));
            self.telemetry.emit(Kind::LeaderElected, || json!({ "node": self.node, "since": since / 1000 }));
        }
        Ok(())
    }

    /// Stops leading, regardless of the lease in the database.
    fn step_down(&self, reason: &str) {
        let Some(lease) = self.lease_state.lock().step_down(reason != "expired") else { return };
        self.leading.send_replace(None);
        tracing::info!(node = self.node, reason, "peer: this node no longer leads");
        self.telemetry
            .emit(Kind::LeaderLost, || json!({ "node": self.node, "since": lease.since / 1000, "reason": reason }));
    }

    async fn release_own(&self, reason: &str) {
        let owned = self.lease_state.lock().owns_lease();
        self.step_down(reason);
        if owned && let Err(error) = self.store.release_lease(&self.engine, Some(self.owner)).await {
            tracing::warn!(%error, "peer: cannot release the lease; it will expire");
        }
    }
}

/// Why a leader whose lease is gone no longer leads.
fn lost_to(holder: Option<&Holder>) -> &'static str {
    if holder.is_some_and(|it| it.seconds > 0.0) { "superseded" } else { "resigned" }
}
