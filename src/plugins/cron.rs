//! The cron plugin: inserts the jobs of cron entries at their ticks.
//!
//! The table holds the schedule: any node may insert the jobs of any entry, even of one whose class it does not have. An entry's
//! ticks are settled up to the later of its `last_at` and `since`. Inserting a job advances `last_at` in the same statement, and
//! only from where it was read, so each tick inserts one job even if several nodes try, if one was frozen, or if a clock is wrong.
//! The clock is the database's; a node only measures how long it sleeps.
//!
//! A tick may be up to [`ON_TIME_WINDOW`] late. Older ones are missed: they are counted, and a `guaranteed` entry makes up for the
//! last one.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Plugin, Tick, TickContext};
use crate::error::{Error, Result};
use crate::model::config::{CronEntry, GONE_AFTER};
use crate::model::draft::Registration;
use crate::model::instant;
use crate::model::schedule::Schedule;
use crate::notifier::AfterCommit;
use crate::notifier::Notifier;
use crate::registry;
use crate::store::{Boot, Cron as Row, Inserted, Store};
use crate::telemetry::{Kind, Telemetry};

/// How late a tick may be before it counts as missed.
const ON_TIME_WINDOW: Duration = Duration::from_secs(60);

/// The longest wait between two ticks of the plugin; also how often a node confirms the entries in its code.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// The longest wait while there are no entries and new ones are announced by notifications.
const IDLE_CHECK_INTERVAL: Duration = Duration::from_secs(600);

/// How often entries that are no longer in any node's code are looked for.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(3_600);

/// The wait while something is undecided: another transaction holds the entry, or it is unclear whether an earlier cluster is gone.
const UNDECIDED_RETRY: Duration = Duration::from_secs(1);

/// The maximum number of entries handled at the same time.
const MAX_CONCURRENT: usize = 3;

/// The number up to which missed ticks are counted.
const MAX_MISSED: usize = 10_000;

pub struct Cron<A> {
    pub store: Arc<Store>,
    pub telemetry: Arc<Telemetry>,
    pub after_commit: Arc<A>,
    /// Announces changes to entries.
    pub notifier: Option<Arc<Notifier>>,
    /// The entries of this node's code.
    pub entries: Vec<CronEntry>,
    /// The application's version.
    pub version: Option<String>,
    /// The ids of this engine's producers.
    pub producers: Box<dyn Fn() -> Vec<Uuid> + Send + Sync>,
    pub memory: Mutex<Memory>,
}

#[derive(Default)]
pub struct Memory {
    entered: bool,
    touched_at: Option<Instant>,
    /// `@reboot` entries have been handled.
    booted: bool,
    /// Entries whose job could not be inserted: by name, the row's `updated_at` and the tick. Tried again when either changes.
    broken: HashMap<String, (i64, i64)>,
}

/// What is due for an entry, by the database's clock when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The tick to insert a job for.
    pub tick: Option<i64>,
    /// The number of missed ticks.
    pub missed: usize,
    /// The last tick that has come: the entry is settled up to here.
    pub upto: i64,
    /// The next tick.
    pub next: Option<i64>,
}

impl Due {
    pub fn of(cron: &Row, schedule: &Schedule) -> Self {
        let next = schedule.next_after(cron.base.max(cron.now));
        let Some(last) = schedule.last_between(cron.base, cron.now) else {
            return Self { tick: None, missed: 0, upto: cron.base, next };
        };
        let missed = schedule.count_between(cron.base, last, MAX_MISSED);
        let on_time = cron.now.saturating_sub(last) < micros(ON_TIME_WINDOW);
        let tick = (on_time || cron.guaranteed).then_some(last);
        Self { tick, missed: missed + usize::from(tick.is_none()), upto: last, next }
    }
}

/// The result of one entry's tick.
enum TickResult {
    Completion,
    /// Another transaction holds the entry or has changed it: to be tried again soon.
    Contended,
}

type Settlement<'a> = Pin<Box<dyn Future<Output = Result<TickResult>> + Send + 'a>>;

impl<A: AfterCommit> Plugin for Cron<A> {
    fn name(&self) -> &'static str {
        "cron"
    }

    /// Each tick inserts one job however many nodes try, so no leader is needed; and each node confirms its own entries.
    fn is_everywhere(&self) -> bool {
        true
    }

    fn tick(&self, _: TickContext) -> Tick<'_> {
        Box::pin(async {
            self.enter().await?;
            self.touch().await?;
            let rows = self.store.load_crons(None).await?;
            let read_at = Instant::now();
            let longest = self.longest_wait(!rows.is_empty());
            let rows: Vec<_> = rows
                .iter()
                .filter(|row| row.active && !row.paused)
                .filter_map(|row| self.schedule(row).map(|schedule| (row, schedule)))
                .collect();
            let booted = self.boot(&rows).await?;
            let mut wait = if booted { longest } else { UNDECIDED_RETRY };
            let due: Vec<_> = rows.iter().map(|(row, schedule)| (*row, Due::of(row, schedule))).collect();
            for (row, due) in &due {
                let away = due.next.map(|next| Duration::from_micros(next.abs_diff(row.now)));
                wait = wait.min(away.unwrap_or(CHECK_INTERVAL));
            }
            let work: Vec<Settlement<'_>> =
                due.iter().map(|(row, due)| Box::pin(self.settle(row, *due)) as Settlement<'_>).collect();
            let results: Vec<_> = stream::iter(work).buffer_unordered(MAX_CONCURRENT).collect().await;
            for result in results {
                if matches!(result?, TickResult::Contended) {
                    wait = wait.min(UNDECIDED_RETRY);
                }
            }
            // A millisecond more, because the timer counts in those.
            Ok((wait + Duration::from_millis(1)).saturating_sub(read_at.elapsed()))
        })
    }
}

impl<A: AfterCommit> Cron<A> {
    /// Puts the entries of the code into the table, once.
    pub async fn enter(&self) -> Result<()> {
        if self.memory.lock().entered {
            return Ok(());
        }
        let (names, definitions): (Vec<_>, Vec<_>) =
            self.entries.iter().map(|entry| (entry.name.clone(), entry.definition())).unzip();
        if !names.is_empty() {
            self.store.sync_crons(&names, &definitions).await?;
        }
        let mut memory = self.memory.lock();
        memory.entered = true;
        memory.touched_at = Some(Instant::now());
        Ok(())
    }

    fn longest_wait(&self, any: bool) -> Duration {
        let listening = self.notifier.as_ref().is_some_and(|notifier| notifier.is_listening());
        if listening && !any && self.entries.is_empty() { IDLE_CHECK_INTERVAL } else { CHECK_INTERVAL }
    }

    async fn touch(&self) -> Result<()> {
        // Without entries there are only old ones to remove.
        let every = if self.entries.is_empty() { CLEANUP_INTERVAL } else { CHECK_INTERVAL };
        let fresh = |at: Instant| at.elapsed() + UNDECIDED_RETRY < every;
        if self.memory.lock().touched_at.is_some_and(fresh) {
            return Ok(());
        }
        let names: Vec<_> = self.entries.iter().map(|entry| entry.name.clone()).collect();
        self.store.touch_crons(&names).await?;
        self.memory.lock().touched_at = Some(Instant::now());
        Ok(())
    }

    /// The schedule of a row, unless it was written by hand and is invalid.
    fn schedule(&self, row: &Row) -> Option<Schedule> {
        let parsed = Schedule::parse(&row.expression, &row.timezone);
        parsed.map_err(|error| self.cannot(row, None, &error)).ok()
    }

    /// Handles `@reboot`: once when a cluster begins, and once for each version. False: to be tried again soon.
    async fn boot(&self, rows: &[(&Row, Schedule)]) -> Result<bool> {
        if self.memory.lock().booted {
            return Ok(true);
        }
        let boot = self.store.cluster_boot(&(self.producers)(), GONE_AFTER.as_secs_f64()).await?;
        let fresh = if let Boot::Fresh(at) = boot { Some(at) } else { None };
        let version = self.version.as_deref();
        for (row, _) in rows.iter().filter(|(_, schedule)| schedule.is_reboot()) {
            if fresh.is_none() && version.is_none() {
                continue;
            }
            let made = match draft(row, version, row.now, false) {
                Ok(draft) => self.store.insert_boot(row, &draft, version, fresh).await,
                Err(error) => Err(error),
            };
            match made {
                Ok(None) => {}
                Ok(Some(inserted)) => self.made(row, row.now, &inserted, false),
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => self.cannot(row, None, &error),
            }
        }
        if boot == Boot::Unsure {
            return Ok(false);
        }
        self.memory.lock().booted = true;
        Ok(true)
    }

    /// Inserts the job that is due, or records the missed ticks. Only a problem of all entries is an error.
    async fn settle(&self, row: &Row, due: Due) -> Result<TickResult> {
        if due.tick.is_none() && due.missed == 0 || self.is_broken(row, due.upto) {
            return Ok(TickResult::Completion);
        }
        match self.write(row, due).await {
            Ok(true) => Ok(TickResult::Completion),
            Ok(false) => Ok(TickResult::Contended),
            Err(error) if error.code() == "ERAM_UNAVAILABLE" => Err(error),
            Err(error) if error.is_transient() => Ok(TickResult::Contended),
            Err(error) => {
                self.cannot(row, Some(due.upto), &error);
                Ok(TickResult::Completion)
            }
        }
    }

    async fn write(&self, row: &Row, due: Due) -> Result<bool> {
        let missed = i64::try_from(due.missed).unwrap_or(i64::MAX);
        let Some(tick) = due.tick else {
            let settled = self.store.skip_ticks(row, due.upto, missed).await?;
            if settled {
                self.missed(row, due);
            }
            return Ok(settled);
        };
        let draft = draft(row, self.version.as_deref(), tick, false)?;
        let Some(inserted) = self.store.insert_tick(row, tick, missed, &draft, ON_TIME_WINDOW.as_secs_f64()).await?
        else {
            return Ok(false);
        };
        self.made(row, tick, &inserted, row.now.saturating_sub(tick) >= micros(ON_TIME_WINDOW));
        if due.missed > 0 {
            self.missed(row, due);
        }
        Ok(true)
    }

    fn made(&self, row: &Row, tick: i64, inserted: &Inserted, late: bool) {
        self.telemetry.emit(Kind::CronInsert, || {
            let job: Value = serde_json::from_str(&inserted.json).unwrap_or_default();
            json!({
                "name": row.name, "worker": row.worker, "at": instant::to_text(tick), "late": late,
                "job": { "id": job["id"], "queue": job["queue"], "conflict": job["conflict"] },
            })
        });
        crate::enqueue::after_insert(std::slice::from_ref(inserted), &*self.after_commit);
    }

    fn missed(&self, row: &Row, due: Due) {
        let (name, missed, upto) = (&row.name, due.missed, instant::to_text(due.upto));
        tracing::warn!("cron: {name:?} missed {missed} ticks up to {upto}, because no node was running");
        self.telemetry.emit(
            Kind::CronMissed,
            || json!({ "name": name, "worker": row.worker, "missed": missed, "upto": upto, "made_up": due.tick.is_some() }),
        );
    }

    fn is_broken(&self, row: &Row, tick: i64) -> bool {
        self.memory.lock().broken.get(&row.name) == Some(&(row.updated_at, tick))
    }

    /// Reports, once for each tick, that an entry's job could not be inserted; without a tick once for each change of the row.
    fn cannot(&self, row: &Row, tick: Option<i64>, error: &Error) {
        let mark = (row.updated_at, tick.unwrap_or(i64::MIN));
        if self.memory.lock().broken.insert(row.name.clone(), mark) == Some(mark) {
            return;
        }
        tracing::warn!(%error, "cron: cannot insert the job of entry {:?}", row.name);
        self.telemetry.emit(
            Kind::CronException,
            || json!({ "name": row.name, "worker": row.worker, "at": tick.map(instant::to_text), "message": error.to_string() }),
        );
    }
}

/// The draft of an entry's job without its arguments, which the statement adds.
pub fn draft(row: &Row, version: Option<&str>, at: i64, manual: bool) -> Result<String> {
    let class = match (registry::find(&row.worker), &row.class) {
        (Some(class), _) => class,
        // Recorded by another node.
        (None, Some(class)) => Arc::new(Registration::from_json(class)?),
        (None, None) => Arc::new(Registration::unknown(&row.worker)?),
    };
    let mut draft: Map<String, Value> = serde_json::from_str(&class.draft(&row.options)?)
        .map_err(|e| Error::Internal(format!("cron: expected a draft, got {e}")))?;
    let marks = json!({
        "cron": true, "cron_name": row.name, "cron_expr": row.expression, "cron_tz": row.timezone, "cron_at": instant::to_text(at),
    });
    let mut meta = draft.remove("meta").unwrap_or_else(|| json!({}));
    if let (Some(meta), Value::Object(marks)) = (meta.as_object_mut(), marks) {
        meta.extend(marks);
        if manual {
            meta.insert("cron_manual".into(), Value::Bool(true));
        }
    }
    draft.insert("meta".into(), meta);
    if let Some(version) = version {
        draft.insert("version".into(), version.into());
    }
    Ok(Value::Object(draft).to_string())
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
