//! From where a producer reads its queue: marks that lead past jobs that it cannot or need not claim. Pure: time is an argument.
//!
//! A mark of a priority says: when this was last looked at, no job of the priority waited before it that the producer could claim.
//! Marks stay [`LAG`] behind the server's clock, for transactions that were open then and commit jobs with an earlier due time.
//! What comes before a mark all the same is found by a survey, see `queue::producer::survey`.

/// How far marks stay behind the time of the look that they are based on, in microseconds.
pub const LAG: i64 = 2_000_000;

pub const PRIORITIES: usize = 10;

/// Plain jobs of each priority, then pinned ones.
const ROWS: usize = 2 * PRIORITIES;

/// The place of a job among those of its priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The due time, in microseconds since 1970.
    pub at: i64,
    pub id: i64,
}

impl Place {
    /// Before any job: `-infinity` in PostgreSQL, which counts from the year 2000.
    pub const FIRST: Self = Self { at: i64::MIN + 946_684_800_000_000, id: 0 };

    /// The last place for a mark that is based on a look at `now`.
    const fn limit(now: i64) -> Self {
        Self { at: now - LAG, id: 0 }
    }
}

/// The priorities from `first` to `last`, read from one mark on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub first: i16,
    pub last: i16,
    pub from: Place,
}

/// What a survey found: the first job of each priority that waits, and how many seconds it took to read up to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Surveyed {
    /// The server's time of the look.
    pub now: i64,
    pub seconds: f64,
    /// By row, see [`Surveyed::found`].
    firsts: [Option<Place>; ROWS],
    slow: [bool; ROWS],
}

/// A priority that takes longer to read than this is read from its own mark on.
const SLOW: f64 = 0.000_5;

impl Surveyed {
    pub const fn new(now: i64) -> Self {
        Self { now, seconds: 0.0, firsts: [None; ROWS], slow: [false; ROWS] }
    }

    /// Takes in the first job of a priority, in the order of the survey; `seconds` since the survey began.
    pub fn found(&mut self, pinned: bool, priority: i16, first: Option<Place>, seconds: f64) {
        let row = usize::try_from(priority).unwrap_or(0).min(PRIORITIES - 1) + if pinned { PRIORITIES } else { 0 };
        self.firsts[row] = first;
        self.slow[row] = seconds - self.seconds > SLOW;
        self.seconds = self.seconds.max(seconds);
    }

    /// A job waits.
    pub fn any(&self) -> bool {
        self.firsts.iter().any(Option::is_some)
    }
}

/// The last of the jobs that a fetch claimed, in the order in which they are to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Last {
    pub priority: i32,
    pub place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    rows: [Place; ROWS],
    /// The priorities that are worth a range of their own.
    slow: [bool; ROWS],
}

impl Default for Marks {
    /// Before everything.
    fn default() -> Self {
        Self { rows: [Place::FIRST; ROWS], slow: [false; ROWS] }
    }
}

impl Marks {
    /// After a survey nothing else is known.
    pub fn surveyed(it: &Surveyed) -> Self {
        let limit = Place::limit(it.now);
        Self { rows: it.firsts.map(|first| first.map_or(limit, |first| first.min(limit))), slow: it.slow }
    }

    /// After a fetch from these marks, which claimed all that it saw, up to `full`, the last job, if there may be more. `pinned`: it
    /// looked for pinned jobs too.
    pub fn fetched(&mut self, now: i64, full: Option<Last>, pinned: bool) {
        let limit = Place::limit(now);
        for (row, mark) in self.rows.iter_mut().enumerate().take(if pinned { ROWS } else { PRIORITIES }) {
            let priority = i32::try_from(row % PRIORITIES).unwrap_or_default();
            let reached = match full {
                Some(last) if priority > last.priority => continue,
                Some(last) if priority == last.priority => last.place.min(limit),
                _ => limit,
            };
            *mark = (*mark).max(reached);
        }
    }

    /// Where a fetch is to read: ranges of plain jobs, then of pinned ones, whose priorities are counted from 10.
    pub fn ranges(&self) -> Vec<Range> {
        let mut ranges: Vec<Range> = vec![];
        for (row, from) in self.rows.iter().enumerate() {
            let priority = i16::try_from(row).unwrap_or_default();
            match ranges.last_mut() {
                Some(range) if row % PRIORITIES != 0 && !self.slow[row] => range.last = priority,
                _ => ranges.push(Range { first: priority, last: priority, from: *from }),
            }
        }
        ranges
    }

    /// Whether a fetch reads that place.
    #[cfg(test)]
    pub fn includes(&self, priority: usize, place: Place) -> bool {
        place >= self.rows[priority]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000_000;

    fn at(seconds: i64) -> Place {
        Place { at: NOW + seconds * 1_000_000, id: 7 }
    }

    #[test]
    fn a_survey_leads_to_the_first_job_of_each_priority() {
        let mut it = Surveyed::new(NOW);
        it.found(false, 0, Some(at(-60)), 0.001);
        it.found(false, 1, None, 0.002);
        it.found(true, 0, Some(at(0)), 0.002);
        assert!(it.any());
        let marks = Marks::surveyed(&it);
        assert_eq!(marks.rows[..2], [at(-60), Place::limit(NOW)]);
        // Not even to a job that is due now: an earlier one may be committed yet.
        assert_eq!(marks.rows[PRIORITIES], Place::limit(NOW));
    }

    #[test]
    fn a_fetch_leads_past_what_it_claimed_and_past_all_if_it_was_not_full() {
        let mut marks = Marks::default();
        marks.fetched(NOW, Some(Last { priority: 3, place: at(-9) }), false);
        assert_eq!(marks.rows[2..5], [Place::limit(NOW), at(-9), Place::FIRST]);
        assert_eq!(marks.rows[PRIORITIES], Place::FIRST);
        marks.fetched(NOW, None, true);
        assert_eq!(marks.rows, [Place::limit(NOW); ROWS]);
        // A later answer to an earlier fetch.
        marks.fetched(NOW - 60_000_000, None, true);
        assert_eq!(marks.rows, [Place::limit(NOW); ROWS]);
    }

    #[test]
    fn only_priorities_that_take_long_have_a_range_of_their_own() {
        let range = |first, last, from| Range { first, last, from };
        assert_eq!(Marks::default().ranges(), [range(0, 9, Place::FIRST), range(10, 19, Place::FIRST)]);
        let mut it = Surveyed::new(NOW);
        it.found(false, 0, None, 0.001);
        for (priority, seconds) in [(1, 0.001), (2, 0.9), (3, 0.9)] {
            it.found(false, priority, None, seconds);
        }
        let limit = Place::limit(NOW);
        assert_eq!(Marks::surveyed(&it).ranges(), [range(0, 1, limit), range(2, 9, limit), range(10, 19, limit)]);
    }
}
