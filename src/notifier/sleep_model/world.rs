//! The state of the model and its steps: one small change for each, as atomic as in PostgreSQL.

use super::Mutant;

/// A transaction that inserts one job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Insert {
    ToCome,
    /// The row is inserted.
    Open,
    /// The lock of inserts in flight was tried.
    InFlight {
        held: bool,
        notify: bool,
    },
    /// The lock of sleeping engines was tried, and released.
    Asked {
        held: bool,
        notify: bool,
    },
    /// Committing: the row is visible, the lock is still held.
    Visible {
        notify: bool,
    },
    /// No lock is held any more; the notification is about to be delivered.
    Telling,
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Phase {
    /// Starts later.
    Absent,
    Awake,
    /// Claims nothing; its row does not say so yet.
    Gated,
    Resting,
    /// Has yet to try the lock of sleeping engines, after it has asked for inserts in flight.
    Asked,
    /// Holds the lock of sleeping engines.
    Holding,
    /// Tried the lock of inserts in flight, and has it.
    Fencing,
    /// No insert is in flight that does not notify.
    Fenced,
    /// Looked once more.
    Looked,
    Asleep,
    /// Roused: its row says that it is awake, the others are not notified yet.
    Reported,
    Dead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and the whole is a key")]
struct Node {
    phase: Phase,
    /// What its row says.
    resting: bool,
    /// Its session holds the lock of sleeping engines.
    holds: bool,
    /// It was notified, or has another reason to be awake.
    roused: bool,
    /// It holds a job.
    works: bool,
    /// A job waits that only this node may run, such as one of a queue that was resumed here.
    resumed: bool,
    /// Its connection is there.
    linked: bool,
}

/// The participants, and the number of events that may happen.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    pub inserts: usize,
    pub nodes: usize,
    pub late_nodes: usize,
    pub deaths: u8,
    pub losses: u8,
    pub resumes: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    inserts: Vec<Insert>,
    nodes: Vec<Node>,
    /// Visible jobs that wait.
    jobs: u8,
    /// Jobs held by nodes that died.
    orphans: u8,
    deaths: u8,
    losses: u8,
    resumes: u8,
}

pub struct Step {
    pub name: &'static str,
    pub next: World,
    /// Whether it follows from what is there; a step that need not happen does not count.
    pub goes_on: bool,
}

impl Scene {
    pub fn world(&self) -> World {
        let awake = Node { phase: Phase::Awake, linked: true, ..Node::GONE };
        let late = Node { phase: Phase::Absent, ..awake };
        World {
            inserts: vec![Insert::ToCome; self.inserts],
            nodes: [vec![awake; self.nodes], vec![late; self.late_nodes]].concat(),
            jobs: 0,
            orphans: 0,
            deaths: self.deaths,
            losses: self.losses,
            resumes: self.resumes,
        }
    }
}

impl Node {
    const GONE: Self = Self {
        phase: Phase::Dead,
        resting: false,
        holds: false,
        roused: false,
        works: false,
        resumed: false,
        linked: false,
    };

    const fn lives(self) -> bool {
        !matches!(self.phase, Phase::Absent | Phase::Dead)
    }
}

impl World {
    /// The same for worlds that differ only in the order of their elements.
    pub fn sorted(mut self) -> Self {
        self.inserts.sort_unstable();
        self.nodes.sort_unstable();
        self
    }

    /// Whether there is something to do, and a node to do it.
    pub fn needs_an_engine(&self) -> bool {
        (self.jobs > 0 || self.orphans > 0) && self.nodes.iter().any(|it| it.lives())
    }

    pub fn steps(&self, mutant: Option<Mutant>) -> Vec<Step> {
        let mut steps = vec![];
        for i in 0..self.inserts.len() {
            self.insert(i, mutant, &mut steps);
        }
        for i in 0..self.nodes.len() {
            self.start_or_fail(i, mutant, &mut steps);
            self.work(i, mutant, &mut steps);
            self.fall_asleep(i, mutant, &mut steps);
        }
        steps
    }

    fn with_insert(&self, i: usize, insert: Insert) -> Self {
        let mut world = self.clone();
        world.inserts[i] = insert;
        world
    }

    fn with_node(&self, i: usize, change: impl FnOnce(&mut Node)) -> Self {
        let mut world = self.clone();
        change(&mut world.nodes[i]);
        world
    }

    /// Delivers a notification to all nodes but one.
    fn rouse(mut self, but: Option<usize>) -> Self {
        let others = self.nodes.iter_mut().enumerate().filter(|(n, it)| Some(*n) != but && it.lives() && it.linked);
        others.for_each(|(_, it)| it.roused = true);
        self
    }

    fn insert(&self, i: usize, mutant: Option<Mutant>, steps: &mut Vec<Step>) {
        let mut step = |name, next, goes_on| steps.push(Step { name, next, goes_on });
        let to = |insert| self.with_insert(i, insert);
        match self.inserts[i] {
            Insert::ToCome => step("insert", to(Insert::Open), false),
            Insert::Open => {
                let held = !self.nodes.iter().any(|it| it.phase == Phase::Fencing);
                step("tries the lock of inserts", to(Insert::InFlight { held, notify: !held }), false);
            }
            Insert::InFlight { held, notify } => {
                let asleep = self.nodes.iter().any(|it| it.holds);
                step("tries the lock of sleepers", to(Insert::Asked { held, notify: notify || asleep }), false);
            }
            Insert::Asked { held, notify } => {
                if held && mutant == Some(Mutant::LandsBeforeCommit) {
                    step("unlocks", to(Insert::Asked { held: false, notify }), false);
                }
                let next = if held { Insert::Visible { notify } } else { ended(notify) };
                // An open transaction need not commit.
                step("commit: visible", Self { jobs: self.jobs + 1, ..to(next) }, false);
                step("roll back", to(Insert::Done), false);
            }
            Insert::Visible { notify } => step("commit: unlocked", to(ended(notify)), true),
            Insert::Telling => step("commit: notified", to(Insert::Done).rouse(None), true),
            Insert::Done => {}
        }
    }

    fn start_or_fail(&self, i: usize, mutant: Option<Mutant>, steps: &mut Vec<Step>) {
        let it = &self.nodes[i];
        let mut step = |name, next, goes_on| steps.push(Step { name, next, goes_on });
        if it.phase == Phase::Absent {
            let started = self.with_node(i, |it| it.phase = Phase::Awake);
            let silent = mutant == Some(Mutant::StartsWithoutAWord);
            step("starts", if silent { started } else { started.rouse(Some(i)) }, false);
        }
        if !it.lives() {
            return;
        }
        if self.deaths > 0 {
            let dead = self.with_node(i, |it| {
                // Its row is still there.
                *it = Node { resting: it.resting, ..Node::GONE };
            });
            let orphans = self.orphans + u8::from(it.works);
            step("dies", Self { deaths: self.deaths - 1, orphans, ..dead }, false);
        }
        if self.resumes > 0 && !it.resumed {
            let resumed = self.with_node(i, |it| (it.resumed, it.roused) = (true, true));
            step("a queue is resumed", Self { resumes: self.resumes - 1, ..resumed }, false);
        }
        if it.linked && self.losses > 0 {
            let cut = self.with_node(i, |it| (it.linked, it.holds) = (false, false));
            step("the connection breaks", Self { losses: self.losses - 1, ..cut }, false);
        }
        if !it.linked {
            let back = self.with_node(i, |it| {
                it.linked = true;
                it.roused |= mutant != Some(Mutant::SleepsThroughALoss);
            });
            step("connects again", back, true);
        }
    }

    fn work(&self, i: usize, mutant: Option<Mutant>, steps: &mut Vec<Step>) {
        let it = &self.nodes[i];
        let mut step = |name, next| steps.push(Step { name, next, goes_on: true });
        let hasty = mutant == Some(Mutant::ClaimsBeforeItRouses) && it.phase == Phase::Reported;
        if (it.phase == Phase::Awake || hasty) && it.resumed && !it.works {
            step("claims what was resumed", self.with_node(i, |it| (it.works, it.resumed) = (true, false)));
        }
        if (it.phase == Phase::Awake || hasty) && self.jobs > 0 && !it.works {
            step("claims", Self { jobs: self.jobs - 1, ..self.with_node(i, |it| it.works = true) });
        }
        if it.works && it.lives() {
            step("the job ends", self.with_node(i, |it| it.works = false));
        }
        if it.phase == Phase::Awake && self.orphans > 0 {
            let mut rescued = Self { orphans: 0, jobs: self.jobs + self.orphans, ..self.clone() };
            rescued.nodes.iter_mut().filter(|it| it.phase == Phase::Dead).for_each(|it| it.resting = true);
            step("rescues", rescued);
        }
        if it.phase == Phase::Awake
            && self.orphans == 0
            && self.nodes.iter().any(|it| it.phase == Phase::Dead && !it.resting)
        {
            let mut rid = self.clone();
            rid.nodes.iter_mut().filter(|it| it.phase == Phase::Dead).for_each(|it| it.resting = true);
            step("deletes the rows of the dead", rid);
        }
        match it.phase {
            // An engine that is not asleep finds what is there.
            Phase::Resting | Phase::Gated if self.jobs > 0 || self.orphans > 0 => {
                step("finds something to do", self.with_node(i, |it| it.roused = true));
            }
            _ => {}
        }
        match it.phase {
            Phase::Gated | Phase::Resting | Phase::Asleep if it.roused => {
                let reported = self.with_node(i, |it| {
                    (it.phase, it.resting, it.roused, it.holds) = (Phase::Reported, false, false, false);
                });
                step("reports that it is awake", reported);
            }
            Phase::Reported => {
                step("rouses the others", self.with_node(i, |it| it.phase = Phase::Awake).rouse(Some(i)));
            }
            _ => {}
        }
    }

    fn fall_asleep(&self, i: usize, mutant: Option<Mutant>, steps: &mut Vec<Step>) {
        let it = &self.nodes[i];
        // An engine need not begin to fall asleep; what it has begun it ends.
        let goes_on = !matches!(it.phase, Phase::Awake | Phase::Gated | Phase::Resting);
        let mut step = |name, next| steps.push(Step { name, next, goes_on });
        let to = |phase| self.with_node(i, |it| it.phase = phase);
        let give_up = || {
            self.with_node(i, |it| {
                it.holds = false;
                it.phase = Phase::Resting;
            })
        };
        let in_flight = self.inserts.iter().any(|it| {
            matches!(
                it,
                Insert::InFlight { held: true, .. } | Insert::Asked { held: true, .. } | Insert::Visible { .. }
            )
        });
        let fenced = in_flight || self.nodes.iter().any(|it| it.phase == Phase::Fencing);
        let rushes = mutant == Some(Mutant::IgnoresInserts);
        match it.phase {
            Phase::Awake if !it.works && !it.resumed && self.jobs == 0 && self.orphans == 0 => {
                // What it was told before it rests is part of what it sees.
                step("rests", self.with_node(i, |it| (it.phase, it.roused) = (Phase::Gated, false)));
            }
            Phase::Gated if !it.roused => {
                step(
                    "its row says that it rests",
                    self.with_node(i, |it| (it.phase, it.resting) = (Phase::Resting, true)),
                );
            }
            Phase::Resting if it.linked && !it.roused => {
                if mutant == Some(Mutant::AsksBeforeItHolds) {
                    if !fenced {
                        step("asks for inserts too early", to(Phase::Asked));
                    }
                } else {
                    step("holds", self.with_node(i, |it| (it.phase, it.holds) = (Phase::Holding, true)));
                }
            }
            Phase::Asked => step("holds", self.with_node(i, |it| (it.phase, it.holds) = (Phase::Fenced, true))),
            Phase::Holding if rushes => step("goes on", to(Phase::Fenced)),
            Phase::Holding if fenced => step("an insert is in flight", give_up()),
            Phase::Holding => step("no insert is in flight", to(Phase::Fencing)),
            Phase::Fencing => step("releases the lock of inserts", to(Phase::Fenced)),
            Phase::Fenced => {
                if self.jobs > 0 && mutant != Some(Mutant::SleepsWithoutALook) {
                    step("sees a job", give_up().with_node(i, |it| it.roused = true));
                } else {
                    step("sees no job", to(Phase::Looked));
                }
            }
            Phase::Looked => {
                let awake = |(n, it): (usize, &Node)| n != i && it.phase != Phase::Absent && !it.resting;
                let others = self.nodes.iter().enumerate().any(awake);
                if others && mutant != Some(Mutant::SleepsBesideTheAwake) {
                    step("sees an engine awake", give_up());
                } else {
                    step(
                        "sleeps",
                        self.with_node(i, |it| {
                            it.phase = Phase::Asleep;
                            if mutant == Some(Mutant::ForgetsWhatRousedIt) {
                                it.roused = false;
                            }
                        }),
                    );
                }
            }
            _ => {}
        }
    }
}

const fn ended(notify: bool) -> Insert {
    if notify { Insert::Telling } else { Insert::Done }
}
