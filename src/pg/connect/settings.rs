//! What all connections of a `ConnInfo` share: parameters, and recently read certificates.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::time::timeout;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};
use crate::pg::conninfo::{Address, ConnInfo, SslMode};
use crate::pg::tls;

/// How long certificates that were read stay in use; they are read again because they may be
/// renewed while engines run.
const CERTIFICATES_TTL: Duration = Duration::from_secs(300);

pub(super) struct Settings {
    pub info: ConnInfo,
    pub application_name: String,
    tls: Mutex<Option<(Instant, MakeRustlsConnect)>>,
}

impl Settings {
    pub fn new(info: ConnInfo, application_name: String) -> Self {
        Self { info, application_name, tls: Mutex::new(None) }
    }

    /// Limits a future to `connect_timeout`; `None` if it takes longer.
    pub async fn in_time<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match self.info.connect_timeout {
            Some(limit) => timeout(limit, work).await.ok(),
            None => Some(work.await),
        }
    }

    /// Opens TLS sessions with recently read certificates; if they can no longer be read, the old
    /// ones stay in use.
    pub async fn tls(&self) -> Result<MakeRustlsConnect> {
        let known = self.tls.lock().clone();
        if let Some((_, tls)) = known.as_ref().filter(|(read_at, _)| read_at.elapsed() < CERTIFICATES_TTL) {
            return Ok(tls.clone());
        }
        let options = self.info.tls.clone();
        let read = tokio::task::spawn_blocking(move || tls::connector(&options)).await;
        let tls = match (read.map_err(|e| Error::Internal(format!("tls: reading certificates: {e}")))?, known) {
            (Ok(tls), _) => tls,
            (Err(error), Some((_, tls))) => {
                tracing::warn!("certificates could not be read again, so the ones read before stay in use: {error}");
                tls
            }
            (Err(error), None) => return Err(error),
        };
        *self.tls.lock() = Some((Instant::now(), tls.clone()));
        Ok(tls)
    }
}

/// Whether a host can only be reached over TLS.
pub(super) fn needs_tls(info: &ConnInfo) -> bool {
    let tcp = info.hosts.iter().any(|host| matches!(host.address, Address::Tcp { .. }));
    tcp && info.tls.mode >= SslMode::NoVerify
}
