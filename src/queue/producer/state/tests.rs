//! Every decision of the producer, one fact each.

mod fetches;
mod gate;
mod offers;
mod stop;

use super::*;

/// What is changed around a machine, in words and in fact.
type Case = (&'static str, fn(&mut Machine));

/// The state machine of a queue with a limit of 10, and what is true around it.
struct Machine {
    state: State,
    facts: Facts,
}

impl Machine {
    /// Just started, and listening.
    fn new() -> Self {
        let now = Instant::now();
        let facts = Facts {
            now,
            flags: Flags::LISTENING | Flags::RUNNABLE,
            notifications: 0,
            limit: 10,
            ready: 0,
            running: 0,
            job_seconds: 0.0,
            unwritten: 0,
        };
        Self { state: State::new(true, Duration::from_secs(1), now), facts }
    }

    /// Its first fetch has found nothing: it waits, and offers its capacity.
    fn idle() -> Self {
        let mut it = Self::new();
        it.fetches(Input::Woken, 10);
        it.waits(answer(10, 0));
        it
    }

    /// Has slept for a while.
    fn asleep(gate: Gate) -> Self {
        let mut it = Self::idle();
        it.fetches_in_vain_until_sleep();
        it.fetches(Input::Slept(Some(if gate == Gate::Sentinel { Sleep::Sentinel } else { Sleep::Watched })), 10);
        assert_eq!(it.waits(answer(10, 0)), (None, Some(10)));
        it.pass(10_000);
        it
    }

    fn next(&mut self, input: Input) -> Action {
        let action = self.state.next(input, &self.facts);
        self.facts.notifications = 0;
        self.facts.flags =
            self.facts.flags.with(Flags::FETCH_DUE | Flags::SENTINEL_LOST | Flags::MAYBE_LOST_ACKS, false);
        action
    }

    fn set(&mut self, flags: Flags) {
        self.facts.flags = self.facts.flags | flags;
    }

    fn unset(&mut self, flags: Flags) {
        self.facts.flags = self.facts.flags.with(flags, false);
    }

    fn pass(&mut self, ms: u64) {
        self.facts.now += Duration::from_millis(ms);
    }

    /// Wakes, and withdraws the offer if there is one.
    fn woken(&mut self) -> Action {
        match self.next(Input::Woken) {
            Action::WithdrawOffer => self.next(Input::OfferWithdrawn),
            action => action,
        }
    }

    /// Wakes for these reasons.
    fn woken_by(&mut self, flags: Flags) -> Action {
        self.set(flags);
        self.woken()
    }

    fn woken_after(&mut self, ms: u64) -> Action {
        self.pass(ms);
        self.woken()
    }

    /// The input makes it fetch `expected` jobs.
    fn fetches(&mut self, input: Input, expected: usize) {
        assert_eq!(fetched(self.next(input)), Some(expected));
    }

    /// The input makes it wait, if need be after setting a new low-water mark: for how many milliseconds, and with which offer.
    fn waits(&mut self, input: Input) -> (Option<u128>, Option<usize>) {
        let mut action = self.next(input);
        if matches!(action, Action::NotifyBelow(_)) {
            action = self.next(Input::Done);
        }
        self.wait(action)
    }

    /// It waits on, although it is woken by this.
    fn waits_although(&mut self, flags: Flags) -> (Option<u128>, Option<usize>) {
        self.set(flags);
        self.waits(Input::Woken)
    }

    fn wait(&self, action: Action) -> (Option<u128>, Option<usize>) {
        let Action::Wait { until, offer } = action else { panic!("expected a wait, got {action:?}") };
        (until.map(|until| (until - self.facts.now).as_millis()), offer)
    }

    fn fetches_in_vain_until_sleep(&mut self) {
        for _ in 0..20 {
            let action = self.woken_after(5);
            if action == Action::Sleep {
                return;
            }
            if fetched(action).is_some() {
                let next = self.next(answer(10, 0));
                if next == Action::Sleep {
                    return;
                }
            }
        }
        panic!("it does not want to sleep");
    }
}

fn fetched(action: Action) -> Option<usize> {
    match action {
        Action::Fetch { count, .. } => Some(count),
        _ => None,
    }
}

/// The answer to a fetch of `requested` jobs that brings `count`.
fn answer(requested: usize, count: usize) -> Input {
    Input::FetchAnswered(claimed(requested, count))
}

fn claimed(requested: usize, count: usize) -> Answer {
    let claimed = Claimed::Jobs { count, bytes: 500 * count, took: Duration::from_millis(2), is_void: false };
    Answer { requested, claimed }
}

fn failed(requested: usize, claimed: Claimed) -> Input {
    Input::FetchAnswered(Answer { requested, claimed })
}
