//! Rows that were set aside in one part of the engine, and when they are tried again. Without a
//! clock: the time is passed in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::halves::RefusedRow;
use super::{JobName, Reason};

/// The longest delay between two looks while none of the rows is accepted: as long as it may take to
/// notice that a cause common to all is gone.
const MAX_PACE: Duration = Duration::from_secs(10);

/// The number of rows that are tried again together.
const MAX_BATCH: usize = 1_000;

/// A row that was set aside.
#[derive(Debug, Clone)]
pub struct Entry {
    pub job: JobName,
    pub reason: Reason,
    /// How often it was refused alone.
    pub tries: u32,
    pub since: Instant,
    pub due_at: Instant,
}

#[derive(Debug)]
pub struct Shelf {
    rows: BTreeMap<i64, Entry>,
    /// The delays before a row is tried again: the first, doubled up to the last.
    delays: (Duration, Duration),
    /// How many statements were refused in a row, with none accepted between them.
    pub in_a_row: u32,
    /// How many of those were collisions with other transactions.
    collisions: u32,
    /// How many looks in a row brought nothing.
    vain: u32,
    next_look: Option<Instant>,
}

impl Shelf {
    pub const fn new(delays: (Duration, Duration)) -> Self {
        Self { rows: BTreeMap::new(), delays, in_a_row: 0, collisions: 0, vain: 0, next_look: None }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn ids(&self) -> Vec<i64> {
        self.rows.keys().copied().collect()
    }

    pub fn get(&self, id: i64) -> Option<&Entry> {
        self.rows.get(&id)
    }

    pub fn rows(&self) -> impl Iterator<Item = &Entry> {
        self.rows.values()
    }

    /// A statement was accepted.
    pub const fn accepted(&mut self) {
        (self.in_a_row, self.collisions) = (0, 0);
    }

    /// Counts statements that collided, or whose rows were refused.
    pub fn collided(&mut self, once_more: bool) -> u32 {
        self.collisions += u32::from(once_more);
        self.collisions
    }

    /// A row was refused, perhaps again.
    pub fn put(&mut self, row: &RefusedRow<JobName>, now: Instant) -> &Entry {
        let (first, longest) = self.delays;
        let tries = self.rows.get(&row.row.id).map_or(0, |it| it.tries) + u32::from(row.alone);
        let since = self.rows.get(&row.row.id).map_or(now, |it| it.since);
        let delay = longest.min(first * (1 << tries.saturating_sub(1).min(16)));
        let entry = Entry { job: row.row.clone(), reason: Reason::of(&row.error), tries, since, due_at: now + delay };
        self.rows.insert(row.row.id, entry);
        &self.rows[&row.row.id]
    }

    /// The row was written, or there is nothing left to write.
    pub fn take(&mut self, id: i64) -> bool {
        self.rows.remove(&id).is_some()
    }

    /// The rows to try again now, those that have waited longest first.
    pub fn due(&self, now: Instant) -> Vec<JobName> {
        if self.next_look.is_some_and(|at| now < at) {
            return vec![];
        }
        let mut due: Vec<(Instant, i64)> =
            self.rows.iter().filter(|(_, it)| it.due_at <= now).map(|(id, it)| (it.due_at, *id)).collect();
        due.sort_unstable();
        due.into_iter().take(MAX_BATCH).filter_map(|(_, id)| self.rows.get(&id)).map(|it| it.job.clone()).collect()
    }

    /// Rows were tried again. If some were accepted, the cause may be gone: all are due at once.
    pub fn looked(&mut self, some_accepted: bool, now: Instant) {
        if some_accepted {
            (self.vain, self.next_look) = (0, None);
            self.rows.values_mut().for_each(|it| it.due_at = now);
        } else {
            self.next_look = Some(now + MAX_PACE.min(Duration::from_secs(1 << self.vain.min(8))));
            self.vain += 1;
        }
    }

    /// When rows are to be tried again.
    pub fn due_at(&self) -> Option<Instant> {
        self.due_at_of(|_| true)
    }

    /// When some of the rows are to be tried again.
    pub fn due_at_of(&self, is_one: impl Fn(&JobName) -> bool) -> Option<Instant> {
        let due_at = self.rows.values().filter(|it| is_one(&it.job)).map(|it| it.due_at).min()?;
        Some(self.next_look.map_or(due_at, |look| look.max(due_at)))
    }

    /// Makes all rows due.
    pub fn hurry(&mut self, now: Instant) {
        self.looked(true, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn refused(id: i64, alone: bool) -> RefusedRow<JobName> {
        RefusedRow { row: JobName::of(id), error: Error::database("P0001", "no"), alone }
    }

    fn ids(shelf: &Shelf, now: Instant) -> Vec<i64> {
        shelf.due(now).iter().map(|it| it.id).collect()
    }

    fn shelf() -> Shelf {
        Shelf::new((Duration::from_secs(1), Duration::from_secs(60)))
    }

    #[test]
    fn a_row_is_tried_again_ever_more_slowly_up_to_a_bound() {
        let (mut shelf, mut now) = (shelf(), Instant::now());
        let begun = now;
        let mut delays = vec![];
        for _ in 0..10 {
            shelf.put(&refused(1, true), now);
            let due_at = shelf.due_at().expect("a time");
            delays.push((due_at - now).as_secs());
            assert_eq!(ids(&shelf, now), [0; 0]);
            now = due_at;
            assert_eq!(ids(&shelf, now), [1]);
        }
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        assert_eq!(shelf.rows().next().map(|it| (it.tries, it.since)), Some((10, begun)));
    }

    #[test]
    fn while_nothing_is_accepted_looks_grow_rare_and_the_first_success_makes_all_due() {
        let (mut shelf, mut now) = (shelf(), Instant::now());
        let begun = now;
        for id in 0..3000 {
            shelf.put(&refused(id, false), now);
        }
        let mut looks = vec![];
        for _ in 0..7 {
            now = shelf.due_at().expect("a time");
            looks.push((now - begun).as_secs());
            assert_eq!(shelf.due(now).len(), MAX_BATCH);
            shelf.looked(false, now);
        }
        assert_eq!(looks, [1, 2, 4, 8, 16, 26, 36]);
        assert!(shelf.take(5) && !shelf.take(5));
        shelf.looked(true, now);
        assert_eq!(shelf.due_at(), Some(now));
    }

    #[test]
    fn rows_are_tried_by_turns() {
        let (mut shelf, mut now) = (shelf(), Instant::now());
        for id in 0..1500 {
            shelf.put(&refused(id, false), now);
        }
        now += Duration::from_secs(1);
        let first = ids(&shelf, now);
        for id in first {
            shelf.put(&refused(id, true), now);
        }
        let second = ids(&shelf, now + Duration::from_secs(2));
        assert_eq!(second[..500], (1000..1500).collect::<Vec<i64>>());
    }
}
