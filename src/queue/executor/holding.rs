//! What a queue holds.

use super::{Executor, State};

/// What a queue holds, for the producer and for status output.
#[derive(Debug, Clone, Default)]
pub struct Holding {
    pub limit: usize,
    pub ready: usize,
    pub running: usize,
    pub stuck: usize,
    pub job_seconds: f64,
    /// As [`Executor::isolations`].
    pub isolations: [bool; 3],
    pub running_ids: Vec<i64>,
    /// The oldest claim, in microseconds since 1970.
    pub oldest_at: Option<i64>,
    pub slots: usize,
}

impl Executor {
    /// Holds no job at all.
    pub fn is_idle(&self) -> bool {
        let state = self.state.lock();
        state.ready_count == 0 && state.runs.is_empty()
    }

    pub fn counts(&self) -> Holding {
        self.state.lock().holding()
    }

    pub fn holding(&self) -> Holding {
        let state = self.state.lock();
        let running = state.runs.values().map(|run| run.job.attempted_at);
        let ready = state.ready.iter().flatten().map(|ready| ready.job.attempted_at);
        Holding {
            running_ids: state.runs.values().map(|run| run.job.id).collect(),
            oldest_at: running.chain(ready).min(),
            ..state.holding()
        }
    }

    /// The ids of every claimed job, begun or not.
    pub fn holding_ids(&self) -> Vec<i64> {
        let state = self.state.lock();
        let ready = state.ready.iter().flatten().map(|ready| ready.job.id);
        ready.chain(state.runs.values().map(|run| run.job.id)).collect()
    }
}

impl State {
    fn holding(&self) -> Holding {
        Holding {
            limit: self.options.limit,
            ready: self.ready_count,
            running: self.runs.len(),
            stuck: self.stuck,
            job_seconds: self.job_seconds,
            isolations: self.isolations(),
            slots: self.slots.values().filter(|slot| slot.takes()).count(),
            ..Holding::default()
        }
    }
}
