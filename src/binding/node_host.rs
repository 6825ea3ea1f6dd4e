//! The engine's host in Node.js: orders about threads, and events, held until JavaScript takes them.

use std::sync::Arc;

use parking_lot::Mutex;

use super::bell::Bell;
use crate::engine::Host;
use crate::queue::Dispatcher;
use crate::queue::executor::Directive;

/// Held back for a main thread that does not listen; the oldest events go first.
const MOST: usize = 100_000;

#[derive(Default)]
pub struct NodeHost {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    texts: std::collections::VecDeque<String>,
    bell: Option<Arc<Bell>>,
    rung: bool,
}

impl NodeHost {
    /// Adds one JSON text for the environment to take.
    pub fn push(&self, text: String) {
        let bell = {
            let mut waiting = self.waiting.lock();
            if waiting.texts.len() >= MOST {
                waiting.texts.pop_front();
            }
            waiting.texts.push_back(text);
            if waiting.rung { None } else { waiting.bell.clone().inspect(|_| waiting.rung = true) }
        };
        if let Some(bell) = bell {
            bell.ring();
        }
    }

    pub fn connect(&self, bell: Option<Arc<Bell>>) {
        let mut waiting = self.waiting.lock();
        waiting.rung = false;
        waiting.bell = bell;
    }

    pub fn take(&self) -> Option<String> {
        let mut waiting = self.waiting.lock();
        waiting.rung = false;
        if waiting.texts.is_empty() {
            return None;
        }
        let all: Vec<String> = waiting.texts.drain(..).collect();
        Some(format!("[{}]", all.join(",")))
    }
}

impl Host for NodeHost {
    fn direct(&self, queue: &str, directive: Directive) {
        self.push(match directive {
            Directive::Spawn { isolation } => {
                serde_json::json!({ "do": "spawn", "queue": queue, "isolation": isolation.as_str() }).to_string()
            }
            Directive::Terminate { slot } => format!("{{\"do\":\"terminate\",\"slot\":{slot}}}"),
            Directive::Replace { slot } => format!("{{\"do\":\"replace\",\"slot\":{slot}}}"),
        });
    }

    fn change(&self, queue: &str, options: Option<&serde_json::Value>) {
        let todo = if options.is_some() { "open" } else { "close" };
        self.push(serde_json::json!({ "do": todo, "queue": queue, "options": options }).to_string());
    }
}
