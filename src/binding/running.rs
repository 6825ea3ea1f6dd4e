//! The engines that run in this process, by number: numbers can be handed to a worker thread, objects cannot.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;

use super::node_host::NodeHost;
use super::types::{self, LogLine};
use crate::engine::Engine;
use crate::error::{Error, Result};

static ENGINES: LazyLock<Mutex<HashMap<u32, Member>>> = LazyLock::new(Mutex::default);
static NEXT: AtomicU32 = AtomicU32::new(1);

#[derive(Clone)]
pub struct Member {
    pub engine: Arc<Engine>,
    pub host: Arc<NodeHost>,
}

/// Adds an engine; its number.
pub fn add(engine: Arc<Engine>, host: Arc<NodeHost>) -> u32 {
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    ENGINES.lock().insert(id, Member { engine, host });
    id
}

pub fn remove(id: u32) {
    ENGINES.lock().remove(&id);
}

pub fn find(id: u32) -> Result<Member> {
    let found = ENGINES.lock().get(&id).cloned();
    found.ok_or_else(|| Error::NotRunning(format!("engine {id}: expected one that runs, got one that has stopped")))
}

/// Passes a log line to the host of every engine.
pub fn push_to_all(line: &LogLine) {
    let Ok(text) = types::text(line) else { return };
    let members: Vec<Member> = ENGINES.lock().values().cloned().collect();
    for member in members {
        member.host.emit(LogLine::KIND, text.clone());
    }
}
