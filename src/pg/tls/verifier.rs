//! Decides whether a server's certificate is acceptable, as libpq (with OpenSSL) does.
//!
//! rustls checks chain, dates and name together. Three things differ here: `verify-ca` ignores the
//! name; a certificate without alternative names may have the name as its common name; and a
//! certificate that is itself in the root file is trusted, even if it is self-signed and marked as
//! an authority.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme};

use super::names;
use super::roots::Authorities;
use crate::error::{Error, Result};
use crate::pg::conninfo::SslMode;

#[derive(Debug)]
pub(super) struct Verifier {
    trust: Trust,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
pub(super) enum Trust {
    /// Accepts any peer: the connection is encrypted, but the peer is unknown.
    Anyone,
    Authorities {
        chain: Arc<WebPkiServerVerifier>,
        pinned: Vec<CertificateDer<'static>>,
        name: NameCheck,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum NameCheck {
    Skip,
    Demand,
}

impl Trust {
    pub fn authorities(authorities: Authorities, mode: SslMode, provider: &Arc<CryptoProvider>) -> Result<Self> {
        let Authorities { certificates, revoked, source } = authorities;
        let mut roots = RootCertStore::empty();
        // Systems contain a few certificates that cannot be parsed; the rest must suffice.
        let (usable, _) = roots.add_parsable_certificates(certificates.iter().cloned());
        if usable == 0 {
            return Err(Error::Config(format!(
                "sslrootcert: expected certificates of authorities in {source}, got none that can be read"
            )));
        }
        let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .with_crls(revoked)
            .build()
            .map_err(|e| Error::Config(format!("sslcrl: expected lists of revoked certificates, got: {e}")))?;
        let name = if mode == SslMode::VerifyFull { NameCheck::Demand } else { NameCheck::Skip };
        Ok(Self::Authorities { chain, pinned: certificates, name })
    }
}

impl Verifier {
    pub fn new(trust: Trust, provider: &CryptoProvider) -> Self {
        Self { trust, algorithms: provider.signature_verification_algorithms }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, TlsError> {
        let Trust::Authorities { chain, pinned, name } = &self.trust else {
            return Ok(ServerCertVerified::assertion());
        };
        let error = match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Ok(verified) => return Ok(verified),
            Err(error) => error,
        };
        let TlsError::InvalidCertificate(reason) = &error else { return Err(error) };
        let name_ok = || *name == NameCheck::Skip || names::matches(end_entity, &server_name.to_str());
        let accepted = match reason {
            // The name is checked last, so everything else was valid.
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => name_ok(),
            CertificateError::UnknownIssuer | CertificateError::Other(_) if pinned.contains(end_entity) => {
                names::in_date(end_entity, now) && name_ok()
            }
            _ => false,
        };
        if accepted { Ok(ServerCertVerified::assertion()) } else { Err(error) }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    /// Even an unchecked certificate must belong to the peer, or channel binding would prove
    /// nothing.
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, TlsError> {
        match (&self.trust, names::public_key(cert)) {
            // Also accepts certificates of version 1, which self-made servers have and rustls does
            // not read.
            (Trust::Anyone, Some(key)) => verify_tls13_signature_with_raw_key(message, &key, dss, &self.algorithms),
            _ => verify_tls13_signature(message, cert, dss, &self.algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
