//! Cron entries in SQL: synchronized with the code, loaded, ticked, and changed at runtime.

use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::jobs::Inserted;
use super::types::Micros;
use super::{Param, Store};
use crate::error::Result;

/// An entry as it was read. Times are microseconds since 1970, by the database's clock.
#[derive(Debug, Clone)]
pub struct Cron {
    pub name: String,
    pub expression: String,
    pub timezone: String,
    pub worker: String,
    /// JSON text.
    pub options: String,
    pub guaranteed: bool,
    pub paused: bool,
    /// Created at runtime, or in the code of a live node.
    pub active: bool,
    /// Ticks up to this instant are settled.
    pub base: i64,
    pub updated_at: i64,
    /// The registration of its class, JSON text, if any node has recorded it.
    pub class: Option<String>,
    /// When it was read.
    pub now: i64,
    /// The columns for the public API alone: JSON text of an object.
    pub rest: String,
}

/// Whether a cluster began with this engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boot {
    /// It did, at this instant.
    Fresh(i64),
    /// It was there before.
    GoingOn,
    /// A node of an earlier cluster may still be alive.
    Unsure,
}

/// How many seconds an entry counts as in a node's code after it was last confirmed; nodes confirm theirs each minute.
const ACTIVE_SECONDS: f64 = 180.0;

impl Store {
    /// Writes the entries of this node's code: names, and definitions as JSON texts.
    pub async fn sync_crons(&self, names: &[String], definitions: &[String]) -> Result<()> {
        let params: [Param<'_>; 2] = [(&names, Type::TEXT_ARRAY), (&definitions, Type::TEXT_ARRAY)];
        self.execute(&self.sql.sync_crons, &params).await.map(drop)
    }

    /// Confirms that these entries are in the code of a live node.
    pub async fn touch_crons(&self, names: &[String]) -> Result<()> {
        self.execute(&self.sql.touch_crons, &[(&names, Type::TEXT_ARRAY)]).await.map(drop)
    }

    /// All entries, or the named one.
    pub async fn load_crons(&self, name: Option<&str>) -> Result<Vec<Cron>> {
        let params: [Param<'_>; 2] = [(&name, Type::TEXT), (&ACTIVE_SECONDS, Type::FLOAT8)];
        self.query(&self.sql.load_crons, &params).await?.iter().map(cron).collect()
    }

    /// Inserts the job of a tick; `None` when the tick was settled meanwhile, or the entry has changed.
    pub async fn insert_tick(
        &self,
        cron: &Cron,
        tick: i64,
        missed: i64,
        draft: &str,
        on_time: f64,
    ) -> Result<Option<Inserted>> {
        let (tick, updated_at, base) = (Micros(tick), Micros(cron.updated_at), Micros(cron.base));
        let params: [Param<'_>; 7] = [
            (&cron.name, Type::TEXT),
            (&tick, Type::TIMESTAMPTZ),
            (&missed, Type::INT8),
            (&updated_at, Type::TIMESTAMPTZ),
            (&base, Type::TIMESTAMPTZ),
            (&draft, Type::TEXT),
            (&on_time, Type::FLOAT8),
        ];
        self.query(&self.sql.insert_tick, &params).await?.first().map(Inserted::read).transpose()
    }

    /// Settles ticks without inserting jobs; false when the entry has changed.
    pub async fn skip_ticks(&self, cron: &Cron, upto: i64, missed: i64) -> Result<bool> {
        let (upto, updated_at, base) = (Micros(upto), Micros(cron.updated_at), Micros(cron.base));
        let params: [Param<'_>; 5] = [
            (&cron.name, Type::TEXT),
            (&upto, Type::TIMESTAMPTZ),
            (&missed, Type::INT8),
            (&updated_at, Type::TIMESTAMPTZ),
            (&base, Type::TIMESTAMPTZ),
        ];
        Ok(self.execute(&self.sql.skip_ticks, &params).await? > 0)
    }

    /// Has an entry tick from now on that is settled more than `most` seconds ahead; false when it is locked, has changed, or is not.
    pub async fn bring_back_cron(&self, cron: &Cron, most: f64) -> Result<bool> {
        let (updated_at, base) = (Micros(cron.updated_at), Micros(cron.base));
        let params: [Param<'_>; 4] = [
            (&cron.name, Type::TEXT),
            (&updated_at, Type::TIMESTAMPTZ),
            (&base, Type::TIMESTAMPTZ),
            (&most, Type::FLOAT8),
        ];
        Ok(self.execute(&self.sql.bring_back_cron, &params).await? > 0)
    }

    /// Inserts a job of the entry outside its schedule; `None` when the entry does not exist.
    pub async fn run_cron(&self, name: &str, draft: &str) -> Result<Option<Inserted>> {
        let params: [Param<'_>; 2] = [(&name, Type::TEXT), (&draft, Type::TEXT)];
        self.query(&self.sql.run_cron, &params).await?.first().map(Inserted::read).transpose()
    }

    /// Whether a cluster began with the engine of these producers; `silent`: seconds after which others count as gone.
    pub async fn cluster_boot(&self, producers: &[Uuid], silent: f64) -> Result<Boot> {
        let params: [Param<'_>; 2] = [(&producers, Type::UUID_ARRAY), (&silent, Type::FLOAT8)];
        let rows = self.query(&self.sql.cluster_boot, &params).await?;
        // Without a row this engine was declared lost, so other nodes live.
        let Some(row) = rows.first() else { return Ok(Boot::GoingOn) };
        Ok(match (row.try_get(1)?, row.try_get(2)?) {
            (true, _) => Boot::GoingOn,
            (false, true) => Boot::Unsure,
            (false, false) => Boot::Fresh(row.try_get::<_, Micros>(0)?.0),
        })
    }

    /// Inserts the job of a `@reboot` entry, unless it was inserted for this start or version.
    pub async fn insert_boot(
        &self,
        cron: &Cron,
        draft: &str,
        version: Option<&str>,
        fresh: Option<i64>,
    ) -> Result<Option<Inserted>> {
        let (updated_at, fresh) = (Micros(cron.updated_at), fresh.map(Micros));
        let params: [Param<'_>; 5] = [
            (&cron.name, Type::TEXT),
            (&draft, Type::TEXT),
            (&version, Type::TEXT),
            (&fresh, Type::TIMESTAMPTZ),
            (&updated_at, Type::TIMESTAMPTZ),
        ];
        self.query(&self.sql.insert_boot, &params).await?.first().map(Inserted::read).transpose()
    }

    /// Creates an entry; an existing one is replaced or, with `replace: false`, kept. Returns whether anything was written.
    pub async fn save_cron(&self, name: &str, definition: &str, replace: bool) -> Result<bool> {
        let params: [Param<'_>; 3] = [(&name, Type::TEXT), (&definition, Type::TEXT), (&replace, Type::BOOL)];
        Ok(self.execute(&self.sql.save_cron, &params).await? > 0)
    }

    /// Changes an entry's definition; false when the entry has changed since it was read.
    pub async fn update_cron(&self, cron: &Cron, definition: &str) -> Result<bool> {
        let updated_at = Micros(cron.updated_at);
        let params: [Param<'_>; 3] =
            [(&cron.name, Type::TEXT), (&definition, Type::TEXT), (&updated_at, Type::TIMESTAMPTZ)];
        Ok(self.execute(&self.sql.update_cron, &params).await? > 0)
    }

    /// The newest jobs of an entry, as a JSON text.
    pub async fn cron_runs(&self, name: &str, most: i64) -> Result<String> {
        let rows = self.query(&self.sql.cron_runs, &[(&name, Type::TEXT), (&most, Type::INT8)]).await?;
        rows.first().map_or_else(|| Ok("[]".to_owned()), |row| Ok(row.try_get("runs")?))
    }

    /// Whether there is such an entry.
    pub async fn pause_cron(&self, name: &str, paused: bool) -> Result<bool> {
        Ok(self.execute(&self.sql.pause_cron, &[(&name, Type::TEXT), (&paused, Type::BOOL)]).await? > 0)
    }

    /// Whether there was such an entry.
    pub async fn delete_cron(&self, name: &str) -> Result<bool> {
        Ok(self.execute(&self.sql.delete_cron, &[(&name, Type::TEXT)]).await? > 0)
    }
}

fn cron(row: &Row) -> Result<Cron> {
    Ok(Cron {
        name: row.try_get("name")?,
        expression: row.try_get("expression")?,
        timezone: row.try_get("timezone")?,
        worker: row.try_get("worker")?,
        options: row.try_get("options")?,
        guaranteed: row.try_get("guaranteed")?,
        paused: row.try_get("paused")?,
        active: row.try_get("active")?,
        base: row.try_get::<_, Micros>("base")?.0,
        updated_at: row.try_get::<_, Micros>("updated_at")?.0,
        class: row.try_get("class")?,
        now: row.try_get::<_, Micros>("now")?.0,
        rest: row.try_get("rest")?,
    })
}
