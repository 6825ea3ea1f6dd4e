//! Checks whether the server is of the kind that `target_session_attrs` requires.

use tokio_postgres::{Client, SimpleQueryMessage};

use super::connection::Connection;
use crate::pg::conninfo::Target;

/// Lifts the time limits that role or database set for sessions and statements: for a connection that
/// is idle most of the time.
pub async fn lift_limits(client: &Client) -> Result<(), tokio_postgres::Error> {
    // Those that this version of the server has.
    let statement = "SELECT pg_catalog.set_config(s.name, '0', false) FROM pg_catalog.pg_settings AS s \
        WHERE s.name OPERATOR(pg_catalog.=) ANY (ARRAY['idle_session_timeout', 'idle_in_transaction_session_timeout', \
        'statement_timeout', 'lock_timeout', 'transaction_timeout']::pg_catalog.text[])";
    client.simple_query(statement).await.map(drop)
}

/// The role of a server, as it reports it.
#[derive(Clone, Copy)]
pub(super) struct ServerRole {
    standby: bool,
    read_only: bool,
}

impl ServerRole {
    pub async fn ask(client: &Client, connection: &mut Connection) -> Result<Self, tokio_postgres::Error> {
        // Simple queries pass through every pooler.
        let question = "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')";
        let answer = connection.drive(client.simple_query(question)).await?;
        let row = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some((row.get(0) == Some("t"), row.get(1) == Some("on"))),
            _ => None,
        });
        let (standby, read_only) = row.unwrap_or_default();
        Ok(Self { standby, read_only })
    }

    pub fn fits(self, target: Target) -> bool {
        match target {
            Target::Any | Target::PreferStandby => true,
            Target::ReadWrite => !self.read_only,
            Target::ReadOnly => self.read_only,
            Target::Primary => !self.standby,
            Target::Standby => self.standby,
        }
    }

    pub fn word(self) -> &'static str {
        match (self.standby, self.read_only) {
            (true, _) => "a standby",
            (false, true) => "a primary whose sessions are read-only",
            (false, false) => "a primary that takes writes",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ServerRole, Target};

    #[test]
    fn each_target_takes_the_servers_it_names() {
        let server = |standby, read_only| ServerRole { standby, read_only };
        let (writes, reads, standby) = (server(false, false), server(false, true), server(true, true));
        for (target, fits) in [
            (Target::Any, [true, true, true]),
            (Target::ReadWrite, [true, false, false]),
            (Target::ReadOnly, [false, true, true]),
            (Target::Primary, [true, true, false]),
            (Target::Standby, [false, false, true]),
            (Target::PreferStandby, [true, true, true]),
        ] {
            assert_eq!([writes, reads, standby].map(|server| server.fits(target)), fits, "{target:?}");
        }
    }
}
