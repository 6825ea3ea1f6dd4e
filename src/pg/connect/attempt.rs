//! One attempt at one server address, from the socket to a logged-in session, in the ways that its
//! sslmode allows.
//!
//! This module negotiates TLS itself, instead of tokio-postgres, so that each step has an error
//! message of its own, and `allow` and `prefer` can try the other way. PostgreSQL manual, chapter
//! libpq, "SSL Mode Descriptions".

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_postgres::config::{self, SslNegotiation};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres::{Client, NoTls};

use super::connection::Connection;
use super::failure::{Attempted, Failure, Kind};
use super::settings::Settings;
use super::wire::{self, Stream, Wire};
use crate::pg::conninfo::{Address, ChannelBinding, Host, Negotiation, SslMode};

/// The message that requests TLS: its length, and a code that no protocol version has.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// One address of one host.
pub(super) struct Attempt<'a> {
    pub settings: &'a Settings,
    pub host: &'a Host,
    pub address: Option<SocketAddr>,
}

#[derive(Clone, Copy, PartialEq)]
enum Encryption {
    None,
    /// Continues without TLS if the server does not offer it.
    Offered,
    Demanded,
}

impl Attempt<'_> {
    pub async fn run(&self) -> Attempted<(Client, Connection)> {
        // Boxed, because the steps of a handshake make the future large.
        let outcome = self.settings.in_time(Box::pin(self.in_the_ways_allowed())).await;
        outcome.unwrap_or_else(|| Err(Failure::timeout(self, &self.settings.info)))
    }

    async fn in_the_ways_allowed(&self) -> Attempted<(Client, Connection)> {
        let (first, second) = match self.settings.info.tls.mode {
            _ if self.address.is_none() => (Encryption::None, None),
            SslMode::Disable => (Encryption::None, None),
            SslMode::Allow => (Encryption::None, Some(Encryption::Demanded)),
            SslMode::Prefer => (Encryption::Offered, Some(Encryption::None)),
            SslMode::NoVerify | SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                (Encryption::Demanded, None)
            }
        };
        let failure = match self.once(first).await {
            Ok(session) => return Ok(session),
            Err(failure) => failure,
        };
        match second.filter(|_| matches!(failure.kind, Kind::Tls | Kind::Refused)) {
            Some(second) => self.once(second).await.map_err(|again| Failure::both(failure, again)),
            None => Err(failure),
        }
    }

    async fn once(&self, encryption: Encryption) -> Attempted<(Client, Connection)> {
        let (wire, offered) = self.prepared(encryption != Encryption::None).await?;
        match (offered, encryption) {
            (_, Encryption::None) => self.log_in(wire, NoTls, config::SslMode::Disable).await,
            (true, _) => {
                let stream = self.encrypt(wire).await?;
                self.log_in(stream, Encrypted, config::SslMode::Require).await
            }
            (false, Encryption::Offered) => {
                self.log_in(wire, NoTls, config::SslMode::Disable).await.map_err(Failure::settled)
            }
            (false, _) => Err(Failure::no_tls(self, self.settings.info.tls.mode)),
        }
    }

    /// A stream, and whether the server offers TLS on it, if that is wanted.
    pub(super) async fn prepared(&self, wanted: bool) -> Attempted<(Wire, bool)> {
        let mut wire = self.dial().await.map_err(|e| Failure::unreachable(self, e))?;
        let offered = wanted
            && match self.settings.info.tls.negotiation {
                Negotiation::Direct => true,
                Negotiation::Postgres => offers_tls(&mut wire).await.map_err(|e| Failure::unreachable(self, e))?,
            };
        Ok((wire, offered))
    }

    async fn dial(&self) -> std::io::Result<Wire> {
        match (&self.host.address, self.address) {
            (_, Some(address)) => wire::tcp(address, &self.settings.info).await,
            (Address::Socket(folder), None) => wire::socket(folder, self.host.port).await,
            (Address::Tcp { .. }, None) => Err(std::io::Error::other("the name has no address")),
        }
    }

    pub(super) async fn encrypt(&self, wire: Wire) -> Attempted<impl TlsStream + Stream + 'static> {
        let mut tls = self.settings.tls().await.map_err(|error| Failure { error, kind: Kind::Tls })?;
        let name = match (&self.settings.info.tls.server_name, &self.host.address) {
            // As in node-postgres, which checks a host's own name in any case.
            (Some(own), Address::Tcp { name, .. }) if name.parse::<std::net::IpAddr>().is_ok() => own.as_str(),
            (_, Address::Tcp { name, .. }) => name.as_str(),
            (_, Address::Socket(_)) => "",
        };
        let Ok(session) = MakeTlsConnect::<Wire>::make_tls_connect(&mut tls, name);
        session.connect(wire).await.map_err(|e| Failure::handshake(self, self.settings.info.tls.mode, &e))
    }

    async fn log_in<S, T>(&self, stream: S, tls: T, mode: config::SslMode) -> Attempted<(Client, Connection)>
    where
        S: Stream + 'static,
        T: TlsConnect<S>,
        T::Stream: Send + 'static,
    {
        let result = self.config(mode).connect_raw(stream, tls).await;
        let (client, connection) = result.map_err(|e| Failure::login(self, &self.settings.info, self.host, &e))?;
        Ok((client, Connection::new(connection)))
    }

    fn config(&self, mode: config::SslMode) -> tokio_postgres::Config {
        let info = &self.settings.info;
        let mut config = tokio_postgres::Config::new();
        config
            .user(&info.user)
            .dbname(&info.dbname)
            .application_name(&self.settings.application_name)
            // The handshake is already done.
            .ssl_mode(mode)
            .ssl_negotiation(SslNegotiation::Direct)
            .channel_binding(match info.channel_binding {
                ChannelBinding::Disable => config::ChannelBinding::Disable,
                ChannelBinding::Prefer => config::ChannelBinding::Prefer,
                ChannelBinding::Require => config::ChannelBinding::Require,
            });
        if let Some(options) = &info.options {
            config.options(options);
        }
        if let Some(password) = &self.host.password {
            config.password(password.reveal());
        }
        config
    }
}

/// The host, with its address if the name is another one.
impl fmt::Display for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.host.address, self.address) {
            (Address::Tcp { name, .. }, Some(address)) if *name != address.ip().to_string() => {
                write!(f, "{} ({})", self.host, address.ip())
            }
            _ => self.host.fmt(f),
        }
    }
}

/// Requests TLS in the PostgreSQL protocol; any answer except yes counts as no.
async fn offers_tls(wire: &mut Wire) -> std::io::Result<bool> {
    wire.write_all(&TLS_REQUEST).await?;
    Ok(wire.read_u8().await? == b'S')
}

/// Presents the stream to tokio-postgres as a TLS session, so that channel binding is used.
pub(super) struct Encrypted;

impl<S: TlsStream + Unpin> TlsConnect<S> for Encrypted {
    type Stream = S;
    type Error = Infallible;
    type Future = Ready<Result<S, Infallible>>;

    fn connect(self, stream: S) -> Self::Future {
        ready(Ok(stream))
    }
}
