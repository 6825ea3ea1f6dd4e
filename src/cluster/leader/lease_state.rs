//! What a node knows about the lease, and what to do next. Pure: time is an argument.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{EXPIRY_MARGIN, LEASE_TTL, STEP_DOWN_PAUSE, TRUSTED_FOR};
use crate::store::{Holder, Lease};

/// The maximum number of milliseconds by which campaigns of nodes differ after the end of a lease.
const MAX_SPREAD_MS: u64 = 500;

/// The wait after an election without a visible winner: a lease taken at the same moment is not
/// visible yet.
const ELECTION_RETRY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct LeaseState {
    owner: Uuid,
    pub eligible: bool,
    pub leaving: bool,
    term: Option<Term>,
    /// Whether the lease may still belong to this node although it does not lead, because it
    /// stepped down by its own clock.
    owned: bool,
    /// When the lease of another node ends, as far as is known.
    held_until: Option<Instant>,
    /// The version of another node's lease, and since when it is that: each renewal changes it.
    seen: Option<(i64, Instant)>,
    /// Until when other nodes campaign first, or this node's old lease may still last.
    pause_until: Option<Instant>,
}

#[derive(Debug)]
struct Term {
    lease: Lease,
    until: Instant,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// The engine stops: release the lease and end.
    Leave,
    /// The node may no longer lead: release the lease.
    StepDown,
    /// The lease was not renewed in time: stop leading.
    Expired,
    /// The lease is free: try to take it.
    Campaign,
    Wait(Instant),
    /// Wait until something changes.
    Idle,
}

impl LeaseState {
    pub const fn new(owner: Uuid) -> Self {
        Self {
            owner,
            eligible: false,
            leaving: false,
            term: None,
            owned: false,
            held_until: None,
            seen: None,
            pause_until: None,
        }
    }

    pub fn lease(&self, now: Instant) -> Option<&Lease> {
        self.term.as_ref().filter(|term| now < term.until).map(|term| &term.lease)
    }

    pub const fn owns_lease(&self) -> bool {
        self.owned
    }

    /// The version of a lease that has not been renewed for as long as one lasts, whatever the
    /// database's clock says.
    pub fn stale(&self, now: Instant) -> Option<i64> {
        self.seen.filter(|(_, since)| now >= *since + LEASE_TTL).map(|(version, _)| version)
    }

    pub fn next(&self, now: Instant) -> Next {
        match &self.term {
            _ if self.leaving => Next::Leave,
            Some(_) if !self.eligible => Next::StepDown,
            Some(term) if now >= term.until => Next::Expired,
            Some(term) => Next::Wait(term.until),
            None if !self.eligible => Next::Idle,
            None => match self.held_until.max(self.pause_until) {
                Some(at) if now < at => Next::Wait(at),
                _ => Next::Campaign,
            },
        }
    }

    /// Handles the result of a campaign that began at `begun`; returns the lease if this node won.
    pub fn on_election(&mut self, engine: &str, holder: Option<&Holder>, begun: Instant) -> Option<Lease> {
        match holder {
            // A full term left means a new lease; an old lease of this node has been given up.
            Some(it) if it.owner == self.owner && it.seconds >= LEASE_TTL.as_secs_f64() => {
                let lease = Lease { engine: engine.to_owned(), owner: self.owner, since: it.since };
                self.term = Some(Term { lease: lease.clone(), until: begun + TRUSTED_FOR });
                self.owned = true;
                (self.held_until, self.pause_until) = (None, None);
                Some(lease)
            }
            Some(it) if it.seconds > 0.0 => {
                self.wait_for(it, begun);
                None
            }
            _ => {
                self.held_until = Some(begun + ELECTION_RETRY);
                None
            }
        }
    }

    /// Handles the reply to a heartbeat sent at `begun` that was to renew `renewed`. True if this
    /// node no longer leads.
    pub fn on_heartbeat(&mut self, leader: Option<&Holder>, renewed: Option<&Lease>, begun: Instant) -> bool {
        let leader = leader.filter(|it| it.seconds > 0.0);
        let Some(term) = &mut self.term else {
            match leader {
                Some(it) => self.wait_for(it, begun),
                None => self.held_until = None,
            }
            return false;
        };
        // Only a heartbeat that was to renew this very term can prove its end: any other may have
        // read the lease before the election.
        let asked = renewed == Some(&term.lease);
        match leader {
            Some(it) if it.owner == term.lease.owner && it.since == term.lease.since => {
                // Less than a full term means not renewed: the reply may show the lease from before
                // its release.
                if asked && it.seconds >= LEASE_TTL.as_secs_f64() {
                    term.until = begun + TRUSTED_FOR;
                }
                false
            }
            _ => asked,
        }
    }

    /// Ends the term. With `others_first`, the other nodes were notified and may campaign first.
    pub fn step_down(&mut self, others_first: bool) -> Option<Lease> {
        let term = self.term.take()?;
        let now = Instant::now();
        self.owned = !others_first;
        self.pause_until = Some(now + if others_first { STEP_DOWN_PAUSE } else { EXPIRY_MARGIN });
        Some(term.lease)
    }

    /// Other nodes need not campaign first any more: they have slept, too.
    pub const fn end_pause(&mut self) {
        self.pause_until = None;
    }

    /// The lease of another node has ended.
    pub fn forget_other(&mut self) {
        if self.term.is_none() {
            (self.held_until, self.pause_until) = (None, None);
        }
    }

    fn wait_for(&mut self, leader: &Holder, seen: Instant) {
        if leader.owner != self.owner {
            // Another has led since this node stepped down.
            self.pause_until = None;
        }
        let spread = Duration::from_millis(self.owner.as_u64_pair().0 % MAX_SPREAD_MS);
        let mut until = seen + Duration::from_secs_f64(leader.seconds.clamp(0.0, 3600.0));
        if let Some(version) = leader.version {
            let since = match self.seen {
                Some((known, since)) if known == version => since,
                // Later than the row was read, so that no lease counts as stale too early.
                _ => Instant::now(),
            };
            self.seen = Some((version, since));
            until = until.min(since + LEASE_TTL);
        }
        self.held_until = Some(until + spread);
    }
}
