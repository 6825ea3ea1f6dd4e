//! What the catalogs say of a schema before an engine relies on it: `inspect_schema.sql` as a structure.

use serde::Deserialize;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::statements::qualify;
use crate::error::{Error, Result};

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Inspection {
    /// The role that asked.
    pub role: String,
    pub exists: bool,
    /// Those of USAGE and CREATE that the role has on the schema.
    pub privileges: Vec<String>,
    pub encoding: String,
    /// The server takes no writes.
    pub standby: bool,
    /// On connections; none for a superuser.
    pub limits: Option<Limits>,
    pub tables: Vec<Table>,
    pub functions: Vec<Function>,
    /// The sequence of the ids of jobs.
    pub sequence: Option<Sequence>,
    pub invalid_indexes: Vec<String>,
    /// Roles that may make objects in the schema without owning it; "" is PUBLIC.
    pub creators: Vec<String>,
    /// Functions and operators of other roles in the schema that are named as built-in ones.
    pub overloads: Vec<Overload>,
}

/// How many connections may be open at once; -1: any number.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Limits {
    /// The role that logged in.
    pub role: String,
    pub of_role: i32,
    pub of_database: i32,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Table {
    pub name: String,
    /// As `pg_class.relkind` and `pg_class.relpersistence`.
    pub kind: String,
    pub persistence: String,
    /// Those of SELECT, INSERT, UPDATE and DELETE that the role has on the whole table.
    pub privileges: Vec<String>,
    /// Columns that the role may read, of those that an enqueue reads.
    pub readable: Vec<String>,
    /// Row-level security applies to the role.
    pub secured: bool,
    /// Its policies for the role.
    pub policies: Vec<Policy>,
    /// Triggers of EramJS that do not fire.
    pub disabled: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Policy {
    /// As `pg_policy.polcmd`: r, a, w, d, or * for all.
    pub command: String,
    pub permits: bool,
    /// The conditions on rows that are read, and on those that are written.
    pub sees: Option<String>,
    pub writes: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Function {
    /// With the types of its arguments.
    pub name: String,
    pub execute: bool,
    /// The search path that it sets.
    pub path: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Sequence {
    pub name: String,
    pub max: i64,
    pub readable: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Overload {
    /// function or operator
    pub kind: String,
    pub name: String,
    pub owner: String,
}

impl Inspection {
    /// Inspects a schema as the role of the client.
    pub async fn of(client: &Client, prefix: &str) -> Result<Self> {
        let statement = qualify(include_str!("sql/inspect_schema.sql"), prefix);
        let row = client.query_typed_one(&statement, &[(&prefix, Type::TEXT)]).await?;
        serde_json::from_str(row.try_get::<_, &str>("found")?)
            .map_err(|e| Error::Internal(format!("inspect_schema: expected a description, got another ({e})")))
    }

    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|it| it.name == name)
    }

    /// Whether the role has a privilege on the schema.
    pub fn has(&self, privilege: &str) -> bool {
        self.privileges.iter().any(|it| it == privilege)
    }

    /// Whether the role has all these privileges on a table.
    pub fn may(&self, privileges: &[&str], table: &str) -> bool {
        self.has("USAGE")
            && self.table(table).is_some_and(|it| privileges.iter().all(|one| it.privileges.iter().any(|p| p == one)))
    }
}
