//! Events of jobs for the other nodes, and of other nodes for the listeners of this one. They are hints: some may be lost, and
//! nothing but listeners receives them.
//!
//! ```text
//!   an event of this engine ──► published? ──► unsent ──► a notification, at most four a second
//!                          └──► listeners with scope: 'cluster' ◄── checked ◄── a notification of another node
//! ```

mod event;
mod packet;
mod unsent;

pub use event::ClusterEvent;
pub use packet::Packet;
pub use unsent::Unsent;

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::events::Kind;
use super::mask_of;

/// Of one engine.
pub struct Cluster {
    node: String,
    /// Of this engine, by which it knows its own notifications.
    from: String,
    /// Kinds that other nodes are to receive.
    published: u64,
    /// Kinds with listeners here.
    listened: AtomicU64,
    pub unsent: Unsent,
}

impl Cluster {
    pub fn new(from: &str, node: &str, published: &[String]) -> Self {
        Self {
            node: node.to_owned(),
            from: from.to_owned(),
            published: mask_of(published),
            listened: AtomicU64::new(0),
            unsent: Unsent::new(from, node),
        }
    }

    /// The kinds that are published or listened to.
    pub(super) fn wanted(&self) -> u64 {
        self.published | self.listened.load(Ordering::Relaxed)
    }

    pub(super) fn listen(&self, kinds: &[String]) {
        self.listened.store(mask_of(kinds), Ordering::Relaxed);
    }

    pub const fn publishes(&self) -> bool {
        self.published != 0
    }

    /// Whether any kind has listeners here.
    pub(super) fn is_heard(&self) -> bool {
        self.listened.load(Ordering::Relaxed) != 0
    }

    fn is_listened_to(&self, kind: &str) -> bool {
        let kind = Kind::ALL.iter().find(|it| it.as_str() == kind);
        kind.is_some_and(|kind| self.listened.load(Ordering::Relaxed) & kind.bit() != 0)
    }

    /// An event of this engine, as JSON text; what listeners here receive.
    pub(super) fn share(&self, kind: Kind, text: &str) -> Option<String> {
        if self.published & kind.bit() != 0 {
            self.unsent.add(|| Some(ClusterEvent::of(text)?.text()));
        }
        let listened = self.listened.load(Ordering::Relaxed) & kind.bit() != 0;
        if listened { ClusterEvent::of(text).map(|event| event.shown(&self.node, "local")) } else { None }
    }

    /// A notification of another node; what listeners here receive, each with its kind.
    pub(super) fn receive(&self, text: &str) -> Vec<(&'static str, String)> {
        if self.listened.load(Ordering::Relaxed) == 0 {
            return vec![];
        }
        let Some(packet) = Packet::received(text) else {
            tracing::debug!("events of other nodes: cannot parse a notification");
            return vec![];
        };
        if packet.from == self.from {
            return vec![];
        }
        let events = packet.events.iter().filter_map(|text| ClusterEvent::received(text.get()));
        let events = events.filter_map(|event| {
            let kind = event.kind().filter(|kind| self.is_listened_to(kind))?;
            Some((kind, event.shown(&packet.node, "cluster")))
        });
        let dropped = (packet.dropped > 0).then(|| {
            let remote = packet.dropped.min((1 << 53) - 1);
            (DROPPED, json!({ "event": DROPPED, "dropped": {}, "remote": remote, "node": packet.node }).to_string())
        });
        events.chain(dropped).collect()
    }
}

const DROPPED: &str = "events:dropped";
