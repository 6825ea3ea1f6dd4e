//! Commands to nodes: to start or to stop a queue. A command is a row of `eram_commands`, and the notification that follows it only
//! makes nodes look. A node obeys each once, in the order of a queue, if it reads it within a minute; a node that starts obeys none
//! that was written before.
//!
//! What a row says is no more than a request: an option that decides which code runs, or how, is refused (`check_remote`).

use serde_json::Value;

use super::Engine;
use crate::error::{Error, Result};
use crate::model::config::QueueConfig;
use crate::model::read::shorten;
use crate::store::CommandRow;

/// What a node is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// To serve this queue too.
    Start { options: Value },
    /// To stop serving it; `grace` is in milliseconds.
    Stop { grace: Option<u64> },
}

impl Command {
    fn row(&self, node: &str, queue: &str) -> CommandRow {
        let (action, options, grace) = match self {
            Self::Start { options } => ("start", Some(options.to_string()), None),
            Self::Stop { grace } => ("stop", None, grace.map(u64::cast_signed)),
        };
        CommandRow { node: node.to_owned(), action: action.to_owned(), queue: queue.to_owned(), options, grace }
    }

    /// Of a row, which anyone with a grant on the table may have written by hand.
    fn read(row: &CommandRow) -> Result<Self> {
        match row.action.as_str() {
            "start" => {
                let text = row.options.as_deref().unwrap_or("{}");
                let options = serde_json::from_str(text).map_err(|error| Error::Config(error.to_string()))?;
                QueueConfig::check_remote(&row.queue, &options)?;
                Ok(Self::Start { options })
            }
            "stop" => Ok(Self::Stop { grace: row.grace.and_then(|grace| u64::try_from(grace).ok()) }),
            other => Err(Error::Config(format!("action: expected start or stop, got {:?}", shorten(other)))),
        }
    }
}

impl Engine {
    /// Commands another node, or with `*` all that serve queues.
    pub(super) async fn command(&self, node: &str, queue: &str, command: &Command) -> Result<()> {
        self.store.insert_command(&command.row(node, queue)).await
    }

    /// Only what commits from now on is obeyed.
    pub(super) async fn begin_to_obey(&self) -> Result<()> {
        *self.commands.lock().await = Some(self.store.snapshot().await?);
        Ok(())
    }

    /// Obeys the commands that came since the last look. An error is one that passes.
    pub(super) async fn look_for_commands(&self) -> Result<()> {
        let mut seen = self.commands.lock().await;
        let Some(since) = seen.as_deref() else { return Ok(()) };
        match self.store.read_commands(since, &self.config.node).await {
            Ok(news) => {
                *seen = Some(news.snapshot);
                for row in news.rows {
                    self.carry_out(row);
                }
            }
            Err(error) if error.is_transient() => return Err(error),
            // A role that only enqueues may not read them, and serves no queues.
            Err(error) => tracing::debug!(%error, "queues: cannot read commands of other nodes"),
        }
        Ok(())
    }

    fn carry_out(&self, row: CommandRow) {
        let command = match Command::read(&row) {
            Ok(command) => command,
            Err(error) => return tracing::warn!(%error, "queues: a command in eram_commands is ignored"),
        };
        let CommandRow { node, queue, .. } = row;
        let name = queue.clone();
        self.router.act_in_order(&name, move |engine| async move {
            match command {
                Command::Start { options } => engine.obey_start(&queue, &node, &options).await,
                Command::Stop { grace } => engine.obey_stop(&queue, grace).await,
            }
        });
    }
}
