// eramjs/jobs: jobs of one handler, by type.
import type { StartOptions } from 'eramjs'

export { defineJob } from 'eramjs'

/** The states of a job. */
export declare const JOB_STATUS: {
  readonly PENDING: 'pending'
  readonly RUNNING: 'running'
  readonly COMPLETED: 'completed'
  readonly FAILED: 'failed'
}

/** How an attempt ended. */
export declare const ATTEMPT_STATUS: { readonly SUCCESS: 'success'; readonly ERROR: 'error' }

/** The delay between attempts: `'none'`, or `'exp'` for 2^attempts seconds. */
export declare const BACKOFF_STRATEGY: { readonly NONE: 'none'; readonly EXP: 'exp' }

/** A Pool or Client of pg. */
export interface PgDatabase {
  query(text: string, values: any[]): PromiseLike<{ rows: any[] }>
  connect(...args: any[]): any
}

/** Options of {@link Jobs}. */
export interface JobsOptions {
  /** A Pool or Client of pg. `create`, `find` and `fetchAll` use it; `start` connects where it does. */
  db: PgDatabase
  /**
   * Does the work, on the main thread. What it returns becomes the `result` of the job; it must
   * throw on an error. Only needed to `start`.
   */
  jobHandler?: ((job: Job) => unknown) | undefined
  /**
   * Milliseconds that an idle processor waits before it looks for a job, where no notification wakes
   * it; at least 10.
   * @default 1000
   */
  pollIntervalMs?: number | undefined
  /**
   * Name of the queue, the worker and the engine; distinguishes several instances.
   * @default 'jobs'
   */
  name?: string | undefined
  /** The schema. @default 'public' */
  prefix?: string | undefined
  /** Whether missing tables are created, as `npx eramjs migrate` does. @default true */
  migrate?: boolean | undefined
  /** Other options of the engine that `start` starts. @default {} */
  engine?: Omit<StartOptions, 'name' | 'prefix' | 'queues' | 'driver'> | undefined
}

/** Options of {@link Jobs.create}. */
export interface CreateOptions {
  /** Number of attempts, the first included, before giving up. @default 3 */
  max_attempts?: number | undefined
  /** Delay between attempts. @default 'exp' */
  backoff_strategy?: Job['backoff_strategy'] | undefined
  /** When the job is due. @default at once */
  run_at?: Date | undefined
}

/** Options of {@link Jobs.fetchAll}. */
export type ListOptions = Partial<{ limit: number | undefined; offset: number | undefined }>

/** A job. It is a row of `eram_jobs`, whose `id` is its `uid` as a text. */
export interface Job {
  id: number
  uid: string
  type: string
  payload: Record<string, any>
  /** What the handler returned; null before. */
  result: null | undefined | Record<string, any>
  /** `pending` also while it waits for another attempt; `failed` also if it was cancelled. */
  status: typeof JOB_STATUS.PENDING | typeof JOB_STATUS.RUNNING | typeof JOB_STATUS.COMPLETED | typeof JOB_STATUS.FAILED
  /** Number of attempts that have begun. */
  attempts: number
  max_attempts: number
  created_at: Date
  /** The last of the other times. */
  updated_at: Date
  /** Start of the last attempt; null before the first. */
  started_at: Date
  /** When it was completed or failed; null before. */
  completed_at: Date
  /** When it is due, or when its next attempt is. */
  run_at: Date
  backoff_strategy: typeof BACKOFF_STRATEGY.NONE | typeof BACKOFF_STRATEGY.EXP
}

/**
 * An attempt that has ended. Failed ones are the job's `errors`, of which `eram_jobs` keeps the
 * newest twenty; there is no record of each attempt besides.
 */
export interface JobAttempt {
  /** Its number. */
  id: number
  /** The `uid` of the job. */
  job_id: string
  /** From 1. */
  attempt_number: number
  /** Null if it did not begin. */
  started_at: Date
  completed_at: Date
  status: typeof ATTEMPT_STATUS.SUCCESS | typeof ATTEMPT_STATUS.ERROR
  error_message: string | null
  /** The members of the error: `name`, `stack`, `code`, `cause`, and its `kind`. */
  error_details: null | Record<'stack' | string, any>
}

/**
 * Jobs of many types, each handled by one function, on PostgreSQL.
 *
 * @example
 * const jobs = new Jobs({
 *   db: pool,
 *   async jobHandler(job) {
 *     if (job.type === 'send_mail') return { sent: job.payload.to }
 *     throw new Error(`no handler of ${job.type}`)
 *   },
 * })
 * await jobs.start(2)
 * const job = await jobs.create('send_mail', { to: 'ada@example.com' }, { max_attempts: 3 })
 */
export declare class Jobs {
  /** @throws {EramError} `ERAM_CONFIG` for an invalid option */
  constructor(options: JobsOptions)

  /**
   * Starts to process jobs.
   * @param processors how many at once, default 2
   * @throws {EramError} as `EramEngine.start`
   */
  start(processors?: number): Promise<void>

  /** Stops processing; resolves when the running jobs have ended. */
  stop(): Promise<void>

  /**
   * Creates a job; on a Client that is in a transaction, as part of that transaction.
   * @throws {EramError} `ERAM_JOB` for an invalid type, payload or option
   */
  create(type: string, payload?: Record<string, any>, options?: CreateOptions): Promise<Job>

  /**
   * Calls back when a job of this type, or of one of these, was completed in this process.
   * @returns a function that removes the listener
   */
  onSuccess(type: string | string[], callback: (job: Job) => unknown): () => void
  /**
   * Calls back when a job has failed for good in this process: not for an attempt that will be
   * retried.
   * @returns a function that removes the listener
   */
  onFailure(type: string | string[], callback: (job: Job) => unknown): () => void
  /**
   * Calls back when any attempt has ended in this process; `status` is that of the job after it.
   * @returns a function that removes the listener
   */
  onAttempt(type: string | string[], callback: (job: Job) => unknown): () => void

  /**
   * Finds a job, and its attempts if asked for.
   * @throws {EramError} `ERAM_NOT_FOUND` if there is none with that uid
   */
  find(uid: string, withAttempts?: boolean): Promise<{ job: Job; attempts: null | JobAttempt[] }>

  /** Lists jobs, newest first: all, or those of one status or several. */
  fetchAll(status?: undefined | null | Job['status'] | Job['status'][], options?: ListOptions): Promise<Job[]>
}
