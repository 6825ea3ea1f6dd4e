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
    /// The lease of another lasts until then, as far as is known.
    taken_until: Option<Instant>,
    /// Until then others go first, or our own old lease may last.
    rests_until: Option<Instant>,
}

#[derive(Debug)]
struct Term {
    lease: Lease,
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
        Self { owner, eligible: false, leaving: false, term: None, owned: false, taken_until: None, rests_until: None }
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
            None => match self.taken_until.max(self.rests_until) {
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
                self.term = Some(Term { lease: lease.clone(), until: begun + BELIEVED_FOR });
                self.owned = true;
                (self.taken_until, self.rests_until) = (None, None);
                Some(lease)
            }
            Some(it) if it.seconds > 0.0 => {
                self.wait_for(it, begun);
                None
            }
            _ => {
                self.taken_until = Some(begun + LOOK_AGAIN);
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
                None => self.taken_until = None,
            }
            return false;
        };
        // Only a heartbeat that was sent to renew this very term knows of its end: any other may have looked before the election.
        let asked = renewed == Some(&term.lease);
        match leader {
            Some(it) if it.owner == term.lease.owner && it.since == term.lease.since => {
                // Less than a whole lease is one that was not renewed: the answer may show it as it was before somebody ended it.
                if asked && it.seconds >= LEASE.as_secs_f64() {
                    term.until = begun + BELIEVED_FOR;
                }
                false
            }
            _ => asked,
        }
    }

    /// Ends the belief. When the others were told, they go first.
    pub fn cease(&mut self, others_first: bool) -> Option<Lease> {
        let term = self.term.take()?;
        let now = Instant::now();
        self.owned = !others_first;
        self.rests_until = Some(now + if others_first { PAUSE } else { MARGIN });
        Some(term.lease)
    }

    /// The lease of another is over.
    pub fn forget_other(&mut self) {
        if self.term.is_none() {
            (self.taken_until, self.rests_until) = (None, None);
        }
    }

    fn wait_for(&mut self, leader: &Holder, seen: Instant) {
        let spread = Duration::from_millis(self.owner.as_u64_pair().0 % SPREAD_MS);
        self.taken_until = Some(seen + Duration::from_secs_f64(leader.seconds.clamp(0.0, 3600.0)) + spread);
    }
}
