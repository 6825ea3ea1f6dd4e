// Jobs as rows: the table eram_jobs, the errors of a job, and its attempts.
import type { Backoff } from './job-options.js'
import type { JobState, JsonObject } from './values.js'

/** A job as a row of the table `eram_jobs`. */
export interface JobRow<Args = any, Result = any> {
  /** Above 2^53 − 1, which only rows written by hand have, a text of its digits. */
  id: number
  state: JobState
  queue: string
  /** Name of the job class. */
  worker: string
  args: Args
  meta: JsonObject
  tags: string[]
  /** Failed attempts, oldest first; the newest twenty are kept. */
  errors: JobErrorEntry[]
  /** The return value of `perform`. */
  result: Result | null
  /** 0 (runs first) to 9. */
  priority: number
  /** Number of the current or last attempt, from 1; 0 before the first. */
  attempt: number
  max_attempts: number
  /** How often its thread, process or node died while it ran. */
  crashes: number
  /** Milliseconds; null for none. */
  timeout: number | null
  backoff: Backoff | null
  /** Version of the application that enqueued it. */
  version: string | null
  version_rule: 'pinned' | 'min' | null
  /** Version of the application that last claimed it. */
  attempted_version: string | null
  /** The node that last claimed it, and the producer on that node. */
  attempted_by: string[] | null
  inserted_at: Date
  /** An infinite time, or one that a Date cannot hold, is the last or first instant of Date. */
  scheduled_at: Date
  attempted_at: Date | null
  completed_at: Date | null
  cancelled_at: Date | null
  discarded_at: Date | null
  cancel_requested_at: Date | null
  /** What it last reported with `ctx.progress()`; null if it never did. */
  progress: JobProgress | null
  /** Of {@link Jobs.find} and {@link Jobs.list}: another text after each change of the row. */
  revision?: string
  /** In answers of the HTTP API: what its caller may do with the job now. */
  can?: JobAction[]
}

/** What may be done with a job, see {@link Jobs}. */
export type JobAction = 'cancel' | 'retry' | 'delete' | 'update'

/** The progress of a job, as it last reported it. */
export interface JobProgress {
  /** The attempt that reported it. */
  attempt: number
  /** From 0 to 1. */
  value: number
  message: string | null
  reported_at: Date
}

/** A job that has ended, returned by {@link EramEngine.waitFor}. */
export interface EndedJob<Args = any, Result = any> extends JobRow<Args, Result> {
  state: 'completed' | 'cancelled' | 'discarded'
}

/** One failed attempt. An entry longer than `max_error_bytes` of the engine is cut. */
export interface JobErrorEntry {
  attempt: number
  /** ISO 8601. */
  at: string
  /**
   * `error`: it threw. `timeout`: it took longer than its timeout; with the code `GIVEN_UP` it did not
   * end when it was aborted. `load`: its class could not be loaded, or
   * its instance not be made. `crash`: its thread or process died.
   * `lost`: its node died, or was given up, while it ran.
   */
  kind: 'error' | 'timeout' | 'cancelled' | 'discarded' | 'load' | 'crash' | 'lost'
  /** Name of the error's class. */
  name: string
  message: string
  stack?: string
  code?: string | number
  cause?: unknown
  /** Start of the attempt, ISO 8601. */
  attempted_at?: string
  /** The node and the producer on it. */
  attempted_by?: string[]
}

/** One attempt of a job: a row of the table `eram_attempts`, or the row of the job itself for one that runs or was a plain success. */
export interface JobAttempt {
  /** Its number, from 1. Attempts that do not count, such as snoozes, share the number of the next. */
  attempt: number
  /**
   * How it ended, as in `job:stop` and `job:exception`. `rescued`: its node died, or was given up,
   * while it ran. `executing`: it has not ended.
   */
  status: 'success' | 'failure' | 'discard' | 'cancelled' | 'snoozed' | 'released' | 'rescued' | 'executing'
  /** When the job was claimed. */
  started_at: Date | null
  /** When its end was written; null while it runs. */
  ended_at: Date | null
  /** The node, and the producer on it. */
  attempted_by: string[] | null
  /** What ran it, such as `thread 3`; null if it never began, its node died, or its row is that of the job. */
  isolate: string | null
  error: JobErrorEntry | null
  /** What it wrote to `ctx.log`, with `store_logs`; null for nothing. */
  logs: JobLogLine[] | null
  /**
   * Its CPU profile, which {@link Jobs.cpuProfile} gives: the bytes of its JSON, 0 if it was left out,
   * and a note, such as what was left out. Null if none was taken.
   */
  profile: { bytes: number; note: string | null } | null
}

/** A line that an attempt wrote to `ctx.log`. */
export interface JobLogLine {
  /** ISO 8601. */
  at: string
  level: 'debug' | 'info' | 'warn' | 'error'
  message: string
}
