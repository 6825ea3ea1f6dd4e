//! Queues in SQL: their settings, their names, and purging them.

use tokio_postgres::types::Type;

use super::types::Micros;
use super::{Param, Store};
use crate::error::Result;

/// The maximum number of jobs purged by one statement.
const PURGE_BATCH: i64 = 2000;

/// Before any job was due.
const BEGINNING: Micros = Micros(-200_000_000_000_000_000);

/// Pause and limit of a queue as set at runtime, for all nodes (`*`) or one.
#[derive(Debug, Clone)]
pub struct QueueSetting {
    pub queue: String,
    pub node: String,
    pub paused: Option<bool>,
    pub limit: Option<i32>,
}

/// How far the purge of a queue has come: first what waits to become due, then, as it may have, what is available.
#[derive(Debug)]
pub struct Purge {
    queue: String,
    cancel: bool,
    /// Newer jobs stay, so that it ends although more come in.
    newest: i64,
    stage: i16,
    after: (Micros, i64),
    pub count: i64,
    /// Those that the database refused; they are left out from then on.
    pub refused: Vec<i64>,
}

impl Purge {
    pub fn new(queue: String, cancel: bool, newest: i64) -> Self {
        Self { queue, cancel, newest, stage: 2, after: (BEGINNING, 0), count: 0, refused: vec![] }
    }

    /// The parameters that say which jobs are next.
    pub(super) fn place(&self) -> Vec<Param<'_>> {
        vec![
            (&self.queue as _, Type::TEXT),
            (&self.stage as _, Type::INT2),
            (&self.newest as _, Type::INT8),
            (&self.after.0 as _, Type::TIMESTAMPTZ),
            (&self.after.1 as _, Type::INT8),
            (&PURGE_BATCH as _, Type::INT8),
            (&self.refused as _, Type::INT8_ARRAY),
        ]
    }
}

impl Store {
    pub async fn save_queues(&self, settings: &[QueueSetting]) -> Result<()> {
        let queues: Vec<&str> = settings.iter().map(|it| it.queue.as_str()).collect();
        let nodes: Vec<&str> = settings.iter().map(|it| it.node.as_str()).collect();
        let paused: Vec<Option<bool>> = settings.iter().map(|it| it.paused).collect();
        let limits: Vec<Option<i32>> = settings.iter().map(|it| it.limit).collect();
        self.execute(
            &self.sql.save_queues,
            &[
                (&queues, Type::TEXT_ARRAY),
                (&nodes, Type::TEXT_ARRAY),
                (&paused, Type::BOOL_ARRAY),
                (&limits, Type::INT4_ARRAY),
            ],
        )
        .await?;
        Ok(())
    }

    pub async fn reset_queues(&self, queues: &[String], node: &str) -> Result<()> {
        self.execute(&self.sql.reset_queues, &[(&queues, Type::TEXT_ARRAY), (&node, Type::TEXT)]).await?;
        Ok(())
    }

    /// What was set for this node or for all, the node's own last, and the stamp of it all.
    pub async fn load_queues(&self, node: &str) -> Result<(Vec<QueueSetting>, String)> {
        let mut stamp = 0_i128;
        let mut settings = vec![];
        for row in self.query(&self.sql.load_queues, &[(&node, Type::TEXT)]).await? {
            stamp += i128::from(row.try_get::<_, i64>(4)?);
            settings.push(QueueSetting {
                queue: row.try_get(0)?,
                node: row.try_get(1)?,
                paused: row.try_get(2)?,
                limit: row.try_get(3)?,
            });
        }
        Ok((settings, stamp.to_string()))
    }

    /// The known names of queues and nodes.
    pub async fn known_queues(&self) -> Result<(Vec<String>, Vec<String>)> {
        let rows = self.query(&self.sql.known_queues, &[]).await?;
        let Some(row) = rows.first() else { return Ok((vec![], vec![])) };
        Ok((row.try_get("queues")?, row.try_get("nodes")?))
    }

    /// One batch; false when nothing is left.
    pub async fn purge_jobs(&self, purge: &mut Purge) -> Result<bool> {
        let (count, last) = self.purge_chosen(purge, None).await?;
        purge.count += count;
        match (last, purge.stage) {
            (Some(last), _) => purge.after = last,
            (None, 2) => purge.stage = 3,
            (None, 3) => purge.stage = 1,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Of the next batch, only these jobs.
    pub async fn purge_only(&self, purge: &mut Purge, ids: Vec<i64>) -> Result<()> {
        let (count, _) = self.purge_chosen(purge, Some(ids)).await?;
        purge.count += count;
        Ok(())
    }

    /// The number of purged jobs, and the place of the last one that was found.
    async fn purge_chosen(&self, purge: &Purge, only: Option<Vec<i64>>) -> Result<(i64, Option<(Micros, i64)>)> {
        let mut params = purge.place();
        params.extend([(&purge.cancel as _, Type::BOOL), (&only as _, Type::INT8_ARRAY)]);
        let rows = self.query(&self.sql.purge_jobs, &params).await?;
        let Some(row) = rows.first() else { return Ok((0, None)) };
        let at: Option<Micros> = row.try_get("last_at")?;
        Ok((row.try_get("jobs")?, at.zip(row.try_get("last_id")?)))
    }
}
