//! Stops an engine from the top down: fetching ends, running jobs get their grace, the rest is
//! handed back, acks are written, producers are deregistered, connections are closed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout, timeout_at};

use super::Engine;
use crate::error::Result;
use crate::queue::producer::Producer;
use crate::refusals::Part;
use crate::telemetry::Kind;

/// How long the last acks and the deregistration may each take if the database does not respond;
/// after that, other nodes rescue the jobs.
const FINAL_WRITES_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the last try of acks that the database refused may take.
const LAST_RETRY_TIMEOUT: Duration = Duration::from_secs(1);

/// How often it is looked for its end.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// The number of ids in a log line.
const MAX_LISTED: usize = 20;

/// How long the last work of all plugins may take.
const LAST_WORK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long to wait for the answer to the last fetch once everything else has ended.
const LAST_FETCH_TIMEOUT: Duration = Duration::from_secs(1);

impl Engine {
    /// Whether a stop has begun, or is over.
    pub fn is_stopping(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Stops the engine. Running jobs get `grace` to end, and are aborted some time before it is
    /// over. A second call does nothing.
    pub async fn stop(&self, grace: Duration) {
        if self.stopped.swap(true, Ordering::AcqRel) {
            return;
        }
        let begun = Instant::now();
        let producers = self.producers();
        for producer in &producers {
            producer.stop();
        }
        tokio::join!(self.resign(), self.await_producers(begun + grace));
        self.farewell(&producers, begun).await;
        self.finish_plugins().await;
        self.close();
    }

    /// Stops the engine when the process ends: hands back jobs, writes outcomes and deregisters
    /// within `limit`. Also speeds up a stop in progress.
    pub async fn exit(&self, limit: Duration) {
        self.stopped.store(true, Ordering::Release);
        let begun = Instant::now();
        let producers = self.producers();
        for producer in &producers {
            producer.stop();
        }
        let work = async {
            tokio::join!(self.resign(), self.await_producers(begun));
            // A stop in progress has the producers' tasks, so they were not awaited here.
            let _ = timeout(limit / 2, fetches_answered(&producers)).await;
            self.farewell(&producers, begun).await;
            self.finish_plugins().await;
        };
        let _ = timeout(limit, work).await;
    }

    /// Stops the plugins, and lets another node lead while jobs still run here.
    async fn resign(&self) {
        self.stopping.send_replace(true);
        self.peer.leave();
        let peering = self.peering.lock().take();
        if let Some(mut peering) = peering
            && timeout(FINAL_WRITES_TIMEOUT, &mut peering).await.is_err()
        {
            peering.abort();
        }
    }

    async fn finish_plugins(&self) {
        let _ = timeout(LAST_WORK_TIMEOUT, self.plugins.finish(&self.plugin_context())).await;
    }

    /// Hands back the jobs that still run, writes the remaining outcomes, and deregisters.
    async fn farewell(&self, producers: &[Arc<Producer>], begun: Instant) {
        for producer in producers {
            let left = producer.executor.release_running();
            self.telemetry.emit(Kind::QueueShutdown, || {
                json!({ "queue": producer.config.name, "elapsed_ms": u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX), "released": left })
            });
            producer.executor.stop_slots();
        }
        let _ = timeout(FINAL_WRITES_TIMEOUT, self.pending.flushed()).await;
        let _ = timeout(LAST_RETRY_TIMEOUT, self.retry_refused()).await;
        self.report_refused(producers);
        self.publish_rest().await;
        let queues: Vec<String> = producers.iter().map(|producer| producer.config.name.clone()).collect();
        if !queues.is_empty() {
            let farewell = async {
                if self.pending.count() == 0 {
                    self.sign_off(producers).await?;
                }
                // Wakes other producers for the jobs that were handed back.
                self.store.wake_queues(&queues).await
            };
            let _ = timeout(FINAL_WRITES_TIMEOUT, farewell).await;
        }
    }

    /// Tries the acks that the database refused once more.
    async fn retry_refused(&self) {
        if !self.pending.has_aside() {
            return;
        }
        self.refusals.hurry(Part::Ack);
        while !self.refusals.due(Part::Ack).is_empty() || self.pending.count() > 0 {
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// Says which acks are lost, because the database refuses them to the end.
    fn report_refused(&self, producers: &[Arc<Producer>]) {
        for producer in producers {
            let jobs = self.pending.aside(&producer.config.name).unwrap_or_default();
            if !jobs.is_empty() {
                tracing::error!(
                    queue = producer.config.name,
                    count = jobs.len(),
                    jobs = ?&jobs[..jobs.len().min(MAX_LISTED)],
                    "acks: the database refuses the outcomes of these jobs; they stay executing until another node rescues them, and run again"
                );
            }
        }
    }

    /// Deletes the rows of producers whose outcomes are all written. A producer that may still have
    /// claims keeps its row, by which the lifeline of another node finds its jobs.
    async fn sign_off(&self, producers: &[Arc<Producer>]) -> Result<()> {
        // A heartbeat may be registering a producer anew; these locks wait for it and prevent
        // another.
        let registering = producers.iter().map(|it| it.registering.lock());
        let _registering = futures_util::future::join_all(registering).await;
        let has_claims = |it: &Producer| it.is_fetching() || self.pending.has_aside_of(&it.config.name);
        let mut uuids = vec![];
        for producer in producers.iter().filter(|it| !has_claims(it)) {
            if producer.hand_back_rest().await? {
                uuids.push(producer.uuid());
            }
        }
        self.store.delete_producers(&uuids).await
    }

    /// Stops one queue, like [`Engine::stop`] stops all.
    pub(super) async fn stop_one(&self, queue: &str, grace: Duration) -> Result<Vec<i64>> {
        let producer = self.producer(queue)?;
        producer.stop();
        if let Some(task) = self.router.producers.take_task(queue) {
            self.graced(&producer, task, Instant::now() + grace).await;
        }
        let left = producer.executor.release_running();
        producer.desert();
        producer.executor.stop_slots();
        self.pending.flushed().await;
        let _ = timeout(LAST_RETRY_TIMEOUT, self.retry_refused()).await;
        self.report_refused(std::slice::from_ref(&producer));
        self.router.producers.remove(queue);
        self.review_candidacy();
        self.sign_off(&[producer]).await?;
        self.telemetry.emit(Kind::QueueShutdown, || json!({ "queue": queue, "released": left }));
        Ok(left)
    }

    async fn await_producers(&self, until: Instant) {
        let tasks = self.router.producers.take_tasks().into_iter();
        let all = tasks.map(|(producer, task)| async move { self.graced(&producer, task, until).await });
        futures_util::future::join_all(all).await;
    }

    /// Waits until a producer has no job left; aborts its jobs some time before `until`, and gives
    /// up at `until`.
    async fn graced(&self, producer: &Producer, mut task: tokio::task::JoinHandle<()>, until: Instant) {
        let lead = producer.config.abort_grace.min(until.saturating_duration_since(Instant::now()) / 3);
        if timeout_at(until - lead, &mut task).await.is_ok() {
            return;
        }
        producer.executor.abort_all();
        if timeout_at(until, &mut task).await.is_ok() {
            return;
        }
        producer.stop_now();
        if timeout(LAST_FETCH_TIMEOUT, &mut task).await.is_err() {
            task.abort();
        }
    }

    fn close(&self) {
        self.router.ends.close();
        if let Some(notifier) = &self.notifier {
            notifier.stop();
        }
        self.tasks.lock().drain(..).for_each(|(_, task)| task.abort());
        self.completions.lock().take();
        if let Some(acker) = self.acker.lock().take() {
            acker.abort();
        }
        self.router.producers.clear();
        self.store.close();
        self.test_session.lock().take();
    }
}

/// Waits for the answers to the fetches in flight: one that runs after the jobs were handed back would claim them again.
async fn fetches_answered(producers: &[Arc<Producer>]) {
    while producers.iter().any(|it| it.is_fetching()) {
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}
