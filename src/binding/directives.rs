//! What the engine tells the environment that started it: orders about threads, and events.

use napi::Env;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::UnknownReturnValue;
use napi_derive::napi;
use parking_lot::Mutex;
use std::sync::Arc;

use super::bell::Bell;
use super::{engines, to_js};
use crate::dispatcher::Dispatcher;
use crate::engine::Host;
use crate::executor::Directive;

/// Held back for a main thread that does not listen; the oldest events go first.
const MOST: usize = 100_000;

#[derive(Default)]
pub struct Directives {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    texts: std::collections::VecDeque<String>,
    bell: Option<Arc<Bell>>,
    rung: bool,
}

impl Directives {
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

    fn connect(&self, bell: Option<Arc<Bell>>) {
        let mut waiting = self.waiting.lock();
        waiting.rung = false;
        waiting.bell = bell;
    }

    /// All that waits, as a JSON array.
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

impl Host for Directives {
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

/// Makes the calling environment the one that hears the engine; `wake` means: call `takeDirectives` soon.
#[napi]
pub fn directives(env: &Env, engine: u32, wake: Function<'_, (), UnknownReturnValue>) -> napi::Result<u32> {
    let member = engines::find(engine).map_err(to_js)?;
    let bell = Arc::new(Bell::new(&wake)?);
    member.directives.connect(Some(bell.clone()));
    let (silenced, directives) = (bell, member.directives);
    Bell::at_end_of(*env, move || {
        directives.connect(None);
        silenced.silence();
    })?;
    Ok(engine)
}

/// A JSON array of what waits, or null: `{"do":"terminate","slot":3}`, `{"event":"job:stop",…}`.
#[napi(catch_unwind)]
pub fn take_directives(control: u32) -> napi::Result<Option<String>> {
    Ok(engines::find(control).map_err(to_js)?.directives.take())
}

/// The names of the events that are wanted, a JSON array; `"*"` stands for all.
#[napi(catch_unwind)]
pub fn subscribe(engine: u32, kinds: String) -> napi::Result<()> {
    let names: Vec<String> = serde_json::from_str(&kinds).map_err(|e| napi::Error::from_reason(e.to_string()))?;
    engines::find(engine).map_err(to_js)?.engine.telemetry.subscribe(&names);
    Ok(())
}
