//! For tests: a fresh schema in the database of `DATABASE_URL`, and plain SQL on it.
//!
//! It is dropped when the test succeeds; when the test fails it is kept, and named.

use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::{Store, migrate, quote_ident};
use crate::error::Error;
use crate::model::draft::Registration;
use crate::pg::connect;
use crate::pg::conninfo::ConnInfo;
use crate::registry::Registry;
use crate::testing::{LIMIT, until};

/// The job classes of the tests, by where they run. Registered once: each registration makes every producer look for jobs.
const CLASSES: [(&str, &str); 4] = [
    ("Sample", r#"{"name":"Sample"}"#),
    ("Other", r#"{"name":"Other","aliases":["Former"]}"#),
    ("Threaded", r#"{"name":"Threaded","filename":"/threaded.js"}"#),
    ("Forked", r#"{"name":"Forked","filename":"/forked.js","isolation":"process"}"#),
];

/// A migrated schema, and what a test does to it from outside the engine.
pub struct Database {
    pub store: Arc<Store>,
    /// The schema.
    pub prefix: String,
    /// Every connection made with it carries the schema's name.
    pub url: String,
    ends: Mutex<Vec<BoxFuture<'static, ()>>>,
    client: Client,
}

/// Runs a test on a schema of its own.
pub async fn with_database(test: impl AsyncFnOnce(&Database)) {
    let database = Database::create().await;
    let done = AssertUnwindSafe(test(&database)).catch_unwind().await;
    let ends = std::mem::take(&mut *database.ends.lock());
    let ended = tokio::time::timeout(LIMIT, join_all(ends)).await;
    if let Err(panic) = done {
        eprintln!("the schema {} is kept", quote_ident(&database.prefix));
        resume_unwind(panic);
    }
    assert!(ended.is_ok(), "what the test had started did not stop in time");
    database.drop_schema().await;
}

impl Database {
    async fn create() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // Needs quotes wherever it is named.
        let prefix = format!("Test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let given = std::env::var("DATABASE_URL")
            .expect("these tests need DATABASE_URL, the URL of a PostgreSQL database; `npm test` gives one");
        let url = format!("{given}{}application_name={prefix}", if given.contains('?') { '&' } else { '?' });
        let mut client = client_of(&given).await;
        let schema = quote_ident(&prefix);
        // Left behind by a process that had our number.
        client.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await.expect("no such schema");
        migrate::migrate(&mut client, &prefix, None).await.expect("a migrated schema");
        client.batch_execute(&format!("SET search_path = {schema}")).await.expect("a search path");
        let store = Arc::new(Store::new(&info_of(&url), 4, &prefix).expect("a store"));
        Self { store, prefix, url, ends: Mutex::default(), client }
    }

    /// The classes of the tests.
    pub fn registry() -> Arc<Registry> {
        static REGISTRY: LazyLock<Arc<Registry>> = LazyLock::new(|| {
            let registry = Registry::default();
            for (_, class) in CLASSES {
                registry.register(Registration::from_json(class).expect("a class"));
            }
            Arc::new(registry)
        });
        REGISTRY.clone()
    }

    /// What to do when the test has ended, well or not.
    pub fn at_end(&self, end: impl Future<Output = ()> + Send + 'static) {
        self.ends.lock().push(Box::pin(end));
    }

    pub fn info(&self) -> ConnInfo {
        info_of(&self.url)
    }

    /// One more connection, on which names need no schema.
    pub async fn client(&self) -> Client {
        let client = client_of(std::env::var("DATABASE_URL").expect("it was there a moment ago").as_str()).await;
        client.batch_execute(&format!("SET search_path = {}", quote_ident(&self.prefix))).await.expect("a search path");
        client
    }

    /// Runs SQL without parameters.
    pub async fn run(&self, sql: &str) {
        if let Err(error) = self.client.batch_execute(sql).await {
            panic!("{sql}: {error:?}");
        }
    }

    /// The server may still be at the last statement of an engine that has closed its connections, and lock the tables in
    /// another order.
    async fn drop_schema(&self) {
        let sql = format!("DROP SCHEMA {} CASCADE", quote_ident(&self.prefix));
        for _ in 0..5 {
            match self.client.batch_execute(&sql).await {
                Err(error) if error.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED) => {}
                Err(error) => panic!("{sql}: {error:?}"),
                Ok(()) => return,
            }
        }
        panic!("{sql}: a deadlock each time");
    }

    /// The rows of a query as JSON objects.
    pub async fn rows(&self, sql: &str) -> Vec<Value> {
        let sql = format!("SELECT to_jsonb(q)::text FROM ({sql}) AS q");
        let rows = self.client.query(&sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        rows.iter().map(|row| serde_json::from_str(row.get(0)).expect("JSON")).collect()
    }

    /// The only value of a query's only row.
    pub async fn value(&self, sql: &str) -> Value {
        let rows = self.rows(sql).await;
        let [row] = rows.as_slice() else { panic!("{sql}: expected one row, got {}", rows.len()) };
        row.as_object().and_then(|row| row.values().next().cloned()).expect("a column")
    }

    /// How many jobs there are of which the condition is true.
    pub async fn count(&self, condition: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM eram_jobs WHERE {condition}");
        self.value(&sql).await.as_i64().expect("a count")
    }

    pub async fn job(&self, id: i64) -> Value {
        let mut found = self.store.find_job(id).await;
        // A connection that was cut is noticed by its next use.
        while matches!(found, Err(Error::Unavailable(_))) {
            found = self.store.find_job(id).await;
        }
        let text = found.expect("an answer").unwrap_or_else(|| panic!("no job {id}"));
        serde_json::from_str(&text).expect("JSON")
    }

    pub async fn state(&self, id: i64) -> String {
        self.job(id).await["state"].as_str().expect("a state").to_owned()
    }

    pub async fn until_state(&self, id: i64, state: &str) {
        until(&format!("job {id} is {state}"), async || self.state(id).await == state).await;
    }

    /// Inserts drafts through the engine's own door; their ids.
    pub async fn insert(&self, drafts: &[Value]) -> Vec<i64> {
        let inserted = self.store.insert_jobs(&json!(drafts).to_string()).await.expect("inserted jobs");
        let id = |json: &str| serde_json::from_str::<Value>(json).expect("JSON")["id"].as_i64().expect("an id");
        inserted.iter().map(|job| id(&job.json)).collect()
    }

    pub async fn insert_one(&self, draft: Value) -> i64 {
        self.insert(&[draft]).await[0]
    }

    /// How many sleeping queues one of the schema's connections watches.
    pub async fn sentinels(&self) -> i64 {
        let sql = format!(
            "SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
             WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock' AND l.granted AND a.application_name LIKE '{}%'",
            self.prefix
        );
        self.value(&sql).await.as_i64().expect("a count")
    }

    pub async fn until_asleep(&self) {
        until("a producer sleeps", async || self.sentinels().await > 0).await;
    }

    /// When one of the schema's connections asked something for the last time.
    pub async fn last_query(&self) -> Value {
        let sql = format!(
            "SELECT coalesce(max(query_start), '-infinity')::text FROM pg_stat_activity WHERE application_name LIKE '{}%'",
            self.prefix
        );
        self.value(&sql).await
    }

    /// Waits until nothing is asked any more.
    pub async fn until_quiet(&self) {
        let mut last = Value::Null;
        until("nothing is asked any more", async || {
            let before = std::mem::replace(&mut last, self.last_query().await);
            let quiet = before == last;
            if !quiet {
                // Longer than an awake producer goes without a look.
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
            quiet
        })
        .await;
    }

    /// Ends every connection of this schema's engines and stores, as a crash of the server would; says how many there were.
    pub async fn cut(&self) -> i64 {
        self.cut_those("").await
    }

    /// Ends the connections on which engines listen.
    pub async fn deafen(&self) -> i64 {
        self.cut_those(" listen").await
    }

    async fn cut_those(&self, suffix: &str) -> i64 {
        let sql = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE '{}%{suffix}'",
            self.prefix
        );
        self.value(&sql).await.as_i64().expect("a count")
    }
}

fn info_of(url: &str) -> ConnInfo {
    ConnInfo::resolve(Some(url), &|name: &str| std::env::var(name).ok()).expect("a database's address")
}

async fn client_of(url: &str) -> Client {
    let (client, connection) =
        connect::connect(&info_of(url), &connect::Options::default()).await.expect("a connection");
    connect::spawn(connection);
    client
}

/// A statement of the engine as it is sent.
pub fn statement(db: &Database, name: &str) -> String {
    let file = format!("{}/src/store/sql/{name}.sql", env!("CARGO_MANIFEST_DIR"));
    super::statements::qualify(&std::fs::read_to_string(file).expect("a statement"), &db.prefix)
}

/// A draft of a class that runs anywhere.
pub fn draft() -> Value {
    json!({ "worker": "Sample" })
}

/// `count` of them; `args.n` counts from 0.
pub fn drafts(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({ "worker": "Sample", "args": { "n": n } })).collect()
}
