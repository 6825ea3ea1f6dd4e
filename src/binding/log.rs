//! The engine's log lines as events for JavaScript: `{"event":"engine:log","level":"warn","message":…}`.

use std::fmt::Write;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::running;
use super::types::LogLine;

/// Connects the log of this library's own copy of `tracing`, once for the process.
pub fn connect() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Refused when this very library has a subscriber already, which only a test of it could have.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(ToEngines));
    });
}

struct ToEngines;

impl<S: Subscriber> Layer<S> for ToEngines {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= Level::INFO && metadata.target().starts_with("eram")
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        running::push_to_all(&LogLine { level, message: line.message + &line.fields });
    }
}

/// The message, then ` (field: value, …)`.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            // The commonest: `warn!(%error, "producer: cannot fetch")`.
            "error" => write!(self.fields, ": {value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
