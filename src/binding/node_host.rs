//! The engine's host in Node.js: orders about threads, and events, held until JavaScript takes them.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use super::isolate_waker::IsolateWaker;
use super::types::{self, DirectiveMessage};
use crate::engine::EngineHost;
use crate::plugins::PluginOrder;
use crate::queue::Waker;
use crate::queue::executor::Directive;

/// The maximum number of events held for a main thread that does not take them; beyond it the oldest are dropped. Directives are
/// never dropped: each is carried out once.
const MAX_EVENTS: usize = 100_000;

#[derive(Default)]
pub struct NodeHost {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// Directives and events in their order.
    texts: VecDeque<Text>,
    events: usize,
    waker: Option<Arc<IsolateWaker>>,
    woken: bool,
}

enum Text {
    Directive(String),
    Event(String),
}

impl Waiting {
    fn push(&mut self, text: Text) {
        if matches!(text, Text::Event(_)) {
            if self.events < MAX_EVENTS {
                self.events += 1;
            } else if let Some(oldest) = self.texts.iter().position(|it| matches!(it, Text::Event(_))) {
                self.texts.remove(oldest);
            }
        }
        self.texts.push_back(text);
    }
}

impl NodeHost {
    /// Adds the JSON text of an event for JavaScript to take.
    pub fn emit(&self, event: String) {
        self.push(Text::Event(event));
    }

    fn push(&self, text: Text) {
        let waker = {
            let mut waiting = self.waiting.lock();
            waiting.push(text);
            if waiting.woken { None } else { waiting.waker.clone().inspect(|_| waiting.woken = true) }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn send(&self, directive: &DirectiveMessage<'_>) {
        match types::text(directive) {
            Ok(text) => self.push(Text::Directive(text)),
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
        waiting.events = 0;
        let texts = waiting.texts.drain(..).map(|it| match it {
            Text::Directive(text) | Text::Event(text) => text,
        });
        let all: Vec<String> = texts.collect();
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
