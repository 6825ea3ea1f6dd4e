//! Tries the hosts of a `ConnInfo` until one accepts the login.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::SocketAddr;

use tokio_postgres::Client;

use super::attempt::Attempt;
use super::connection::Connection;
use super::failure::{Attempted, Failure, Kind};
use super::session::ServerRole;
use super::settings::{Settings, needs_tls};
use crate::error::Result;
use crate::pg::conninfo::{Address, ConnInfo, Host, Target};

/// The maximum length of an application name in bytes (`NAMEDATALEN` less one).
const MAX_NAME_BYTES: usize = 63;

/// What a caller adds to a `ConnInfo`.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Appended to the application's name, to distinguish the connections of one engine in
    /// `pg_stat_activity`.
    pub suffix: Option<String>,
}

/// Opens connections to the first server that accepts one.
pub struct Connector(Settings);

impl Connector {
    pub fn new(info: &ConnInfo, options: &Options) -> Self {
        let application_name = application_name(&info.application_name, options.suffix.as_deref());
        Self(Settings::new(info.clone(), application_name))
    }

    pub async fn connect(&self) -> Result<(Client, Connection)> {
        if needs_tls(&self.0.info) {
            // An unreadable certificate is reported before any error of a server.
            self.0.tls().await?;
        }
        let passes: &[Target] = match &self.0.info.target {
            Target::PreferStandby => &[Target::Standby, Target::Any],
            target => std::slice::from_ref(target),
        };
        let mut failures = Vec::new();
        for &target in passes {
            failures.clear();
            for host in self.in_order(self.0.info.hosts.iter().collect()) {
                if let Some(session) = self.host(host, target, &mut failures).await? {
                    return Ok(session);
                }
            }
        }
        Err(Failure::all(failures))
    }

    /// Tries the addresses of a host. An error ends the search; `None` continues with the next
    /// host.
    async fn host(
        &self,
        host: &Host,
        target: Target,
        failures: &mut Vec<Failure>,
    ) -> Result<Option<(Client, Connection)>> {
        let addresses = match self.addresses(host).await {
            Ok(addresses) => addresses,
            Err(failure) => {
                failures.push(failure);
                return Ok(None);
            }
        };
        for address in addresses {
            let attempt = Attempt { settings: &self.0, host, address };
            let outcome = match attempt.run().await {
                Ok(session) => self.fitting(session, target, &attempt).await,
                Err(failure) => Err(failure),
            };
            match outcome {
                Ok(session) => return Ok(Some(session)),
                Err(failure) if matches!(failure.kind, Kind::Refused | Kind::Fatal) => return Err(failure.error),
                Err(failure) => failures.push(failure),
            }
        }
        Ok(None)
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.0
    }

    /// The addresses of a host; a socket has none and is tried once.
    pub(super) async fn addresses(&self, host: &Host) -> Attempted<Vec<Option<SocketAddr>>> {
        let name = match &host.address {
            Address::Socket(_) => return Ok(vec![None]),
            Address::Tcp { addr: Some(addr), .. } => return Ok(vec![Some(SocketAddr::new(*addr, host.port))]),
            Address::Tcp { name, addr: None } => name,
        };
        let look_up = tokio::net::lookup_host((name.as_str(), host.port));
        let found = self.0.in_time(look_up).await.ok_or_else(|| Failure::timeout(host, &self.0.info))?;
        let found = found.map_err(|e| Failure::unreachable(host, e))?;
        let addresses: Vec<_> = found.map(Some).collect();
        if addresses.is_empty() {
            return Err(Failure::unreachable(host, "the name has no address"));
        }
        Ok(self.in_order(addresses))
    }

    async fn fitting(
        &self,
        session: (Client, Connection),
        target: Target,
        attempt: &Attempt<'_>,
    ) -> Attempted<(Client, Connection)> {
        let (client, mut connection) = session;
        if target != Target::Any {
            let question = ServerRole::ask(&client, &mut connection);
            let answer = self.0.in_time(question).await.ok_or_else(|| Failure::timeout(attempt, &self.0.info))?;
            let role = answer.map_err(|e| Failure::login(attempt, &self.0.info, attempt.host, &e))?;
            if !role.fits(target) {
                return Err(Failure::unfit(attempt, self.0.info.target.word(), role.word()));
            }
        }
        Ok((client, connection))
    }

    /// The given order, or a random one if the load is to be balanced.
    fn in_order<T>(&self, mut list: Vec<T>) -> Vec<T> {
        if self.0.info.balance_hosts {
            list.sort_by_cached_key(|_| RandomState::new().hash_one(()));
        }
        list
    }
}

/// Keeps the suffix whole and shortens the name.
fn application_name(name: &str, suffix: Option<&str>) -> String {
    let Some(suffix) = suffix.filter(|suffix| !suffix.is_empty()) else { return name.to_owned() };
    let room = MAX_NAME_BYTES.saturating_sub(suffix.len() + 1);
    let end = name.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= room).last().unwrap_or(0);
    format!("{} {suffix}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::application_name;

    #[test]
    fn the_suffix_survives_what_the_server_cuts_off() {
        let long = "é".repeat(40);
        for (name, suffix, expected) in [
            ("eramjs", None, "eramjs".to_owned()),
            ("eramjs", Some(""), "eramjs".to_owned()),
            ("eramjs", Some("listener"), "eramjs listener".to_owned()),
            (&long, Some("listener"), format!("{} listener", "é".repeat(27))),
        ] {
            let got = application_name(name, suffix);
            assert_eq!(got, expected);
            assert!(got.len() <= 63, "{got}");
        }
    }
}
