//! The engine's errors, each with the code that JavaScript sees.
//!
//! A *failure* is for the caller to fix (`Config`, `Job`, `NotFound`, `UniqueConflict` …); a *fault* means that the database is away
//! (`Unavailable`), and the engine's own loops retry until it is back. Every text reads `<subject>: expected …, got …; hint`.

mod hints;

use std::fmt;

use serde::Serialize;

use crate::text::masked;

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
    /// The server rejected a statement, perhaps because of a constraint.
    Database { sqlstate: String, message: String, constraint: Option<String> },
    /// The database cannot be reached, or the connection broke.
    Unavailable(String),
    /// The named object does not exist.
    NotFound(String),
    /// An engine or queue of that name is already running.
    AlreadyRunning(String),
    /// Another job has the unique key, or another cron entry the name.
    UniqueConflict(String),
    /// What was to be changed has changed since it was read.
    Changed(String),
    /// The database belongs to another environment.
    Environment(String),
    /// What was waited for did not happen in time.
    Timeout(String),
    /// The engine is not running.
    NotRunning(String),
    /// A bug in the engine.
    Internal(String),
}

/// A code, as the property `code` of an `EramError`.
#[derive(Debug, Serialize)]
pub struct ErrorCode {
    pub code: &'static str,
    /// What it means.
    pub doc: &'static str,
}

macro_rules! codes {
    (
        engine { $($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+ }
        javascript { $($(#[doc = $js_doc:literal])+ $js_code:literal,)+ }
    ) => {
        #[derive(Debug, Clone, Copy)]
        enum Code { $($(#[doc = $doc])+ $name),+ }

        /// The codes of errors of the engine.
        pub const ENGINE_CODES: &[ErrorCode] = &[$(ErrorCode { code: $code, doc: concat!($($doc),+).trim_ascii() }),+];

        /// The codes of errors that only JavaScript throws.
        pub const JAVASCRIPT_CODES: &[ErrorCode] = &[$(ErrorCode { code: $js_code, doc: concat!($($js_doc),+).trim_ascii() }),+];
    };
}

// Tests compare the list with `EramErrorCode` of the declarations and with the sections of `docs/errors.md`.
codes! {
    engine {
        /// An option of the engine, a queue, a plugin or an action was rejected.
        Config = "ERAM_CONFIG",
        /// A job class, its arguments or an enqueue option was rejected, before any SQL.
        Job = "ERAM_JOB",
        /// The schema is missing or older than this version needs.
        NotMigrated = "ERAM_NOT_MIGRATED",
        /// The schema is newer than this version knows.
        SchemaTooNew = "ERAM_SCHEMA_TOO_NEW",
        /// The server rejected a statement.
        Database = "ERAM_DATABASE",
        /// The database cannot be reached.
        Unavailable = "ERAM_UNAVAILABLE",
        /// The named object does not exist.
        NotFound = "ERAM_NOT_FOUND",
        /// An engine or queue of that name is already running.
        AlreadyRunning = "ERAM_ALREADY_RUNNING",
        /// Another job has the unique key, or another cron entry the name.
        UniqueConflict = "ERAM_UNIQUE_CONFLICT",
        /// What was to be changed has changed since it was read.
        Changed = "ERAM_CHANGED",
        /// The database belongs to another environment.
        Environment = "ERAM_ENVIRONMENT",
        /// What was waited for did not happen in time.
        Timeout = "ERAM_TIMEOUT",
        /// The engine is not running.
        NotRunning = "ERAM_NOT_RUNNING",
        /// A bug in EramJS.
        Internal = "ERAM_INTERNAL",
    }

    javascript {
        /// `tx` is not an open transaction.
        "ERAM_NOT_IN_TRANSACTION",
        /// A database library or a custom driver did not behave as expected.
        "ERAM_DRIVER",
        /// A job file cannot be loaded.
        "ERAM_LOAD",
        /// The native addon cannot be loaded.
        "ERAM_ADDON",
        /// The job was no longer claimed by this node when its transaction was to commit.
        "ERAM_CLAIM_LOST",
    }
}

impl Error {
    /// An error of the server that names no constraint.
    pub fn database(sqlstate: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Database { sqlstate: sqlstate.into(), message: message.into(), constraint: None }
    }

    /// The same error of the server, with what to do about it.
    #[must_use]
    pub fn advised(self, advice: &str) -> Self {
        match self {
            Self::Database { sqlstate, message, constraint } => {
                Self::Database { sqlstate, message: format!("{message}; {advice}"), constraint }
            }
            other => other,
        }
    }

    /// Whether the server says that the role lacks a right.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Database { sqlstate, .. } if sqlstate == "42501")
    }

    /// The text that crosses to the host: `CODE: message`, or `CODE [sqlstate]: message`.
    pub fn with_code(&self) -> String {
        match self {
            Self::Database { sqlstate, .. } => format!("{} [{sqlstate}]: {self}", self.code()),
            _ => format!("{}: {self}", self.code()),
        }
    }

    pub fn code(&self) -> &'static str {
        let code = match self {
            Self::Config(_) => Code::Config,
            Self::Job(_) => Code::Job,
            Self::NotMigrated(_) => Code::NotMigrated,
            Self::SchemaTooNew(_) => Code::SchemaTooNew,
            // The server's last words, or its first: it shuts down, starts up, or ends the connection.
            Self::Database { sqlstate, .. } if sqlstate.starts_with("08") || sqlstate.starts_with("57P0") => {
                Code::Unavailable
            }
            Self::Database { .. } => Code::Database,
            Self::Unavailable(_) => Code::Unavailable,
            Self::NotFound(_) => Code::NotFound,
            Self::AlreadyRunning(_) => Code::AlreadyRunning,
            Self::UniqueConflict(_) => Code::UniqueConflict,
            Self::Changed(_) => Code::Changed,
            Self::Environment(_) => Code::Environment,
            Self::Timeout(_) => Code::Timeout,
            Self::NotRunning(_) => Code::NotRunning,
            Self::Internal(_) => Code::Internal,
        };
        ENGINE_CODES[code as usize].code
    }

    /// Another transaction held a row or table for longer than `lock_timeout`; nothing was changed.
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Database { sqlstate, .. } if sqlstate == "55P03")
    }

    /// Whether the server refused what the statement was to write: of several rows, perhaps one only. A collision or
    /// lock counts once it has lasted: a trigger may raise any error.
    pub fn is_refusal(&self, lasts: bool) -> bool {
        let Self::Database { sqlstate, .. } = self else { return false };
        !self.is_away() && !sqlstate.starts_with("53") && (lasts || !self.is_transient())
    }

    /// A deadlock or serialization failure: nothing was changed, and a retry may succeed.
    pub fn is_collision(&self) -> bool {
        matches!(self, Self::Database { sqlstate, .. } if sqlstate == "40001" || sqlstate == "40P01")
    }

    /// Whether the server has no connection left for this role, or for anyone.
    pub fn is_crowded(&self) -> bool {
        matches!(self, Self::Database { sqlstate, .. } if sqlstate == "53300")
    }

    /// Whether unread notifications fill the server's queue. It refuses the commit, so nothing was changed.
    pub fn is_notify_queue_full(&self) -> bool {
        matches!(self, Self::Database { sqlstate, message, .. } if sqlstate == "54000" && message.contains("NOTIFY"))
    }

    /// Whether there is no database that takes statements: away, starting or shutting down, read-only
    /// after a failover, or out of connections.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Database { sqlstate, .. } => {
                sqlstate.starts_with("08")
                    || sqlstate.starts_with("57P")
                    || matches!(sqlstate.as_str(), "25006" | "53300")
            }
            _ => false,
        }
    }

    /// Whether waiting and trying again may help: the database is away, restarting, read-only after a failover,
    /// out of connections, or two transactions collided.
    pub fn is_transient(&self) -> bool {
        let of_class = |sqlstate: &String| matches!(sqlstate.get(..2), Some("40" | "53" | "57"));
        self.is_away() || self.is_locked() || matches!(self, Self::Database { sqlstate, .. } if of_class(sqlstate))
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
            | Self::Changed(m)
            | Self::Environment(m)
            | Self::Timeout(m)
            | Self::NotRunning(m)
            | Self::Internal(m) => f.write_str(&masked(m)),
            Self::Database { sqlstate, message, .. } => write!(f, "{} (SQLSTATE {sqlstate})", masked(message)),
        }
    }
}

impl std::error::Error for Error {}

impl From<tokio_postgres::Error> for Error {
    fn from(e: tokio_postgres::Error) -> Self {
        if let Some(db) = e.as_db_error() {
            let message = match hints::hint(db) {
                Some(hint) => format!("{}; {hint}", db.message()),
                None => db.message().to_owned(),
            };
            let constraint = db.constraint().map(str::to_owned);
            return Self::Database { sqlstate: db.code().code().to_owned(), message, constraint };
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
