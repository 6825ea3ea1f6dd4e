// The context of a running job, the second argument of `perform`; and the types that read a job
// class.
import type { EnqueuedJob, EnqueueOptions } from './enqueue.js'
import type { TransactionOptions } from './job-options.js'
import type { JobErrorEntry } from './job-row.js'
import type { CancelJob, DiscardJob, RetryJob, SnoozeJob } from './outcomes.js'
import type { RegisteredTransaction } from './transaction.js'
import type { Jsonable, JsonObject } from './values.js'

/** Any job class. Its constructor may take arguments where `create` or a setup file gives them. */
export type AnyJobClass = (new (...args: any[]) => { perform(args: any, ctx: JobContext<any>): unknown }) & { readonly name: string }

/** The arguments that `perform` of a class takes. */
export type ArgsOf<T> = T extends new (...args: any[]) => { perform(args: infer Args, ...rest: any[]): unknown } ? Args : never

/** What `perform` of a class resolves to. */
export type ResultOf<T> = T extends new (...args: any[]) => { perform(...args: any[]): infer Result } ? Awaited<Result> : never

/**
 * The second argument of `perform`: the job, its signal, its log, and ways to end or extend it.
 *
 * `cancel`, `discard`, `snooze` and `retry` may be destructured.
 *
 * @example
 * class ImportFeedJob extends EramJob {
 *   async perform(args: { url: string }, { signal, snooze }: JobContext) {
 *     const response = await fetch(args.url, { signal })
 *     if (response.status === 429) return snooze(60)
 *     return { bytes: (await response.text()).length }
 *   }
 * }
 */
export interface JobContext<Args = any> {
  readonly id: number
  /** Number of this attempt, from 1. */
  readonly attempt: number
  readonly max_attempts: number
  readonly queue: string
  /** Name of the job class. */
  readonly worker: string
  /** The job's row as it was claimed. */
  readonly job: RunningJob<Args>
  /**
   * Aborted on timeout, cancel and shutdown, with a {@link JobAborted} as its reason. Pass it on,
   * or check it in long loops.
   */
  readonly signal: AbortSignal
  /**
   * Emits `job:log`, in this process only; the engine's `logger` receives the lines as well. With
   * `store_logs` they are also stored with the attempt.
   */
  readonly log: JobLog
  /** The transaction of a job with `transaction: true`; undefined for others. */
  readonly tx: RegisteredTransaction
  /**
   * Reports how far the job is, from 0 to 1, and what it is doing, up to 500 characters. Shown by
   * `jobs.find` and `jobs.list`, and emitted as `job:progress` in this process. Of several reports
   * within a second the newest is written; one just before the end of the attempt may not be.
   * @example
   * ctx.progress(0.4, 'parsing')
   * @throws {EramError} `ERAM_JOB` for a value outside 0 to 1, or a message that is not a text
   */
  progress(value: number, message?: string): void
  /** `return ctx.cancel('why')`, or throw it: the job is `cancelled` and never retried. */
  cancel(reason?: string): CancelJob
  /**
   * `return ctx.discard('why')`, or throw it: the job is `discarded`, with an entry in its errors.
   */
  discard(reason?: string): DiscardJob
  /**
   * `return ctx.snooze(60)`, or throw it: the job runs again in that many seconds; the attempt does
   * not count.
   */
  snooze(seconds: number): SnoozeJob
  /**
   * `throw ctx.retry({ after: 30 })`: the attempt fails, and the next one follows in that many
   * seconds.
   */
  retry(options?: { after?: number | undefined; reason?: string | undefined; cause?: unknown }): RetryJob
  /**
   * Ties the job to a process of the operating system. The job stays `executing`, and occupies its
   * place in the queue's limit, until the process ends. Exit code 0 completes the job, any other
   * fails it; a pid that is not a child of this process completes it with `exit_code: null`, as its
   * exit cannot be observed. Cancel and timeout send SIGTERM to the process and its descendants,
   * and SIGKILL after `abort_grace`.
   *
   * @param process a ChildProcess, or a pid
   * @throws {EramError} `ERAM_JOB` for anything else, and for a second process
   * @example
   * await ctx.adopt(spawn('ffmpeg', ['-i', args.input, args.output], { stdio: 'ignore' }))
   */
  adopt(process: number | { readonly pid?: number | undefined }): Promise<{ pid: number; exit_code: number | null }>
  /**
   * Runs `fn` in a transaction of the driver, committed when it resolves and rolled back when it
   * rejects. For jobs that need one for a part of their work only. Enqueues in `fn` join it. The
   * job is completed later: a crash between the two repeats the whole job.
   *
   * @example
   * const report = await compute(args)
   * await ctx.transaction(async (tx) => {
   *   await tx.query('INSERT INTO reports (text) VALUES ($1)', [report])
   *   await EmailUserJob.enqueue({ email: 'a@b.c' })
   * })
   * @throws {EramError} `ERAM_DRIVER` without a driver · `ERAM_JOB` in a job with
   * `transaction: true`, which has `ctx.tx`
   */
  transaction<T>(fn: (tx: RegisteredTransaction) => T | Promise<T>, options?: TransactionOptions): Promise<T>
  /**
   * Enqueues another job, in this job's transaction if it has one.
   * @throws {EramError} as {@link EramJob.enqueue}
   */
  enqueue<T extends AnyJobClass>(
    worker: T,
    args: Jsonable<ArgsOf<T>, never>,
    options?: EnqueueOptions,
  ): Promise<EnqueuedJob<ArgsOf<T>, ArgsOf<T>>>
  enqueue<T extends AnyJobClass>(worker: T, args: Jsonable<ArgsOf<T>>, options?: EnqueueOptions): Promise<EnqueuedJob<ArgsOf<T>>>
  enqueue(worker: string, args?: JsonObject, options?: EnqueueOptions): Promise<EnqueuedJob>
}

/** The row of a job that is running, as it was claimed. */
export interface RunningJob<Args = any> {
  id: number
  state: 'executing'
  /** Name of the job class. */
  worker: string
  queue: string
  attempt: number
  max_attempts: number
  priority: number
  args: Args
  meta: JsonObject
  tags: string[]
  /** Earlier failed attempts, oldest first. */
  errors: JobErrorEntry[]
  inserted_at: Date
  scheduled_at: Date
  attempted_at: Date
  /** Milliseconds; null for none. */
  timeout: number | null
}

/** The reason of `ctx.signal`. */
export interface JobAborted extends Error {
  readonly code: 'timeout' | 'cancelled' | 'shutdown'
}

/**
 * The log of a job, with the arguments of `console.log`. A plain object in last place, after the message, has the fields
 * of the record; what cannot be copied between threads becomes text in it.
 * @example
 * ctx.log.info('converted', { seconds: 2.5 })
 */
export interface JobLog {
  debug(...words: unknown[]): void
  info(...words: unknown[]): void
  log(...words: unknown[]): void
  warn(...words: unknown[]): void
  error(...words: unknown[]): void
}
