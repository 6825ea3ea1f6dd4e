//! Commands to nodes and messages of applications: rows that a node reads once each, by the snapshot of its last look.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Param, Store};
use crate::error::{Error, Result};

/// How long a command is obeyed after it was written, by the database's clock.
const COMMAND_LIFETIME: Duration = Duration::from_secs(60);

/// How long a message is kept.
const MESSAGE_LIFETIME: Duration = Duration::from_secs(600);

/// How many messages are kept, and read by one look.
const MESSAGES_KEPT: i64 = 10_000;

/// A command as it stands in its row.
#[derive(Debug, Clone)]
pub struct CommandRow {
    /// `*`: every node that serves queues.
    pub node: String,
    pub action: String,
    pub queue: String,
    /// JSON text.
    pub options: Option<String>,
    pub grace: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct MessageRow {
    /// `*events`: events of jobs.
    pub channel: String,
    pub node: Option<String>,
    /// JSON text.
    pub payload: String,
}

/// What a look found, and the snapshot from which the next one goes on.
#[derive(Debug)]
pub struct News<T> {
    pub snapshot: String,
    pub rows: Vec<T>,
}

impl Store {
    /// What is visible now; what commits later is news.
    pub async fn snapshot(&self) -> Result<String> {
        let rows = self.query(&self.sql.snapshot, &[]).await?;
        rows.first().map_or_else(|| Err(none()), |row| Ok(row.try_get(0)?))
    }

    /// Writes a command, and notifies the nodes that may be meant.
    pub async fn insert_command(&self, command: &CommandRow) -> Result<()> {
        let CommandRow { node, action, queue, options, grace } = command;
        let params: [Param<'_>; 5] =
            [(node, Type::TEXT), (action, Type::TEXT), (queue, Type::TEXT), (options, Type::TEXT), (grace, Type::INT8)];
        self.execute(&self.sql.insert_command, &params).await?;
        Ok(())
    }

    /// The commands to this node since the snapshot, in their order.
    pub async fn read_commands(&self, since: &str, node: &str) -> Result<News<CommandRow>> {
        let lifetime = COMMAND_LIFETIME.as_secs_f64();
        let params: [Param<'_>; 3] = [(&since, Type::TEXT), (&node, Type::TEXT), (&lifetime, Type::FLOAT8)];
        news(&self.query(&self.sql.read_commands, &params).await?, |row| {
            Ok(CommandRow {
                node: row.try_get("node")?,
                action: row.try_get("action")?,
                queue: row.try_get("queue")?,
                options: row.try_get("options")?,
                grace: row.try_get("grace")?,
            })
        })
    }

    /// `text`: the JSON of a message, as `eram_notify` takes it.
    pub async fn send_message(&self, text: &str) -> Result<()> {
        self.execute(&self.sql.send_message, &[(&text, Type::TEXT)]).await?;
        Ok(())
    }

    /// The messages since the snapshot, in their order: those of applications, the events of jobs, or both.
    pub async fn read_messages(&self, since: &str, messages: bool, events: bool) -> Result<News<MessageRow>> {
        let params: [Param<'_>; 4] =
            [(&since, Type::TEXT), (&messages, Type::BOOL), (&events, Type::BOOL), (&MESSAGES_KEPT, Type::INT8)];
        news(&self.query(&self.sql.read_messages, &params).await?, |row| {
            Ok(MessageRow {
                channel: row.try_get("channel")?,
                node: row.try_get("node")?,
                payload: row.try_get("payload")?,
            })
        })
    }

    /// Deletes messages that need not be kept, at most `limit`; returns how many.
    pub async fn prune_messages(&self, limit: i64) -> Result<u64> {
        let lifetime = MESSAGE_LIFETIME.as_secs_f64();
        let params: [Param<'_>; 3] = [(&lifetime, Type::FLOAT8), (&MESSAGES_KEPT, Type::INT8), (&limit, Type::INT8)];
        self.execute(&self.sql.prune_messages, &params).await
    }
}

/// From rows that all have the snapshot, the only one nothing else where there is no news.
fn news<T>(rows: &[Row], read: impl Fn(&Row) -> Result<T>) -> Result<News<T>> {
    let first = rows.first().ok_or_else(none)?;
    // The first column beside the snapshot is never null in a row of the table.
    let is_some = |row: &&Row| row.try_get::<_, Option<&str>>(1).is_ok_and(|it| it.is_some());
    Ok(News {
        snapshot: first.try_get("snapshot")?,
        rows: rows.iter().filter(is_some).map(read).collect::<Result<_>>()?,
    })
}

fn none() -> Error {
    Error::Internal("commands: expected a snapshot, got no row".into())
}
