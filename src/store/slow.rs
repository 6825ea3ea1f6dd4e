//! Statements that take longer than a limit: while they run and afterwards, by name. Callers that wait for a connection count
//! apart, as [`POOL`].

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// Stands for the wait for a connection of the pool while all are in use.
pub const POOL: &str = "pool";

/// Statements that take long by their nature, and the one that looks for the cause.
const EXEMPT: [&str; 2] = ["purge_jobs", "find_blocker"];

#[derive(Default)]
pub struct Slow {
    /// In microseconds; 0: statements are not timed.
    limit: AtomicU64,
    statements: Mutex<BTreeMap<&'static str, Slowness>>,
    /// How many exceeded the limit since the engine started.
    ever: Mutex<BTreeMap<&'static str, u64>>,
    /// A statement has exceeded the limit.
    pub exceeded: Notify,
}

/// A statement since it was reported last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Slowness {
    /// How many exceeded the limit.
    count: u64,
    longest: Duration,
    /// When those began that still run.
    running: Vec<Instant>,
}

/// What to report of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlowStatement {
    pub name: &'static str,
    /// How many exceeded the limit since the last report, and how many still run that did before.
    pub count: u64,
    pub longest: Duration,
    /// Whether one still runs.
    pub runs: bool,
}

impl Slow {
    pub fn set_limit(&self, limit: Option<Duration>) {
        let micros = limit.map_or(0, |limit| u64::try_from(limit.as_micros()).unwrap_or(u64::MAX).max(1));
        self.limit.store(micros, Ordering::Relaxed);
    }

    pub fn limit(&self) -> Option<Duration> {
        let micros = self.limit.load(Ordering::Relaxed);
        (micros > 0).then(|| Duration::from_micros(micros))
    }

    /// How many exceeded the limit since the engine started, by statement.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.ever.lock().clone()
    }

    /// How many statements exceeded the limit since the engine started.
    pub fn count(&self) -> u64 {
        self.ever.lock().values().sum()
    }

    /// Does the work of a statement, and takes its time.
    pub async fn watch<F: Future>(&self, name: &'static str, work: F) -> F::Output {
        let Some(limit) = self.limit().filter(|_| !EXEMPT.contains(&name)) else { return work.await };
        let begun = Instant::now();
        let mut work = pin!(work);
        if let Ok(done) = tokio::time::timeout(limit, &mut work).await {
            return done;
        }
        let _running = Running::new(self, name, begun);
        work.await
    }

    /// What exceeded the limit since it was taken last, or still does; for the statements that `is_due` names.
    pub fn take(&self, is_due: impl Fn(&'static str) -> bool) -> Vec<SlowStatement> {
        let mut statements = self.statements.lock();
        let mut taken = vec![];
        for (name, slowness) in statements.iter_mut().filter(|(name, _)| is_due(name)) {
            let now = Instant::now();
            let running = slowness.running.iter().map(|begun| now.duration_since(*begun)).max();
            let longest = slowness.longest.max(running.unwrap_or_default());
            let count = slowness.count.max(slowness.running.len() as u64);
            if count > 0 {
                taken.push(SlowStatement { name, count, longest, runs: running.is_some() });
            }
            slowness.count = 0;
            slowness.longest = Duration::ZERO;
        }
        statements.retain(|_, slowness| !slowness.running.is_empty() || slowness.count > 0);
        taken
    }
}

/// A statement that has exceeded the limit; it has ended when this is dropped.
struct Running<'a> {
    slow: &'a Slow,
    name: &'static str,
    begun: Instant,
}

impl<'a> Running<'a> {
    fn new(slow: &'a Slow, name: &'static str, begun: Instant) -> Self {
        *slow.ever.lock().entry(name).or_default() += 1;
        let mut statements = slow.statements.lock();
        let slowness = statements.entry(name).or_default();
        slowness.count += 1;
        slowness.running.push(begun);
        slow.exceeded.notify_one();
        Self { slow, name, begun }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut statements = self.slow.statements.lock();
        let slowness = statements.entry(self.name).or_default();
        if let Some(at) = slowness.running.iter().position(|begun| *begun == self.begun) {
            slowness.running.swap_remove(at);
        }
        slowness.longest = slowness.longest.max(self.begun.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(10);

    fn slow() -> Slow {
        let slow = Slow::default();
        slow.set_limit(Some(LIMIT));
        slow
    }

    #[tokio::test]
    async fn a_statement_within_the_limit_is_not_counted_and_neither_is_one_that_is_exempt_or_without_a_limit() {
        let slow = slow();
        assert_eq!(slow.watch("a", async { 1 }).await, 1);
        slow.watch("purge_jobs", tokio::time::sleep(3 * LIMIT)).await;
        slow.set_limit(None);
        slow.watch("a", tokio::time::sleep(3 * LIMIT)).await;
        assert_eq!((slow.count(), slow.take(|_| true)), (0, vec![]));
    }

    #[tokio::test]
    async fn a_statement_beyond_it_is_reported_while_it_runs_and_for_as_long() {
        let slow = slow();
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let work = slow.watch("a", ended);
        let look = async {
            slow.exceeded.notified().await;
            let first = slow.take(|_| true);
            assert_eq!(slow.take(|name| name != "a"), []);
            let second = slow.take(|_| true);
            end.send(()).expect("it waits");
            (first, second)
        };
        let (_, (first, second)) = tokio::join!(work, look);
        for it in [&first, &second] {
            assert_eq!((it.len(), it[0].name, it[0].count, it[0].runs), (1, "a", 1, true));
            assert!(it[0].longest >= LIMIT);
        }
        assert!(second[0].longest >= first[0].longest);
        assert_eq!((slow.take(|_| true), slow.counts()), (vec![], BTreeMap::from([("a", 1)])));
    }

    #[tokio::test]
    async fn a_statement_that_its_caller_gave_up_runs_no_longer() {
        let slow = slow();
        let given_up = tokio::time::timeout(3 * LIMIT, slow.watch("a", std::future::pending::<()>())).await;
        assert!(given_up.is_err());
        let taken = slow.take(|_| true);
        assert_eq!((taken.len(), taken[0].count, taken[0].runs), (1, 1, false));
        assert!(taken[0].longest >= 2 * LIMIT);
        assert_eq!(slow.take(|_| true), []);
    }
}
