//! Reads the rows of awaited jobs: callers that ask during a statement share the next one.

use std::collections::HashMap;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::error::Result;
use crate::store::Store;

/// Ids in one statement.
const IDS_PER_READ: usize = 200;

type Answer = Result<Option<String>>;

#[derive(Default)]
pub struct Rows {
    asked: Mutex<Vec<(i64, oneshot::Sender<Answer>)>>,
    /// Held by the caller that reads for all.
    turn: tokio::sync::Mutex<()>,
}

impl Rows {
    /// The row of a job as JSON, if there is one; as it is after the call.
    pub async fn find(&self, store: &Store, id: i64) -> Answer {
        loop {
            let (sender, mut answer) = oneshot::channel();
            self.asked.lock().push((id, sender));
            let read = tokio::select! {
                biased;
                answer = &mut answer => answer.ok(),
                _turn = self.turn.lock() => {
                    self.read(store).await;
                    answer.await.ok()
                }
            };
            // None: the caller that read has given up.
            if let Some(read) = read {
                return read;
            }
        }
    }

    /// Answers all callers that have asked.
    async fn read(&self, store: &Store) {
        let asked = std::mem::take(&mut *self.asked.lock());
        let mut ids: Vec<i64> = asked.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut rows = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(IDS_PER_READ) {
            match store.find_jobs(ids).await {
                Ok(found) => rows.extend(found.into_iter().map(|(id, row)| (id, Ok(row)))),
                Err(error) => rows.extend(ids.iter().map(|id| (*id, Err(error.clone())))),
            }
        }
        for (id, sender) in asked {
            // A caller that has given up takes no answer.
            drop(sender.send(rows.get(&id).cloned().transpose()));
        }
    }
}
