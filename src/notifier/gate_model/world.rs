//! The state of the model: transactions that make jobs available, producers of one queue, and the
//! queue's advisory lock.

/// The progress of a transaction that enqueues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tx {
    None,
    /// Its rows are inserted, and not yet visible.
    Open {
        rows: u8,
        asked: Asked,
    },
    /// Committing: the rows are visible, the shared lock is still held and no notification has been
    /// sent.
    Visible {
        notify: bool,
    },
    /// No lock is held any more; the notification is about to be delivered.
    Telling,
    /// An ack or the stager is about to make a job available, and consults the gate only
    /// afterwards.
    Acking,
    /// The job is available; the gate is consulted next.
    Acked,
}

/// The gate's answers; several calls in one transaction may have had different ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Asked {
    /// The transaction holds the shared lock.
    pub shared: bool,
    /// The lock was refused, so the transaction notifies.
    pub notify: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Enqueuer {
    /// The number of transactions to come.
    pub left: u8,
    pub tx: Tx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gate {
    Awake,
    Sentinel,
    Watched,
}

/// The LISTEN connection, as the producer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Link {
    Up,
    /// The server has dropped it; the producer does not know yet.
    Broken,
    /// The producer knows, and polls.
    Down,
}

/// What the producer waits for on that connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Call {
    None,
    /// Falling asleep: the exclusive lock was refused, the shared one is tried next.
    Refused,
    /// The shared lock was granted, and is released next.
    Peeking,
    /// The answer is in flight: what the producer becomes.
    Answered(Gate),
    /// Waking for good: about to release the lock.
    Unlocking,
    /// Waking for good: about to notify the watched producers.
    Signalling,
}

/// Whether the producer will look for jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Look {
    Never,
    /// When its timer fires; until then it may fall asleep.
    Soon,
    /// As soon as possible: it was notified, or its fetch was full.
    Now,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and the whole is a key")]
pub struct Producer {
    pub alive: bool,
    pub leaving: bool,
    pub link: Link,
    pub gate: Gate,
    /// Its session holds the exclusive lock.
    pub holds: bool,
    pub call: Call,
    /// A fetch was sent and has not run.
    pub fetching: bool,
    pub look: Look,
    /// The producer learned, while a call was in flight, that the queue may be without a sentinel.
    pub unwatched: bool,
    pub free: u8,
}

/// The state of everything at one moment. Equal elements are interchangeable, so both lists are
/// kept sorted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub enqueuers: Vec<Enqueuer>,
    pub producers: Vec<Producer>,
    /// Jobs that can be fetched.
    pub jobs: u8,
    /// A session whose client is gone still holds the exclusive lock.
    pub ghost: bool,
    /// The number of deaths that may still happen.
    pub deaths: u8,
    pub losses: u8,
    pub stops: u8,
    /// Whether a failure happened that nothing announces.
    pub troubled: bool,
}

/// The participants, and the number of events that may happen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene {
    pub enqueuers: usize,
    /// The transactions of each enqueuer, and the maximum number of rows that each may insert, one
    /// call after the other.
    pub transactions: u8,
    pub rows: u8,
    /// The number of jobs that acks make available.
    pub acks: usize,
    pub producers: usize,
    /// The number of jobs that a producer runs at a time.
    pub limit: u8,
    pub deaths: u8,
    pub losses: u8,
    pub stops: u8,
}

impl Scene {
    pub fn world(&self) -> World {
        let producer = Producer { alive: true, link: Link::Up, look: Look::Now, free: self.limit, ..Producer::GONE };
        let enqueuer = Enqueuer { left: self.transactions, tx: Tx::None };
        let ack = Enqueuer { left: 0, tx: Tx::Acking };
        World {
            enqueuers: [vec![enqueuer; self.enqueuers], vec![ack; self.acks]].concat(),
            producers: vec![producer; self.producers],
            jobs: 0,
            ghost: false,
            deaths: self.deaths,
            losses: self.losses,
            stops: self.stops,
            troubled: false,
        }
    }
}

impl World {
    /// The same for worlds that differ only in the order of their elements.
    pub fn sorted(mut self) -> Self {
        self.enqueuers.sort_unstable();
        self.producers.sort_unstable();
        self
    }

    pub fn grants_exclusive(&self) -> bool {
        let shared = |tx: &Tx| matches!(tx, Tx::Open { asked: Asked { shared: true, .. }, .. } | Tx::Visible { .. });
        self.grants_shared()
            && !self.enqueuers.iter().any(|it| shared(&it.tx))
            && !self.producers.iter().any(|it| it.call == Call::Peeking && it.link == Link::Up)
    }

    pub fn grants_shared(&self) -> bool {
        !self.ghost && !self.producers.iter().any(|it| it.holds)
    }

    /// The sessions that listen. An earlier notification is never better, because a fetch sees the
    /// jobs that it announced.
    pub fn listeners(&mut self) -> impl Iterator<Item = &mut Producer> {
        self.producers.iter_mut().filter(|it| it.alive && it.link == Link::Up)
    }

    /// Whether a job waits, a producer has capacity for it, and nothing in progress will make that
    /// producer look.
    pub fn is_stuck(&self) -> bool {
        let mut idle = self.producers.iter().filter(|it| it.alive && !it.leaving && it.free > 0).peekable();
        self.jobs > 0
            && idle.peek().is_some()
            && idle.all(|it| it.look == Look::Never && it.call == Call::None && !it.fetching)
            && !self.enqueuers.iter().any(|it| matches!(it.tx, Tx::Visible { .. } | Tx::Telling | Tx::Acked))
            && !self.producers.iter().any(|it| matches!(it.call, Call::Unlocking | Call::Signalling))
    }

    /// Whether the ping of a connection that listens will detect the failure.
    pub fn is_found_out(&self) -> bool {
        let finds = |it: &Producer| it.alive && (it.link == Link::Broken || self.finds_no_sentinel(it));
        self.troubled && self.producers.iter().any(finds)
    }

    /// Whether a watched producer that checks now learns that there is no sentinel any more.
    pub fn finds_no_sentinel(&self, producer: &Producer) -> bool {
        producer.alive && producer.gate == Gate::Watched && producer.link == Link::Up && self.grants_shared()
    }
}

impl Producer {
    /// A producer that no longer takes part.
    pub const GONE: Self = Self {
        alive: false,
        leaving: false,
        link: Link::Down,
        gate: Gate::Awake,
        holds: false,
        call: Call::None,
        fetching: false,
        look: Look::Never,
        unwatched: false,
        free: 0,
    };

    /// The queue may be without a sentinel: a watched producer is awake again; a sentinel ensures
    /// that the others are.
    pub fn unwatch(&mut self, farewell: Call) {
        self.look = Look::Now;
        if self.call != Call::None {
            self.unwatched = true;
        } else if self.gate == Gate::Sentinel && self.link == Link::Up {
            self.call = farewell;
        } else {
            self.gate = Gate::Awake;
        }
    }

    /// The producer was the sentinel and is awake.
    pub fn rise(&mut self) {
        self.call = Call::None;
        self.gate = Gate::Awake;
        self.unwatched = false;
        self.look = Look::Now;
    }
}
