//! The client's own certificate and key, sent if the server requests them.
//!
//! PostgreSQL manual, chapter libpq, "Client Certificates". Keys may be PKCS #8, PKCS #1 or SEC 1
//! in PEM, not encrypted.

use std::fs::Metadata;
use std::path::PathBuf;

use rustls::crypto::KeyProvider;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::sign::CertifiedKey;

use super::roots::read_pem;
use super::{names, pem};
use crate::error::{Error, Result};
use crate::pg::conninfo::{Place, TlsOptions};

pub(super) fn read(options: &TlsOptions, keys: &dyn KeyProvider) -> Result<Option<CertifiedKey>> {
    let file = match &options.cert {
        Some(Place::Asked(file)) => file,
        Some(Place::Default(Some(file))) if pem::exists(file) => file,
        Some(Place::Default(_)) | None => return Ok(None),
    };
    let chain: Vec<_> = read_pem("sslcert", file)?;
    if chain.is_empty() {
        return Err(Error::Config(format!("sslcert: expected a certificate in {}, found none", pem::shown(file))));
    }
    let (Place::Asked(key) | Place::Default(Some(key))) = &options.key else {
        return Err(Error::Config("sslkey: expected the key of sslcert, got none".into()));
    };
    let key = keys.load_private_key(read_key(key)?).map_err(|e| {
        Error::Config(format!("sslkey: expected an RSA, ECDSA or Ed25519 key in {}, got: {e}", pem::shown(key)))
    })?;
    // rustls would compare them too, but does not read certificates of version 1, which self-made
    // ones often are.
    if names::public_key(&chain[0]).zip(key.public_key()).is_some_and(|(certified, held)| certified != held) {
        return Err(Error::Config(format!(
            "sslcert: expected the certificate of sslkey in {}, got one of another key",
            pem::shown(file)
        )));
    }
    Ok(Some(CertifiedKey::new(chain, key)))
}

fn read_key(file: &PathBuf) -> Result<PrivateKeyDer<'static>> {
    let shown = pem::shown(file);
    let refuse = |what: String| Err(Error::Config(format!("sslkey: {what}")));
    if pem::given(file).is_none() {
        let metadata = match std::fs::metadata(file) {
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(_) => return refuse(format!("expected a plain file at {shown}, got something else")),
            Err(e) => return refuse(format!("expected the key of sslcert at {shown}, got: {e}")),
        };
        if open_to_others(&metadata) {
            return refuse(format!(
                "expected {shown} to be closed to group and world, got access for them; set its permissions to u=rw (0600), or u=rw,g=r (0640) if root owns it"
            ));
        }
    }
    let text = match pem::read(file) {
        Ok(text) => text,
        Err(e) => return refuse(format!("expected the key of sslcert at {shown}, got: {e}")),
    };
    match PrivateKeyDer::from_pem_slice(&text) {
        Ok(key) => Ok(key),
        Err(PemError::NoItemsFound) if String::from_utf8_lossy(&text).contains("ENCRYPTED") => refuse(format!(
            "expected a key without a passphrase in {shown}, got an encrypted one; decrypt it with `openssl pkey`"
        )),
        Err(PemError::NoItemsFound) => refuse(format!("expected a PEM key in {shown}, found none")),
        Err(e) => refuse(format!("expected a PEM key in {shown}, got: {e}")),
    }
}

/// libpq's rule: readable only by the owner, or also by the group if root owns the file.
#[cfg(unix)]
fn open_to_others(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.mode() & if metadata.uid() == 0 { 0o037 } else { 0o077 } != 0
}

#[cfg(not(unix))]
fn open_to_others(_: &Metadata) -> bool {
    false
}
