//! Warnings: problems reported while they last: at once, again each hour (slow statements: each minute), and when resolved.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::{Kind, Telemetry};

/// The kinds of warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Warning {
    /// The clocks of node and database differ.
    ClockSkew,
    /// The database refuses to change the rows of some jobs.
    JobsRefused,
    /// Two engines of the same name use the same node name.
    NodeDuplicate,
    /// Jobs wait and there is capacity, but none is fetched.
    QueueStalled,
    /// Jobs wait in a queue that no node serves.
    QueueUnattended,
    /// A statement takes longer than `slow_query`.
    SlowQuery,
    /// Dead rows cannot be removed.
    XminHorizon,
}

impl Warning {
    pub const ALL: [Self; 7] = [
        Self::ClockSkew,
        Self::JobsRefused,
        Self::NodeDuplicate,
        Self::QueueStalled,
        Self::QueueUnattended,
        Self::SlowQuery,
        Self::XminHorizon,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClockSkew => "clock_skew",
            Self::JobsRefused => "jobs_refused",
            Self::NodeDuplicate => "node_duplicate",
            Self::QueueStalled => "queue_stalled",
            Self::QueueUnattended => "queue_unattended",
            Self::SlowQuery => "slow_query",
            Self::XminHorizon => "xmin_horizon",
        }
    }

    /// The least time between two reports of a problem that lasts.
    pub const fn repeat_after(self) -> Duration {
        match self {
            // Those who report it wait themselves.
            Self::SlowQuery => Duration::ZERO,
            _ => Duration::from_secs(3600),
        }
    }
}

pub struct Warnings {
    telemetry: Arc<Telemetry>,
    raised: Mutex<HashMap<(Warning, String), Instant>>,
}

impl Warnings {
    pub fn new(telemetry: Arc<Telemetry>) -> Self {
        Self { telemetry, raised: Mutex::default() }
    }

    /// Sets the problem of a subject, such as a queue: a message with details for the event, or `None` when resolved.
    pub fn set(&self, warning: Warning, subject: &str, problem: Option<(String, Value)>) {
        let key = (warning, subject.to_owned());
        let mut raised = self.raised.lock();
        let since = raised.get(&key).copied();
        match problem {
            Some((message, details)) if since.is_none_or(|at| at.elapsed() >= warning.repeat_after()) => {
                raised.insert(key, Instant::now());
                tracing::warn!("{message}");
                self.emit(warning, subject, false, &message, details);
            }
            None if since.is_some() => {
                raised.remove(&key);
                let message = format!("{} is over: {subject}", warning.as_str());
                tracing::info!("{message}");
                self.emit(warning, subject, true, &message, Value::Null);
            }
            _ => {}
        }
    }

    /// Those that last, each with its subject.
    pub fn all(&self) -> Vec<(Warning, String)> {
        let mut all: Vec<_> = self.raised.lock().keys().cloned().collect();
        all.sort_unstable_by(|(a, of_a), (b, of_b)| (a.as_str(), of_a).cmp(&(b.as_str(), of_b)));
        all
    }

    /// The subjects with this warning.
    pub fn raised(&self, warning: Warning) -> Vec<String> {
        self.raised.lock().keys().filter(|(kind, _)| *kind == warning).map(|(_, subject)| subject.clone()).collect()
    }

    fn emit(&self, warning: Warning, subject: &str, resolved: bool, message: &str, details: Value) {
        self.telemetry.emit(Kind::Warning, || {
            let mut event = match details {
                Value::Object(details) => details,
                _ => Map::new(),
            };
            for (key, value) in [
                ("warning", json!(warning.as_str())),
                ("subject", json!(subject)),
                ("resolved", json!(resolved)),
                ("message", json!(message)),
            ] {
                event.insert(key.to_owned(), value);
            }
            event.into()
        });
    }
}
