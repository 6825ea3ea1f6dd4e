//! Warns when no running node can perform waiting jobs: their class is unknown, or they are pinned
//! to a version that no node has.
//!
//! The jobs are left alone: the next deployment may start a node that can run them. Each case is
//! reported again after [`REPEAT_AFTER`].

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::definition::{Definition, Loaded};
use super::plugin::{Plugin, PluginContext, Tick};
use crate::error::Result;
use crate::model::config::GONE_AFTER;
use crate::model::draft::VersionRule;
use crate::model::version;
use crate::store::Unhandled;
use crate::telemetry::Kind;

const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// How long jobs must have waited, so that a deployment causes no report.
const MIN_WAIT: Duration = Duration::from_secs(60);

const REPEAT_AFTER: Duration = Duration::from_secs(300);

/// The maximum number of jobs examined at the head of a queue.
const MAX_INSPECTED: i64 = 1000;

pub const DEFINITION: Definition = Definition {
    option: None,
    table: None,
    read: |_, _| Ok(Loaded { needs_leader: false, ..Loaded::on(Value::Null, UnhandledJobs::default()) }),
};

#[derive(Default)]
pub struct UnhandledJobs {
    pub reported: Mutex<HashMap<Subject, Instant>>,
}

type Subject = (String, Option<String>, Option<String>, Option<String>);

impl Plugin for UnhandledJobs {
    fn name(&self) -> &'static str {
        "unhandled"
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async {
            self.look(context).await?;
            Ok(CHECK_INTERVAL)
        })
    }
}

impl UnhandledJobs {
    async fn look(&self, context: &PluginContext) -> Result<()> {
        let waiting =
            context.store.unhandled_jobs(GONE_AFTER.as_secs_f64(), MIN_WAIT.as_secs_f64(), MAX_INSPECTED).await?;
        let mut reported = self.reported.lock();
        reported.retain(|_, at| at.elapsed() < REPEAT_AFTER);
        for it in waiting.into_iter().filter(is_unhandled) {
            let subject = (it.queue.clone(), it.worker.clone(), it.rule.clone(), it.version.clone());
            if reported.contains_key(&subject) {
                continue;
            }
            reported.insert(subject, Instant::now());
            report(context, &it);
        }
        Ok(())
    }
}

fn report(context: &PluginContext, it: &Unhandled) {
    let Unhandled { queue, worker, rule, version, versions, jobs, seconds } = it;
    let at_least = if *jobs >= MAX_INSPECTED { "at least " } else { "" };
    let (jobs, seconds) = (*jobs, seconds.round());
    match (worker, rule, version) {
        (Some(worker), ..) => tracing::warn!(
            "queue {queue}: {at_least}{jobs} jobs of {worker} waiting (oldest {seconds} s) but no running node knows this class"
        ),
        (None, Some(rule), Some(version)) => tracing::warn!(
            "queue {queue}: {at_least}{jobs} jobs waiting for version {version} ({rule}; oldest {seconds} s); the versions of \
             running nodes: {}",
            if versions.is_empty() { "none".to_owned() } else { versions.join(", ") }
        ),
        _ => {}
    }
    context.telemetry.emit(Kind::JobUnhandled, || {
        json!({ "queue": queue, "worker": worker, "version": version, "version_rule": rule, "jobs": jobs, "seconds": seconds })
    });
}

/// Whether none of the nodes of its queue can run it, as far as they say.
pub fn is_unhandled(it: &Unhandled) -> bool {
    let (Some(rule), Some(wanted)) = (it.rule.as_deref().and_then(VersionRule::named), &it.version) else {
        return it.worker.is_some();
    };
    !it.versions.iter().any(|own| version::allows(rule, wanted, own))
}
