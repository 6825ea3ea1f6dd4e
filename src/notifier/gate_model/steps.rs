//! The possible next steps: one small change for each, as atomic as in PostgreSQL.

use super::Mutant;
use super::world::{Asked, Call, Enqueuer, Gate, Link, Look, Producer, Scene, Tx, World};

type Step = (&'static str, World);

/// All worlds that may follow, each with the name of the step.
pub fn steps(world: &World, scene: &Scene, mutant: Option<Mutant>) -> Vec<Step> {
    let mut next = vec![];
    for i in 0..world.enqueuers.len() {
        enqueue(world, i, scene.rows, mutant, &mut next);
    }
    for i in (0..world.producers.len()).filter(|i| world.producers[*i].alive) {
        fetch(world, i, scene.limit, mutant, &mut next);
        fall_asleep(world, i, mutant, &mut next);
        wake_up(world, i, mutant, &mut next);
        leave(world, i, mutant, &mut next);
        go_wrong(world, i, mutant, &mut next);
    }
    if world.ghost {
        next.push(("the server notices that a session is gone", World { ghost: false, ..world.clone() }));
    }
    next
}

fn enqueue(world: &World, i: usize, rows: u8, mutant: Option<Mutant>, next: &mut Vec<Step>) {
    let Enqueuer { left, tx } = world.enqueuers[i];
    let with = |tx: Tx, left: u8, jobs: u8| {
        let mut world = World { jobs: world.jobs + jobs, ..world.clone() };
        world.enqueuers[i] = Enqueuer { left, tx };
        world
    };
    let ask = |asked: Asked| {
        let granted = asked.shared || world.grants_shared();
        Asked { shared: granted, notify: asked.notify || !granted }
    };
    match tx {
        Tx::None if left > 0 => {
            next.push(("enqueue", with(Tx::Open { rows: 1, asked: ask(Asked::default()) }, left - 1, 0)));
        }
        Tx::None => {}
        Tx::Open { rows: inserted, asked } => {
            if inserted < rows {
                next.push(("enqueue one more", with(Tx::Open { rows: inserted + 1, asked: ask(asked) }, left, 0)));
            }
            if mutant == Some(Mutant::UnlocksBeforeCommit) && asked.shared {
                let asked = Asked { shared: false, ..asked };
                next.push(("unlock", with(Tx::Open { rows: inserted, asked }, left, 0)));
            }
            let visible = match asked {
                Asked { shared: true, notify } => Tx::Visible { notify },
                Asked { notify: true, .. } => Tx::Telling,
                Asked { .. } => Tx::None,
            };
            next.push(("commit: rows visible", with(visible, left, inserted)));
            next.push(("roll back", with(Tx::None, left, 0)));
        }
        Tx::Visible { notify: true } => next.push(("commit: unlocked", with(Tx::Telling, left, 0))),
        Tx::Visible { notify: false } => next.push(("commit: unlocked", with(Tx::None, left, 0))),
        Tx::Telling => {
            let mut reported = with(Tx::None, left, 0);
            reported.listeners().for_each(|it| it.look = Look::Now);
            next.push(("commit: notified", reported));
        }
        Tx::Acking => next.push(("ack", with(Tx::Acked, left, 1))),
        Tx::Acked if world.grants_shared() => next.push(("ask after the ack", with(Tx::None, left, 0))),
        Tx::Acked => next.push(("ask after the ack", with(Tx::Telling, left, 0))),
    }
}

/// The same world with one producer changed.
fn change(world: &World, i: usize, change: impl FnOnce(&mut Producer)) -> World {
    let mut world = world.clone();
    change(&mut world.producers[i]);
    world
}

fn fetch(world: &World, i: usize, limit: u8, mutant: Option<Mutant>, next: &mut Vec<Step>) {
    let it = &world.producers[i];
    if it.free < limit {
        next.push(("a job ends", change(world, i, |it| it.free += 1)));
    }
    if it.fetching {
        let found = world.jobs.min(it.free);
        let mut ran = change(world, i, |it| {
            let full = found == it.free;
            it.fetching = false;
            it.free -= found;
            if full {
                it.look = Look::Now;
            } else if it.gate == Gate::Awake && mutant != Some(Mutant::NeverLooksAgain) {
                it.look = it.look.max(Look::Soon);
            }
        });
        ran.jobs -= found;
        next.push(("the fetch runs", ran));
    } else if it.call == Call::None && it.look != Look::Never && it.free > 0 && !it.leaving {
        next.push((
            "sends a fetch",
            change(world, i, |it| {
                it.look = Look::Never;
                it.fetching = true;
            }),
        ));
    }
}

fn fall_asleep(world: &World, i: usize, mutant: Option<Mutant>, next: &mut Vec<Step>) {
    let it = &world.producers[i];
    let up = it.link == Link::Up;
    let answer = |gate: Gate| {
        change(world, i, |it| {
            it.holds = gate == Gate::Sentinel;
            it.call = Call::Answered(gate);
        })
    };
    match it.call {
        Call::None
            if up && it.gate == Gate::Awake && it.look != Look::Now && !it.fetching && it.free > 0 && !it.leaving =>
        {
            let granted = world.grants_exclusive();
            let tried = if granted { answer(Gate::Sentinel) } else { change(world, i, |it| it.call = Call::Refused) };
            next.push(("tries the exclusive lock", tried));
        }
        Call::Refused if up && world.grants_shared() => {
            next.push(("tries the shared lock", change(world, i, |it| it.call = Call::Peeking)));
        }
        Call::Refused if up => next.push(("tries the shared lock", answer(Gate::Watched))),
        Call::Peeking if up => {
            let busy = if mutant == Some(Mutant::TakesBusyForWatched) { Gate::Watched } else { Gate::Awake };
            next.push(("releases the shared lock", answer(busy)));
        }
        Call::Answered(gate) => next.push(("is answered", change(world, i, |it| turn(it, gate, mutant)))),
        Call::None | Call::Refused | Call::Peeking | Call::Unlocking | Call::Signalling => {}
    }
}

fn turn(it: &mut Producer, gate: Gate, mutant: Option<Mutant>) {
    it.call = Call::None;
    it.gate = gate;
    it.look = match gate {
        Gate::Awake => it.look.max(Look::Soon),
        Gate::Sentinel | Gate::Watched if mutant == Some(Mutant::SleepsWithoutAFetch) => Look::Never,
        Gate::Sentinel | Gate::Watched => Look::Now,
    };
    if std::mem::take(&mut it.unwatched) && mutant != Some(Mutant::ForgetsWhatItHeardMeanwhile) {
        it.unwatch(Call::Unlocking);
    }
}

fn wake_up(world: &World, i: usize, mutant: Option<Mutant>, next: &mut Vec<Step>) {
    let it = &world.producers[i];
    let first = if mutant == Some(Mutant::NotifiesBeforeUnlock) { Call::Signalling } else { Call::Unlocking };
    match it.call {
        Call::None => {
            let router = || change(world, i, |it| it.unwatch(first));
            if world.finds_no_sentinel(it) {
                next.push(("asks, and finds no sentinel", router()));
            } else if it.gate != Gate::Awake && it.link == Link::Up {
                next.push(("is notified too often", router()));
            }
        }
        Call::Unlocking if it.link == Link::Up => next.push((
            "unlocks",
            change(world, i, |it| {
                it.holds = false;
                it.call = Call::Signalling;
                if matches!(mutant, Some(Mutant::NotifiesBeforeUnlock | Mutant::LeavesWithoutAWord)) {
                    it.rise();
                }
            }),
        )),
        Call::Signalling if it.link == Link::Up => {
            let mut reported =
                change(world, i, |it| if first == Call::Signalling { it.call = Call::Unlocking } else { it.rise() });
            for (_, other) in
                reported.producers.iter_mut().enumerate().filter(|(n, it)| *n != i && it.alive && it.link == Link::Up)
            {
                other.unwatch(first);
            }
            next.push(("tells the others", reported));
        }
        Call::Refused | Call::Peeking | Call::Answered(_) | Call::Unlocking | Call::Signalling => {}
    }
}

fn leave(world: &World, i: usize, mutant: Option<Mutant>, next: &mut Vec<Step>) {
    let it = &world.producers[i];
    let first = if mutant == Some(Mutant::NotifiesBeforeUnlock) { Call::Signalling } else { Call::Unlocking };
    if it.leaving && it.gate == Gate::Awake && it.call == Call::None {
        next.push(("is gone", change(world, i, |it| *it = Producer::GONE)));
    } else if world.stops > 0 && it.call == Call::None && !it.fetching && !it.leaving {
        let stopping = change(world, i, |it| {
            it.leaving = true;
            it.unwatch(first);
        });
        next.push(("stops", World { stops: world.stops - 1, ..stopping }));
    }
}

fn go_wrong(world: &World, i: usize, mutant: Option<Mutant>, next: &mut Vec<Step>) {
    let it = &world.producers[i];
    let notice = |it: &mut Producer| {
        it.link = Link::Down;
        it.holds = false;
        it.unwatched = false;
        if mutant == Some(Mutant::SleepsThroughALoss) {
            return;
        }
        // The pending call gets an error.
        it.call = Call::None;
        it.gate = Gate::Awake;
        it.look = Look::Now;
    };
    if world.deaths > 0 {
        let dead = change(world, i, |it| *it = Producer::GONE);
        let dead = World { deaths: world.deaths - 1, troubled: true, ghost: world.ghost || it.holds, ..dead };
        next.push(("dies without a word", dead));
    }
    match it.link {
        Link::Up if world.losses > 0 => {
            let lost = World { losses: world.losses - 1, troubled: true, ..world.clone() };
            let dropped = change(&lost, i, |it| {
                it.link = Link::Broken;
                it.holds = false;
            });
            next.push(("the server drops the connection", dropped));
            let broken = change(&World { ghost: world.ghost || it.holds, ..lost }, i, notice);
            next.push(("the connection breaks", broken));
        }
        Link::Up => {}
        Link::Broken => next.push(("notices that the connection is gone", change(world, i, notice))),
        Link::Down => next.push((
            "listens again",
            change(world, i, |it| {
                it.link = Link::Up;
                if mutant != Some(Mutant::SleepsThroughALoss) {
                    it.look = Look::Now;
                }
            }),
        )),
    }
}
