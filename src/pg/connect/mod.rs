//! Opens connections to the server that a `ConnInfo` describes: tries its hosts in order,
//! negotiates TLS according to its sslmode, logs in, and returns a client with the connection that
//! must be polled for it.
//!
//! Follows the PostgreSQL manual, chapter libpq, "Parameter Key Words" and "Specifying Multiple
//! Hosts".
//!
//! ```text
//! hosts ─► addresses ─► wire (TCP or socket) ─► TLS ─► log in ─► the right kind of server? ─► Client + Connection
//!   ▲          ▲                                 │        │                 │
//!   └──────────┴──── out of reach, starting up ──┴────────┘ ◄───── no ──────┘       a refusal to log in ends the search
//! ```

mod attempt;
mod cancel;
mod connection;
mod connector;
mod failure;
mod pool;
mod session;
mod settings;
mod wire;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use connection::{Connection, spawn};
pub use connector::{Connector, Options};
pub use pool::{pool, pool_with};
pub use session::lift_limits;

use super::conninfo::ConnInfo;
use crate::error::Result;

/// Opens one connection.
pub async fn connect(info: &ConnInfo, options: &Options) -> Result<(tokio_postgres::Client, Connection)> {
    Connector::new(info, options).connect().await
}
