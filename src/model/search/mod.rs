//! The search language, in which people choose jobs:
//! `state:retryable queue:emails args.user_id:1 -tag:test`.
//!
//! ```text
//! search = { term }
//! term   = [ "-" ] ( qualifier ":" value { "," value } | value )
//! value  = [ ">" | ">=" | "<" | "<=" | "~" ] word | word ".." word    one side may be left out
//! word   = bare | quoted
//! quoted = '"' { character | '\"' | '\\' } '"'
//! ```
//!
//! A job must meet each term. The values of a term are alternatives, and `-` negates it. A value
//! without a qualifier is the id of a job if it is a number, else a part of the name of its worker.
//! A search that cannot be read gives a [`Problem`] with the place of it, and never leaves out a
//! term.

pub mod completion;
mod instants;
mod numbers;
mod problem;
mod qualifiers;
mod terms;
mod texts;
mod words;

#[cfg(test)]
mod tests;

pub use instants::{Edge, Moment, Span};
pub use problem::Problem;
pub use qualifiers::{Field, QUALIFIERS, Qualifier};
pub use terms::{Condition, FLAG_NAMES, Flag, Term};
pub use texts::{JsonTest, TextTest};

/// The maximum length of a search, in characters.
pub const MAX_CHARS: usize = 2_000;

/// Reads a search; all its terms, or the first problem.
pub fn parse(text: &str) -> Result<Vec<Term>, Problem> {
    let length = text.chars().count();
    if length > MAX_CHARS {
        let message = format!("expected a search of at most {MAX_CHARS} characters, got {length}");
        return Err(Problem::at(0..text.len(), message));
    }
    words::split(text)?.iter().map(terms::read).collect()
}
