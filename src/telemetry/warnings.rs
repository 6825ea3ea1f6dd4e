//! What an operator should know of while it lasts: told once, again each hour, and when it is over.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::{Kind, Telemetry};

const TELL_AGAIN: Duration = Duration::from_secs(3600);

/// The closed list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alarm {
    /// The clocks of node and database differ.
    ClockSkew,
    /// Two engines of one name call their nodes the same.
    NodeDuplicate,
    /// Jobs wait and there is room, but none is fetched.
    QueueStalled,
    /// Jobs wait in a queue that no node serves.
    QueueUnattended,
}

impl Alarm {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClockSkew => "clock_skew",
            Self::NodeDuplicate => "node_duplicate",
            Self::QueueStalled => "queue_stalled",
            Self::QueueUnattended => "queue_unattended",
        }
    }
}

pub struct Alarms {
    telemetry: Arc<Telemetry>,
    raised: Mutex<HashMap<(Alarm, String), Instant>>,
}

impl Alarms {
    pub fn new(telemetry: Arc<Telemetry>) -> Self {
        Self { telemetry, raised: Mutex::default() }
    }

    /// How things stand with a subject, such as a queue: what is wrong, with details for the event, or nothing.
    pub fn set(&self, alarm: Alarm, subject: &str, problem: Option<(String, Value)>) {
        let key = (alarm, subject.to_owned());
        let mut raised = self.raised.lock();
        let since = raised.get(&key).copied();
        match problem {
            Some((message, details)) if since.is_none_or(|at| at.elapsed() >= TELL_AGAIN) => {
                raised.insert(key, Instant::now());
                tracing::warn!("{message}");
                self.tell(alarm, subject, false, &message, details);
            }
            None if since.is_some() => {
                raised.remove(&key);
                let message = format!("{} is over: {subject}", alarm.as_str());
                tracing::info!("{message}");
                self.tell(alarm, subject, true, &message, Value::Null);
            }
            _ => {}
        }
    }

    /// The subjects of which something is told.
    pub fn raised(&self, alarm: Alarm) -> Vec<String> {
        self.raised.lock().keys().filter(|(kind, _)| *kind == alarm).map(|(_, subject)| subject.clone()).collect()
    }

    fn tell(&self, alarm: Alarm, subject: &str, resolved: bool, message: &str, details: Value) {
        self.telemetry.emit(Kind::Warning, || {
            let mut event = match details {
                Value::Object(details) => details,
                _ => Map::new(),
            };
            for (key, value) in [
                ("warning", json!(alarm.as_str())),
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
