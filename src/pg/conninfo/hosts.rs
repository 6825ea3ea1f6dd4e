//! Where to connect: the lists `host`, `hostaddr` and `port`, and libpq's default, a socket on this
//! machine.
//!
//! PostgreSQL manual, chapter libpq, "Specifying Multiple Hosts".

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::Secret;
use super::params::Params;
use crate::error::{Error, Result};

const DEFAULT_PORT: u16 = 5432;

/// The default socket folders of distributions and of PostgreSQL itself.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// One server to try.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    pub address: Address,
    pub port: u16,
    pub password: Option<Secret>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Address {
    /// A host by name. If its address is given, there is no look-up, and only certificates and the
    /// password file use the name.
    Tcp { name: String, addr: Option<IpAddr> },
    /// The folder of a Unix socket; a name that begins with "@" is in the abstract namespace.
    Socket(PathBuf),
}

impl Host {
    /// The host's name in the password file: a socket in the default folder is "localhost".
    pub(super) fn passfile_name(&self) -> &str {
        match &self.address {
            Address::Tcp { name, .. } => name,
            Address::Socket(folder) if SOCKET_FOLDERS.iter().any(|known| folder == Path::new(known)) => "localhost",
            Address::Socket(folder) => folder.to_str().unwrap_or_default(),
        }
    }
}

/// `name:port`, `[::1]:port`, or the path of the socket.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp { name, .. } if name.contains(':') => write!(f, "[{name}]:{}", self.port),
            Address::Tcp { name, .. } => write!(f, "{name}:{}", self.port),
            Address::Socket(folder) => write!(f, "{}/.s.PGSQL.{}", folder.display(), self.port),
        }
    }
}

pub(super) fn read(params: &Params) -> Result<Vec<Host>> {
    let names = list(params.text("host"));
    let addrs = list(params.text("hostaddr"));
    let ports = list(params.text("port"));
    let count = names.len().max(addrs.len()).max(1);
    if !addrs.is_empty() && !names.is_empty() && addrs.len() != names.len() {
        return Err(params.refuse("hostaddr", &format!("as many addresses as hosts ({})", names.len())));
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(params.refuse("port", &format!("one port, or as many as hosts ({count})")));
    }
    (0..count)
        .map(|at| {
            let port = ports.get(at).or(ports.first().filter(|_| ports.len() == 1)).copied().unwrap_or_default();
            let port = read_port(params, port)?;
            let name = names.get(at).copied().unwrap_or_default();
            let addr = addrs.get(at).copied().unwrap_or_default();
            Ok(Host { address: read_address(params, name, addr, port)?, port, password: None })
        })
        .collect()
}

fn list(text: Option<&str>) -> Vec<&str> {
    text.map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default()
}

fn read_port(params: &Params, text: &str) -> Result<u16> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ if text.is_empty() => Ok(DEFAULT_PORT),
        _ => Err(params.refuse("port", "a port between 1 and 65535")),
    }
}

fn read_address(params: &Params, name: &str, addr: &str, port: u16) -> Result<Address> {
    if !addr.is_empty() {
        let Ok(ip) = addr.parse() else {
            return Err(params.refuse("hostaddr", "an IPv4 or IPv6 address"));
        };
        let name = if name.is_empty() { addr } else { name };
        return Ok(Address::Tcp { name: name.to_owned(), addr: Some(ip) });
    }
    if name.is_empty() {
        return Ok(default_address(&SOCKET_FOLDERS.map(Path::new), port));
    }
    if name.starts_with(['/', '@']) {
        if !cfg!(unix) {
            return Err(Error::Config("host: Unix sockets need a Unix system; give the name of a host".into()));
        }
        return Ok(Address::Socket(name.into()));
    }
    if name.contains(|c: char| c.is_whitespace() || "/@?#[]".contains(c)) {
        return Err(params.refuse("host", "a host name, an IP address or the folder of a socket"));
    }
    Ok(Address::Tcp { name: name.to_owned(), addr: None })
}

/// The first folder with a socket for this port, else localhost.
fn default_address(folders: &[&Path], port: u16) -> Address {
    let listening = |folder: &&&Path| folder.join(format!(".s.PGSQL.{port}")).exists();
    match folders.iter().find(listening) {
        Some(folder) if cfg!(unix) => Address::Socket(folder.to_path_buf()),
        _ => Address::Tcp { name: "localhost".into(), addr: None },
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::params::Params;
    use super::{Address, default_address, read};

    fn hosts(url: &str) -> Result<String, String> {
        let params = Params::gather(Some(url), &|_| None).expect(url);
        let hosts = read(&params).map_err(|e| e.to_string())?;
        Ok(hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn lists_of_hosts_and_ports_are_paired() {
        for (url, expected) in [
            ("postgres://a", "a:5432"),
            ("postgres://a,b,c/", "a:5432 b:5432 c:5432"),
            ("postgres://a:1,b,c:3/", "a:1 b:5432 c:3"),
            ("postgres://[::1]:1,[fe80::2]/", "[::1]:1 [fe80::2]:5432"),
            ("host=a,b port=7", "a:7 b:7"),
            ("host=a,/run/x port=7,8", "a:7 /run/x/.s.PGSQL.8"),
            ("host=@hidden", "@hidden/.s.PGSQL.5432"),
            ("hostaddr=10.0.0.1,::1 port=1", "10.0.0.1:1 [::1]:1"),
            ("host=db.example hostaddr=10.0.0.1", "db.example:5432"),
            ("postgres://%2Frun%2Fpg:9/db", "/run/pg/.s.PGSQL.9"),
            ("postgres://h:1/db?host=/run/pg", "/run/pg/.s.PGSQL.1"),
        ] {
            assert_eq!(hosts(url).as_deref(), Ok(expected), "{url}");
        }
    }

    #[test]
    fn what_does_not_pair_is_refused() {
        for (url, expected) in [
            ("postgres://a:0", r#"url: port: expected a port between 1 and 65535, got "0""#),
            ("postgres://a:65536", r#"url: port: expected a port between 1 and 65535, got "65536""#),
            ("postgres://a:x", "url: port: expected a port between 1 and 65535, got something else"),
            ("postgres://u:hush:5432/x", "url: port: expected a port between 1 and 65535, got something else"),
            ("postgres://u@a:x", r#"url: port: expected a port between 1 and 65535, got "x""#),
            ("host=a,b port=1,2,3", r#"url: port: expected one port, or as many as hosts (2), got "1,2,3""#),
            ("host=a,b hostaddr=::1", r#"url: hostaddr: expected as many addresses as hosts (2), got "::1""#),
            ("hostaddr=localhost", r#"url: hostaddr: expected an IPv4 or IPv6 address, got "localhost""#),
            ("host='a b'", r#"url: host: expected a host name, an IP address or the folder of a socket, got "a b""#),
        ] {
            assert_eq!(hosts(url).expect_err(url), expected);
        }
    }

    #[cfg(unix)]
    #[test]
    fn without_a_host_the_first_folder_with_a_socket_is_taken() {
        let (first, second) = (super::super::testing::folder(), super::super::testing::folder());
        let folders: [&Path; 2] = [first.path(), second.path()];
        assert_eq!(default_address(&folders, 5432), Address::Tcp { name: "localhost".into(), addr: None });
        second.file(".s.PGSQL.5432", "");
        assert_eq!(default_address(&folders, 5432), Address::Socket(second.path().into()));
        first.file(".s.PGSQL.5432", "");
        assert_eq!(default_address(&folders, 5432), Address::Socket(first.path().into()));
        assert_eq!(default_address(&folders, 5433), Address::Tcp { name: "localhost".into(), addr: None });
    }
}
