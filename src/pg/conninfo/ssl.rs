//! The TLS settings of a connection string. `pg::tls` reads the certificates and builds the client.
//!
//! PostgreSQL manual, chapter libpq, "SSL Support".

use std::path::PathBuf;

use super::env::{Env, home};
use super::params::Params;
use crate::error::{Error, Result};

/// libpq's sslmode, in ascending order of strictness; what `Require` proves depends on whether a
/// root certificate exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    Disable,
    Allow,
    Prefer,
    /// TLS without a check of the certificate, as in node-postgres.
    NoVerify,
    Require,
    VerifyCa,
    VerifyFull,
}

impl SslMode {
    const WORDS: &[(&str, Self)] = &[
        ("disable", Self::Disable),
        ("allow", Self::Allow),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
        ("verify-ca", Self::VerifyCa),
        ("verify-full", Self::VerifyFull),
        ("no-verify", Self::NoVerify),
    ];

    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, mode)| *mode == self).map_or("", |(word, _)| word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Negotiation {
    /// Request TLS in the PostgreSQL protocol, then start TLS.
    Postgres,
    /// Start TLS with the first byte (PostgreSQL 17 and later).
    Direct,
}

/// The authorities against which the server's certificate is checked.
#[derive(Clone, Debug, PartialEq)]
pub enum Roots {
    /// The authorities of the operating system, and those configured for Node.js.
    System { extra: Option<PathBuf> },
    /// An explicitly given file.
    File(PathBuf),
    /// `~/.postgresql/root.crt`, if it exists.
    Default(Option<PathBuf>),
}

/// An explicitly given file, or libpq's default place.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Asked(PathBuf),
    Default(Option<PathBuf>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    V1_2,
    V1_3,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TlsOptions {
    pub mode: SslMode,
    pub negotiation: Negotiation,
    pub roots: Roots,
    /// The client's certificate; `None` if it must not be sent.
    pub cert: Option<Place>,
    pub key: Place,
    pub crl: Place,
    pub crl_folder: Option<PathBuf>,
    /// The name to check the certificate for, where the host is an address.
    pub server_name: Option<String>,
    /// Whether the host's name is sent before encryption starts.
    pub sni: bool,
    pub min: TlsVersion,
    pub max: TlsVersion,
}

impl TlsOptions {
    pub(super) fn read(params: &Params, env: &Env) -> Result<Self> {
        let folder = own_folder(env);
        let default = |file: &str| folder.as_ref().map(|folder| folder.join(file));
        let place = |name: &str, file: &str| match params.text(name) {
            Some(path) => Place::Asked(path.into()),
            None => Place::Default(default(file)),
        };
        let roots = match params.text("sslrootcert") {
            Some("system") => {
                Roots::System { extra: env("NODE_EXTRA_CA_CERTS").filter(|file| !file.is_empty()).map(Into::into) }
            }
            Some(path) => Roots::File(path.into()),
            None => Roots::Default(default("root.crt")),
        };
        let options = Self {
            mode: mode(params, matches!(roots, Roots::System { .. }))?,
            negotiation: params
                .choice("sslnegotiation", &[("postgres", Negotiation::Postgres), ("direct", Negotiation::Direct)])?
                .unwrap_or(Negotiation::Postgres),
            roots,
            cert: sends_certificate(params)?.then(|| place("sslcert", "postgresql.crt")),
            key: place("sslkey", "postgresql.key"),
            crl: place("sslcrl", "root.crl"),
            crl_folder: params.text("sslcrldir").map(Into::into),
            server_name: params.owned("sslservername"),
            sni: params.flag("sslsni")?.unwrap_or(true),
            min: version(params, "ssl_min_protocol_version")?.unwrap_or(TlsVersion::V1_2),
            max: version(params, "ssl_max_protocol_version")?.unwrap_or(TlsVersion::V1_3),
        };
        if options.min > options.max {
            return Err(
                params.refuse("ssl_min_protocol_version", "a version that is not above ssl_max_protocol_version")
            );
        }
        if options.negotiation == Negotiation::Direct && options.mode < SslMode::NoVerify {
            let weak = options.mode.word();
            return Err(params.refuse(
                "sslnegotiation",
                &format!("\"postgres\" with sslmode={weak}; direct needs sslmode=require or above"),
            ));
        }
        Ok(options)
    }
}

/// The folder of libpq's default certificates.
fn own_folder(env: &Env) -> Option<PathBuf> {
    if cfg!(windows) {
        return env("APPDATA").map(|data| PathBuf::from(data).join("postgresql"));
    }
    home(env).map(|home| home.join(".postgresql"))
}

fn mode(params: &Params, system_roots: bool) -> Result<SslMode> {
    const SSL: &[(&str, SslMode)] = &[
        ("true", SslMode::Require),
        ("1", SslMode::Require),
        ("require", SslMode::Require),
        ("false", SslMode::Disable),
        ("0", SslMode::Disable),
        ("no-verify", SslMode::NoVerify),
        ("prefer", SslMode::Prefer),
        ("verify-ca", SslMode::VerifyCa),
        ("verify-full", SslMode::VerifyFull),
    ];
    // An explicit sslmode takes precedence over the other spellings, regardless of their position.
    let asked = match params.choice("sslmode", SslMode::WORDS)? {
        Some(mode) => Some(mode),
        None => match params.choice("ssl", SSL)? {
            Some(mode) => Some(mode),
            None => params.flag("requiressl")?.and_then(|require| require.then_some(SslMode::Require)),
        },
    };
    match asked {
        Some(mode) if system_roots && mode != SslMode::VerifyFull => Err(Error::Config(format!(
            "sslmode: expected verify-full with sslrootcert=system, got {:?}; anyone can have a certificate from a public authority, so the name must be checked",
            mode.word()
        ))),
        Some(mode) => Ok(mode),
        None if system_roots => Ok(SslMode::VerifyFull),
        None => Ok(SslMode::Prefer),
    }
}

fn sends_certificate(params: &Params) -> Result<bool> {
    if params.text("sslcertmode") == Some("require") {
        return Err(params.refuse(
            "sslcertmode",
            "disable or allow; whether the server asked for a certificate cannot be told here",
        ));
    }
    Ok(params.choice("sslcertmode", &[("disable", false), ("allow", true)])?.unwrap_or(true))
}

/// Versions below 1.2 are known, but not supported: as a minimum they count as 1.2, as a maximum
/// they are rejected.
fn version(params: &Params, name: &str) -> Result<Option<TlsVersion>> {
    const WORDS: &[(&str, TlsVersion)] = &[("TLSv1.2", TlsVersion::V1_2), ("TLSv1.3", TlsVersion::V1_3)];
    match params.text(name) {
        Some("TLSv1" | "TLSv1.1") if name == "ssl_min_protocol_version" => Ok(Some(TlsVersion::V1_2)),
        _ => params.choice(name, WORDS),
    }
}
