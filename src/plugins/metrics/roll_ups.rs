//! Makes the rows of minutes and hours, and deletes old rows.
//!
//! With a minute come the sums of its rows of ten seconds, each of what all nodes have counted, where
//! there are several: a chart reads one row of ten seconds, however many the nodes are.
//!
//! A roll-up is made of all finer rows there are, again when one came late, as long as all of them
//! are kept. It records how many they were, which is how a late row is noticed, on any leader and
//! without regard to clocks. Two leaders that race write the same row.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::plugin::{Plugin, PluginContext, Tick};
use super::clock::Clock;
use super::keep::{Keep, MARGIN};
use crate::error::Result;
use crate::metrics::RollUp;
use crate::store::{FinerMetrics, Lease, RollUpRange, RolledUp, Step, Store};

/// The time from the end of a minute, or of an hour, to its roll-up.
const AFTER_MINUTE: i64 = 20_000_000;
const AFTER_HOUR: i64 = 90_000_000;

/// How often the leader looks for rows while the nodes write none.
const IDLE_INTERVAL: i64 = 240_000_000;

/// How many roll-ups are made at once.
const AT_ONCE: usize = 10;

/// The interval between deletes, and the number of rows of each step in one statement.
const DELETE_INTERVAL: i64 = 600_000_000;
const DELETED_AT_ONCE: i64 = 5_000;

pub struct RollUps {
    pub keep: Keep,
    pub max_series: usize,
    pub state: tokio::sync::Mutex<State>,
}

/// What a leader remembers of its term.
#[derive(Debug, Default)]
pub struct State {
    clock: Clock,
    /// When the term began.
    since: Option<i64>,
    /// Hours whose minutes have changed.
    hours: BTreeSet<i64>,
    deleted_at: Option<i64>,
}

impl Plugin for RollUps {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn tick<'a>(&'a self, context: &'a PluginContext) -> Tick<'a> {
        Box::pin(async move {
            let state = &mut *self.state.lock().await;
            let now = state.clock.now(context).await?;
            let Some(lease) = &context.lease else { return Ok(micros(IDLE_INTERVAL)) };
            let idle = self.work(&context.store, lease, state, now).await?;
            Ok(micros(Self::next(state, now, idle)))
        })
    }
}

impl RollUps {
    /// Does what is due at this time of the database; returns whether no node has written anything.
    pub async fn work(&self, store: &Store, lease: &Lease, state: &mut State, now: i64) -> Result<bool> {
        if state.since != Some(lease.since) {
            // Whatever happened before this term is found by looking at all hours.
            *state = State { since: Some(lease.since), hours: [0].into(), ..State::default() };
        }
        let rolled = self.roll_up_all(store, lease, state, now).await;
        // Old rows go even if their roll-ups cannot be made.
        if state.deleted_at.is_none_or(|at| !(at..at + DELETE_INTERVAL).contains(&now)) {
            let before = self.keep.micros().map(|age| now.saturating_sub(age));
            while store.delete_metrics(DELETED_AT_ONCE, before, lease).await? >= DELETED_AT_ONCE.unsigned_abs() {}
            state.deleted_at = Some(now);
        }
        rolled
    }

    /// The time until more is due, in microseconds.
    pub fn next(state: &State, now: i64, idle: bool) -> i64 {
        let minute = start(now - AFTER_MINUTE, Step::Minute) + AFTER_MINUTE;
        let next = minute + if idle { IDLE_INTERVAL } else { Step::Minute.micros() };
        let hour = state.hours.first().map(|hour| hour + Step::Hour.micros() + AFTER_HOUR);
        hour.map_or(next, |hour| hour.min(next)).saturating_sub(now).max(1_000_000)
    }

    async fn roll_up_all(&self, store: &Store, lease: &Lease, state: &mut State, now: i64) -> Result<bool> {
        let [seconds, minutes, _] = self
            .keep
            .micros()
            .map(|age| now.saturating_sub(age).saturating_add(i64::try_from(MARGIN.as_micros()).unwrap_or(0)));
        let until = start(now - AFTER_MINUTE, Step::Minute);
        let range = RollUpRange { step: Step::Minute, from: 0, until, kept_from: seconds };
        let idle = self
            .roll_up(store, lease, range, |bucket| {
                state.hours.insert(start(bucket, Step::Hour));
            })
            .await?;
        let until = start(now - AFTER_HOUR, Step::Hour);
        if let Some(&from) = state.hours.first().filter(|hour| **hour < until) {
            let range = RollUpRange { step: Step::Hour, from, until, kept_from: minutes };
            self.roll_up(store, lease, range, |_| ()).await?;
            state.hours = state.hours.split_off(&until);
        }
        Ok(idle)
    }

    /// Makes the missing and incomplete roll-ups; returns whether all rows were those of a leader.
    async fn roll_up(
        &self,
        store: &Store,
        lease: &Lease,
        range: RollUpRange,
        mut made: impl FnMut(i64),
    ) -> Result<bool> {
        let mut idle = true;
        loop {
            let finer = store.stale_metrics(range, AT_ONCE, &lease.engine).await?;
            if finer.is_empty() {
                return Ok(idle);
            }
            idle &= finer.iter().all(|it| it.row.node == "*");
            if range.step == Step::Minute {
                // Before the minutes, which are made again if this was interrupted.
                let sums = sums(&finer, self.max_series);
                if !sums.is_empty() {
                    store.roll_up_metrics(Step::TenSeconds, &sums, lease).await?;
                }
            }
            let rolled = roll_up(&finer, self.max_series);
            let written = store.roll_up_metrics(range.step, &rolled, lease).await?;
            for row in &rolled {
                made(row.bucket);
            }
            // There are no more; or this node does not lead, or another leader was faster.
            if rolled.len() < AT_ONCE || written == 0 {
                return Ok(idle);
            }
        }
    }
}

/// The roll-ups of rows, which are in the order of time.
fn roll_up(finer: &[FinerMetrics], max_series: usize) -> Vec<RolledUp> {
    added_up(finer.iter().map(|it| (it.roll_up, it)), max_series, 1)
}

/// What several nodes have counted in the same ten seconds.
fn sums(finer: &[FinerMetrics], max_series: usize) -> Vec<RolledUp> {
    let of_nodes = finer.iter().filter(|it| it.row.node != "*");
    added_up(of_nodes.map(|it| (it.row.bucket, it)), max_series, 2)
}

/// Adds up the rows of each bucket and name; those of fewer than `least` rows are left out.
fn added_up<'a>(finer: impl Iterator<Item = (i64, &'a FinerMetrics)>, max_series: usize, least: u64) -> Vec<RolledUp> {
    let mut made: BTreeMap<(i64, &str), RollUp> = BTreeMap::new();
    for (bucket, FinerMetrics { row, .. }) in finer {
        let roll_up = made.entry((bucket, &row.name)).or_insert_with(|| RollUp::new(max_series));
        roll_up.add(&row.node, &row.data);
    }
    let enough = made.into_iter().filter(|(_, it)| it.rows() >= least);
    enough.map(|((bucket, name), it)| RolledUp { bucket, name: name.to_owned(), data: it.text() }).collect()
}

/// When the bucket of that time begins.
const fn start(at: i64, step: Step) -> i64 {
    at.div_euclid(step.micros()) * step.micros()
}

fn micros(number: i64) -> Duration {
    Duration::from_micros(number.unsigned_abs())
}
