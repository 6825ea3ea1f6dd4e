//! Producers in SQL: registered, kept alive, removed.

use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::peers::{Holder, Lease, holder};
use super::types::Micros;
use super::{Param, Store};
use crate::error::{Error, Result};

/// How long a heartbeat waits for an answer before it is sent on another connection.
const HEARTBEAT_LIMIT: Duration = Duration::from_secs(10);

/// A producer to register.
#[derive(Debug, Clone)]
pub struct NewProducer {
    pub uuid: Uuid,
    pub queue: String,
    pub limit: i32,
    pub paused: bool,
}

/// The engine that producers belong to.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The engine's name.
    pub name: String,
    pub node: String,
    /// The application's version.
    pub version: Option<String>,
    /// Distinguishes this engine from others of the same name.
    pub boot: Uuid,
    /// Notifications can reach it.
    pub listens: bool,
}

impl Identity {
    fn meta(&self) -> String {
        serde_json::json!({
            "boot": self.boot.to_string(), "eram": env!("CARGO_PKG_VERSION"), "pid": std::process::id(), "host": whoami::hostname().ok(),
            "listens": self.listens,
        })
        .to_string()
    }
}

/// A producer's part of a heartbeat.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    pub uuid: Uuid,
    pub queue: String,
    pub running: i32,
    /// Some of the running jobs, for status output.
    pub running_ids: Vec<i64>,
    /// The oldest claim still held, in microseconds.
    pub oldest_at: Option<i64>,
    pub limit: i32,
    pub paused: bool,
    /// Whether to look for jobs that wait in the queue.
    pub look: bool,
}

/// What a heartbeat renews, and what it reads about other nodes.
#[derive(Debug, Clone)]
pub struct LeaseRequest<'a> {
    /// The lease to renew, when this node leads, and for how many seconds.
    pub lease: Option<&'a Lease>,
    pub lease_seconds: f64,
    /// The seconds after which producers count as silent.
    pub silent_after: f64,
    /// How long two engines with the same node name must have run side by side to count as duplicates.
    pub together: Duration,
    /// The producers hold no job, and claim none before they report that they no longer rest.
    pub resting: bool,
}

/// The database's answer to a heartbeat.
#[derive(Debug, Clone, Default)]
pub struct HeartbeatReply {
    pub alive: Vec<Uuid>,
    pub cancelled: Vec<i64>,
    pub waiting: Vec<String>,
    /// Queues that other producers serve too.
    pub shared: Vec<String>,
    pub pins: Vec<Pin>,
    /// The stamp of what was set for queues; another text when it has changed.
    pub settings: String,
    /// Another engine uses the same name and node name.
    pub duplicate_node: bool,
    /// The database's clock, in microseconds since 1970.
    pub clock: i64,
    /// The leader, if there is one.
    pub leader: Option<Holder>,
    /// For the leader: seconds until the next job is due; `None` when none waits.
    pub next_due: Option<f64>,
    pub silent: Vec<Silent>,
    /// A producer of another process does not rest.
    pub others_awake: bool,
}

/// A producer whose heartbeats are overdue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silent {
    pub uuid: Uuid,
    /// The version of the row, which each heartbeat changes.
    pub version: i64,
    /// How long ago the last heartbeat was, by the database's clock; negative if that has stepped back.
    pub seconds: f64,
}

/// An application version that jobs of a queue wait for, and the rule by which versions satisfy it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pin {
    pub queue: String,
    pub rule: String,
    pub version: String,
}

impl Store {
    pub async fn insert_producers(&self, of: &Identity, producers: &[NewProducer]) -> Result<()> {
        let uuids: Vec<Uuid> = producers.iter().map(|p| p.uuid).collect();
        let queues: Vec<&str> = producers.iter().map(|p| p.queue.as_str()).collect();
        let limits: Vec<i32> = producers.iter().map(|p| p.limit).collect();
        let paused: Vec<bool> = producers.iter().map(|p| p.paused).collect();
        self.execute(
            &self.sql.insert_producers,
            &[
                (&of.name, Type::TEXT),
                (&of.node, Type::TEXT),
                (&of.version, Type::TEXT),
                (&uuids, Type::UUID_ARRAY),
                (&queues, Type::TEXT_ARRAY),
                (&limits, Type::INT4_ARRAY),
                (&paused, Type::BOOL_ARRAY),
                (&of.meta(), Type::TEXT),
            ],
        )
        .await?;
        Ok(())
    }

    pub async fn delete_producers(&self, uuids: &[Uuid]) -> Result<()> {
        self.execute(&self.sql.delete_producers, &[(&uuids, Type::UUID_ARRAY)]).await?;
        Ok(())
    }

    /// A node that is silent for 20 s is lost, so a connection that hangs is left in time, and the heartbeat sent on another.
    async fn heartbeat_rows(&self, params: &[Param<'_>]) -> Result<Vec<Row>> {
        let begun = Instant::now();
        match self.query_for(self.tries_of(HEARTBEAT_LIMIT), &self.sql.heartbeat, params).await {
            Err(Error::Unavailable(_)) if begun.elapsed() >= HEARTBEAT_LIMIT => {
                tracing::warn!(
                    "heartbeat: expected an answer of the database within {} s, got none; trying another connection",
                    HEARTBEAT_LIMIT.as_secs()
                );
                self.query(&self.sql.heartbeat, params).await
            }
            done => done,
        }
    }

    /// One heartbeat for all producers of an engine; `running` are the ids of the jobs they hold.
    pub async fn heartbeat(
        &self,
        of: &Identity,
        heartbeats: &[Heartbeat],
        running: &[i64],
        workers: &[String],
        unwritten: bool,
        lease_request: &LeaseRequest<'_>,
    ) -> Result<HeartbeatReply> {
        let uuids: Vec<Uuid> = heartbeats.iter().map(|b| b.uuid).collect();
        let counts: Vec<i32> = heartbeats.iter().map(|b| b.running).collect();
        let oldest: Vec<Option<Micros>> = heartbeats.iter().map(|b| b.oldest_at.map(Micros)).collect();
        let limits: Vec<i32> = heartbeats.iter().map(|b| b.limit).collect();
        let paused: Vec<bool> = heartbeats.iter().map(|b| b.paused).collect();
        let queues: Vec<&str> = heartbeats.iter().map(|b| b.queue.as_str()).collect();
        let looked: Vec<&str> = heartbeats.iter().filter(|b| b.look).map(|b| b.queue.as_str()).collect();
        // An array of arrays would have to be rectangular.
        let lists: Vec<String> = heartbeats.iter().map(|b| array_text(&b.running_ids)).collect();
        let (boot, together) = (of.boot.to_string(), lease_request.together.as_secs_f64());
        let since = lease_request.lease.map(|lease| Micros(lease.since));
        let params: &[Param<'_>] = &[
            (&uuids, Type::UUID_ARRAY),
            (&counts, Type::INT4_ARRAY),
            (&oldest, Type::TIMESTAMPTZ_ARRAY),
            (&limits, Type::INT4_ARRAY),
            (&paused, Type::BOOL_ARRAY),
            (&running, Type::INT8_ARRAY),
            (&queues, Type::TEXT_ARRAY),
            (&workers, Type::TEXT_ARRAY),
            (&unwritten, Type::BOOL),
            (&lists, Type::TEXT_ARRAY),
            (&of.node, Type::TEXT),
            (&of.name, Type::TEXT),
            (&boot, Type::TEXT),
            (&together, Type::FLOAT8),
            (&since, Type::TIMESTAMPTZ),
            (&lease_request.lease_seconds, Type::FLOAT8),
            (&lease_request.silent_after, Type::FLOAT8),
            (&lease_request.resting, Type::BOOL),
            (&looked, Type::TEXT_ARRAY),
        ];
        let rows = self.heartbeat_rows(params).await?;
        let Some(row) = rows.first() else { return Ok(HeartbeatReply::default()) };
        Ok(HeartbeatReply {
            alive: row.try_get("alive")?,
            cancelled: row.try_get("cancelled")?,
            waiting: row.try_get("waiting")?,
            shared: row.try_get("shared")?,
            pins: row
                .try_get::<_, Option<&str>>("pins")?
                .map_or(Ok(vec![]), serde_json::from_str)
                .map_err(|e| Error::Internal(format!("beat: expected a list of versions, got something else ({e})")))?,
            settings: row.try_get("settings")?,
            duplicate_node: row.try_get("duplicate_node")?,
            clock: row.try_get("clock")?,
            leader: holder(row)?,
            next_due: row.try_get("next_due")?,
            silent: silent(row)?,
            others_awake: row.try_get("others_awake")?,
        })
    }
}

fn array_text(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    format!("{{{}}}", ids.join(","))
}

fn silent(row: &Row) -> Result<Vec<Silent>> {
    let uuids: Vec<Uuid> = row.try_get("silent")?;
    let versions: Vec<i64> = row.try_get("silent_versions")?;
    let seconds: Vec<f64> = row.try_get("silent_for")?;
    let all = uuids.into_iter().zip(versions).zip(seconds);
    Ok(all.map(|((uuid, version), seconds)| Silent { uuid, version, seconds }).collect())
}
