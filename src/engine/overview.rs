//! Overview of the cluster, from the database: queues with their jobs, and the nodes that serve
//! them. What nodes report dates from their last heartbeat.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Engine;
use crate::error::{Error, Result};
use crate::model::job::State;
use crate::store::MAX_COUNTED;

/// Whether counts of this state are estimates when the table is large, because no index covers the
/// state. Jobs in other states are counted, up to [`MAX_COUNTED`].
const fn is_estimated(state: State) -> bool {
    matches!(state, State::Suspended) || state.is_terminal()
}

impl Engine {
    /// All known queues, by name.
    pub async fn queues(&self) -> Result<Value> {
        let (mut names, _) = self.store.known_queues().await?;
        let (counts, estimated) = self.store.count_jobs(&names).await?;
        let waits = |state: &str| State::parse(state).is_ok_and(State::is_waiting);
        let later: i64 = counts.iter().filter(|it| waits(&it.state)).map(|it| it.jobs).sum();
        let producers = self.producer_rows().await?;
        let mut by_queue: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        for it in counts {
            by_queue.entry(it.queue).or_default().insert(it.state, it.jobs);
        }
        names.extend(by_queue.keys().cloned());
        names.sort_unstable();
        names.dedup();
        let queue = |name: String| {
            let jobs = by_queue.remove(&name).unwrap_or_default();
            let nodes: Vec<&Value> = producers.iter().filter(|it| it["queue"] == json!(name)).collect();
            let sum = |key: &str| nodes.iter().filter_map(|it| it[key].as_i64()).sum::<i64>();
            let found = |state: State| jobs.get(state.as_str()).copied().unwrap_or(0);
            let count = |state: State| match state {
                State::Executing => sum("running"),
                _ if is_estimated(state) => found(state),
                _ => found(state).min(MAX_COUNTED),
            };
            let more = |state: &State| match state {
                State::Available => found(State::Available) > MAX_COUNTED,
                _ => state.is_waiting() && later > MAX_COUNTED,
            };
            let names = |which: &dyn Fn(&State) -> bool| -> Vec<&str> {
                State::ALL.into_iter().filter(which).map(State::as_str).collect()
            };
            let counts: Map<String, Value> =
                State::ALL.iter().map(|it| (it.as_str().to_owned(), json!(count(*it)))).collect();
            json!({
                "queue": name, "counts": counts,
                "at_least": names(&more),
                "estimated": if estimated { names(&|state| is_estimated(*state)) } else { vec![] },
                "limit": sum("limit"), "running": sum("running"),
                "paused": !nodes.is_empty() && nodes.iter().all(|it| it["paused"] == json!(true)),
                "nodes": nodes.iter().map(|it| pick(it, &["name", "node", "uuid", "limit", "paused", "running", "running_ids", "started_at", "age_ms", "asleep"])).collect::<Vec<_>>(),
            })
        };
        Ok(names.into_iter().map(queue).collect())
    }

    /// All engines that serve queues, by engine name and node.
    pub async fn nodes(&self) -> Result<Value> {
        let mut nodes: Vec<(Value, Value)> = vec![];
        for it in self.producer_rows().await? {
            let queue = pick(&it, &["queue", "limit", "paused", "running"]);
            if let Some((_, node)) =
                nodes.iter_mut().find(|(boot, node)| *boot == it["boot"] && node["node"] == it["node"])
            {
                // Rows are ordered by age, and a queue may have been started later than the others.
                if let Some(queues) = node["queues"].as_array_mut() {
                    queues.push(queue);
                }
                continue;
            }
            let keys =
                ["name", "node", "host", "pid", "version", "eram_version", "started_at", "age_ms", "asleep", "leader"];
            let mut node = pick(&it, &keys);
            node["queues"] = json!([queue]);
            nodes.push((it["boot"].clone(), node));
        }
        Ok(nodes.into_iter().map(|(_, node)| node).collect())
    }

    pub(super) async fn producer_rows(&self) -> Result<Vec<Value>> {
        let texts = self.store.list_producers().await?;
        let read =
            |text: &String| serde_json::from_str(text).map_err(|e| Error::Internal(format!("producer_rows: {e}")));
        texts.iter().map(read).collect()
    }
}

fn pick(of: &Value, keys: &[&str]) -> Value {
    keys.iter().map(|key| ((*key).to_owned(), of[*key].clone())).collect::<Map<_, _>>().into()
}
