//! What to do about errors of the server whose own words do not say it. `lib/shared/server-hints.js` says the same.

use tokio_postgres::error::{DbError, SqlState};

/// How to repair what the server reports; `None` if its message says all.
pub(super) fn hint(error: &DbError) -> Option<String> {
    let schema = error.schema().unwrap_or("public");
    Some(match error.code().code() {
        _ if error.code() == &SqlState::UNIQUE_VIOLATION && error.constraint() == Some("eram_jobs_pkey") => format!(
            "the sequence behind eram_jobs.id is behind the ids: SELECT setval(pg_get_serial_sequence('{schema}.eram_jobs', 'id'), \
             max(id)) FROM {schema}.eram_jobs"
        ),
        "2200H" if error.message().contains("eram_jobs_id_seq") => {
            "the ids are used up: ALTER TABLE eram_jobs ALTER COLUMN id SET MAXVALUE (at most 9007199254740991), or RESTART WITH an id that is free".to_owned()
        }
        // A character, and one that is written as an escape.
        "22P05" => "the encoding of the database has no such character; a database in UTF8 holds all".to_owned(),
        "25006" => {
            "default_transaction_read_only is on for the database or the role, or the server is a standby".to_owned()
        }
        _ => return None,
    })
}
