//! The half of a connection that does the I/O: a task of its own or the reader of its messages must
//! poll it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Error};

/// Drives a client. As a future, it runs until the client is dropped or the connection breaks, and
/// ignores messages; a listener calls `poll_message` instead.
pub struct Connection(Box<dyn Drive>);

/// A connection over any kind of stream.
trait Drive: Send {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<AsyncMessage, Error>>>;
    fn parameter(&self, name: &str) -> Option<&str>;
}

impl<S, T> Drive for tokio_postgres::Connection<S, T>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<AsyncMessage, Error>>> {
        Self::poll_message(self, cx)
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        Self::parameter(self, name)
    }
}

impl Connection {
    pub(super) fn new<S, T>(connection: tokio_postgres::Connection<S, T>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Self(Box::new(connection))
    }

    /// The next notice or notification of the server; the connection ends with `None` or an error.
    pub fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<AsyncMessage, Error>>> {
        self.0.poll_message(cx)
    }

    /// A setting that the server reports by itself, such as `server_version`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.0.parameter(name)
    }

    /// Runs a future that uses the client before the connection is polled elsewhere; ignores
    /// messages.
    pub async fn drive<T>(&mut self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            while let Poll::Ready(message) = self.poll_message(cx) {
                match message {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Poll::Ready(Err(error)),
                    // The future learns from the client that the connection is closed.
                    None => break,
                }
            }
            work.as_mut().poll(cx)
        })
        .await
    }
}

impl Future for Connection {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        while let Some(message) = ready!(self.poll_message(cx)?) {
            if let AsyncMessage::Notice(notice) = message {
                tracing::debug!("notice of the server: {}: {}", notice.severity(), notice.message());
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Polls the connection in a task of its own. When it breaks, pending requests fail and the reason
/// is logged.
pub fn spawn(connection: Connection) -> JoinHandle<()> {
    tokio::spawn(async move {
        if let Err(e) = connection.await {
            tracing::debug!("a connection to the database broke: {}", super::failure::chain(&e));
        }
    })
}
