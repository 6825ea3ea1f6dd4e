//! Finds the rows of a batch that the server refuses: the batch in halves, down to single rows.

use std::collections::VecDeque;

use crate::error::{Error, Result};

/// How many statements may be refused in a row, with none accepted between them. Then the cause is
/// taken to be common to all rows, and what is left is set aside untried.
pub const MAX_REFUSED: u32 = 64;

/// The number of groups, such as job classes, up to which the batch is first divided by group.
const MAX_GROUPS: usize = 16;

/// A row that was refused.
#[derive(Debug)]
pub struct RefusedRow<T> {
    pub row: T,
    pub error: Error,
    /// It was tried alone; else with others, one of which may be the cause.
    pub alone: bool,
}

/// The search in a batch that was refused. Both halves are tried before either is divided again, so
/// that whatever can be accepted is accepted early.
pub struct Halves<T> {
    untried: VecDeque<Vec<T>>,
    refused: Vec<(Vec<T>, Error)>,
    found: Vec<RefusedRow<T>>,
    /// Of the batch, for what is never tried again.
    error: Error,
    /// How many more statements may be refused in a row.
    left: u32,
}

impl<T> Halves<T> {
    /// A batch that was refused as a whole, `before` statements before it in a row. Rows of one group
    /// probably share their fate.
    pub fn new<G: PartialEq>(rows: Vec<T>, error: Error, group: impl Fn(&T) -> G, before: u32) -> Self {
        let mut halves = Self {
            untried: VecDeque::new(),
            refused: vec![],
            found: vec![],
            left: MAX_REFUSED.saturating_sub(before),
            error: error.clone(),
        };
        let mut groups: Vec<(G, Vec<T>)> = vec![];
        for row in rows {
            let of = group(&row);
            match groups.iter().position(|(it, _)| *it == of) {
                Some(place) => groups[place].1.push(row),
                None if groups.len() < MAX_GROUPS => groups.push((of, vec![row])),
                None => groups[MAX_GROUPS - 1].1.push(row),
            }
        }
        if groups.len() > 1 {
            halves.untried = groups.into_iter().map(|(_, rows)| rows).collect();
        } else if let Some((_, rows)) = groups.pop() {
            halves.file(rows, error);
        }
        halves
    }

    /// Rows that were set aside, to be tried together first.
    pub fn again(rows: Vec<T>) -> Self {
        let error = Error::Internal("not tried".into());
        Self { untried: [rows].into(), refused: vec![], found: vec![], error, left: MAX_REFUSED }
    }

    /// The rows to try next in one statement; then [`Self::answered`], or [`Self::accepted`] and [`Self::refuse`].
    pub fn next_rows(&mut self) -> Option<Vec<T>> {
        if self.left == 0 {
            return None;
        }
        if self.untried.is_empty() {
            let (mut first, _) = self.refused.pop()?;
            let second = first.split_off(first.len() / 2);
            self.untried.extend([first, second]);
        }
        self.untried.pop_front()
    }

    pub fn accepted(&mut self) {
        self.left = MAX_REFUSED;
    }

    /// The server refused these rows, all those of [`Self::next_rows`] that are still to be written.
    pub fn refuse(&mut self, rows: Vec<T>, error: Error) {
        self.left = self.left.saturating_sub(1);
        self.file(rows, error);
    }

    /// Takes in the answer to the statement that was to write these rows: what it did, or `None` if it was refused. Any other error
    /// ends the search. With `lasts`, errors that may pass count as refusals.
    pub fn answered<D>(&mut self, rows: Vec<T>, answer: Result<D>, lasts: bool) -> Result<Option<D>> {
        match answer {
            Ok(done) => {
                self.accepted();
                Ok(Some(done))
            }
            Err(error) if error.is_refusal(lasts) => {
                self.refuse(rows, error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn file(&mut self, mut rows: Vec<T>, error: Error) {
        match rows.len() {
            0 => {}
            1 => self.found.extend(rows.pop().map(|row| RefusedRow { row, error, alone: true })),
            _ => self.refused.push((rows, error)),
        }
    }

    /// The rows that were refused, in no order; and how many statements were refused last in a row.
    pub fn finish(self) -> (Vec<RefusedRow<T>>, u32) {
        let Self { untried, refused, mut found, error, left } = self;
        let untried = untried.into_iter().map(|rows| (rows, error.clone()));
        for (rows, error) in refused.into_iter().chain(untried) {
            found.extend(rows.into_iter().map(|row| RefusedRow { row, error: error.clone(), alone: false }));
        }
        (found, MAX_REFUSED - left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Search {
        written: Vec<usize>,
        refused: Vec<usize>,
        statements: usize,
        given_up: bool,
    }

    type IsBad = fn(usize) -> bool;

    fn error() -> Error {
        Error::database("P0001", "no")
    }

    fn search(count: usize, is_bad: impl Fn(usize) -> bool, group: impl Fn(&usize) -> usize) -> Search {
        let mut halves = Halves::new((0..count).collect(), error(), group, 0);
        let (mut written, mut statements) = (vec![], 1);
        while let Some(rows) = halves.next_rows() {
            statements += 1;
            if rows.iter().any(|&row| is_bad(row)) {
                halves.refuse(rows, error());
            } else {
                halves.accepted();
                written.extend(rows);
            }
        }
        let (refused, in_a_row) = halves.finish();
        let given_up = in_a_row == MAX_REFUSED;
        let mut refused: Vec<usize> = refused.into_iter().map(|it| it.row).collect();
        written.sort_unstable();
        refused.sort_unstable();
        Search { written, refused, statements, given_up }
    }

    #[test]
    fn of_many_rows_exactly_the_bad_ones_are_refused() {
        let count = 2000;
        let placed: [(&str, IsBad, usize); 6] = [
            ("first", |n| n == 0, 24),
            ("last", |n| n == 1999, 24),
            ("both ends", |n| n == 0 || n == 1999, 46),
            ("alternating", |n| n % 2 == 0, 4001),
            ("every hundredth", |n| n % 100 == 99, 320),
            ("none any more", |_| false, 3),
        ];
        for (name, is_bad, most) in placed {
            let done = search(count, is_bad, |_| 0);
            assert_eq!(done.refused, (0..count).filter(|&n| is_bad(n)).collect::<Vec<_>>(), "{name}");
            assert_eq!(done.written, (0..count).filter(|&n| !is_bad(n)).collect::<Vec<_>>(), "{name}");
            assert!(!done.given_up && done.statements <= most, "{name}: {} statements", done.statements);
        }
    }

    #[test]
    fn where_all_rows_are_bad_the_number_of_statements_is_bounded() {
        for count in [1, 2, 3, 10, 2000, 100_000] {
            let done = search(count, |_| true, |_| 0);
            assert_eq!((done.refused.len(), done.written.len()), (count, 0));
            assert!(done.statements <= 1 + MAX_REFUSED as usize, "{count}: {} statements", done.statements);
        }
        let nothing = search(0, |_| true, |_| 0);
        assert_eq!((nothing.refused.len(), nothing.statements), (0, 1));
    }

    #[test]
    fn a_class_that_is_refused_costs_another_class_nothing() {
        let done = search(2000, |n| n % 2 == 0, |n| n % 2);
        assert_eq!(done.written.len(), 1000);
        assert!(done.statements <= 3 + MAX_REFUSED as usize, "{}", done.statements);
        // More classes than are told apart.
        let done = search(200, |n| n % 50 == 0, |n| n % 50);
        assert_eq!((done.refused.len(), done.written.len()), (4, 196));
    }

    #[test]
    fn what_was_refused_long_enough_is_set_aside_untried() {
        let mut halves = Halves::new(vec![1, 2, 3], error(), |_| 0, MAX_REFUSED);
        assert_eq!(halves.next_rows(), None);
        let (refused, in_a_row) = halves.finish();
        assert!(in_a_row == MAX_REFUSED && refused.len() == 3 && refused.iter().all(|it| !it.alone));
    }
}
