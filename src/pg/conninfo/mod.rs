//! How to reach PostgreSQL: a connection string and the environment, resolved as libpq resolves
//! them.
//!
//! Follows the PostgreSQL manual, chapter libpq, "Connection Strings", "Parameter Key Words",
//! "Environment Variables", "The Password File" and "The Connection Service File", so that whatever
//! works with `psql` works here. The parameters that node-postgres and Prisma put into URLs are
//! accepted too. Reads files, but opens no connection: `pg::connect` does.
//!
//! The password appears in no error, no `Debug` output and no `display()`.

mod env;
mod hosts;
mod pairs;
mod params;
mod passfile;
mod service;
mod ssl;
mod uri;
mod words;

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

use std::fmt::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

pub use env::Env;
pub use hosts::{Address, Host};
pub use ssl::{Negotiation, Place, Roots, SslMode, TlsOptions, TlsVersion};

use crate::error::{Error, Result};
use env::home;
use params::Params;

/// Everything needed to connect, including all defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnInfo {
    /// The servers to try, in this order unless the load is to be balanced; never empty.
    pub hosts: Vec<Host>,
    pub user: String,
    pub dbname: String,
    pub application_name: String,
    /// Settings for the server's session, as in `-c name=value`.
    pub options: Option<String>,
    /// Applies to each address of each host; `None` means the limit of the operating system.
    pub connect_timeout: Option<Duration>,
    pub tcp_user_timeout: Option<Duration>,
    pub keepalive: Option<Keepalive>,
    pub target: Target,
    pub balance_hosts: bool,
    pub channel_binding: ChannelBinding,
    pub tls: TlsOptions,
    /// Whether the URL says that a pooler in transaction mode is used (Prisma's `pgbouncer=true`).
    pub pgbouncer: bool,
    /// The password file, if the password came from it, to be named if the server rejects the
    /// password.
    pub passfile: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    pub idle: Duration,
    pub interval: Duration,
    pub retries: u32,
}

/// libpq's `target_session_attrs`: which kinds of servers are acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

impl Target {
    const WORDS: &[(&str, Self)] = &[
        ("any", Self::Any),
        ("read-write", Self::ReadWrite),
        ("read-only", Self::ReadOnly),
        ("primary", Self::Primary),
        ("standby", Self::Standby),
        ("prefer-standby", Self::PreferStandby),
    ];

    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, target)| *target == self).map_or("", |(word, _)| word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelBinding {
    Disable,
    Prefer,
    Require,
}

/// A password, whose debug output is dots.
#[derive(Clone, PartialEq)]
pub struct Secret(String);

impl Secret {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

impl ConnInfo {
    /// Resolves a URL or `key=value` string; missing parameters come from the service file, the
    /// `PG…` variables of `env`, and libpq's defaults.
    pub fn resolve(url: Option<&str>, env: &Env) -> Result<Self> {
        let params = Params::gather(url, env)?;
        let hosts = hosts::read(&params)?;
        refuse_peer_check(&params, &hosts)?;
        let user = match params.owned("user") {
            Some(user) => user,
            None => account()?,
        };
        let mut info = Self {
            hosts,
            dbname: params.owned("dbname").unwrap_or_else(|| user.clone()),
            user,
            application_name: params
                .owned("application_name")
                .or_else(|| params.owned("fallback_application_name"))
                .unwrap_or_else(|| "eramjs".into()),
            options: options(&params)?,
            connect_timeout: connect_timeout(&params)?,
            tcp_user_timeout: positive(&params, "tcp_user_timeout")?.map(|ms| Duration::from_millis(ms.into())),
            keepalive: keepalive(&params)?,
            target: params.choice("target_session_attrs", Target::WORDS)?.unwrap_or(Target::Any),
            balance_hosts: params
                .choice("load_balance_hosts", &[("disable", false), ("random", true)])?
                .unwrap_or(false),
            channel_binding: channel_binding(&params)?,
            tls: TlsOptions::read(&params, env)?,
            pgbouncer: params.flag("pgbouncer")?.unwrap_or(false),
            passfile: None,
        };
        info.find_passwords(&params, env);
        Ok(info)
    }

    /// The URL without the password, for logs and errors.
    pub fn display(&self) -> String {
        let mut text = format!("postgres://{}@", encode(&self.user));
        for (at, host) in self.hosts.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            let _ = match &host.address {
                Address::Tcp { name, .. } if name.contains(':') => write!(text, "{comma}[{name}]:{}", host.port),
                Address::Tcp { name, .. } => write!(text, "{comma}{}:{}", encode(name), host.port),
                Address::Socket(folder) => write!(text, "{comma}{}:{}", encode(&folder.to_string_lossy()), host.port),
            };
        }
        let _ = write!(text, "/{}", encode(&self.dbname));
        if self.tls.mode != SslMode::Prefer {
            let _ = write!(text, "?sslmode={}", self.tls.mode.word());
        }
        text
    }

    /// Uses a given password for all hosts, else looks each host up in the password file.
    fn find_passwords(&mut self, params: &Params, env: &Env) {
        if let Some(given) = params.text("password") {
            self.hosts.iter_mut().for_each(|host| host.password = Some(Secret(given.to_owned())));
            return;
        }
        let Some(file) = params.text("passfile").map(PathBuf::from).or_else(|| default_passfile(env)) else { return };
        let Some(text) = passfile::read(&file) else { return };
        for host in &mut self.hosts {
            let login =
                passfile::Login { host: host.passfile_name(), port: host.port, dbname: &self.dbname, user: &self.user };
            host.password = passfile::find(&text, &login).filter(|found| !found.is_empty()).map(Secret);
        }
        self.passfile = self.hosts.iter().any(|host| host.password.is_some()).then_some(file);
    }
}

fn options(params: &Params) -> Result<Option<String>> {
    let mut options = params.owned("options").unwrap_or_default();
    // node-postgres accepts these three in the URL.
    for name in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
        if let Some(ms) = positive(params, name)? {
            let _ = write!(options, "{}-c {name}={ms}", if options.is_empty() { "" } else { " " });
        }
    }
    Ok(Some(options).filter(|options| !options.is_empty()))
}

/// Ten seconds by default. Zero and less mean no limit; the minimum is two seconds, as in libpq.
fn connect_timeout(params: &Params) -> Result<Option<Duration>> {
    Ok(match params.whole_number("connect_timeout")? {
        None => Some(Duration::from_secs(10)),
        Some(seconds) => u64::try_from(seconds).ok().filter(|s| *s > 0).map(|s| Duration::from_secs(s.max(2))),
    })
}

/// On by default, with short intervals, so that a broken connection is detected soon.
fn keepalive(params: &Params) -> Result<Option<Keepalive>> {
    let seconds = |name, default: u32| -> Result<Duration> {
        Ok(Duration::from_secs(positive(params, name)?.unwrap_or(default).into()))
    };
    let keepalive = Keepalive {
        idle: seconds("keepalives_idle", 30)?,
        interval: seconds("keepalives_interval", 10)?,
        retries: positive(params, "keepalives_count")?.unwrap_or(3),
    };
    Ok(params.flag("keepalives")?.unwrap_or(true).then_some(keepalive))
}

/// A number above zero; zero and less mean the default.
fn positive(params: &Params, name: &str) -> Result<Option<u32>> {
    Ok(params.whole_number(name)?.and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0))
}

fn channel_binding(params: &Params) -> Result<ChannelBinding> {
    const WORDS: &[(&str, ChannelBinding)] = &[
        ("disable", ChannelBinding::Disable),
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
    ];
    Ok(params.choice("channel_binding", WORDS)?.unwrap_or(ChannelBinding::Prefer))
}

/// Rejects `requirepeer` on a socket, because the owner of the server process cannot be checked
/// here.
fn refuse_peer_check(params: &Params, hosts: &[Host]) -> Result<()> {
    let socket = hosts.iter().any(|host| matches!(host.address, Address::Socket(_)));
    match params.text("requirepeer") {
        Some(_) if socket => Err(params.refuse("requirepeer", "no value, for it cannot be checked here")),
        _ => Ok(()),
    }
}

/// The name of the account that runs this process.
fn account() -> Result<String> {
    whoami::username().map_err(|e| {
        Error::Config(format!("user: expected a user in the url or in PGUSER, got none, and the system knows no name for this process: {e}"))
    })
}

fn default_passfile(env: &Env) -> Option<PathBuf> {
    if cfg!(windows) {
        return env("APPDATA").map(|data| PathBuf::from(data).join("postgresql").join("pgpass.conf"));
    }
    home(env).map(|home| home.join(".pgpass"))
}

/// Percent-encodes special characters in a part of a URL.
fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
