//! The engine's host in Node.js: orders about threads, and events, held until JavaScript takes them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use super::isolate_waker::IsolateWaker;
use super::types::{self, DirectiveMessage};
use crate::engine::{EngineHost, HostQueue};
use crate::plugins::PluginOrder;
use crate::queue::Waker;
use crate::queue::executor::Directive;

#[derive(Default)]
pub struct NodeHost {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    queue: HostQueue,
    waker: Option<Arc<IsolateWaker>>,
    woken: bool,
}

impl NodeHost {
    /// Adds the JSON text of an event for JavaScript to take.
    pub fn emit(&self, kind: &'static str, event: String) {
        self.push(|queue| queue.emit(kind, event));
    }

    fn push(&self, add: impl FnOnce(&mut HostQueue)) {
        let waker = {
            let mut waiting = self.waiting.lock();
            add(&mut waiting.queue);
            if waiting.woken { None } else { waiting.waker.clone().inspect(|_| waiting.woken = true) }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn send(&self, directive: &DirectiveMessage<'_>) {
        match types::text(directive) {
            Ok(text) => self.push(|queue| queue.direct(text)),
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
        waiting.queue.take(Instant::now())
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

    fn events_dropped(&self) -> BTreeMap<&'static str, u64> {
        self.waiting.lock().queue.dropped()
    }
}
