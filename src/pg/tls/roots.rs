//! The authorities that may sign the server's certificate, and their revocation lists.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};

use super::pem;
use crate::error::{Error, Result};
use crate::pg::conninfo::{Place, Roots, SslMode, TlsOptions};

#[derive(Default)]
pub(super) struct Authorities {
    pub certificates: Vec<CertificateDer<'static>>,
    pub revoked: Vec<CertificateRevocationListDer<'static>>,
    /// The source of the certificates, for errors.
    pub source: String,
}

/// The authorities to check against; `None` if the certificate is not checked.
pub(super) fn read(options: &TlsOptions) -> Result<Option<Authorities>> {
    if options.mode == SslMode::NoVerify {
        return Ok(None);
    }
    let demanded = options.mode >= SslMode::VerifyCa;
    let (certificates, source) = match &options.roots {
        Roots::System { extra } => (system(extra.as_deref())?, "the system's authorities".to_owned()),
        Roots::File(file) | Roots::Default(Some(file)) if pem::exists(file) => {
            (certificates(file)?, pem::shown(file).into_owned())
        }
        Roots::File(file) | Roots::Default(Some(file)) if demanded => {
            return Err(missing(options.mode, &pem::shown(file)));
        }
        Roots::Default(None) if demanded => return Err(missing(options.mode, "~/.postgresql/root.crt")),
        Roots::File(file) => {
            tracing::warn!(
                "sslrootcert: {} does not exist, so the server's certificate is not checked",
                file.display()
            );
            return Ok(None);
        }
        Roots::Default(_) => return Ok(None),
    };
    Ok(Some(Authorities { certificates, revoked: revoked(options)?, source }))
}

fn missing(mode: SslMode, file: &str) -> Error {
    Error::Config(format!(
        "sslrootcert: expected a file with the authority's certificate at {file}, as sslmode={} needs one, found none; \
         give its path, or sslrootcert=system for public authorities",
        mode.word()
    ))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let certificates: Vec<_> = read_pem("sslrootcert", file)?;
    if certificates.is_empty() {
        return Err(Error::Config(format!("sslrootcert: expected certificates in {}, found none", pem::shown(file))));
    }
    Ok(certificates)
}

fn system(extra: Option<&Path>) -> Result<Vec<CertificateDer<'static>>> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut certificates = loaded.certs;
    if let Some(extra) = extra {
        certificates.extend(read_pem::<CertificateDer<'static>>("NODE_EXTRA_CA_CERTS", extra)?);
    }
    if certificates.is_empty() {
        let causes: Vec<_> = loaded.errors.iter().map(ToString::to_string).collect();
        let causes = if causes.is_empty() { String::new() } else { format!(": {}", causes.join(", ")) };
        return Err(Error::Config(format!(
            "sslrootcert: expected the system to have certificates of authorities, found none{causes}; install ca-certificates or give a file"
        )));
    }
    Ok(certificates)
}

/// The given revocation lists; libpq's default place counts only if it contains any.
fn revoked(options: &TlsOptions) -> Result<Vec<CertificateRevocationListDer<'static>>> {
    let mut lists = match &options.crl {
        Place::Asked(file) => read_pem("sslcrl", file)?,
        Place::Default(Some(file)) if pem::exists(file) => read_pem("sslcrl", file)?,
        Place::Default(_) => Vec::new(),
    };
    if let Some(folder) = &options.crl_folder {
        for file in files(folder)? {
            lists.extend(read_pem::<CertificateRevocationListDer<'static>>("sslcrldir", &file)?);
        }
    }
    Ok(lists)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let refuse = |e| Error::Config(format!("sslcrldir: expected a folder at {}, got: {e}", folder.display()));
    let entries = std::fs::read_dir(folder).map_err(refuse)?;
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    Ok(paths.filter(|path| path.is_file()).collect())
}

/// All items of one kind in a PEM file.
pub(super) fn read_pem<T: PemObject>(subject: &str, file: &Path) -> Result<Vec<T>> {
    let refuse = |e: &dyn std::fmt::Display| {
        Error::Config(format!("{subject}: expected a readable PEM file at {}, got: {e}", pem::shown(file)))
    };
    let text = pem::read(file).map_err(|e| refuse(&e))?;
    T::pem_slice_iter(&text).collect::<std::result::Result<_, _>>().map_err(|e| refuse(&e))
}
