//! What waits for the host: directives, each of which must be carried out once, and events, of which only so many are held.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// The maximum number of events held for a host that does not take them; above it, the oldest are dropped.
const MAX_EVENTS: usize = 100_000;
/// The maximum size of the events held, in bytes, unless a single one is larger.
const MAX_BYTES: usize = 16 << 20;
/// The least time between two reports of dropped events.
const REPORT_EVERY: Duration = Duration::from_secs(1);

struct Event {
    kind: &'static str,
    text: String,
}

#[derive(Default)]
pub struct HostQueue {
    directives: Vec<String>,
    events: VecDeque<Event>,
    bytes: usize,
    /// How many events were dropped and not reported yet, by kind.
    dropped: BTreeMap<&'static str, u64>,
    /// The same since the engine started.
    dropped_ever: BTreeMap<&'static str, u64>,
    reported_at: Option<Instant>,
}

impl HostQueue {
    /// Adds the JSON text of a directive.
    pub fn direct(&mut self, directive: String) {
        self.directives.push(directive);
    }

    /// Adds the JSON text of an event.
    pub fn emit(&mut self, kind: &'static str, text: String) {
        while self.events.len() >= MAX_EVENTS || self.bytes + text.len() > MAX_BYTES {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.text.len();
            *self.dropped.entry(oldest.kind).or_default() += 1;
            *self.dropped_ever.entry(oldest.kind).or_default() += 1;
        }
        self.bytes += text.len();
        self.events.push_back(Event { kind, text });
    }

    /// How many events were dropped since the engine started, by kind.
    pub fn dropped(&self) -> BTreeMap<&'static str, u64> {
        self.dropped_ever.clone()
    }

    /// Takes everything in the queue, as a JSON array of directives, then events; `None` when there is nothing. The report of
    /// dropped events is the last element.
    pub fn take(&mut self, now: Instant) -> Option<String> {
        let report = self.report(now);
        if self.directives.is_empty() && self.events.is_empty() && report.is_none() {
            return None;
        }
        self.bytes = 0;
        let events = self.events.drain(..).map(|event| event.text);
        let texts: Vec<String> = self.directives.drain(..).chain(events).chain(report).collect();
        Some(format!("[{}]", texts.join(",")))
    }

    fn report(&mut self, now: Instant) -> Option<String> {
        let is_due = self.reported_at.is_none_or(|at| now.duration_since(at) >= REPORT_EVERY);
        if self.dropped.is_empty() || !is_due {
            return None;
        }
        self.reported_at = Some(now);
        let dropped = std::mem::take(&mut self.dropped);
        Some(serde_json::json!({ "event": "events:dropped", "dropped": dropped }).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_come_before_events() {
        let (mut queue, now) = (HostQueue::default(), Instant::now());
        queue.emit("job:stop", "1".into());
        queue.direct("2".into());
        queue.emit("job:stop", "3".into());
        assert_eq!(queue.take(now).as_deref(), Some("[2,1,3]"));
        assert_eq!(queue.take(now), None);
    }

    #[test]
    fn the_oldest_events_are_dropped_and_no_directive_is() {
        let (mut queue, now) = (HostQueue::default(), Instant::now());
        queue.direct("-1".into());
        for event in 0..=MAX_EVENTS {
            queue.emit("job:stop", event.to_string());
            queue.direct("-2".into());
        }
        let taken: Vec<serde_json::Value> = serde_json::from_str(&queue.take(now).expect("texts")).expect("JSON");
        let first_event = MAX_EVENTS + 2;
        assert_eq!(taken.iter().filter(|it| it.as_i64().is_some_and(|it| it < 0)).count(), first_event);
        assert_eq!(taken[first_event], 1);
        assert_eq!(taken.len(), first_event + MAX_EVENTS + 1);
        assert_eq!(taken[taken.len() - 1]["dropped"]["job:stop"], 1);
        assert_eq!(queue.dropped(), [("job:stop", 1)].into());
        // Taking events makes room for new ones.
        queue.emit("job:stop", "7".into());
        assert_eq!(queue.take(now).as_deref(), Some("[7]"));
    }

    #[test]
    fn events_are_dropped_by_size_and_counted_by_kind() {
        let (mut queue, now) = (HostQueue::default(), Instant::now());
        let third = format!("\"{}\"", "x".repeat(MAX_BYTES / 3));
        queue.emit("job:start", third.clone());
        queue.emit("job:stop", third.clone());
        queue.emit("message", third.clone());
        queue.emit("message", format!("\"{}\"", "x".repeat(MAX_BYTES)));
        let text = queue.take(now).expect("an event and the report");
        assert!(text.len() < MAX_BYTES + 200, "{}", text.len());
        assert!(text.ends_with(r#"{"dropped":{"job:start":1,"job:stop":1,"message":1},"event":"events:dropped"}]"#));
        // The size counts from zero again.
        queue.emit("job:stop", third.clone());
        queue.emit("job:stop", third);
        assert!(!queue.take(now).expect("events").contains("dropped"));
    }

    #[test]
    fn drops_are_reported_at_most_once_a_second_and_not_forgotten() {
        let (mut queue, now) = (HostQueue::default(), Instant::now());
        let drop_one = |queue: &mut HostQueue| {
            queue.emit("job:stop", "1".repeat(MAX_BYTES));
            queue.emit("job:stop", "1".into());
        };
        drop_one(&mut queue);
        assert!(queue.take(now).expect("events").contains(r#""job:stop":1"#));
        drop_one(&mut queue);
        assert_eq!(queue.take(now + REPORT_EVERY / 2).as_deref(), Some("[1]"));
        drop_one(&mut queue);
        assert!(queue.take(now + REPORT_EVERY).expect("events").contains(r#""job:stop":2"#));
        assert_eq!(queue.take(now + REPORT_EVERY * 3), None);
    }
}
