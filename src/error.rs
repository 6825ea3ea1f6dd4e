//! The engine's errors, each with the code that JavaScript sees.
//!
//! A *failure* is for the caller to fix (`Config`, `Job`, `NotFound`, `UniqueConflict` …); a *fault* means that the database is away
//! (`Unavailable`), and the engine's own loops retry until it is back. Every text reads `<subject>: expected …, got …; hint`.

use std::fmt;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, Clone)]
pub enum Error {
    /// A start, queue or plugin option was rejected.
    Config(String),
    /// A job class, its arguments or an enqueue option was rejected, before any SQL.
    Job(String),
    /// The schema is missing or older than this version needs.
    NotMigrated(String),
    /// The schema is newer than this version knows.
    SchemaTooNew(String),
    /// The server rejected a statement.
    Database { sqlstate: String, message: String },
    /// The database cannot be reached, or the connection broke.
    Unavailable(String),
    /// The named object does not exist.
    NotFound(String),
    /// An engine or queue of that name is already running.
    AlreadyRunning(String),
    /// Another job has the unique key, or another cron entry the name.
    UniqueConflict(String),
    /// The database belongs to another environment.
    Environment(String),
    /// The engine is not running.
    NotRunning(String),
    /// A bug in the engine.
    Internal(String),
}

impl Error {
    /// The text that crosses to the host: `CODE: message`, or `CODE [sqlstate]: message`.
    pub fn with_code(&self) -> String {
        match self {
            Self::Database { sqlstate, .. } => format!("{} [{sqlstate}]: {self}", self.code()),
            _ => format!("{}: {self}", self.code()),
        }
    }

    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "ERAM_CONFIG",
            Self::Job(_) => "ERAM_JOB",
            Self::NotMigrated(_) => "ERAM_NOT_MIGRATED",
            Self::SchemaTooNew(_) => "ERAM_SCHEMA_TOO_NEW",
            // The server's last words, or its first: it shuts down, starts up, or ends the connection.
            Self::Database { sqlstate, .. } if sqlstate.starts_with("08") || sqlstate.starts_with("57P0") => {
                "ERAM_UNAVAILABLE"
            }
            Self::Database { .. } => "ERAM_DATABASE",
            Self::Unavailable(_) => "ERAM_UNAVAILABLE",
            Self::NotFound(_) => "ERAM_NOT_FOUND",
            Self::AlreadyRunning(_) => "ERAM_ALREADY_RUNNING",
            Self::UniqueConflict(_) => "ERAM_UNIQUE_CONFLICT",
            Self::Environment(_) => "ERAM_ENVIRONMENT",
            Self::NotRunning(_) => "ERAM_NOT_RUNNING",
            Self::Internal(_) => "ERAM_INTERNAL",
        }
    }

    /// Another transaction held a row or table for longer than `lock_timeout`; nothing was changed.
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Database { sqlstate, .. } if sqlstate == "55P03")
    }

    /// A deadlock or serialization failure: nothing was changed, and a retry may succeed.
    pub fn is_collision(&self) -> bool {
        matches!(self, Self::Database { sqlstate, .. } if sqlstate == "40001" || sqlstate == "40P01")
    }

    /// Whether waiting and trying again may help: the database is away, restarting, read-only after a failover,
    /// out of connections, or two transactions collided.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Database { sqlstate, .. } => {
                matches!(sqlstate.get(..2), Some("08" | "40" | "53" | "57"))
                    || matches!(sqlstate.as_str(), "25006" | "55P03")
            }
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(m)
            | Self::Job(m)
            | Self::NotMigrated(m)
            | Self::SchemaTooNew(m)
            | Self::Unavailable(m)
            | Self::NotFound(m)
            | Self::AlreadyRunning(m)
            | Self::UniqueConflict(m)
            | Self::Environment(m)
            | Self::NotRunning(m)
            | Self::Internal(m) => f.write_str(m),
            Self::Database { sqlstate, message } => write!(f, "{message} (SQLSTATE {sqlstate})"),
        }
    }
}

impl std::error::Error for Error {}

impl From<tokio_postgres::Error> for Error {
    fn from(e: tokio_postgres::Error) -> Self {
        if let Some(db) = e.as_db_error() {
            return Self::Database { sqlstate: db.code().code().to_owned(), message: db.message().to_owned() };
        }
        let mut text = e.to_string();
        let mut cause = std::error::Error::source(&e);
        while let Some(c) = cause {
            text = format!("{text}: {c}");
            cause = c.source();
        }
        Self::Unavailable(format!("database: the connection broke: {text}"))
    }
}
