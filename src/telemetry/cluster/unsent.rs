//! The events that wait for the next notification of this engine. What does not fit is counted.

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::packet::{MAX_BYTES, TAIL_BYTES, head, tail};

pub struct Unsent {
    head: String,
    waiting: Mutex<Waiting>,
    added: Notify,
}

#[derive(Default)]
struct Waiting {
    /// Separated by commas.
    events: String,
    count: u64,
    /// Events that were left out and are not reported yet.
    dropped: u64,
}

/// A notification to send.
pub struct Outgoing {
    pub text: String,
    /// Events in it, and those that it reports as dropped.
    pub count: u64,
}

impl Unsent {
    pub fn new(from: &str, node: &str) -> Self {
        Self { head: head(from, node), waiting: Mutex::default(), added: Notify::new() }
    }

    /// Adds an event that `text` makes, if there is room.
    pub fn add(&self, text: impl FnOnce() -> Option<String>) {
        let mut waiting = self.waiting.lock();
        let used = self.head.len() + waiting.events.len() + TAIL_BYTES;
        let fits = |text: &String| used + text.len() < MAX_BYTES;
        // Once events are left out, so are all until the next notification.
        let text = if waiting.dropped > 0 { None } else { text().filter(fits) };
        let Some(text) = text else {
            waiting.dropped += 1;
            self.added.notify_one();
            return;
        };
        if waiting.count > 0 {
            waiting.events.push(',');
        }
        waiting.events.push_str(&text);
        waiting.count += 1;
        self.added.notify_one();
    }

    /// What waits, if anything does.
    pub fn take(&self) -> Option<Outgoing> {
        let Waiting { events, count, dropped } = std::mem::take(&mut *self.waiting.lock());
        if count + dropped == 0 {
            return None;
        }
        Some(Outgoing { text: format!("{}{events}{}", self.head, tail(dropped)), count: count + dropped })
    }

    /// Waits for the next one.
    pub async fn next(&self) -> Outgoing {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.added.notified().await;
        }
    }

    /// A notification could not be sent.
    pub fn lost(&self, outgoing: &Outgoing) {
        self.waiting.lock().dropped += outgoing.count;
        self.added.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::super::packet::Packet;
    use super::*;

    #[test]
    fn events_share_a_notification_until_it_is_full_and_the_others_are_counted() {
        let unsent = Unsent::new("id", &"ä\"".repeat(200));
        assert!(unsent.take().is_none());
        for i in 0..100_000 {
            unsent.add(|| Some(format!(r#"{{"n":{i}}}"#)));
        }
        let first = unsent.take().expect("a notification");
        assert!(first.text.len() <= MAX_BYTES && first.text.len() > MAX_BYTES - 50, "{}", first.text.len());
        let packet = Packet::received(&first.text).expect("a packet");
        assert_eq!(packet.events.len() as u64 + packet.dropped, 100_000);
        assert_eq!((packet.from.as_str(), packet.node.len()), ("id", 255));
        assert!(unsent.take().is_none());
        unsent.lost(&first);
        unsent.add(|| Some("1".into()));
        assert!(unsent.take().expect("a report").text.ends_with(r#""events":[],"dropped":100001}"#));
        unsent.add(|| Some("1".into()));
        assert!(unsent.take().expect("an event").text.ends_with(r#""events":[1],"dropped":0}"#));
    }

    #[test]
    fn an_event_that_never_fits_is_counted() {
        let unsent = Unsent::new("id", "n");
        unsent.add(|| Some("1".repeat(MAX_BYTES)));
        unsent.add(|| None);
        assert!(unsent.take().expect("a report").text.ends_with(r#""events":[],"dropped":2}"#));
    }
}
