//! How to reach PostgreSQL, as libpq does. Independent of queues.

/// Opens connections: tries hosts in order, negotiates TLS, logs in, checks the kind of server;
/// also pools connections.
pub mod connect;
/// Resolves a connection string and the environment to connection parameters.
pub mod conninfo;
/// TLS, with libpq's meanings of its settings.
pub mod tls;
