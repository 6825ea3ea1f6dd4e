//! Where an engine connects: the addresses for statements and for LISTEN, and what it sets for its sessions.

use super::checks::{self, Checked};
use crate::error::Result;
use crate::model::config::Config;
use crate::pg::connect;
use crate::pg::conninfo::ConnInfo;
use crate::store::test_schema;

/// Whatever the database or the role has as its default: at other levels, a statement does not see what was committed while it
/// waited.
const ISOLATION: &str = r"-c default_transaction_isolation=read\ committed";

/// Planner settings of the engine's connections. The engine's statements touch few rows by their
/// keys. Statistics of a fast-moving table are often out of date; no plan may scan or sort all
/// waiting jobs because of that, instead of reading the head of an index. JIT compilation of such
/// statements takes longer than running them.
const PLANS: &str =
    "-c jit=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c enable_sort=off";

/// The addresses for work and for LISTEN.
pub(super) struct Addresses {
    pub work: ConnInfo,
    /// `None` behind PgBouncer, unless `listen_url` bypasses it.
    pub listen: Option<ConnInfo>,
    /// An address that bypasses any pooler, for work that needs a session.
    pub direct: Option<ConnInfo>,
    /// Holds the test schema that the engine uses, if it is one.
    pub test_session: Option<tokio_postgres::Client>,
}

impl Addresses {
    pub fn of(config: &Config) -> Result<Self> {
        let env = |name: &str| std::env::var(name).ok();
        let work = ConnInfo::resolve(config.url.as_deref(), &env)?;
        let listen = match &config.listen_url {
            Some(url) => Some(ConnInfo::resolve(Some(url), &env)?),
            None => Some(work.clone()),
        };
        let (direct, listen) = (listen.clone(), listen.filter(|_| config.notify));
        let addresses = Self { work, direct, listen, test_session: None };
        if config.pgbouncer || addresses.work.pgbouncer {
            return Ok(addresses.pooled(config));
        }
        // What the URL says comes last, and wins.
        let own = addresses.work.options.as_deref().unwrap_or_default();
        let options = format!("{ISOLATION} {PLANS} {own}").trim_end().to_owned();
        Ok(Self { work: ConnInfo { options: Some(options), ..addresses.work }, ..addresses })
    }

    /// The addresses behind a pooler in transaction mode.
    fn pooled(self, config: &Config) -> Self {
        let [listen, direct] = [self.listen, self.direct].map(|info| info.filter(|_| config.listen_url.is_some()));
        let options = ConnInfo::resolve(config.url.as_deref(), &|name: &str| std::env::var(name).ok())
            .ok()
            .and_then(|info| info.options);
        Self { work: ConnInfo { options, ..self.work }, listen, direct, test_session: self.test_session }
    }

    /// Connects and checks the schema. A pooler is recognized by its rejection of the planner
    /// settings.
    pub async fn checked(self, config: &Config) -> Result<(Self, Checked)> {
        let needed = if self.listen.is_some() { 2 } else { 1 };
        match checks::look(&self.work, config, needed).await {
            Err(error) if error.to_string().contains("unsupported startup parameter") => {
                tracing::warn!(
                    "start: connected through a pooler; polling instead of listening, unless listen_url is given"
                );
                let pooled = self.pooled(config);
                let seen = checks::look(&pooled.work, config, 1).await?;
                Ok((pooled, seen))
            }
            seen => seen.map(|seen| (self, seen)),
        }
    }

    /// The same, with connections that follow the clock of a test schema.
    pub async fn with_clock(mut self, config: &Config) -> Result<Self> {
        if config.testing.is_none() {
            return Ok(self);
        }
        let (client, connection) = connect::connect(&self.work, &connect::Options::default()).await?;
        // Ends with the client.
        drop(connect::spawn(connection));
        if let Some(path) = test_schema::search_path(&client, &config.prefix).await? {
            test_schema::hold(&client, &config.prefix).await?;
            self.test_session = Some(client);
            let option = format!("-c search_path={}", path.replace(' ', ""));
            self.work.options = Some(self.work.options.map_or_else(|| option.clone(), |own| format!("{own} {option}")));
        }
        Ok(self)
    }
}
