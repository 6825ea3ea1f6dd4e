//! The environment that connection parameters are read from.

use std::path::PathBuf;

/// Reads one variable of the environment.
pub type Env<'a> = dyn Fn(&str) -> Option<String> + 'a;

pub(super) fn home(env: &Env) -> Option<PathBuf> {
    let given = env("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    given.or_else(std::env::home_dir)
}
