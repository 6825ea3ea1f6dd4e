//! The engine's host in Node.js: orders about threads, and events, held until JavaScript takes them.

use std::sync::Arc;

use parking_lot::Mutex;

use super::isolate_waker::IsolateWaker;
use super::types::{self, DirectiveMessage};
use crate::engine::EngineHost;
use crate::plugins::PluginOrder;
use crate::queue::Waker;
use crate::queue::executor::Directive;

/// The maximum number of texts held for a main thread that does not take them; beyond it the oldest are dropped.
const MAX_QUEUED: usize = 100_000;

#[derive(Default)]
pub struct NodeHost {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    texts: std::collections::VecDeque<String>,
    waker: Option<Arc<IsolateWaker>>,
    woken: bool,
}

impl NodeHost {
    /// Adds one JSON text for JavaScript to take.
    pub fn push(&self, text: String) {
        let waker = {
            let mut waiting = self.waiting.lock();
            if waiting.texts.len() >= MAX_QUEUED {
                waiting.texts.pop_front();
            }
            waiting.texts.push_back(text);
            if waiting.woken { None } else { waiting.waker.clone().inspect(|_| waiting.woken = true) }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn send(&self, directive: &DirectiveMessage<'_>) {
        match types::text(directive) {
            Ok(text) => self.push(text),
            Err(error) => tracing::error!(%error, "a directive could not be sent"),
        }
    }

    pub fn connect(&self, waker: Option<Arc<IsolateWaker>>) {
        let mut waiting = self.waiting.lock();
        waiting.woken = false;
        waiting.waker = waker;
    }

    /// All that waits, as a JSON array.
    pub fn take(&self) -> Option<String> {
        let mut waiting = self.waiting.lock();
        waiting.woken = false;
        if waiting.texts.is_empty() {
            return None;
        }
        let all: Vec<String> = waiting.texts.drain(..).collect();
        Some(format!("[{}]", all.join(",")))
    }
}

impl EngineHost for NodeHost {
    fn direct(&self, queue: &str, directive: Directive) {
        self.send(&DirectiveMessage::new(queue, directive));
    }

    fn change(&self, queue: &str, options: Option<&serde_json::Value>) {
        self.send(&DirectiveMessage::change(queue, options));
    }

    fn plugin(&self, name: &str, order: PluginOrder) {
        self.send(&DirectiveMessage::plugin(name, order));
    }
}
