//! Why a search cannot be read, and where.

use std::ops::Range;

use serde::Serialize;

/// A part of a search that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where the part begins, in bytes.
    pub at: usize,
    /// Where it ends, in bytes.
    pub until: usize,
    /// What was expected there, and what was found.
    pub message: String,
    /// What the part should perhaps be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl Problem {
    pub fn at(place: Range<usize>, message: String) -> Self {
        Self { at: place.start, until: place.end, message, suggestion: None }
    }

    #[must_use]
    pub fn suggesting(self, suggestion: Option<&str>) -> Self {
        Self { suggestion: suggestion.map(str::to_owned), ..self }
    }
}
