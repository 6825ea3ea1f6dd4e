//! Cancels the statement of a connection that does not answer, so that the server does not go on
//! with it when the client has given up.

use std::time::Duration;

use tokio_postgres::{CancelToken, NoTls};

use super::attempt::{Attempt, Encrypted};
use super::connector::Connector;
use super::failure::Attempted;
use crate::pg::conninfo::SslMode;

/// How long a request to cancel may take; a network that is silent takes none.
const LIMIT: Duration = Duration::from_secs(5);

impl Connector {
    /// Asks each server of the connection string to cancel; those that do not know the session
    /// ignore it. It is a request only: nothing answers it.
    pub async fn cancel(&self, token: &CancelToken) {
        let settings = self.settings();
        for host in &settings.info.hosts {
            let Ok(addresses) = self.addresses(host).await else { continue };
            for address in addresses {
                let attempt = Attempt { settings, host, address };
                // An error means that the server cannot be reached either.
                let _ = tokio::time::timeout(LIMIT, attempt.cancel(token)).await;
            }
        }
    }
}

impl Attempt<'_> {
    /// Encrypted where the session is.
    async fn cancel(&self, token: &CancelToken) -> Attempted<()> {
        let encrypted = self.address.is_some() && self.settings.info.tls.mode > SslMode::Allow;
        let sent = match self.prepared(encrypted).await? {
            (wire, false) => token.cancel_query_raw(wire, NoTls).await,
            (wire, true) => token.cancel_query_raw(self.encrypt(wire).await?, Encrypted).await,
        };
        drop(sent);
        Ok(())
    }
}
