// Events of an engine, and the jobs in them.
import type { ArgsOf, ResultOf } from './context.js'
import type { JobErrorEntry } from './job-row.js'
import type { LogLevel } from './logger.js'
import type { MessageScope } from './messages.js'
import type { RefusedJob } from './status.js'
import type { JobState, JsonObject } from './values.js'
import type { WarningEvent } from './warnings.js'

/** A job in an event, without what may be large. */
export interface BriefEventJob extends BriefJob {
  /** Its state after the event. */
  state: JobState
  priority: number
  inserted_at: Date
  scheduled_at: Date
  attempted_at: Date
  /** The node that ran it, and the producer on that node. */
  attempted_by: string[]
}

/** A job in an event, with its args. */
export interface EventJob<Args = any> extends BriefEventJob {
  /** Null if the job was dispatched before a listener wanted args. */
  args: Args
  meta: JsonObject
  tags: string[]
}

/** An event whose job has no args, meta or tags. */
export type BriefEvent<Event> = Event extends { job: EventJob } ? Omit<Event, 'job'> & { job: BriefEventJob } : Event

/** The outcome of an attempt. */
export interface AttemptEnd<Result = any> {
  result: Result | null
  error: JobErrorEntry | null
  /** Seconds until the next attempt. */
  delay: number | null
  /** Milliseconds that it ran; null if it did not begin. */
  run_ms: number | null
  /** Milliseconds from when the job was due until it was claimed. */
  queue_ms: number
  /**
   * Milliseconds of CPU time of `perform`, with `measure: true`. Null if it was not measured, if other
   * jobs or code used the same thread meanwhile, and before Node.js 22.15.
   */
  cpu_ms: number | null
  /** Bytes by which the heap grew meanwhile, negative if it shrank; null as `cpu_ms` is. */
  heap_delta_bytes: number | null
}

/**
 * A job as `onSuccess`, `onFailure` and `onAttempt` receive it. `state` is that of the attempt, not
 * that of the job.
 */
export type FinishedJob<T> = Omit<EventJob<ArgsOf<T>>, 'state'> & AttemptEnd<ResultOf<T>> & { state: AttemptState }

/**
 * How an attempt ended. `failure` will be retried, `discard` will not. `released`: handed back,
 * without counting.
 */
export type AttemptState = 'success' | 'failure' | 'discard' | 'cancelled' | 'snoozed' | 'released'

/** Which job, and which attempt. */
export interface BriefJob {
  id: number
  /** Name of the job class. */
  worker: string
  queue: string
  attempt: number
  max_attempts: number
  /** The trace that the job continues, `meta.trace.traceparent`, if it has one. */
  traceparent?: string
}

/**
 * The events of an engine, for {@link EramEngine.on}. Each is also published by
 * `node:diagnostics_channel`, as `eram:<event>`, a {@link BriefEvent}.
 *
 * Events of jobs concern attempts on this engine, and follow the commit that they report.
 */
export interface EngineEvents {
  /** A thread began a job. */
  'job:start': { event: 'job:start'; job: EventJob }
  /** An attempt succeeded, chose another outcome, or was handed back. */
  'job:stop': { event: 'job:stop'; job: EventJob; state: 'success' | 'snoozed' | 'cancelled' | 'discard' | 'released' } & AttemptEnd
  /** An attempt failed. */
  'job:exception': { event: 'job:exception'; job: EventJob; state: 'failure' | 'discard' } & AttemptEnd
  /** An attempt ended after its job had been given to another node; its outcome was not written. */
  'job:lost': { event: 'job:lost'; job: EventJob; state: AttemptState }
  /**
   * The engine discarded a waiting job: another job has taken its unique key, or it has no attempt
   * left.
   */
  'job:discarded': {
    event: 'job:discarded'
    job: Pick<EventJob, 'id' | 'worker' | 'queue' | 'attempt' | 'state'>
    error: { name: string; message: string; [key: string]: any }
  }
  /**
   * A job of a lost node was rescued: made available again, or discarded after its last attempt.
   */
  'job:rescued': { event: 'job:rescued'; job: Pick<EventJob, 'id' | 'worker' | 'queue' | 'attempt' | 'state'> }
  /**
   * The outcomes of `jobs` attempts were written, in one batch, which took `elapsed_ms`. A job with
   * `transaction: true` writes its own outcome, and is counted once the engine has seen the commit.
   */
  'ack:flush': { event: 'ack:flush'; jobs: number; elapsed_ms: number }
  /**
   * Jobs have been waiting for a minute in a queue that is served, but no running node can run
   * them: none knows the class, or none has a matching version. `jobs` counts those at the head of
   * the queue, `seconds` is how long they have waited. Emitted at most once in five minutes for
   * each class and version.
   */
  'job:unhandled': {
    event: 'job:unhandled'
    queue: string
    worker: string | null
    version: string | null
    version_rule: 'pinned' | 'min' | null
    jobs: number
    seconds: number
  }
  /**
   * The database refuses to change the row of a job: a trigger or constraint of the application's
   * own raises an error. The row is set aside, the others go on; it is tried again after `retry_ms`,
   * ever more slowly. Emitted each time that it is refused. A `purge` passes over it; `retry_ms` is
   * then null.
   */
  'job:refused': {
    event: 'job:refused'
    part: RefusedJob['part'] | 'purge'
    job: RefusedJob['job']
    sqlstate: string | null
    constraint: string | null
    message: string
    tries: number
    retry_ms: number | null
  }
  /** A job reported its progress, at most once a second. */
  'job:progress': { event: 'job:progress'; job: BriefJob; value: number; message: string | null; at: string }
  /** A job wrote to `ctx.log`; within a span of OpenTelemetry, with its ids. */
  'job:log': {
    event: 'job:log'
    job: BriefJob
    level: LogLevel
    message: string
    fields?: { [field: string]: unknown }
    trace_id?: string
    span_id?: string
    at: string
  }
  /**
   * A problem with a job that does not change its outcome: a hook threw, a result could not be
   * stored, …
   */
  'job:warning': { event: 'job:warning'; job: BriefJob; what: string; message: string }
  /** A queue was paused, resumed or scaled. */
  'queue:update': { event: 'queue:update'; queue: string; paused: boolean; limit: number }
  /** A queue stopped; `released` has the ids of the jobs that it handed back. */
  'queue:shutdown': { event: 'queue:shutdown'; queue: string; released: number[]; elapsed_ms?: number }
  /** Due jobs became available; `queues` counts them by queue. */
  'stager:stop': { event: 'stager:stop'; queues: { [queue: string]: number } }
  /**
   * A tick of a cron entry made a job or, with `conflict`, met an existing unique one. `late`: the
   * tick had been missed and was made up for.
   */
  'cron:insert': {
    event: 'cron:insert'
    name: string
    worker: string
    /** Time of the tick, ISO 8601. */
    at: string
    late: boolean
    job: { id: number | null; queue: string | null; conflict: boolean }
  }
  /**
   * No node was running for `missed` ticks of a cron entry, the last of which was at `upto`.
   * `made_up`: the last one, or a later one, made a job.
   */
  'cron:missed': { event: 'cron:missed'; name: string; worker: string; missed: number; upto: string; made_up: boolean }
  /**
   * A cron entry, as it is in the table, cannot make its job, or its last tick lies in the future.
   * Other entries are not affected.
   */
  'cron:exception': { event: 'cron:exception'; name: string; worker: string; at: string | null; message: string }
  /**
   * Old finished jobs were deleted; counted by state. `held` counts those that the database refuses to
   * delete, because another table refers to them, for example; see `job:refused`.
   */
  'pruner:stop': {
    event: 'pruner:stop'
    completed: number
    cancelled: number
    discarded: number
    held: number
    elapsed_ms: number
  }
  /**
   * The reindexer ran. `missing`: indexes that do not exist. `removed`: invalid indexes left behind
   * by an interrupted run.
   */
  'reindexer:stop': {
    event: 'reindexer:stop'
    rebuilt: string[]
    missing: string[]
    removed: string[]
    failed: { index: string; message: string }[]
    elapsed_ms: number
  }
  /** Notifications started or stopped arriving. */
  'notifier:switch': { event: 'notifier:switch'; listening: boolean }
  /** The database became unavailable or available again. */
  'database:switch': { event: 'database:switch'; available: boolean; error?: string }
  /** Other nodes gave this node up for a while; the jobs that it was running run elsewhere. */
  'producer:lost': { event: 'producer:lost'; queue: string; jobs: any }
  /**
   * The database belongs to another environment, so this engine runs no queue. Emitted at the
   * start, before `engine.on` can be called.
   */
  'queues:disabled': { event: 'queues:disabled'; environment: string | null; expected: string; message: string }
  /** A problem with the cluster appeared or was resolved. */
  warning: WarningEvent
  /** This engine became the leader; see {@link EramEngine.leader}. */
  'leader:elected': { event: 'leader:elected'; node: string; since: Date }
  /**
   * This engine is not the leader any more: it `stopped`, serves no queue any more (`ineligible`),
   * was asked to step down (`resigned`), could not renew its lease in time (`expired`), or found
   * the lease taken or gone (`superseded`), or it fell asleep (`idle`).
   */
  'leader:lost': {
    event: 'leader:lost'
    node: string
    since: Date
    reason: 'stopped' | 'ineligible' | 'resigned' | 'idle' | 'expired' | 'superseded'
  }
  /** This engine fell asleep, for at most `seconds`; see `idle` of {@link StartOptions}. */
  'engine:sleep': { event: 'engine:sleep'; seconds: number }
  /**
   * This engine woke after `slept_ms`: it was `notified`, something is `due`, it has slept for as long
   * as it may (`longest`), a call or a queue of this engine needs it (`local`), or the connection that
   * listens was lost or is back (`connection`).
   */
  'engine:wake': { event: 'engine:wake'; reason: 'notified' | 'due' | 'longest' | 'local' | 'connection'; slept_ms: number }
  /** A message arrived on a channel that is being listened to; see {@link EramEngine.listen}. */
  message: { event: 'message'; channel: string; payload: any; node: string | null; scope: MessageScope }
  /** A job thread started and serves its queue. */
  'thread:start': { event: 'thread:start'; queue: string | null; group: string | null; [detail: string]: any }
  /** A job thread ended; `expected`: whether the engine meant it to. */
  'thread:exit': {
    event: 'thread:exit'
    queue: string | null
    group: string | null
    expected: boolean
    message?: string
    [detail: string]: any
  }
  /** A log line of the engine, or of the `ctx.log` of a plugin. */
  'engine:log': { event: 'engine:log'; level: LogLevel; message: string; fields?: { [field: string]: unknown }; plugin?: string }
  /**
   * A tick of a {@link Plugin} began; it ends with `plugin:stop`, or `plugin:exception` of the kind
   * `error`.
   */
  'plugin:start': { event: 'plugin:start'; plugin: string }
  /** A tick of a plugin ended; `aborted` if its signal had been aborted. */
  'plugin:stop': { event: 'plugin:stop'; plugin: string; elapsed_ms: number; aborted: boolean }
  /**
   * A plugin threw `error`; or, with `timeout`, is still running and its signal was aborted. Its
   * ticks go on.
   */
  'plugin:exception': {
    event: 'plugin:exception'
    plugin: string
    kind: 'error' | 'timeout'
    phase: 'start' | 'tick' | 'stop'
    elapsed_ms: number
    message: string
    error: unknown
  }
  /**
   * Events were dropped before they reached a listener, because the thread that started the engine
   * was busy: 100,000 events or 16 MiB were waiting. Counts by kind; emitted at most once a second.
   * Or events of another `node` did not fit in its notifications: `remote` is how many, of all kinds,
   * and only engines with listeners of `scope: 'cluster'` emit it.
   */
  'events:dropped': { event: 'events:dropped'; dropped: { [kind: string]: number }; remote?: number; node?: string }
  /** A listener of the event `of` threw `error`; or, with `onError`, the function of that name. */
  'listener:exception': { event: 'listener:exception'; of: string; message: string; error?: unknown }
}

/** Any of {@link EngineEvents}. */
export type EngineEvent = EngineEvents[keyof EngineEvents]
