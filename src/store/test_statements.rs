//! The statements of the testing kit. Each takes one text and returns one, so that any database library can run it in a
//! transaction of the test.

use tokio_postgres::types::Type;

use super::Store;
use super::statements::{Statement, Statements};
use crate::error::{Error, Result};

/// A statement by its name.
#[derive(Debug, Clone, Copy)]
pub struct TestStatement(fn(&Statements) -> &Statement, &'static str);

const ALL: [TestStatement; 7] = [
    TestStatement(|sql| &sql.testing_claim, "claim"),
    TestStatement(|sql| &sql.testing_find, "find"),
    TestStatement(|sql| &sql.testing_reset, "reset"),
    TestStatement(|sql| &sql.testing_set_clock, "set_clock"),
    TestStatement(|sql| &sql.testing_settle, "settle"),
    TestStatement(|sql| &sql.testing_stage, "stage"),
    TestStatement(|sql| &sql.testing_time, "time"),
];

impl TestStatement {
    pub fn named(name: &str) -> Result<Self> {
        ALL.into_iter().find(|it| it.1 == name).ok_or_else(|| {
            let known = ALL.map(|it| it.1).join(", ");
            Error::Internal(format!("testing: expected one of {known}, got {name:?}"))
        })
    }

    /// Its text for the schema.
    pub fn sql(self, prefix: &str) -> String {
        (self.0)(&Statements::new(prefix)).to_string()
    }
}

impl Store {
    /// Runs a statement of the testing kit; its one column, if there is a row.
    pub async fn testing(&self, statement: TestStatement, text: &str) -> Result<Option<String>> {
        let rows = self.query((statement.0)(&self.sql), &[(&text, Type::TEXT)]).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?.flatten())
    }
}
