//! What the model is about: transactions that make jobs available, producers of one queue, and the queue's advisory lock.

/// A transaction that enqueues, as far as it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tx {
    None,
    /// Its rows are inserted, and invisible.
    Open {
        rows: u8,
        asked: Asked,
    },
    /// Committing: the rows are visible, the shared lock is not released and no notification sent yet.
    Visible {
        notify: bool,
    },
    /// No lock is held any more; the notification is about to be delivered.
    Telling,
    /// A job is about to be made available by an ack or the stager, which ask at the gate only afterwards.
    Acking,
    /// It is available; the question follows.
    Acked,
}

/// What the gate answered; several calls in one transaction may have had different answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Asked {
    /// It holds the shared lock.
    pub shared: bool,
    /// It was refused, so it notifies.
    pub notify: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Enqueuer {
    /// Transactions to come.
    pub left: u8,
    pub tx: Tx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gate {
    Awake,
    Sentinel,
    Watched,
}

/// The connection that listens, as the producer sees it.
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
    /// The answer is on its way: what the producer becomes.
    Answered(Gate),
    /// Waking for good: about to release the lock.
    Unlocking,
    /// Waking for good: about to tell the watched ones.
    Signalling,
}

/// Whether the producer will look for jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Look {
    Never,
    /// When its timer fires; until then it may fall asleep.
    Soon,
    /// As soon as it can: it was notified, or its fetch was full.
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
    /// It learned, while a call was in flight, that the queue may be without a sentinel.
    pub unwatched: bool,
    pub free: u8,
}

/// Everything at one moment. What is alike is interchangeable, so both lists are kept sorted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub enqueuers: Vec<Enqueuer>,
    pub producers: Vec<Producer>,
    /// Jobs that can be fetched.
    pub jobs: u8,
    /// A session whose client is gone still holds the exclusive lock.
    pub ghost: bool,
    /// What may yet happen.
    pub deaths: u8,
    pub losses: u8,
    pub stops: u8,
    /// Something went wrong without a word.
    pub troubled: bool,
}

/// Who takes part, and what may happen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene {
    pub enqueuers: usize,
    /// Transactions of each enqueuer, and the rows that each of them may insert, one call after the other.
    pub transactions: u8,
    pub rows: u8,
    /// Jobs made available by acks.
    pub acks: usize,
    pub producers: usize,
    /// Jobs that a producer runs at a time.
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
    /// The same for worlds that differ only in who is who.
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

    /// The sessions that listen. An earlier notification is never better: a fetch sees the jobs it announced.
    pub fn listeners(&mut self) -> impl Iterator<Item = &mut Producer> {
        self.producers.iter_mut().filter(|it| it.alive && it.link == Link::Up)
    }

    /// A job waits, a producer has room for it, and nothing that is under way will make that one look.
    pub fn is_stuck(&self) -> bool {
        let mut idle = self.producers.iter().filter(|it| it.alive && !it.leaving && it.free > 0).peekable();
        self.jobs > 0
            && idle.peek().is_some()
            && idle.all(|it| it.look == Look::Never && it.call == Call::None && !it.fetching)
            && !self.enqueuers.iter().any(|it| matches!(it.tx, Tx::Visible { .. } | Tx::Telling | Tx::Acked))
            && !self.producers.iter().any(|it| matches!(it.call, Call::Unlocking | Call::Signalling))
    }

    /// After something went wrong, a ping of a connection that listens will find out.
    pub fn is_found_out(&self) -> bool {
        let finds = |it: &Producer| it.alive && (it.link == Link::Broken || self.finds_no_sentinel(it));
        self.troubled && self.producers.iter().any(finds)
    }

    /// A watched one that asks now learns that no sentinel is left.
    pub fn finds_no_sentinel(&self, producer: &Producer) -> bool {
        producer.alive && producer.gate == Gate::Watched && producer.link == Link::Up && self.grants_shared()
    }
}

impl Producer {
    /// One that takes no part any more.
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

    /// The queue may be without a sentinel: a watched one is awake again, a sentinel makes sure that the others are.
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

    /// It was the sentinel and is awake.
    pub fn rise(&mut self) {
        self.call = Call::None;
        self.gate = Gate::Awake;
        self.unwatched = false;
        self.look = Look::Now;
    }
}
