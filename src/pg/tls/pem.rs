//! Certificates and keys in PEM, in a file or given as a text in place of its path, as drivers'
//! configs have them.

use std::borrow::Cow;
use std::io;
use std::path::Path;

/// The text that stands in place of a path.
pub(super) fn given(place: &Path) -> Option<&str> {
    place.to_str().filter(|text| text.trim_start().starts_with("-----BEGIN "))
}

pub(super) fn exists(place: &Path) -> bool {
    given(place).is_some() || place.exists()
}

pub(super) fn read(place: &Path) -> io::Result<Vec<u8>> {
    given(place).map_or_else(|| std::fs::read(place), |text| Ok(text.as_bytes().to_vec()))
}

/// The place in a message, which never has the text of a key.
pub(super) fn shown(place: &Path) -> Cow<'_, str> {
    if given(place).is_some() { "the given text".into() } else { place.to_string_lossy() }
}
