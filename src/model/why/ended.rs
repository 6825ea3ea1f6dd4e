//! A job that has ended.

use serde_json::json;

use super::{Check, Facts};
use crate::model::job::State;
use crate::model::words::span;

/// Without the message of an error: what applications put into jobs is not for everyone who may see their states.
pub fn text(facts: &Facts) -> String {
    let Facts { attempt, max_attempts, .. } = facts;
    let ago = facts.ended_ms.map(|ms| format!(", {} ago", span(ms))).unwrap_or_default();
    let kind = facts.error.as_ref().and_then(|it| it.kind.as_deref());
    let name = facts.error.as_ref().and_then(|it| it.name.as_deref());
    match facts.state {
        State::Completed => format!("It completed in attempt {attempt} of {max_attempts}{ago}."),
        State::Cancelled if *attempt == 0 => format!("It was cancelled before its first attempt{ago}."),
        State::Cancelled => format!("It was cancelled after attempt {attempt} of {max_attempts}{ago}."),
        _ if kind == Some("discarded") => format!("It discarded itself in attempt {attempt} of {max_attempts}{ago}."),
        _ => {
            let last = name.map(|name| format!(" Its last error: {name}.")).unwrap_or_default();
            format!("It was discarded after {attempt} of {max_attempts} attempts{ago}.{last}")
        }
    }
}

pub fn checks(facts: &Facts) -> Vec<Check> {
    let error = facts
        .error
        .as_ref()
        .map(|it| json!({ "name": it.name, "kind": it.kind, "attempt": it.attempt, "message": it.message }));
    let data = json!({
        "at": facts.ended_at, "attempt": facts.attempt, "max_attempts": facts.max_attempts, "error": error,
    });
    vec![Check::new("ended", true, text(facts), data)]
}
