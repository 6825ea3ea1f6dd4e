//! A model of marks and surveys, explored over all interleavings: no job waits before a mark while nothing leads to a look at it.
//!
//! Here marks are not behind the clock: each fetch that was not full moves them past all places, so that any job may be late. That
//! a producer without capacity waits, and for how long surveys are put off, is left out: both end.
//!
//! The mutants are similar rules that lose jobs. That the model detects each of them shows that it can detect lost jobs.

use crate::testing::{Explored, explore};

const PLACES: u8 = 3;

/// A fault in the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutant {
    /// A producer that falls asleep relies on what it surveyed before.
    SleepsOnOldMarks,
    /// A notification leads to a fetch only.
    FetchesOnly,
    /// The answer to a fetch moves the marks although a survey was answered since it began.
    OverrulesASurvey,
    /// The answer to a survey counts although the producer fell asleep, or learned a class, since it began.
    TrustsAnOldSurvey,
    /// An awake producer surveys only when something asks for it.
    WaitsForReasons,
    /// Marks hold for a class that is registered later.
    KeepsMarksForNewClasses,
    /// A survey that finds a job leads to no fetch.
    OnlyLooks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Row {
    ToCome,
    /// Inserted by an open transaction that has asked the gate: it notifies if a producer slept, else it lets none fall asleep.
    Open {
        notifies: bool,
    },
    Waiting,
    Claimed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fetch {
    None,
    Begun { epoch: u8, from: u8 },
    Executed { epoch: u8 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Survey {
    None,
    Begun { epoch: u8 },
    Executed { epoch: u8, first: u8 },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and the whole is a key")]
struct World {
    /// A job for each place; that of the last is of a class that the producer does not have at first.
    rows: [Row; PLACES as usize],
    knows_all: bool,
    asleep: bool,
    fetch_due: bool,
    owed: bool,
    mark: u8,
    epoch: u8,
    fetch: Fetch,
    survey: Survey,
    /// How often claimed jobs are yet made available again: by this process, or by another.
    releases: [u8; 2],
}

/// The name of a step, the world after it, and whether it follows by itself from what is there.
type Step = (&'static str, World, bool);

impl World {
    const FIRST: Self = Self {
        rows: [Row::ToCome; PLACES as usize],
        knows_all: false,
        asleep: false,
        fetch_due: true,
        owed: true,
        mark: 0,
        epoch: 0,
        fetch: Fetch::None,
        survey: Survey::None,
        releases: [1, 1],
    };

    fn claimable(&self, from: u8) -> impl Iterator<Item = u8> {
        let known = if self.knows_all { PLACES } else { PLACES - 1 };
        (from..known).filter(|place| self.rows[usize::from(*place)] == Row::Waiting)
    }

    /// Set in this process by a notification or an ack.
    fn woken(mut self, mutant: Option<Mutant>) -> Self {
        self.fetch_due = true;
        self.owed |= mutant != Some(Mutant::FetchesOnly);
        self
    }

    /// What was looked at so far does not count any more.
    fn demand(mut self) -> Self {
        self.epoch += 1;
        self.owed = true;
        self
    }

    fn steps(&self, mutant: Option<Mutant>) -> Vec<Step> {
        let mut steps = vec![];
        for place in 0..self.rows.len() {
            self.transaction(place, mutant, &mut steps);
        }
        self.gate(mutant, &mut steps);
        self.look(mutant, &mut steps);
        self.read(mutant, &mut steps);
        steps
    }

    fn transaction(&self, place: usize, mutant: Option<Mutant>, steps: &mut Vec<Step>) {
        let to = |row| {
            let mut world = self.clone();
            world.rows[place] = row;
            world
        };
        match self.rows[place] {
            Row::ToCome => steps.push(("insert", to(Row::Open { notifies: self.asleep }), false)),
            Row::Open { notifies: true } => steps.push(("commit, notified", to(Row::Waiting).woken(mutant), false)),
            Row::Open { notifies: false } => steps.push(("commit", to(Row::Waiting), false)),
            Row::Claimed => {
                let [here, elsewhere] = self.releases;
                if here > 0 {
                    let released = World { releases: [here - 1, elsewhere], ..to(Row::Waiting) };
                    steps.push(("released by this process", released.woken(mutant), false));
                }
                if elsewhere > 0 {
                    let released = World { releases: [here, elsewhere - 1], ..to(Row::Waiting) };
                    let next = if self.asleep { released.woken(mutant) } else { released };
                    steps.push(("released by another process", next, false));
                }
            }
            Row::Waiting => {}
        }
    }

    fn gate(&self, mutant: Option<Mutant>, steps: &mut Vec<Step>) {
        let in_flight = self.rows.contains(&Row::Open { notifies: false });
        if !self.asleep && !self.fetch_due && self.fetch == Fetch::None && !in_flight {
            let asleep = World { asleep: true, fetch_due: true, ..self.clone() };
            let sound = mutant != Some(Mutant::SleepsOnOldMarks);
            steps.push(("falls asleep", if sound { asleep.demand() } else { asleep }, false));
        }
        if self.asleep {
            steps.push(("wakes for good", World { asleep: false, ..self.clone() }.woken(mutant), false));
        }
        if !self.knows_all {
            let learned = World { knows_all: true, fetch_due: true, ..self.clone() };
            let sound = mutant != Some(Mutant::KeepsMarksForNewClasses);
            steps.push(("a class is registered", if sound { learned.demand() } else { learned }, false));
        }
    }

    fn look(&self, mutant: Option<Mutant>, steps: &mut Vec<Step>) {
        match self.survey {
            Survey::None => {
                let regular =
                    !self.asleep && mutant != Some(Mutant::WaitsForReasons) && self.claimable(0).next().is_some();
                if self.owed || regular {
                    let begun = Survey::Begun { epoch: self.epoch };
                    steps.push(("begins a survey", World { survey: begun, owed: false, ..self.clone() }, true));
                }
            }
            Survey::Begun { epoch } => {
                let first = self.claimable(0).next().unwrap_or(PLACES);
                let executed = Survey::Executed { epoch, first };
                steps.push(("the survey is executed", World { survey: executed, ..self.clone() }, true));
            }
            Survey::Executed { epoch, first } => {
                let mut world = World { survey: Survey::None, ..self.clone() };
                if epoch == self.epoch || mutant == Some(Mutant::TrustsAnOldSurvey) {
                    (world.mark, world.epoch) = (first, self.epoch + 1);
                    world.owed &= mutant != Some(Mutant::TrustsAnOldSurvey);
                    world.fetch_due |= first < PLACES && mutant != Some(Mutant::OnlyLooks);
                }
                steps.push(("the survey is answered", world, true));
            }
        }
    }

    fn read(&self, mutant: Option<Mutant>, steps: &mut Vec<Step>) {
        match self.fetch {
            Fetch::None => {
                // Awake, it polls.
                if self.fetch_due || !self.asleep && self.claimable(self.mark).next().is_some() {
                    let begun = Fetch::Begun { epoch: self.epoch, from: self.mark };
                    steps.push(("begins a fetch", World { fetch: begun, fetch_due: false, ..self.clone() }, true));
                }
            }
            Fetch::Begun { epoch, from } => {
                let mut world = World { fetch: Fetch::Executed { epoch }, ..self.clone() };
                for place in self.claimable(from) {
                    world.rows[usize::from(place)] = Row::Claimed;
                }
                steps.push(("the fetch is executed", world, true));
            }
            Fetch::Executed { epoch } => {
                let mut world = World { fetch: Fetch::None, ..self.clone() };
                if epoch == self.epoch || mutant == Some(Mutant::OverrulesASurvey) {
                    world.mark = PLACES;
                }
                steps.push(("the fetch is answered", world, true));
            }
        }
    }

    /// Epochs are only compared with each other: counted from that of the oldest look in flight.
    fn normal(mut self) -> Self {
        let of_fetch = match self.fetch {
            Fetch::None => self.epoch,
            Fetch::Begun { epoch, .. } | Fetch::Executed { epoch } => epoch,
        };
        let of_survey = match self.survey {
            Survey::None => self.epoch,
            Survey::Begun { epoch } | Survey::Executed { epoch, .. } => epoch,
        };
        let current = |of: u8| u8::from(of == self.epoch);
        match &mut self.fetch {
            Fetch::Begun { epoch, .. } | Fetch::Executed { epoch } => *epoch = current(of_fetch),
            Fetch::None => {}
        }
        match &mut self.survey {
            Survey::Begun { epoch } | Survey::Executed { epoch, .. } => *epoch = current(of_survey),
            Survey::None => {}
        }
        self.epoch = 1;
        self
    }
}

fn explored(mutant: Option<Mutant>) -> Explored {
    explore(World::FIRST.normal(), |world: &World| {
        let steps = world.steps(mutant);
        if world.claimable(0).next().is_some() && !steps.iter().any(|(.., follows)| *follows) {
            return None;
        }
        Some(steps.into_iter().map(|(name, next, _)| (name, next.normal())).collect())
    })
}

#[test]
fn no_job_before_a_mark_is_missed() {
    let found = explored(None);
    assert!(found.lost.is_none(), "a job is missed:\n{}", found.lost.unwrap_or_default());
    assert!(found.states > 1000, "the model hardly moved: {} states", found.states);
}

#[test]
fn every_mutant_misses_a_job() {
    for mutant in [
        Mutant::SleepsOnOldMarks,
        Mutant::FetchesOnly,
        Mutant::OverrulesASurvey,
        Mutant::TrustsAnOldSurvey,
        Mutant::WaitsForReasons,
        Mutant::KeepsMarksForNewClasses,
        Mutant::OnlyLooks,
    ] {
        let found = explored(Some(mutant));
        assert!(found.lost.is_some(), "{mutant:?} was not seen to miss a job in {} states", found.states);
    }
}
