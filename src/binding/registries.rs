//! The registries of this process, by number: numbers can be handed to a worker thread, objects cannot. Each JavaScript environment
//! that registers a class has one, and shares it with the job threads of its engines.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use napi::Env;
use parking_lot::RwLock;

use crate::error::{Error, Result};
use crate::registry::Registry;

static REGISTRIES: LazyLock<RwLock<HashMap<u32, Arc<Registry>>>> = LazyLock::new(RwLock::default);
static NEXT: AtomicU32 = AtomicU32::new(1);

/// Adds a registry that lasts as long as the calling isolate; its number.
pub fn add(env: &Env) -> napi::Result<u32> {
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    REGISTRIES.write().insert(id, Arc::default());
    env.add_env_cleanup_hook(id, |id| drop(REGISTRIES.write().remove(&id)))?;
    Ok(id)
}

pub fn find(id: u32) -> Result<Arc<Registry>> {
    let found = REGISTRIES.read().get(&id).cloned();
    found.ok_or_else(|| Error::NotRunning(format!("registry {id}: expected that of a running thread, it has ended")))
}
