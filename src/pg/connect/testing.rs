//! For tests: servers with TLS and access rules that the database of `DATABASE_URL` need not have.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;

use crate::pg::conninfo::ConnInfo;
use crate::pg::conninfo::testing::secret;
use crate::pg::tls::testing::{Authority, subject};

/// Starts a server, prints where it is, and removes it when the test process closes the pipe or
/// dies.
const SCRIPT: &str = "
const { startPostgres } = await import(process.argv[1])
const server = await startPostgres(JSON.parse(process.argv[2]))
console.log(server.port)
console.log(server.socketDir)
for await (const _ of process.stdin);
await server.stop()";

/// `postgres` is the superuser `eram` with this password; so are all accounts created here.
const ACCESS: &str = "
local   all all                     scram-sha-256
hostssl all certified 127.0.0.1/32  cert
hostssl all encrypted 127.0.0.1/32  scram-sha-256
hostnossl all plain   127.0.0.1/32  scram-sha-256
host    all trusted   127.0.0.1/32  trust
host    all eram      127.0.0.1/32  scram-sha-256
host    all other     127.0.0.1/32  scram-sha-256
";

pub struct Server {
    pub port: u16,
    /// The folder of its socket, which is removed with the server.
    pub folder: PathBuf,
    /// Root certificates of clients: the authority of the server, and another one.
    pub known: PathBuf,
    pub stranger: PathBuf,
    /// The certificate and key of the account `certified`.
    pub cert: PathBuf,
    pub key: PathBuf,
    _input: ChildStdin,
    _process: Child,
}

/// A server with TLS, as `localhost`.
pub static ENCRYPTED: LazyLock<Server> = LazyLock::new(|| Server::start(true));
/// A server without TLS.
pub static PLAIN: LazyLock<Server> = LazyLock::new(|| Server::start(false));

impl Server {
    fn start(tls: bool) -> Self {
        let authority = Authority::new("known");
        let issued = authority.issue(&subject("localhost", &["localhost"]));
        let options = serde_json::json!({
            "settings": { "ssl": tls, "ssl_ca_file": if tls { "ca.crt" } else { "" } },
            "files": {
                "server.crt": issued.pem,
                "server.key": issued.key.serialize_pem(),
                "ca.crt": authority.pem(),
                "pg_hba.conf": ACCESS,
            },
        });
        let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres.js");
        let mut process = Command::new("node")
            .args(["--input-type=module", "--eval", SCRIPT, scripts, &options.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node, for scripts/postgres.js starts the servers of these tests");
        let input = process.stdin.take().expect("a pipe");
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let mut line = || lines.next().and_then(Result::ok).expect("a server; `npm run setup` fetches its programs");
        let (port, folder) = (line().parse().expect("a port"), PathBuf::from(line()));
        let account = authority.issue(&subject("certified", &[]));
        let server = Self {
            port,
            known: secret(folder.join("known.crt"), &authority.pem()),
            stranger: secret(folder.join("stranger.crt"), &Authority::new("stranger").pem()),
            cert: secret(folder.join("certified.crt"), &account.pem),
            key: secret(folder.join("certified.key"), &account.key.serialize_pem()),
            folder,
            _input: input,
            _process: process,
        };
        server.make_accounts();
        server
    }

    /// Creates the accounts on a thread with a runtime of its own, because the first test runs
    /// inside one.
    fn make_accounts(&self) {
        let info = self.info("eram", "host=127.0.0.1 sslmode=disable");
        let made = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let (client, connection) =
                    super::connect(&info, &super::Options::default()).await.expect("a connection");
                tokio::spawn(connection);
                for account in ["certified", "encrypted", "plain", "trusted", "other"] {
                    client
                        .batch_execute(&format!("CREATE ROLE {account} LOGIN PASSWORD 'password'"))
                        .await
                        .expect("an account");
                }
            });
        });
        made.join().expect("accounts");
    }

    /// Connects as an account of this server with its password; `more` are settings as `key=value`.
    pub fn info(&self, user: &str, more: &str) -> ConnInfo {
        self.info_of(&format!("user={user} password=password {more}"))
    }

    pub fn info_of(&self, settings: &str) -> ConnInfo {
        let env = |name: &str| (name == "HOME").then(|| "/nonexistent".to_owned());
        let text = format!("port={} dbname=eram {settings}", self.port);
        ConnInfo::resolve(Some(&text), &env).expect("settings")
    }
}
