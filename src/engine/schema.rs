//! Runs migrations on request, from JavaScript or the command line.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::checks;
use crate::error::{Error, Result};
use crate::model::config::Config;
use crate::pg::connect;
use crate::pg::conninfo::ConnInfo;
use crate::plugins;
use crate::store::migrate as schema;
use crate::store::test_schema;

/// The options that do not describe the connection.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MigrateRequest {
    to: Option<i32>,
    from: Option<i32>,
    search_indexes: bool,
    status: bool,
    sql: bool,
    testing: Option<TestSchema>,
}

/// What only the testing kit asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TestSchema {
    /// Creates the schema with a clock of its own.
    clock: bool,
    /// Drops a schema that has one, and nothing else.
    drop: bool,
}

const OPTIONS: [&str; 6] = ["to", "from", "search_indexes", "status", "sql", "testing"];

/// Distinguishes the session of a migration, of which another one looks for whom it waits.
fn session_name() -> String {
    format!("migrate {}", std::process::id())
}

/// Runs migrations; see `binding/schema.rs` for the shapes.
pub async fn migrate(options: &str) -> Result<String> {
    let all: Map<String, Value> = serde_json::from_str(options).map_err(|e| Error::Config(format!("migrate: {e}")))?;
    let (wishes, rest): (Map<String, Value>, Map<String, Value>) =
        all.into_iter().partition(|(key, _)| OPTIONS.contains(&key.as_str()));
    let request: MigrateRequest =
        serde_json::from_value(Value::Object(wishes)).map_err(|e| Error::Config(format!("migrate: {e}")))?;
    let config = Config::from_json(&Value::Object(rest).to_string(), &plugins::keys())?;
    let prefix = &config.prefix;
    let testing = request.testing.unwrap_or_default();
    if request.sql {
        if testing.clock || testing.drop {
            return Err(Error::Config("testing: expected no clock with sql: true, got one".to_owned()));
        }
        return Ok(
            json!({ "sql": schema::sql(prefix, request.from.unwrap_or(0), request.to.unwrap_or_else(schema::latest)) })
                .to_string(),
        );
    }
    let info = ConnInfo::resolve(config.url.as_deref(), &|name: &str| std::env::var(name).ok())?;
    let (mut client, connection) = connect::connect(&info, &connect::Options { suffix: Some(session_name()) }).await?;
    let driver = connect::spawn(connection);
    let done = async {
        if testing.drop {
            test_schema::drop(&client, prefix).await?;
            return Ok(json!({ "prefix": prefix, "dropped": true }).to_string());
        }
        if testing.clock {
            test_schema::drop_leftovers(&client).await?;
            test_schema::create(&client, prefix).await?;
        }
        let steps = if request.status {
            vec![]
        } else {
            match schema::migrate(&mut client, prefix, request.to).await {
                Ok(steps) => steps,
                Err(error) => return Err(checks::explain(&client, prefix, error).await),
            }
        };
        let indexes =
            if request.search_indexes { schema::create_search_indexes(&client, prefix).await? } else { vec![] };
        let status = match schema::status(&client, prefix).await {
            Ok(status) => status,
            Err(error) => return Err(checks::explain(&client, prefix, error).await),
        };
        let mut answer = json!(status);
        answer["steps"] = json!(steps);
        answer["indexes"] = json!(indexes);
        answer["warnings"] = json!(checks::of_schema(&client, prefix).await?);
        Ok(answer.to_string())
    }
    .await;
    drop(client);
    driver.abort();
    done
}
