//! The option `cluster_events`.

use serde_json::Value;

use super::kind::Kind;

/// The events that nodes can report to each other.
pub const CLUSTER_EVENTS: [&str; 6] =
    ["job:start", "job:stop", "job:exception", "job:lost", "job:rescued", "job:discarded"];

/// `true`, or a list of events.
pub(crate) fn cluster_events() -> Kind<Vec<String>> {
    let all = || CLUSTER_EVENTS.map(str::to_owned).to_vec();
    Kind::new(
        "boolean or array",
        move |it| {
            let expected = || it.expected(&format!("true, or a list of {}", CLUSTER_EVENTS.join(", ")));
            match it.value() {
                Value::Bool(on) => Ok(if *on { all() } else { vec![] }),
                Value::Array(_) => {
                    let names = it.texts("an event", CLUSTER_EVENTS.len(), 1..=63)?;
                    let known = names.iter().all(|name| CLUSTER_EVENTS.contains(&name.as_str()));
                    if known { Ok(names) } else { Err(expected()) }
                }
                _ => Err(expected()),
            }
        },
        |names| if names.is_empty() { Value::Bool(false) } else { Value::from(names.as_slice()) },
    )
}
