// Middleware: code of the application around enqueues, attempts, and calls of `perform`.
import type { JobContext } from './context.js'
import type { DraftOptions, EnqueuedJob } from './enqueue.js'
import type { AttemptState } from './events.js'
import type { JsonObject } from './values.js'

/**
 * What surrounds enqueues, attempts and calls of `perform`; each function is optional. Given to
 * {@link EramEngine.use}, to one engine, in a {@link Setup} file, or to a class in `static use`. The
 * order, from the outermost: `EramEngine.use`, setup files, `engine.use`, class.
 *
 * A function calls `next()` once, for what is within it.
 *
 * @example
 * const timing: Middleware = {
 *   name: 'timing',
 *   async attempt(ctx, next) {
 *     const { state, duration_ms } = await next()
 *     console.log(ctx.worker, ctx.id, state, duration_ms)
 *   },
 * }
 */
export interface Middleware {
  /** Shown in errors and warnings. */
  name?: string | undefined
  /**
   * Around one call of `enqueue` or `enqueueAll`, before any SQL, whether or not it joins a
   * transaction. Returns the jobs that `next()` resolves to, or others in their place, one for each
   * draft; what it throws rejects the call. Jobs that are inserted by SQL, by `eramjs/enqueue` or by
   * cron entries pass none.
   */
  enqueue?(call: MiddlewareCall, next: () => Promise<EnqueuedJob[]>): Promise<EnqueuedJob[]>
  /**
   * Around a whole attempt: from before the instance is made and a transaction begins, until the
   * outcome is decided and the after… methods have run. It observes: `next()` never rejects, and what
   * this returns has no effect. If it throws, or returns without having called `next()`,
   * `job:warning` is emitted and the job runs all the same.
   */
  attempt?(ctx: JobContext, next: () => Promise<AttemptSummary>): unknown
  /**
   * Around `perform`, inside the job's transaction. Takes part in the outcome: what it returns or
   * throws counts in place of what `perform` does. It need not call `next()`.
   */
  perform?(args: any, ctx: JobContext, next: () => unknown): unknown
}

/** A call of `enqueue` or `enqueueAll`. */
export interface MiddlewareCall {
  /** One for each job, in order. In the middleware of a class, those of the class. */
  readonly drafts: readonly MiddlewareDraft[]
  /** Whether it is a call of `enqueueAll`. */
  readonly bulk: boolean
  /** Whether the jobs are inserted in a transaction of the caller. */
  readonly transaction: boolean
  /** Name of the engine; null without one. */
  readonly engine: string | null
}

/** A job that is about to be inserted. Its methods throw `ERAM_JOB` after `next()`. */
export interface MiddlewareDraft {
  /** Name of the job class. */
  readonly worker: string
  readonly queue: string
  readonly args: unknown
  /** Those of the call; a class has its own beside them. */
  readonly options: Readonly<DraftOptions>
  /**
   * Sets options, in place of those of the same names.
   * @throws {EramError} `ERAM_JOB` for invalid options
   */
  set(options: DraftOptions): void
  /**
   * Sets the arguments.
   * @throws {EramError} `ERAM_JOB` for what JSON cannot represent, or more than `max_args_bytes`
   */
  setArgs(args: JsonObject): void
  /**
   * Adds members to `meta.context` of the job, up to 2 KiB of JSON each. The key of a unique
   * job leaves them out.
   * @throws {EramError} `ERAM_JOB` for what JSON cannot represent, or what is too long
   */
  context(values: JsonObject): void
  /**
   * Sets `meta.trace` of the job, unless the call has given one: what a tracer needs to continue the
   * trace, such as `{ traceparent: '00-…' }`, up to 4 KiB of JSON. The key of a
   * unique job leaves it out.
   * @throws {EramError} `ERAM_JOB` for what JSON cannot represent, or what is too long
   */
  trace(carrier: JsonObject): void
}

/** How an attempt ended. */
export interface AttemptSummary {
  state: AttemptState
  /** The very value that was thrown, or the chosen outcome, such as a {@link DiscardJob}. */
  error?: unknown
  /** What `perform` returned. */
  result?: unknown
  /** Milliseconds from `next()` until the outcome was decided. */
  duration_ms: number
}
