//! How many connections role and database allow.

use crate::error::{Error, Result};
use crate::store::Limits;

/// Fails if they are fewer than an engine needs.
pub fn check(limits: &Limits, needed: i32) -> Result<()> {
    let Limits { role, of_role, of_database } = limits;
    for (limit, owner) in [(of_role, format!("role {role:?}")), (of_database, "the database".to_owned())] {
        if (0..needed).contains(limit) {
            return Err(Error::Config(format!(
                "connections: expected at least {needed} for {owner}, one for statements and one that listens, got a limit of {limit}; raise CONNECTION LIMIT, or pass notify: false"
            )));
        }
    }
    Ok(())
}
