//! The list of events: those of the engine, and those that only its JavaScript emits.
//!
//! `lib/events/kinds.js` is generated from it. Tests compare it with `EngineEvents` of the declarations and with the table in
//! `docs/guides/operations.md`.

use serde::Serialize;

/// One kind of event.
#[derive(Debug, Serialize)]
pub struct Event {
    /// Its name in JavaScript.
    pub name: &'static str,
    /// What it reports.
    pub doc: &'static str,
    /// Its members besides `event`, and what each is.
    pub fields: &'static [(&'static str, &'static str)],
}

/// The number of events that a mask of 64 bits has room for.
const MAX_EVENTS: usize = u64::BITS as usize;

macro_rules! event {
    ([$($doc:literal)+] $name:literal { $($field:ident: $meaning:literal),* }) => {
        Event { name: $name, doc: concat!($($doc),+).trim_ascii(), fields: &[$((stringify!($field), $meaning)),*] }
    };
}

macro_rules! events {
    (
        engine { $($(#[doc = $doc:literal])+ $kind:ident = $name:literal { $($field:ident: $meaning:literal),* $(,)? })+ }
        isolates { $($(#[doc = $job_doc:literal])+ $job_name:literal { $($job_field:ident: $job_meaning:literal),* $(,)? })+ }
        javascript { $($(#[doc = $js_doc:literal])+ $js_name:literal { $($js_field:ident: $js_meaning:literal),* $(,)? })+ }
    ) => {
        /// An event that the engine emits.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $($(#[doc = $doc])+ $kind),+ }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            pub const fn as_str(self) -> &'static str {
                self.event().name
            }

            pub const fn event(self) -> &'static Event {
                &ENGINE_EVENTS[self as usize]
            }
        }

        /// The events of the engine, in the order of [`Kind`].
        pub const ENGINE_EVENTS: &[Event] = &[$(event!([$($doc)+] $name { $($field: $meaning),* })),+];

        /// Local events that isolates emit while they perform jobs, only if there is a listener.
        pub const ISOLATE_EVENTS: &[Event] = &[$(event!([$($job_doc)+] $job_name { $($job_field: $job_meaning),* })),+];

        /// Other local events: JavaScript emits them, the engine does not know them.
        pub const JAVASCRIPT_EVENTS: &[Event] = &[$(event!([$($js_doc)+] $js_name { $($js_field: $js_meaning),* })),+];
    };
}

events! {
    engine {
        /// An isolate took a job.
        JobStart = "job:start" { job: "the job as it was claimed" }

        /// An attempt ended without failing: it succeeded, was snoozed, cancelled, discarded, or released.
        JobStop = "job:stop" {
            job: "the job after the ack",
            state: "of the attempt: success, snoozed, cancelled, discard or released",
            result: "what perform returned",
            error: "the error entry, of a cancelled or discarded job",
            delay: "seconds until the job is due again",
            run_ms: "how long the attempt ran; null if it did not begin",
            queue_ms: "how long the job had been due before it was claimed",
            cpu_ms: "CPU time of perform, if it was measured; else null",
            heap_delta_bytes: "by how much the heap grew, if it was measured; else null",
        }

        /// An attempt failed; the job will be retried or is discarded.
        JobException = "job:exception" {
            job: "the job after the ack",
            state: "of the attempt: failure or discard",
            result: "null",
            error: "the error entry",
            delay: "seconds until the next attempt",
            run_ms: "how long the attempt ran; null if it did not begin",
            queue_ms: "how long the job had been due before it was claimed",
            cpu_ms: "CPU time of perform, if it was measured; else null",
            heap_delta_bytes: "by how much the heap grew, if it was measured; else null",
        }

        /// An attempt ended after its claim was lost: nothing was written.
        JobLost = "job:lost" { job: "the job as it was claimed", state: "of the attempt" }

        /// A job of a lost node was rescued.
        JobRescued = "job:rescued" { job: "id, worker, queue, attempt and state of the job" }

        /// The engine discarded a waiting job: its unique key was taken, or it had no attempt left.
        JobDiscarded = "job:discarded" { job: "id, worker, queue, attempt and state of the job", error: "the error entry" }

        /// Outcomes of attempts were written, in one batch.
        AckFlush = "ack:flush" { jobs: "how many", elapsed_ms: "how long it took, with what had to be tried again" }

        /// Jobs are waiting that no running node can run.
        JobUnhandled = "job:unhandled" {
            queue: "the queue",
            worker: "their class, if no node knows it",
            version: "their version, if no node has a matching one",
            version_rule: "pinned or min, with version",
            jobs: "how many at the head of the queue",
            seconds: "how long the first has waited",
        }

        /// The database refuses to change the row of a job: it is set aside and tried again, ever more slowly.
        JobRefused = "job:refused" {
            part: "whose statement it was: ack, claim, discard, prune, purge, reclaim, rescue or stage",
            job: "id of the job; queue and worker, or null where the part does not know them",
            sqlstate: "of the error; null if it did not come from the server",
            constraint: "the constraint that is violated, if the error names one",
            message: "the error, up to 200 characters",
            tries: "how often the row was refused alone; 0 while it was only tried with others",
            retry_ms: "until it is tried again; null if it is not, by itself",
        }

        /// A queue was paused or resumed, or its limit changed.
        QueueUpdate = "queue:update" { queue: "the queue", paused: "whether it is paused", limit: "its limit on this node" }

        /// A queue stopped.
        QueueShutdown = "queue:shutdown" {
            queue: "the queue",
            released: "ids of the jobs that it handed back",
            elapsed_ms: "how long stopping took, when the whole engine stops",
        }

        /// Due jobs became available.
        StagerStop = "stager:stop" { queues: "how many, by queue" }

        /// A tick of a cron entry inserted a job, or met the unique job that prevents it.
        CronInsert = "cron:insert" {
            name: "the entry",
            worker: "the class of its jobs",
            at: "the tick, as ISO 8601",
            late: "whether a missed tick was made up for",
            job: "id, queue and conflict of the job",
        }

        /// Ticks of a cron entry were missed, because no node was running.
        CronMissed = "cron:missed" {
            name: "the entry",
            worker: "the class of its jobs",
            missed: "how many ticks",
            upto: "the last of them, as ISO 8601",
            made_up: "whether one of them, or a later tick, made a job",
        }

        /// A cron entry cannot make its job; other entries are not affected.
        CronException = "cron:exception" {
            name: "the entry",
            worker: "the class of its jobs",
            at: "the tick, as ISO 8601, if the error belongs to one",
            message: "the error",
        }

        /// Notifications started or stopped arriving.
        NotifierSwitch = "notifier:switch" { listening: "whether they arrive" }

        /// The database became unavailable or available again.
        DatabaseSwitch = "database:switch" { available: "whether it is available", error: "why it is not" }

        /// Other nodes had declared this one lost; its claims are void.
        ProducerLost = "producer:lost" { queue: "the queue", jobs: "ids of the claimed jobs that had not begun" }

        /// The database belongs to another environment: the engine serves no queue.
        QueuesDisabled = "queues:disabled" {
            environment: "that of the engine",
            expected: "that of the database",
            message: "what to do",
        }

        /// A problem of the cluster appeared or was resolved; see [`super::Warning`].
        Warning = "warning" {
            warning: "the kind of problem",
            subject: "the node or queue concerned",
            resolved: "whether the problem is over",
            message: "the same in a sentence",
            skew_ms: "of clock_skew: how far the node's clock is ahead",
            node: "of node_duplicate: the name",
            queue: "of queue_stalled and queue_unattended: the queue",
            jobs: "of queue_unattended: how many jobs are waiting; of jobs_refused: how many are set aside",
            seconds: "of queue_stalled, queue_unattended and xmin_horizon: for how long",
            part: "of jobs_refused: as in job:refused",
            ids: "of jobs_refused: the first of them",
            sqlstate: "of jobs_refused: of the last error",
            constraint: "of jobs_refused: the constraint that is violated, if the error names one",
            statement: "of slow_query: its name",
            ms: "of slow_query: how long the longest took, or has taken",
            count: "of slow_query: how many exceeded the limit since the last report",
            hint: "of slow_query: lock, plan or pool; null if the cause is unknown",
            holder: "of xmin_horizon: session, prepared transaction, standby or replication slot",
            pid: "of xmin_horizon: of the session, standby or slot in use",
            name: "of xmin_horizon: of the holder; of a session its pid",
            application_name: "of xmin_horizon: of the session or standby",
            state: "of xmin_horizon: of the session, standby or slot",
            query_seconds: "of xmin_horizon: how long ago its last statement began",
            transactions: "of xmin_horizon: how many transactions began since",
            dead: "of xmin_horizon: dead rows of the jobs table",
        }

        /// Finished jobs were deleted.
        PrunerStop = "pruner:stop" {
            completed: "how many of them",
            cancelled: "how many of them",
            discarded: "how many of them",
            held: "how many more the database refuses to delete, all in all",
            elapsed_ms: "how long it took",
        }

        /// The reindexer has run.
        ReindexerStop = "reindexer:stop" {
            rebuilt: "indexes that were rebuilt",
            missing: "indexes that do not exist",
            removed: "invalid indexes of an interrupted run",
            failed: "index and message of each failure",
            elapsed_ms: "how long it took",
        }

        /// This engine became the leader.
        LeaderElected = "leader:elected" { node: "this node", since: "when its term began, in milliseconds" }

        /// This engine stopped being the leader.
        LeaderLost = "leader:lost" {
            node: "this node",
            since: "when its term began, in milliseconds",
            reason: "stopped, ineligible, resigned, idle, expired or superseded",
        }

        /// This engine fell asleep: it makes no statement until it wakes.
        EngineSleep = "engine:sleep" { seconds: "how long it may sleep" }

        /// This engine woke.
        EngineWake = "engine:wake" {
            reason: "notified, due, longest, local or connection",
            slept_ms: "how long it slept",
        }

        /// A message arrived on a channel that is listened to.
        Message = "message" {
            channel: "the channel",
            payload: "what was sent",
            node: "the sender; null for SQL",
            scope: "cluster or local",
        }
    }

    isolates {
        /// A job wrote to `ctx.log`.
        "job:log" {
            job: "id, worker, queue, attempt and max_attempts of the job",
            level: "debug, info, warn or error",
            message: "the line",
            fields: "the object that was given after the message",
            trace_id: "of the span of OpenTelemetry that was active",
            span_id: "of the same",
            at: "when, as ISO 8601",
        }

        /// A job reported its progress with `ctx.progress()`.
        "job:progress" {
            job: "id, worker, queue, attempt and max_attempts of the job",
            value: "from 0 to 1",
            message: "what it is doing; null if it does not say",
            at: "when, as ISO 8601",
        }

        /// A problem with a job that does not change its outcome: a hook threw, a result could not be stored.
        "job:warning" {
            job: "id, worker, queue, attempt and max_attempts of the job",
            what: "the part concerned",
            message: "the problem",
        }
    }

    javascript {
        /// A job thread or job process started.
        "thread:start" { queue: "its queue; null: it serves those of a group", group: "its thread group, or null" }

        /// A job thread or job process ended.
        "thread:exit" {
            queue: "its queue; null: it served those of a group",
            group: "its thread group, or null",
            expected: "whether the engine meant it to",
            message: "the cause",
        }

        /// A listener threw.
        "listener:exception" { of: "the event that it received, or onError", message: "the error", error: "the very value" }

        /// Events were dropped before they reached a listener: the thread that started the engine was too slow to take them, or those of
        /// another node did not fit in its notifications.
        "events:dropped" { dropped: "how many, by kind", remote: "how many of another node", node: "that node" }

        /// A log line of the engine, or of a plugin.
        "engine:log" {
            level: "debug, info, warn or error",
            message: "the line",
            fields: "the object that the plugin gave after the message",
            plugin: "the plugin that wrote it",
        }

        /// A tick of a plugin began.
        "plugin:start" { plugin: "its name" }

        /// A tick of a plugin ended.
        "plugin:stop" { plugin: "its name", elapsed_ms: "how long it took", aborted: "whether its signal was aborted" }

        /// A plugin threw, or exceeded its timeout; its ticks continue.
        "plugin:exception" {
            plugin: "its name",
            kind: "error or timeout",
            phase: "start, tick or stop",
            elapsed_ms: "how long it ran",
            message: "the error",
            error: "what was thrown",
        }
    }
}

const _: () =
    assert!(ENGINE_EVENTS.len() <= MAX_EVENTS, "the mask of wanted events has a bit for each event of the engine");

impl Kind {
    /// Its bit in a mask of wanted events.
    pub(super) const fn bit(self) -> u64 {
        1 << self as u64
    }
}
