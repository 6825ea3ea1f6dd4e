//! Why an attempt to connect failed, in words for the operator, and whether another attempt makes
//! sense.

use std::fmt;

use crate::error::Error;
use crate::pg::conninfo::{ConnInfo, Host, SslMode};

pub(super) type Attempted<T> = Result<T, Failure>;

pub(super) struct Failure {
    pub error: Error,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The server did not respond, or not in time.
    Unreachable,
    /// TLS could not be negotiated.
    Tls,
    /// The server answered with an error.
    Refused,
    /// The server is of the wrong kind or still starting; another one may be right.
    Unfit,
    /// No other server and no other way of connecting would help.
    Fatal,
}

impl Failure {
    pub fn unreachable(place: impl fmt::Display, cause: impl fmt::Display) -> Self {
        let error = Error::Unavailable(format!("database {place}: cannot be reached: {cause}"));
        Self { error, kind: Kind::Unreachable }
    }

    pub fn timeout(place: impl fmt::Display, info: &ConnInfo) -> Self {
        let seconds = info.connect_timeout.unwrap_or_default().as_secs();
        let error = Error::Unavailable(format!(
            "database {place}: expected an answer within {seconds} s (connect_timeout), got none"
        ));
        Self { error, kind: Kind::Unreachable }
    }

    pub fn no_tls(place: impl fmt::Display, mode: SslMode) -> Self {
        let error = Error::Unavailable(format!(
            "database {place}: expected TLS, as sslmode={} asks for it, got a server that does not offer it; \
             turn TLS on in the server, or use sslmode=prefer",
            mode.word()
        ));
        Self { error, kind: Kind::Tls }
    }

    pub fn handshake(place: impl fmt::Display, mode: SslMode, cause: &(dyn std::error::Error + 'static)) -> Self {
        let hint = match cause.to_string() {
            text if text.contains("UnknownIssuer") => {
                "; the authority that signed the server's certificate is not in sslrootcert"
            }
            text if text.contains("not valid for name") => {
                "; connect by a name the certificate was made for, or use sslmode=verify-ca"
            }
            text if text.contains("UnsupportedCertVersion") => {
                "; certificates of X.509 version 1 cannot be checked, make one of version 3"
            }
            _ => "",
        };
        let text = format!("database {place}: TLS with sslmode={} failed: {}{hint}", mode.word(), chain(cause));
        Self { error: Error::Unavailable(text), kind: Kind::Tls }
    }

    /// The server accepted the connection and then rejected the login, or disconnected.
    pub fn login(place: impl fmt::Display, info: &ConnInfo, host: &Host, cause: &tokio_postgres::Error) -> Self {
        if let Some(answer) = cause.as_db_error() {
            let sqlstate = answer.code().code();
            let passfile = match &info.passfile {
                Some(file) if sqlstate == "28P01" && host.password.is_some() => {
                    format!("; the password came from {}", file.display())
                }
                _ => String::new(),
            };
            let message = format!("database {place}: {}{passfile}", answer.message());
            // The server is starting up, shutting down, or out of connections; another host may
            // accept.
            let kind = if matches!(sqlstate, "57P03" | "53300") { Kind::Unfit } else { Kind::Refused };
            return Self { error: Error::database(sqlstate, message), kind };
        }
        let text = chain(cause);
        if text.contains("password missing") {
            let text = format!(
                "database {place}: expected a password for user {:?}, as the server asks for one, got none; \
                 give it in the url, in PGPASSWORD or in the password file",
                info.user
            );
            return Self { error: Error::Config(text), kind: Kind::Fatal };
        }
        if text.starts_with("authentication error") {
            let text = format!("database {place}: cannot log in as {:?}: {text}", info.user);
            return Self { error: Error::Config(text), kind: Kind::Fatal };
        }
        Self::unreachable(place, text)
    }

    pub fn unfit(place: impl fmt::Display, wanted: &str, got: &str) -> Self {
        let text = format!("database {place}: expected a server for target_session_attrs={wanted}, got {got}");
        Self { error: Error::Unavailable(text), kind: Kind::Unfit }
    }

    /// Makes a rejection final, because there is no other way to connect.
    pub fn settled(mut self) -> Self {
        if self.kind == Kind::Refused {
            self.kind = Kind::Fatal;
        }
        self
    }

    /// Combines the failures with and without TLS: one message if the server gave the same answer,
    /// else both.
    pub fn both(first: Self, second: Self) -> Self {
        let error = match (first.error, second.error) {
            (Error::Database { sqlstate, message, .. }, Error::Database { sqlstate: again, message: other, .. }) => {
                let message = if sqlstate == again { message } else { format!("{message}; {other}") };
                Error::database(sqlstate, message)
            }
            (_, answer @ Error::Database { .. }) | (answer @ Error::Database { .. }, _) => answer,
            (first, second) => Error::Unavailable(format!("{first}; {second}")),
        };
        Self { error, kind: second.kind }
    }

    /// The error after all hosts were tried.
    pub fn all(mut failures: Vec<Self>) -> Error {
        match failures.len() {
            1 => failures.remove(0).error,
            _ => Error::Unavailable(
                failures.iter().map(|failure| failure.error.to_string()).collect::<Vec<_>>().join("; "),
            ),
        }
    }
}

/// An error with its causes, without repetitions.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}
