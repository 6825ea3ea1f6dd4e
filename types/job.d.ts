// Defining jobs: the base class, its hooks and listeners.
import type { AnyJobClass, ArgsOf, JobContext } from './context.js'
import type { DraftCall, DraftObject, DraftOptions, EnqueueCall, EnqueuedJob, EnqueueObject, EnqueueOptions, JobDraft } from './enqueue.js'
import type { FinishedJob } from './events.js'
import type { RegisterOptions } from './job-options.js'
import type { Middleware } from './middleware.js'

/**
 * Base class of job classes. The worker of a job, as stored in the database, is the name of its
 * class.
 *
 * Declare the type of the arguments once, on `perform`: every enqueue is checked against it.
 *
 * @example
 * export class EmailUserJob extends EramJob {
 *   static {
 *     this.register({ filename: import.meta.filename, queue: 'emails', timeout: 60_000 })
 *   }
 *
 *   async perform(args: { email: string }, ctx: JobContext) {
 *     await send(args.email, { signal: ctx.signal })
 *     return { sent: true } // stored as the job's result
 *   }
 * }
 *
 * await EmailUserJob.enqueue({ email: 'a@b.c' })
 */
export declare abstract class EramJob {
  /**
   * Middleware of this class, inside all other. Its `enqueue` sees the drafts of this class, where
   * the class is loaded.
   */
  static use?: readonly Middleware[]

  /**
   * Registers the class under its name. Call it in the static block of the class, or after the
   * class.
   *
   * The same class may register again, when its file is loaded again; two different classes of one
   * name are rejected. The names of options are checked at once; their values at once in a process
   * that runs an engine, else with the first use of the class, so that importing a job file does not
   * load the native addon.
   * @throws {EramError} `ERAM_JOB` for an invalid option, or a name that is taken
   */
  static register<T extends abstract new (...args: any[]) => EramJob>(this: T, options?: RegisterOptions): T

  /**
   * Inserts a job. Resolves when the row is committed or, with `tx`, is part of that transaction.
   *
   * The two forms are equivalent. The one with a single object is recognized by a member `args`
   * with only options as its other members.
   *
   * @example
   * await EmailUserJob.enqueue({ email: 'a@b.c' })
   * await EmailUserJob.enqueue({ email: 'a@b.c' }, { priority: 1, schedule_in: 60, tx: manager })
   * await EmailUserJob.enqueue({ args: { email: 'a@b.c' }, priority: 1 })
   *
   * @throws {EramError} `ERAM_JOB` for invalid arguments or options, before any SQL ·
   * `ERAM_NOT_RUNNING` without a running engine or `tx` · `ERAM_NOT_IN_TRANSACTION` ·
   * `ERAM_NOT_MIGRATED` · `ERAM_DATABASE` · `ERAM_UNAVAILABLE`. After an error of the database
   * itself `tx` is aborted and has to be rolled back.
   */
  static enqueue<T extends AnyJobClass>(
    this: T,
    job: EnqueueObject<ArgsOf<T>, never>,
    options?: EnqueueOptions,
  ): Promise<EnqueuedJob<ArgsOf<T>, ArgsOf<T>>>
  static enqueue<T extends AnyJobClass>(this: T, ...call: EnqueueCall<ArgsOf<T>, never>): Promise<EnqueuedJob<ArgsOf<T>, ArgsOf<T>>>
  static enqueue<T extends AnyJobClass>(this: T, job: EnqueueObject<ArgsOf<T>>, options?: EnqueueOptions): Promise<EnqueuedJob<ArgsOf<T>>>
  static enqueue<T extends AnyJobClass>(this: T, ...call: EnqueueCall<ArgsOf<T>>): Promise<EnqueuedJob<ArgsOf<T>>>

  /**
   * The same as {@link EramJob.enqueue}, under the spelling of early examples. Its first use in a process emits a warning.
   *
   * @deprecated Use `enqueue`.
   */
  static equeue<T extends AnyJobClass>(this: T, job: EnqueueObject<ArgsOf<T>>, options?: EnqueueOptions): Promise<EnqueuedJob<ArgsOf<T>>>
  static equeue<T extends AnyJobClass>(this: T, ...call: EnqueueCall<ArgsOf<T>>): Promise<EnqueuedJob<ArgsOf<T>>>

  /**
   * Makes a draft for {@link EramEngine.enqueueAll}: a job that is checked now and inserted later.
   * Takes the same two forms as `enqueue`.
   *
   * @example
   * await EramEngine.enqueueAll(emails.map((email) => EmailUserJob.new({ email })), { tx })
   *
   * @throws {EramError} `ERAM_JOB` for invalid arguments or options
   */
  static new<T extends AnyJobClass>(this: T, job: DraftObject<ArgsOf<T>, never>, options?: DraftOptions): JobDraft<ArgsOf<T>, ArgsOf<T>>
  static new<T extends AnyJobClass>(this: T, ...call: DraftCall<ArgsOf<T>, never>): JobDraft<ArgsOf<T>, ArgsOf<T>>
  static new<T extends AnyJobClass>(this: T, job: DraftObject<ArgsOf<T>>, options?: DraftOptions): JobDraft<ArgsOf<T>>
  static new<T extends AnyJobClass>(this: T, ...call: DraftCall<ArgsOf<T>>): JobDraft<ArgsOf<T>>

  /**
   * Calls back when a job of this class has completed on an engine of this process, after the
   * commit.
   * @returns a function that removes the listener
   */
  static onSuccess<T extends AnyJobClass>(this: T, callback: (job: FinishedJob<T>) => unknown): () => void

  /**
   * Calls back when a job of this class was discarded on an engine of this process: out of
   * attempts, or by its own choice. Not called for an attempt that will be retried.
   * @returns a function that removes the listener
   */
  static onFailure<T extends AnyJobClass>(this: T, callback: (job: FinishedJob<T>) => unknown): () => void

  /**
   * Calls back when any attempt of a job of this class has ended on an engine of this process,
   * whatever its outcome.
   * @returns a function that removes the listener
   */
  static onAttempt<T extends AnyJobClass>(this: T, callback: (job: FinishedJob<T>) => unknown): () => void

  /**
   * Does the work, on a new instance for each attempt. The return value completes the job and is
   * stored as its result (up to `max_result_bytes` of the engine), except for what `ctx.cancel()`,
   * `ctx.discard()`, `ctx.snooze()` and `ctx.retry()` return. An exception fails the attempt.
   */
  abstract perform(args: any, ctx: JobContext): unknown

  /**
   * Seconds until the next attempt, in place of the option `backoff`; may be static. If it throws,
   * takes longer than 5 s, or does not return a number of 0 or more, the option or the default
   * applies and `job:warning` is emitted.
   */
  backoff?(attempt: number, error: unknown): number | Promise<number>

  // Hooks run when the outcome is decided, so they cannot change it. One that throws, or takes
  // longer than 5 s, emits job:warning.

  /** Called after an attempt that completed the job. */
  afterSuccess?(result: any, args: any, ctx: JobContext): unknown
  /** Called after an attempt that failed, whether or not it will be retried. */
  afterError?(error: unknown, args: any, ctx: JobContext): unknown
  /** Called after the job was discarded: out of attempts, or by its own choice. */
  afterDiscard?(error: unknown, args: any, ctx: JobContext): unknown
  /** Called after a process passed to `ctx.adopt()` has ended successfully. */
  afterAsync?(result: any, args: any, ctx: JobContext): unknown
}
