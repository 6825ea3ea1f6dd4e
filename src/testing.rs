//! What the engine's tests share: how they wait, how they explore models, and where the rest is.
//!
//! Each test has a schema of its own ([`Database`]), engines on it that stop when it ends ([`Node`]), and isolates that
//! perform jobs by a script ([`Scripted`]).

pub use crate::engine::testing::Node;
pub use crate::queue::executor::testing::{Act, Scripted, Taken, failed};
pub use crate::store::testing::{Database, draft, drafts, with_database};

use std::collections::HashSet;
use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// How long anything that must happen may take. Long, because the machine may be busy; nothing waits for it in vain.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Waits until the condition holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    let mut pause = Duration::from_millis(1);
    while !holds().await {
        assert!(Instant::now() < end, "waited {} s in vain until {what}", LIMIT.as_secs());
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// The future's output, which must come in time.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(LIMIT, future).await;
    done.unwrap_or_else(|_| panic!("waited {} s in vain for {what}", LIMIT.as_secs()))
}

/// Numbers that look random, the same in each run.
pub struct Dice(pub u64);

impl Dice {
    /// From 0 up to, but not including, `below`.
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % below
    }

    pub fn millis(&mut self, below: u64) -> Duration {
        Duration::from_millis(self.roll(below))
    }
}

/// What a search of all worlds of a model has found.
pub struct Explored {
    pub states: usize,
    /// The shortest sequence of steps that leads to a world in which something is lost.
    pub lost: Option<String>,
}

/// Breadth-first search over all interleavings of a model. `steps` returns those that are possible in a world, each with its name and the world after it; `None` if
/// something is lost there.
pub fn explore<W: Clone + Debug + Eq + Hash>(
    first: W,
    steps: impl Fn(&W) -> Option<Vec<(&'static str, W)>>,
) -> Explored {
    let mut known = HashSet::from([first.clone()]);
    let mut met = vec![(first, 0, "")];
    let mut at = 0;
    while at < met.len() {
        let Some(steps) = steps(&met[at].0) else {
            return Explored { states: met.len(), lost: Some(story(&met, at)) };
        };
        for (name, next) in steps {
            if known.insert(next.clone()) {
                met.push((next, at, name));
            }
        }
        at += 1;
    }
    Explored { states: met.len(), lost: None }
}

fn story<W: Debug>(met: &[(W, usize, &'static str)], mut at: usize) -> String {
    let mut reported = vec![format!("{:#?}", met[at].0)];
    while at > 0 {
        reported.push(met[at].2.to_owned());
        at = met[at].1;
    }
    reported.reverse();
    reported.join("\n")
}
