//! Calls of the application's plugins, whose code is JavaScript: orders go to the host, and how a tick ended comes back.

use std::collections::HashMap;

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// What the host is to do with a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginOrder {
    /// Call it, and report how that ended. It has ended before the next one.
    Tick,
    /// Ask the current tick to end: this node has lost the lease.
    Abort,
}

/// How a tick ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TickEnd {
    Ok,
    /// It threw, or took longer than its timeout.
    Failed,
    /// It threw because it was asked to end.
    Aborted,
}

impl TickEnd {
    pub fn named(name: &str) -> Option<Self> {
        let all = [("ok", Self::Ok), ("failed", Self::Failed), ("aborted", Self::Aborted)];
        all.iter().find(|(word, _)| *word == name).map(|(_, end)| *end)
    }
}

/// Takes the name of a plugin, and what is to be done with it.
type Sink = Box<dyn Fn(&str, PluginOrder) + Send + Sync>;

pub struct Calls {
    send: Sink,
    running: Mutex<HashMap<String, oneshot::Sender<TickEnd>>>,
}

impl Calls {
    pub fn new(send: impl Fn(&str, PluginOrder) + Send + Sync + 'static) -> Self {
        Self { send: Box::new(send), running: Mutex::default() }
    }

    /// Begins a tick; the receiver has its end.
    pub fn tick(&self, plugin: &str) -> oneshot::Receiver<TickEnd> {
        let (sender, receiver) = oneshot::channel();
        self.running.lock().insert(plugin.to_owned(), sender);
        (self.send)(plugin, PluginOrder::Tick);
        receiver
    }

    /// Asks the current tick to end.
    pub fn abort(&self, plugin: &str) {
        (self.send)(plugin, PluginOrder::Abort);
    }

    /// The current tick of a plugin has ended.
    pub fn ended(&self, plugin: &str, end: TickEnd) {
        if let Some(sender) = self.running.lock().remove(plugin) {
            // The loop may have ended meanwhile.
            let _ = sender.send(end);
        }
    }
}
