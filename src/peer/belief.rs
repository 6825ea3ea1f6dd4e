//! What a node believes about the lease, and what follows from it. Pure: time is an argument.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{BELIEVED_FOR, LEASE, MARGIN, PAUSE};
use crate::store::{Holder, Lease};

/// Those who stand at the end of a lease do not all do so in the same moment.
const SPREAD_MS: u64 = 500;

/// A lease that somebody took in the same moment cannot be seen yet.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Belief {
    owner: Uuid,
    pub eligible: bool,
    pub leaving: bool,
    term: Option<Term>,
    /// The lease may be ours although we do not lead: it was given up by our own clock.
    owned: bool,
    /// Not to stand before: another leads, or goes first.
    not_before: Option<Instant>,
}

#[derive(Debug)]
struct Term {
    lease: Lease,
    /// A heartbeat sent before then knows nothing of it.
    begun: Instant,
    until: Instant,
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Leave,
    Resign,
    StepDown,
    Stand,
    Wait(Instant),
    /// Until something changes.
    Rest,
}

impl Belief {
    pub const fn new(owner: Uuid) -> Self {
        Self { owner, eligible: false, leaving: false, term: None, owned: false, not_before: None }
    }

    pub fn lease(&self, now: Instant) -> Option<&Lease> {
        self.term.as_ref().filter(|term| now < term.until).map(|term| &term.lease)
    }

    pub const fn owns_lease(&self) -> bool {
        self.owned
    }

    pub fn next(&self, now: Instant) -> Next {
        match &self.term {
            _ if self.leaving => Next::Leave,
            Some(_) if !self.eligible => Next::Resign,
            Some(term) if now >= term.until => Next::StepDown,
            Some(term) => Next::Wait(term.until),
            None if !self.eligible => Next::Rest,
            None => match self.not_before {
                Some(at) if now < at => Next::Wait(at),
                _ => Next::Stand,
            },
        }
    }

    /// What a campaign that began at `begun` came to; the lease, if it was won.
    pub fn learn(&mut self, engine: &str, holder: Option<&Holder>, begun: Instant) -> Option<Lease> {
        match holder {
            // As long as a whole lease is left, it is a new one; an old one of ours we have given up.
            Some(it) if it.owner == self.owner && it.seconds >= LEASE.as_secs_f64() => {
                let lease = Lease { engine: engine.to_owned(), owner: self.owner, since: it.since };
                self.term = Some(Term { lease: lease.clone(), begun, until: begun + BELIEVED_FOR });
                self.owned = true;
                self.not_before = None;
                Some(lease)
            }
            Some(it) if it.seconds > 0.0 => {
                self.wait_for(it, begun);
                None
            }
            _ => {
                self.not_before = Some(begun + LOOK_AGAIN);
                None
            }
        }
    }

    /// What a heartbeat that was sent at `begun` with `renewed` as our lease has seen. True when we lead no more.
    pub fn hear(&mut self, leader: Option<&Holder>, renewed: Option<&Lease>, begun: Instant) -> bool {
        let leader = leader.filter(|it| it.seconds > 0.0);
        let Some(term) = &mut self.term else {
            match leader {
                Some(it) => self.wait_for(it, begun),
                // Nobody leads; but whoever goes first still does.
                None if !self.owned => self.not_before = self.not_before.filter(|at| *at <= begun + PAUSE),
                None => {}
            }
            return false;
        };
        if leader.is_some_and(|it| it.owner == term.lease.owner && it.since == term.lease.since) {
            if renewed == Some(&term.lease) {
                term.until = begun + BELIEVED_FOR;
            }
            return false;
        }
        term.begun <= begun
    }

    /// Ends the belief. When the others were told, they go first.
    pub fn cease(&mut self, others_first: bool) -> Option<Lease> {
        let term = self.term.take()?;
        let now = Instant::now();
        self.owned = !others_first;
        self.not_before = Some(now + if others_first { PAUSE } else { MARGIN });
        Some(term.lease)
    }

    /// The lease of another is over.
    pub fn forget_other(&mut self) {
        if self.term.is_none() {
            self.not_before = None;
        }
    }

    fn wait_for(&mut self, leader: &Holder, seen: Instant) {
        let spread = Duration::from_millis(self.owner.as_u64_pair().0 % SPREAD_MS);
        self.not_before = Some(seen + Duration::from_secs_f64(leader.seconds.clamp(0.0, 3600.0)) + spread);
    }
}
