//! Looks at the rows of awaited jobs, for what no node reports. All callers share each statement.
//!
//! ```text
//!   an end, where notifications arrive    reported; the look comes with each heartbeat
//!   an end, where they do not             ┐ 50 ms after a caller has begun to wait, later with
//!   another state                         ┘ growing intervals, up to a second
//! ```

use std::sync::Weak;
use std::time::Duration;

use tokio::time::Instant;

use super::Engine;
use crate::notifier::{AfterCommit, JobEnds, ended};

/// Ids in one statement.
const IDS_PER_LOOK: usize = 1_000;

/// How often the requests of all callers are renewed; other nodes forget them after a minute.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(25);

const MIN_INTERVAL: Duration = Duration::from_millis(50);
const MAX_INTERVAL: Duration = Duration::from_secs(1);

/// When the rows were looked at last.
struct Looks {
    /// Of all awaited jobs.
    all: Instant,
    /// Of those of which something is awaited that no node reports; `None` while there are none.
    some: Option<Instant>,
    renewed: Instant,
}

/// What the next look is for.
struct Next {
    at: Instant,
    all: bool,
}

impl Looks {
    fn next(&mut self, ends: &JobEnds, heartbeat: Duration, listens: bool) -> Next {
        let all = Next { at: self.all + heartbeat, all: true };
        let Some((_, newest)) = ends.unreported(!listens) else {
            self.some = None;
            return all;
        };
        let interval = (newest.elapsed() / 4).clamp(MIN_INTERVAL, MAX_INTERVAL);
        let some = *self.some.get_or_insert_with(Instant::now) + interval;
        if some < all.at { Next { at: some, all: false } } else { all }
    }
}

/// Runs until the engine is gone.
pub async fn look_for_ends(engine: Weak<Engine>) {
    let now = Instant::now();
    let mut looks = Looks { all: now, some: None, renewed: now };
    loop {
        let Some((next, ends, listens)) = engine.upgrade().map(|it| {
            let (ends, listens) = (it.router.ends.clone(), it.listens());
            (looks.next(&ends, it.config.heartbeat_interval, listens), ends, listens)
        }) else {
            return;
        };
        let lost = tokio::select! {
            () = tokio::time::sleep_until(next.at) => false,
            () = ends.suspect.notified() => true,
            () = ends.begun.notified() => continue,
        };
        let all = lost || next.all;
        let now = Instant::now();
        looks.some = looks.some.map(|_| now);
        let ids = if all {
            looks.all = now;
            ends.awaited_here()
        } else {
            ends.unreported(!listens).map(|(ids, _)| ids).unwrap_or_default()
        };
        for ids in ids.chunks(IDS_PER_LOOK) {
            let Some(engine) = engine.upgrade() else { return };
            engine.look_at(ids).await;
        }
        if !ids.is_empty() && (lost || (all && looks.renewed.elapsed() >= RENEWAL_INTERVAL)) {
            looks.renewed = now;
            ends.request_from_others(&ids);
        }
    }
}

impl Engine {
    fn listens(&self) -> bool {
        self.notifier.as_ref().is_some_and(|notifier| notifier.is_listening())
    }

    async fn look_at(&self, ids: &[i64]) {
        // If it fails, the next look finds what there is.
        let Ok(states) = self.store.job_states(ids).await else { return };
        self.router.ended(&ended(&states));
        self.router.ends.seen(&states);
    }
}
