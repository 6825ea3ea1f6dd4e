//! Calls of the application's plugins, whose code is JavaScript: the host receives orders and
//! reports the result of each tick.

use std::collections::HashMap;

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// What the host is to do with a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginOrder {
    /// Call its `tick()`, and report how that ended. The next order comes after the end.
    Tick,
    /// Abort the current tick, because this node has lost the lease.
    Abort,
}

/// How a tick ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TickEnd {
    Ok,
    /// The tick threw, or exceeded its timeout.
    Failed,
    /// The tick threw because it was aborted.
    Aborted,
}

impl TickEnd {
    pub fn named(name: &str) -> Option<Self> {
        let all = [("ok", Self::Ok), ("failed", Self::Failed), ("aborted", Self::Aborted)];
        all.iter().find(|(word, _)| *word == name).map(|(_, end)| *end)
    }
}

/// Receives the name of a plugin and the order for it.
type Sink = Box<dyn Fn(&str, PluginOrder) + Send + Sync>;

pub struct Calls {
    send: Sink,
    running: Mutex<HashMap<String, oneshot::Sender<TickEnd>>>,
}

impl Calls {
    pub fn new(send: impl Fn(&str, PluginOrder) + Send + Sync + 'static) -> Self {
        Self { send: Box::new(send), running: Mutex::default() }
    }

    /// Begins a tick; the receiver gets its result.
    pub fn tick(&self, plugin: &str) -> oneshot::Receiver<TickEnd> {
        let (sender, receiver) = oneshot::channel();
        self.running.lock().insert(plugin.to_owned(), sender);
        (self.send)(plugin, PluginOrder::Tick);
        receiver
    }

    /// Aborts the current tick.
    pub fn abort(&self, plugin: &str) {
        (self.send)(plugin, PluginOrder::Abort);
    }

    /// Receives the result of the current tick of a plugin.
    pub fn ended(&self, plugin: &str, end: TickEnd) {
        if let Some(sender) = self.running.lock().remove(plugin) {
            // The loop may have ended in the meantime.
            let _ = sender.send(end);
        }
    }
}
