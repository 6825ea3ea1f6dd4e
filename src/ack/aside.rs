//! The acks that are set aside because the database refuses them.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::batch::PendingAck;

/// The acks that are set aside, by the ids of their jobs.
#[derive(Default)]
pub(super) struct Aside {
    pub acks: Mutex<HashMap<i64, PendingAck>>,
    /// One search for refused rows at a time, so that the others keep their connections.
    pub search: tokio::sync::Mutex<()>,
}
