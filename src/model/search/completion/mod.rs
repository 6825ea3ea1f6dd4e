//! Completes a search at the caret: what is asked for there, and what may be put in its place.

mod place;
mod suggest;

#[cfg(test)]
mod tests;

pub use place::{Asked, Place};
pub use suggest::{Known, Sampled, Suggestion, suggest};
