//! How to reach PostgreSQL, as libpq does. Knows nothing of queues.

/// Opens connections: hosts in order, TLS, log in, the right kind of server; and a pool of them.
pub mod connect;
/// Resolves a connection string and the environment to connection parameters.
pub mod conninfo;
/// TLS with the meanings that libpq gives to its settings.
pub mod tls;
