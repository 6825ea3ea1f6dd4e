//! TLS with libpq's meanings of its settings, on rustls and the ring provider.
//!
//! Follows the PostgreSQL manual, chapter libpq, "SSL Support": a root certificate file that exists
//! is always used, and only `verify-ca` and `verify-full` require one; only `verify-full` checks
//! the name. Nothing process-wide is installed.

mod identity;
mod names;
mod pem;
mod roots;
mod verifier;

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::conninfo::{Negotiation, TlsOptions, TlsVersion};
use crate::error::{Error, Result};

/// Reads the certificates that the options name and returns a factory of TLS sessions. Blocks on
/// the file system.
pub fn connector(options: &TlsOptions) -> Result<MakeRustlsConnect> {
    client_config(options).map(MakeRustlsConnect::new)
}

fn client_config(options: &TlsOptions) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let versions: Vec<_> = [(TlsVersion::V1_2, &TLS12), (TlsVersion::V1_3, &TLS13)]
        .into_iter()
        .filter(|(version, _)| (options.min..=options.max).contains(version))
        .map(|(_, version)| version)
        .collect();
    let verifier = verifier::Verifier::new(trust(options, &provider)?, &provider);
    let identity = identity::read(options, provider.key_provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)
        .map_err(|e| Error::Internal(format!("tls: {e}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match identity {
        Some(identity) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity))),
        None => builder.with_no_client_auth(),
    };
    config.enable_sni = options.sni;
    if options.negotiation == Negotiation::Direct {
        // Prevents a server of another protocol from answering on that port.
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(config)
}

fn trust(options: &TlsOptions, provider: &Arc<CryptoProvider>) -> Result<verifier::Trust> {
    match roots::read(options)? {
        Some(authorities) => verifier::Trust::authorities(authorities, options.mode, provider),
        None => Ok(verifier::Trust::Anyone),
    }
}
