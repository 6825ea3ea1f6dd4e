//! The queue of directives and events for the host, in their order.

use std::collections::VecDeque;

/// The maximum number of events held for a host that does not take them; above it, the oldest are
/// dropped. Directives are never dropped, because each must be carried out once.
const MAX_EVENTS: usize = 100_000;

enum Text {
    Directive(String),
    Event(String),
}

#[derive(Default)]
pub struct HostQueue {
    texts: VecDeque<Text>,
    events: usize,
}

impl HostQueue {
    /// Adds the JSON text of a directive.
    pub fn direct(&mut self, directive: String) {
        self.texts.push_back(Text::Directive(directive));
    }

    /// Adds the JSON text of an event.
    pub fn emit(&mut self, event: String) {
        if self.events < MAX_EVENTS {
            self.events += 1;
        } else if let Some(oldest) = self.texts.iter().position(|it| matches!(it, Text::Event(_))) {
            self.texts.remove(oldest);
        }
        self.texts.push_back(Text::Event(event));
    }

    /// Takes everything in the queue, as a JSON array; `None` when the queue is empty.
    pub fn take(&mut self) -> Option<String> {
        if self.texts.is_empty() {
            return None;
        }
        self.events = 0;
        let texts = self.texts.drain(..).map(|it| match it {
            Text::Directive(text) | Text::Event(text) => text,
        });
        Some(format!("[{}]", texts.collect::<Vec<_>>().join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_and_events_keep_their_order() {
        let mut queue = HostQueue::default();
        queue.emit("1".into());
        queue.direct("2".into());
        queue.emit("3".into());
        assert_eq!(queue.take().as_deref(), Some("[1,2,3]"));
        assert_eq!(queue.take(), None);
    }

    #[test]
    fn the_oldest_events_are_dropped_and_no_directive_is() {
        let mut queue = HostQueue::default();
        queue.direct("-1".into());
        for event in 0..=MAX_EVENTS {
            queue.emit(event.to_string());
            if event == 0 {
                queue.direct("-2".into());
            }
        }
        let taken: Vec<i64> = serde_json::from_str(&queue.take().expect("texts")).expect("JSON");
        assert_eq!(taken[..3], [-1, -2, 1]);
        assert_eq!(taken.len(), MAX_EVENTS + 2);
        // Taking events makes room for new ones.
        queue.emit("7".into());
        assert_eq!(queue.take().as_deref(), Some("[7]"));
    }
}
