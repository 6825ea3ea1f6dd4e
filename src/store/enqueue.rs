//! Inserting jobs, alone or together with a fetch, within a limit of its own.

use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool_postgres::Object;
use futures_util::future::join4;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout};
use tokio_postgres::types::Type;
use tokio_postgres::{IsolationLevel, Row};

use super::connections::millis;
use super::{Inserted, Param, Store};
use crate::error::{Error, Result};

/// How full the queue of notifications is.
const QUEUE_USAGE: &str = "SELECT pg_catalog.pg_notification_queue_usage()";
const QUEUE_LOOK_TIMEOUT: Duration = Duration::from_secs(2);

/// What is sent in one transaction.
pub(super) enum Insert<'a> {
    /// The texts of arrays of drafts.
    Chunks(&'a [String]),
    /// The text of an array of drafts, and the parameters of a fetch.
    AndFetch(&'a str, &'a [Param<'a>]),
}

/// The jobs that were inserted, and the rows of those that were fetched.
type Rows = (Vec<Row>, Vec<Row>);

impl Store {
    /// How long a statement that inserts jobs may take.
    pub fn set_enqueue_limit(&self, limit: Duration) {
        self.enqueue_limit.store(millis(limit), Ordering::Relaxed);
    }

    /// Inserts validated drafts (a JSON array's text) in one transaction; one JSON object text for each, in their order, and
    /// the queues in which a job became available.
    pub async fn insert_jobs(&self, drafts: &str) -> Result<Vec<Inserted>> {
        self.insert_chunks(&[drafts.to_owned()]).await
    }

    /// As [`Store::insert_jobs`] for several arrays, all in one transaction.
    pub async fn insert_chunks(&self, chunks: &[String]) -> Result<Vec<Inserted>> {
        self.insert(&Insert::Chunks(chunks)).await?.0.iter().map(Inserted::read).collect()
    }

    pub(super) async fn insert(&self, insert: &Insert<'_>) -> Result<Rows> {
        match self.insert_with(insert).await {
            // The commit was refused, so nothing is stored. Producers find the jobs when they poll.
            Err(error) if error.is_notify_queue_full() => {
                tracing::warn!(
                    "enqueue: jobs are inserted without notifications, as a session that does not read them has filled the queue of the server: pg_notification_queue_usage()"
                );
                // Looking at the queue frees what sessions that have ended did not read.
                drop(self.query_within(QUEUE_LOOK_TIMEOUT, "queue_usage", QUEUE_USAGE, &[]).await);
                match insert {
                    Insert::Chunks(chunks) => {
                        let silent = chunks.iter().map(|chunk| silenced(chunk)).collect::<Result<Vec<_>>>()?;
                        self.insert_with(&Insert::Chunks(&silent)).await
                    }
                    Insert::AndFetch(drafts, params) => {
                        self.insert_with(&Insert::AndFetch(&silenced(drafts)?, params)).await
                    }
                }
            }
            done => done,
        }
    }

    async fn insert_with(&self, insert: &Insert<'_>) -> Result<Rows> {
        let limit = Duration::from_millis(self.enqueue_limit.load(Ordering::Relaxed));
        let until = Instant::now() + limit;
        let mut tries = self.tries_of(limit);
        loop {
            let mut client = self.client_until(until, limit).await?;
            let work = self.send(&mut client, insert, limit);
            let done = self.slow.watch(self.sql.insert_jobs.name, work).await;
            let is_silent = done.is_err();
            if let Some(done) = tries.judge(done, client) {
                return done.map_err(|error| if is_silent { uncertain(limit) } else { error });
            }
            tries.rest().await;
        }
    }

    async fn send(
        &self,
        client: &mut Object,
        insert: &Insert<'_>,
        limit: Duration,
    ) -> std::result::Result<std::result::Result<Rows, tokio_postgres::Error>, tokio::time::error::Elapsed> {
        match insert {
            Insert::Chunks([only]) => {
                let rows = timeout(limit, client.query_typed(&self.sql.insert_jobs, &[(only, Type::TEXT)])).await?;
                Ok(rows.map(|rows| (rows, vec![])))
            }
            Insert::Chunks(chunks) => self.insert_together(client, chunks, limit).await,
            Insert::AndFetch(drafts, params) => timeout(limit, self.together(client, drafts, params)).await,
        }
    }

    /// Each statement has the limit, as there may be many.
    async fn insert_together(
        &self,
        client: &mut Object,
        chunks: &[String],
        limit: Duration,
    ) -> std::result::Result<std::result::Result<Rows, tokio_postgres::Error>, tokio::time::error::Elapsed> {
        let tx = match timeout(limit, client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start())
            .await?
        {
            Ok(tx) => tx,
            Err(error) => return Ok(Err(error)),
        };
        let mut rows = vec![];
        for chunk in chunks {
            match timeout(limit, tx.query_typed(&self.sql.insert_jobs, &[(chunk, Type::TEXT)])).await? {
                Ok(inserted) => rows.extend(inserted),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(timeout(limit, tx.commit()).await?.map(|()| (rows, vec![])))
    }

    async fn together(
        &self,
        client: &Object,
        drafts: &str,
        params: &[Param<'_>],
    ) -> std::result::Result<Rows, tokio_postgres::Error> {
        let draft: [Param<'_>; 1] = [(&drafts, Type::TEXT)];
        // Sent in this order, none waiting for the answer to another. After an error the server ignores the rest, and the COMMIT
        // is a rollback.
        let (begun, inserted, fetched, committed) = join4(
            client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED"),
            client.query_typed(&self.sql.insert_jobs, &draft),
            client.query_typed(&self.sql.fetch_jobs, params),
            client.batch_execute("COMMIT"),
        )
        .await;
        begun?;
        let both = (inserted?, fetched?);
        committed?;
        Ok(both)
    }
}

/// The same drafts, whose jobs send no notification.
fn silenced(drafts: &str) -> Result<String> {
    let refuse = |e| Error::Internal(format!("insert_jobs: expected an array of drafts ({e})"));
    let drafts: Vec<&RawValue> = serde_json::from_str(drafts).map_err(refuse)?;
    let silent = drafts.iter().map(|draft| {
        let members = draft.get().trim_end().strip_suffix('}').unwrap_or_default();
        // Of two members of one name, the last counts.
        format!(r#"{members},"notify":false}}"#)
    });
    Ok(format!("[{}]", silent.collect::<Vec<_>>().join(",")))
}

fn uncertain(limit: Duration) -> Error {
    let seconds = limit.as_secs_f64();
    Error::Unavailable(format!(
        "enqueue: expected an answer of the database within {seconds} s (statement_timeout), got none; the job may or may not be stored"
    ))
}

#[cfg(test)]
mod tests {
    use super::silenced;

    #[test]
    fn a_silenced_draft_sends_no_notification() {
        let drafts = r#"[{"worker":"A"},{"worker":"B","notify":true} ]"#;
        let expected = r#"[{"worker":"A","notify":false},{"worker":"B","notify":true,"notify":false}]"#;
        assert_eq!(silenced(drafts).unwrap(), expected);
    }
}
