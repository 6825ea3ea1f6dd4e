// How a job class gets its dependencies: the option `create`, and setup files.
import type { AnyJobClass, JobContext } from './context.js'
import type { OnError } from './error-report.js'
import type { Middleware } from './middleware.js'

/**
 * Makes the instance that performs an attempt, in place of `new JobClass()`. May be asynchronous;
 * the job's `timeout` covers it. May return the same instance for all attempts.
 *
 * What it gives must have a method `perform`. If it has none, or `create` throws, the attempt fails
 * with an entry of kind `load`.
 *
 * @example
 * const create: CreateJob = (JobClass) => new JobClass(pool)
 */
export type CreateJob = (JobClass: AnyJobClass, ctx: JobContext) => unknown

/** What {@link Setup.start} is called with. */
export interface SetupInfo {
  /** Where the file was imported. */
  readonly isolate: 'main' | 'thread' | 'process'
  /** The queue of the job thread or job process; null on the main thread, which serves all, and in a thread group. */
  readonly queue: string | null
  /** The thread group of the job thread or job process, if it has one. */
  readonly group: string | null
  /** Name of the engine. */
  readonly engine: string
  /** Names of the job classes that are loaded next; none on the main thread. */
  readonly workers: readonly string[]
}

/** Gives an instance of a class, as Awilix, InversifyJS, tsyringe, TypeDI and Nest do. */
export type SetupContainer = { get(JobClass: any): unknown } | { resolve(JobClass: any): unknown }

/**
 * What a setup file exports, as its default export or by name: {@link StartOptions.setup}. The main
 * thread, each job thread and each job process imports it before any job class.
 *
 * `enqueue`, `attempt` and `perform` are {@link Middleware}, for what this thread enqueues and performs.
 *
 * Other names are rejected with `ERAM_CONFIG`; beside a default export the file may export what it
 * likes.
 *
 * @example
 * const setup: Setup = {
 *   async start({ isolate, queue }) {
 *     console.log('started:', isolate, queue)
 *   },
 *   resolve: (JobClass) => new JobClass(pool),
 *   stop: () => pool.end(),
 * }
 */
export interface Setup extends Omit<Middleware, 'name'> {
  /**
   * Awaited up to 30 s, the import included. If it throws or takes longer, `EramEngine.start()`
   * rejects with `ERAM_LOAD`, or the job thread counts as one that could not start.
   */
  start?(info: SetupInfo): unknown
  /**
   * Makes the instance that performs an attempt, see {@link CreateJob}. One of the setup files may
   * have it.
   */
  resolve?: CreateJob
  /** Another name for `resolve`. */
  create?: CreateJob
  /** Short for `resolve: (JobClass) => container.get(JobClass)`, or `container.resolve`. */
  container?: SetupContainer
  /**
   * Called with an instance that `resolve` made, after the attempt and its after… methods, within
   * 5 s.
   */
  release?(instance: any, ctx: JobContext): unknown
  /** Called with each error here: the place for Sentry and the like. See {@link OnError}. */
  onError?: OnError
  /** Awaited up to 5 s, when the last job here has ended. Not called when a thread crashes. */
  stop?(): unknown
}
