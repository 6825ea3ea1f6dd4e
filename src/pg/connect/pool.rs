//! A pool of connections, whose errors keep their original messages.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use deadpool_postgres::{
    Connect, Manager, ManagerConfig, Pool, PoolError, QueueMode, RecyclingMethod, Runtime, TimeoutType,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls, config};

use super::connection::spawn;
use super::connector::{Connector, Options};
use super::settings::needs_tls;
use crate::error::{Error, Result};
use crate::pg::conninfo::ConnInfo;
use crate::pg::tls;

/// How long a caller waits for a free connection.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// A pool of up to `size` connections, opened when they are needed.
pub fn pool(info: &ConnInfo, size: usize) -> Result<Pool> {
    pool_with(info, size, &Options::default())
}

pub fn pool_with(info: &ConnInfo, size: usize, options: &Options) -> Result<Pool> {
    if needs_tls(info) {
        // Invalid certificate files are reported at the start, not by the first query.
        tls::connector(&info.tls)?;
    }
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_connect(Config::new(), Connector::new(info, options), config);
    Pool::builder(manager)
        .max_size(size)
        // The most recently used connection first, so that surplus connections stay idle and can be
        // closed.
        .queue_mode(QueueMode::Lifo)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT_TIMEOUT))
        .create_timeout(create_timeout(info))
        .recycle_timeout(Some(WAIT_TIMEOUT))
        .build()
        .map_err(|e| Error::Internal(format!("pool: {e}")))
}

/// The connector limits the time for each address; this limit covers the rest, such as a slow DNS
/// look-up.
fn create_timeout(info: &ConnInfo) -> Option<Duration> {
    let hosts = u32::try_from(info.hosts.len()).unwrap_or(u32::MAX);
    info.connect_timeout.map(|limit| limit.saturating_mul(hosts.saturating_mul(4)).saturating_add(WAIT_TIMEOUT))
}

impl Connect for Connector {
    fn connect(&self, _: &Config) -> Pin<Box<dyn Future<Output = ConnectResult> + Send + '_>> {
        Box::pin(async {
            match self.connect().await {
                Ok((client, connection)) => Ok((client, spawn(connection))),
                Err(error) => Err(carry(error).await),
            }
        })
    }
}

type ConnectResult = std::result::Result<(Client, JoinHandle<()>), tokio_postgres::Error>;

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => carried(&error).unwrap_or_else(|| error.into()),
            PoolError::Timeout(TimeoutType::Wait) => Self::Unavailable(format!(
                "pool: expected a free connection within {} s, got none; every one is in use, a larger pool may help",
                WAIT_TIMEOUT.as_secs()
            )),
            PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => {
                Self::Unavailable("pool: expected a connection to the database in time, got none".into())
            }
            PoolError::Closed => Self::NotRunning("pool: closed".into()),
            PoolError::NoRuntimeSpecified => Self::Internal("pool: no runtime".into()),
            PoolError::PostCreateHook(error) => Self::Internal(format!("pool: {error}")),
        }
    }
}

/// Wraps an error for the pool, which accepts only errors of tokio-postgres. Only that crate can
/// create them, so a connection is opened on a stream that fails at its first byte with our error
/// as the cause.
async fn carry(error: Error) -> tokio_postgres::Error {
    let mut config = Config::new();
    config.user("nobody").ssl_mode(config::SslMode::Disable);
    match config.connect_raw(Broken(Some(io::Error::other(error))), NoTls).await {
        Err(error) => error,
        Ok(_) => unreachable!("a broken stream accepts no login"),
    }
}

fn carried(error: &tokio_postgres::Error) -> Option<Error> {
    let cause = std::error::Error::source(error)?.downcast_ref::<io::Error>()?;
    cause.get_ref()?.downcast_ref::<Error>().cloned()
}

struct Broken(Option<io::Error>);

impl Broken {
    fn fail<T>(&mut self) -> Poll<io::Result<T>> {
        Poll::Ready(Err(self.0.take().unwrap_or_else(|| io::ErrorKind::BrokenPipe.into())))
    }
}

impl AsyncRead for Broken {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.fail()
    }
}

impl AsyncWrite for Broken {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        self.fail()
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.fail()
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
