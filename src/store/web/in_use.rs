//! A connection while a statement runs on it. If the statement is abandoned, the connection is closed, and the server is asked to
//! cancel what it does.

use std::ops::Deref;
use std::sync::Arc;

use deadpool_postgres::Object;
use tokio_postgres::Client;

use crate::pg::connect::Connector;

pub struct InUse {
    client: Option<Object>,
    canceller: Arc<Connector>,
}

impl InUse {
    pub fn new(client: Object, canceller: &Arc<Connector>) -> Self {
        Self { client: Some(client), canceller: canceller.clone() }
    }

    /// Nothing runs on it any more; one that the server has ended is not used again.
    pub fn release(&mut self, is_ended: bool) {
        if let Some(client) = self.client.take()
            && is_ended
        {
            drop(Object::take(client));
        }
    }
}

impl Deref for InUse {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.client.as_ref().expect("a connection that is in use")
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        let token = client.cancel_token();
        drop(Object::take(client));
        let canceller = self.canceller.clone();
        // Without a runtime, the process ends.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { canceller.cancel(&token).await });
        }
    }
}
