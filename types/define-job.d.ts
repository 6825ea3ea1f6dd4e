// Functions as jobs.
import type { JobContext } from './context.js'
import type { EramJob } from './job.js'
import type { Backoff, RegisterOptions } from './job-options.js'

/** Options of {@link defineJob}: those of a job class, and as `backoff` also a function. */
export interface DefineJobOptions extends Omit<RegisterOptions, 'name' | 'backoff'> {
  /**
   * Delay before the next attempt. A function returns seconds; see {@link EramJob.backoff}.
   * @default 'oban'
   */
  backoff?: Backoff | ((attempt: number, error: unknown) => number | Promise<number>) | undefined
}

/** A job made of a function: for everything that takes a job class. */
export interface FunctionJob<Args = any, Result = unknown>
  extends Pick<typeof EramJob, 'enqueue' | 'new' | 'onSuccess' | 'onFailure' | 'onAttempt'> {
  new (): { perform(args: Args, ctx: JobContext<Args>): Result }
  /** As it was given. */
  readonly name: string
}

/**
 * Makes a job of a function, which does what `perform` of a class does, and registers it. Declare
 * the type of the arguments on the function: every enqueue is checked against it.
 *
 * With `filename`, jobs run on the worker thread of their queue, which imports the file; it must
 * define the job when it is imported, and need not export it.
 *
 * @example
 * const sendMail = defineJob('send_mail', { queue: 'emails' }, async (args: { email: string }, ctx) => {
 *   await send(args.email, { signal: ctx.signal })
 *   return { sent: true }
 * })
 * await sendMail.enqueue({ email: 'a@b.c' })
 *
 * @param name of the worker in the database, 1 to 127 characters
 * @throws {EramError} `ERAM_JOB` for an invalid option, or a name that is taken
 */
export declare function defineJob<Args = any, Result = unknown>(
  name: string,
  options: DefineJobOptions | undefined,
  perform: (args: Args, ctx: JobContext<Args>) => Result,
): FunctionJob<Args, Result>
export declare function defineJob<Args = any, Result = unknown>(
  name: string,
  perform: (args: Args, ctx: JobContext<Args>) => Result,
): FunctionJob<Args, Result>
