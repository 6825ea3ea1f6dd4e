//! The stream to a server: TCP with keepalive, or a Unix socket.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::pg::conninfo::{ConnInfo, Keepalive};

/// Any stream, so that all kinds of connections have one type.
pub(super) type Wire = Box<dyn Stream>;

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(super) async fn tcp(address: SocketAddr, info: &ConnInfo) -> io::Result<Wire> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let socket = SockRef::from(&stream);
    if let Some(keepalive) = &info.keepalive {
        socket.set_tcp_keepalive(&kept_alive(keepalive))?;
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Some(timeout) = info.tcp_user_timeout {
        socket.set_tcp_user_timeout(Some(timeout))?;
    }
    Ok(Box::new(stream))
}

fn kept_alive(keepalive: &Keepalive) -> TcpKeepalive {
    let settings = TcpKeepalive::new().with_time(keepalive.idle).with_interval(keepalive.interval);
    // Windows fixes the number of probes.
    #[cfg(not(windows))]
    let settings = settings.with_retries(keepalive.retries);
    settings
}

#[cfg(unix)]
pub(super) async fn socket(folder: &Path, port: u16) -> io::Result<Wire> {
    let path = folder.join(format!(".s.PGSQL.{port}"));
    // "@" stands for the leading null byte of a name in the abstract namespace.
    let stream = match path.to_str().and_then(|path| path.strip_prefix('@')) {
        Some(name) => tokio::net::UnixStream::connect(format!("\0{name}")).await?,
        None => tokio::net::UnixStream::connect(path).await?,
    };
    Ok(Box::new(stream))
}

#[cfg(not(unix))]
pub(super) async fn socket(_: &Path, _: u16) -> io::Result<Wire> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no Unix sockets"))
}
