//! Why a job does not run, or how it runs, or how it ended: one sentence, and the checks that it follows from.

mod ended;
mod facts;
mod running;
mod waiting;

#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value;

pub use facts::{Facts, Local};

use crate::model::job::State;

/// Something that a job depends on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    pub code: &'static str,
    /// False: it keeps the job from running, or from ending well.
    pub ok: bool,
    /// A sentence.
    pub text: String,
    pub data: Value,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Why {
    pub id: i64,
    pub state: &'static str,
    pub queue: String,
    pub worker: String,
    /// When it was so.
    pub at: Value,
    /// That of the first check that is not ok; else `ready`, `running`, or the final state.
    pub code: &'static str,
    pub text: String,
    pub checks: Vec<Check>,
}

impl Check {
    fn new(code: &'static str, ok: bool, text: String, data: Value) -> Self {
        Self { code, ok, text, data }
    }
}

/// Explains the state of a job.
pub fn explain(facts: &Facts, local: &Local) -> Why {
    let (code, text, mut checks) = match facts.state {
        State::Executing => ("running", running::text(facts), running::checks(facts, local)),
        State::Completed | State::Cancelled | State::Discarded => {
            (facts.state.as_str(), ended::text(facts), ended::checks(facts))
        }
        _ => ("ready", waiting::text(facts, local), waiting::checks(facts, local)),
    };
    checks.extend(snoozed(facts));
    let problem = checks.iter().find(|it| !it.ok);
    let (code, text) = problem.map_or((code, text), |it| (it.code, it.text.clone()));
    Why {
        id: facts.id,
        state: facts.state.as_str(),
        queue: facts.queue.clone(),
        worker: facts.worker.clone(),
        at: facts.at.clone(),
        code,
        text,
        checks,
    }
}

fn snoozed(facts: &Facts) -> Option<Check> {
    let times = facts.snoozed.as_i64().filter(|times| *times > 0)?;
    let text = format!("It was snoozed {}.", crate::model::words::count(times, "time"));
    Some(Check::new("snoozed", true, text, serde_json::json!({ "times": times })))
}
