//! The option `transaction`: whether `perform` runs in a transaction of the driver, and with which
//! settings.
//!
//! | key | takes | default |
//! |---|---|---|
//! | `isolation` | `read committed`, `repeatable read` or `serializable` | the database's |
//! | `timeout` | milliseconds, or a duration: how long the transaction may take | the job's timeout |

use std::time::Duration;

use serde_json::{Value, json};

use super::options::{MAX_TIMEOUT, MIN_TIMEOUT};
use crate::error::Result;
use crate::model::read::{Reader, Unit};

const LEVELS: [(&str, &str); 3] =
    [("read committed", "read committed"), ("repeatable read", "repeatable read"), ("serializable", "serializable")];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Transaction {
    isolation: Option<&'static str>,
    timeout: Option<Duration>,
}

impl Transaction {
    /// Reads `true`, `false` or an object; `None` for no transaction.
    pub fn read(reader: &Reader<'_>) -> Result<Option<Self>> {
        match reader.value() {
            Value::Bool(wanted) => Ok(wanted.then(Self::default)),
            Value::Object(_) => {
                reader.only(&["isolation", "timeout"])?;
                let isolation = reader.get("isolation").map(|it| it.word(&LEVELS)).transpose()?;
                let range = MIN_TIMEOUT..=MAX_TIMEOUT;
                let timeout = reader.duration("timeout", Unit::Milliseconds, range)?;
                Ok(Some(Self { isolation, timeout }))
            }
            _ => Err(reader.expected("true, false or an object with isolation and timeout")),
        }
    }

    /// The JSON that [`Transaction::read`] reads back; `false` for none.
    pub fn to_json(it: Option<Self>) -> Value {
        match it {
            None => json!(false),
            Some(it) if it == Self::default() => json!(true),
            Some(it) => json!({
                "isolation": it.isolation,
                "timeout": it.timeout.map(|timeout| Unit::Milliseconds.number(timeout)),
            }),
        }
    }
}
