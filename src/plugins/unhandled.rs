//! Says when jobs wait for nobody: their class is known to no node that lives, or they are pinned to a version that none has.
//!
//! Nothing is done to them: a node that can run them may come with the next deployment. Each is told again after a while.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::json;

use super::{Cue, Plugin, Tick};
use crate::error::Result;
use crate::model::config::GONE_AFTER;
use crate::model::draft::VersionRule;
use crate::model::version;
use crate::store::{Store, Unhandled};
use crate::telemetry::{Kind, Telemetry};

const LOOK_EVERY: Duration = Duration::from_secs(60);

/// A deployment may take so long without anybody being told.
const WAITED: Duration = Duration::from_secs(60);

const TELL_AGAIN: Duration = Duration::from_secs(300);

/// So many at the head of a queue are looked at.
const HEAD: i64 = 1000;

pub struct Watch {
    pub store: Arc<Store>,
    pub telemetry: Arc<Telemetry>,
    pub told: Mutex<HashMap<Subject, Instant>>,
}

type Subject = (String, Option<String>, Option<String>, Option<String>);

impl Plugin for Watch {
    fn name(&self) -> &'static str {
        "unhandled"
    }

    fn tick(&self, _: Cue) -> Tick<'_> {
        Box::pin(async {
            self.look().await?;
            Ok(LOOK_EVERY)
        })
    }
}

impl Watch {
    async fn look(&self) -> Result<()> {
        let waiting = self.store.unhandled_jobs(GONE_AFTER.as_secs_f64(), WAITED.as_secs_f64(), HEAD).await?;
        let mut told = self.told.lock();
        told.retain(|_, at| at.elapsed() < TELL_AGAIN);
        for it in waiting.into_iter().filter(nobody_can) {
            let subject = (it.queue.clone(), it.worker.clone(), it.rule.clone(), it.version.clone());
            if told.contains_key(&subject) {
                continue;
            }
            told.insert(subject, Instant::now());
            self.tell(&it);
        }
        Ok(())
    }

    fn tell(&self, it: &Unhandled) {
        let Unhandled { queue, worker, rule, version, versions, jobs, seconds } = it;
        let at_least = if *jobs >= HEAD { "at least " } else { "" };
        let (jobs, seconds) = (*jobs, seconds.round());
        match (worker, rule, version) {
            (Some(worker), ..) => tracing::warn!(
                "queue {queue}: {at_least}{jobs} jobs of {worker} wait, the first for {seconds} s; no running node knows this class"
            ),
            (None, Some(rule), Some(version)) => tracing::warn!(
                "queue {queue}: {at_least}{jobs} jobs wait for version {version} ({rule}), the first for {seconds} s; the running \
                 nodes are of {}",
                if versions.is_empty() { "none".to_owned() } else { versions.join(", ") }
            ),
            _ => {}
        }
        self.telemetry.emit(Kind::JobUnhandled, || {
            json!({ "queue": queue, "worker": worker, "version": version, "version_rule": rule, "jobs": jobs, "seconds": seconds })
        });
    }
}

fn nobody_can(it: &Unhandled) -> bool {
    let (Some(rule), Some(wanted)) = (it.rule.as_deref().and_then(VersionRule::named), &it.version) else {
        return it.worker.is_some();
    };
    !it.versions.iter().any(|own| version::allows(rule, wanted, own))
}
