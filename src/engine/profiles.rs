//! CPU profiles of attempts: an isolate takes one and reports it, the engine keeps it.

use serde_json::{Value, json};

use super::Engine;
use crate::error::Result;
use crate::queue::executor::Executor;
use crate::store::Profile;

impl Engine {
    /// An isolate reports the profile of a running attempt; ignored if the run does not belong to the slot any more. It
    /// does not belong to the outcome: one that cannot be written is dropped.
    pub fn report_profile(
        &self,
        executor: &Executor,
        slot: u32,
        run: u64,
        attempt: i32,
        profile: Option<String>,
        note: Option<String>,
    ) {
        let Some((id, attempted_at, _)) = executor.claim_of(slot, run) else { return };
        let store = self.store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.write_profile(&Profile { id, attempt, attempted_at, profile, note }).await {
                tracing::warn!(%error, job = id, attempt, "profile: dropped, as it could not be written");
            }
        });
    }

    /// Marks the next attempt of a job: `{ id, attempt }`, or null if the job does not exist.
    pub(super) async fn profile_next(&self, id: i64) -> Result<String> {
        let attempt = self.store.profile_next(id).await?;
        Ok(attempt.map_or(Value::Null, |attempt| json!({ "id": id, "attempt": attempt })).to_string())
    }

    /// The profile of an attempt: `{ profile, note }`, or null if none was taken.
    pub(super) async fn find_profile(&self, id: i64, attempt: i32) -> Result<String> {
        let Some((profile, note)) = self.store.find_profile(id, attempt).await? else { return Ok("null".into()) };
        // The text is JSON already.
        Ok(format!(r#"{{"profile":{},"note":{}}}"#, profile.as_deref().unwrap_or("null"), json!(note)))
    }
}
