//! Reports slow statements: at once, again each minute while they are slow, and when they are not any more.

use std::collections::HashMap;
use std::sync::Weak;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep_until, timeout};

use super::Engine;
use crate::store::{Blocker, POOL, SlowStatement};
use crate::telemetry::Warning;

/// How long the look for the cause may take.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a statement is slow, as far as that is known.
enum Cause {
    Lock(Blocker),
    /// It waits for no lock.
    Plan,
    /// All connections of the pool are in use.
    Pool,
    Unknown,
}

/// Runs until the engine is gone.
pub(super) async fn report_slow(engine: Weak<Engine>) {
    let Some((store, interval)) = engine.upgrade().map(|it| (it.store.clone(), it.config.thresholds.slow)) else {
        return;
    };
    // When each statement that is slow was reported.
    let mut reported: HashMap<&str, Instant> = HashMap::new();
    loop {
        let next = reported.values().min().map(|at| *at + interval);
        tokio::select! {
            () = store.slow.exceeded.notified() => {}
            () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
        }
        let Some(engine) = engine.upgrade() else { return };
        let now = Instant::now();
        let is_due = |name| reported.get(name).is_none_or(|at| now >= *at + interval);
        let slow = store.slow.take(is_due);
        reported.retain(|name, at| {
            let is_over = now >= *at + interval && slow.iter().all(|it| it.name != *name);
            if is_over {
                engine.warnings.set(Warning::SlowQuery, name, None);
            }
            !is_over
        });
        for it in &slow {
            engine.report_slow(it).await;
            reported.insert(it.name, now);
        }
    }
}

impl Engine {
    async fn report_slow(&self, slow: &SlowStatement) {
        let SlowStatement { name, count, longest, runs } = slow;
        let cause = self.cause_of(slow).await;
        let ms = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        let what = if *name == POOL {
            format!("{count} × no free connection, for up to {ms} ms")
        } else {
            let longest = if *runs { "has taken" } else { "took" };
            format!("{count} × {name}, the longest {longest} {ms} ms")
        };
        let message = format!("slow_query: {what}; {}", cause.explanation(self.config.pool));
        let details = json!({ "statement": name, "ms": ms, "count": count, "hint": cause.hint() });
        self.warnings.set(Warning::SlowQuery, name, Some((message, details)));
    }

    async fn cause_of(&self, slow: &SlowStatement) -> Cause {
        if slow.name == POOL {
            return Cause::Pool;
        }
        // Once it has ended, what it waited for cannot be seen.
        if !slow.runs {
            return Cause::Unknown;
        }
        match timeout(LOOK_TIMEOUT, self.store.find_blocker(slow.name)).await {
            Ok(Ok(Some(blocker))) => Cause::Lock(blocker),
            Ok(Ok(None)) => Cause::Plan,
            Ok(Err(_)) | Err(_) => Cause::Unknown,
        }
    }
}

impl Cause {
    const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Lock(_) => Some("lock"),
            Self::Plan => Some("plan"),
            Self::Pool => Some("pool"),
            Self::Unknown => None,
        }
    }

    fn explanation(&self, pool: u32) -> String {
        match self {
            Self::Lock(Blocker { pid, application, state, seconds }) => {
                let application =
                    application.as_deref().filter(|it| !it.is_empty()).unwrap_or("of unknown application");
                let state = state.as_deref().unwrap_or("in an unknown state");
                let seconds = seconds.map_or_else(String::new, |it| format!(" for {it:.0} s"));
                format!(
                    "it waits for a lock that process {pid} holds ({application}, {state}, in a transaction{seconds})"
                )
            }
            Self::Plan => {
                "it waits for no lock: ANALYZE the tables, and look for bloat and load; npx eramjs doctor helps".into()
            }
            Self::Pool => format!("all {pool} are in use; a larger pool, or quicker statements, would help"),
            Self::Unknown => "what it waited for is not known".into(),
        }
    }
}
