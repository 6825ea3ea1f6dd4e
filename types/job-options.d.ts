// Options of job classes, most of which a single job may override: queue, retries, uniqueness,
// transaction.
import type { Duration, JobState, JsonObject } from './values.js'

/**
 * Options of a job class, each of which a single job may override when it is enqueued.
 *
 * @throws {EramError} `ERAM_JOB` for an unknown option (with a suggestion) or an invalid value
 */
export interface JobOptions {
  /** Name of the queue, 1 to 127 characters. @default 'default' */
  queue?: string | undefined
  /**
   * 0 (runs first) to 9, as in Oban. Jobs of equal priority run in the order they are due.
   * @default 0
   */
  priority?: number | undefined
  /** Number of attempts, the first included, before the job is discarded. @default 20 */
  max_attempts?: number | undefined
  /** Labels to find jobs by: up to 64, each of 1 to 255 characters. @default [] */
  tags?: readonly string[] | undefined
  /**
   * Your own notes on the job, separate from its arguments. `trace` is the context of a trace, which
   * tracers continue; `context` is refused, because enqueue middleware sets it. Neither is a part of
   * the key of a unique job.
   * @default {}
   */
  meta?: JsonObject | undefined
  /**
   * Prevents duplicates. `true`: at most one job with the same args, queue and class, with no time
   * limit. An object changes single choices of the class's; `false` removes the class's.
   * @default none
   */
  unique?: boolean | UniqueOptions | undefined
  /**
   * Time limit of one attempt in milliseconds, from 1 ms to 999,999,999 ms (11.5 days). When it is
   * exceeded `ctx.signal` is aborted and the attempt fails. `false` removes the class's.
   * @default none
   */
  timeout?: Duration | false | undefined
  /**
   * Delay before the next attempt. A method `backoff(attempt, error)` of the class takes
   * precedence.
   * @default 'oban'
   */
  backoff?: Backoff | undefined
  /**
   * Which nodes may run the job, judged by the `version` of the engine that enqueued it (which must
   * have one). `'pinned'`: nodes of the same version. `'min'`: nodes of that version or a later
   * one, by the precedence of Semantic Versioning 2.0.0. `false` removes the class's.
   * @default all nodes
   */
  version?: 'pinned' | 'min' | false | undefined
}

/**
 * Delay after failed attempt `a` (from 1), at most 30 days.
 *
 * - `'oban'`: `15 + 2^a` seconds and up to 10 % more, the default of `Oban.Worker`: 17 s after the
 *   first attempt, six days after the nineteenth. With `max_attempts` above 20, `a` is scaled to 20
 *   steps.
 * - `'exp'`: `2^a` seconds.
 * - `'none'`: 0.
 * - an object: `base · factor^(a − 1)` seconds, at most `max`, and then up to the fraction `jitter`
 *   more. `base` and `max` are seconds. `{}` means
 *   `{ base: 1, factor: 2, max: 86_400, jitter: 0.1 }`.
 */
export type Backoff =
  | 'oban'
  | 'exp'
  | 'none'
  | { base?: number | undefined; factor?: number | undefined; max?: number | undefined; jitter?: number | undefined }

/**
 * When two jobs count as duplicates. Names and defaults are those of Oban's unique jobs.
 *
 * A duplicate is not an error: `enqueue` returns the existing job, with `conflict: true`. This
 * holds across transactions: an enqueue that meets an uncommitted duplicate waits for that
 * transaction, and inserts if it was rolled back.
 *
 * @example
 * await EmailUserJob.enqueue({ email }, { unique: { period: '1 hour', keys: ['email'] } })
 */
export interface UniqueOptions {
  /** What is compared. @default ['args', 'queue', 'worker'] */
  fields?: readonly ('args' | 'queue' | 'worker' | 'meta')[] | undefined
  /**
   * Compare only these members of args and meta; a missing one counts as null.
   * @default [] (all members)
   */
  keys?: readonly string[] | undefined
  /**
   * Seconds, at least 1, within which jobs are duplicates; `Infinity` or `'infinity'` for no limit.
   * @default 60
   */
  period?: Duration | undefined
  /**
   * States of the existing job that make it a duplicate. `'incomplete'`: suspended, scheduled,
   * available, executing and retryable. `'successful'`: those and completed. A list must contain
   * scheduled, available and executing, as in River, because a job moves between these by itself.
   * @default 'successful'
   */
  states?: 'all' | 'incomplete' | 'successful' | readonly JobState[] | undefined
  /** The time from which the period is measured. @default 'inserted_at' */
  timestamp?: 'inserted_at' | 'scheduled_at' | undefined
  /**
   * `'fixed'`: one job in each interval of length `period`, counted from 1970 by the database's
   * clock, so two may follow each other where one interval ends. `'sliding'`: none within `period`
   * before or after another; costs more, as enqueues that could collide wait for each other's
   * transactions.
   * @default 'fixed'
   */
  window?: 'fixed' | 'sliding' | undefined
  /**
   * Fields of the existing job to overwrite on a conflict, in any state or by its state.
   * @default []
   */
  replace?: readonly ReplaceableField[] | { readonly [State in JobState]?: readonly ReplaceableField[] | undefined } | undefined
}

/** The fields that `unique.replace` may overwrite. */
export type ReplaceableField = 'args' | 'max_attempts' | 'meta' | 'priority' | 'queue' | 'scheduled_at' | 'tags' | 'worker'

/** Options of {@link EramJob.register}. */
export interface RegisterOptions extends JobOptions {
  /**
   * The file that exports the class: an absolute path or a `file:` URL, usually
   * `import.meta.filename`, or `__filename` in CommonJS. Jobs then run on the worker thread of
   * their queue, which imports the file and takes the export with the class's name, or else the
   * default export. Without it they run on the main thread. The file must start no engine and
   * enqueue nothing while it is imported. In a bundle: `new URL('./jobs.js', import.meta.url)`, a
   * second entry point.
   */
  filename?: string | { readonly href: string } | null
  /**
   * Name of the worker in the database, 1 to 127 characters; for code whose class names change,
   * such as minified code.
   * @default the name of the class; refused if it has one or two characters, or is that of an
   * anonymous default export
   */
  name?: string | undefined
  /** Up to 64 former names under which jobs may still be stored. @default [] */
  aliases?: readonly string[] | undefined
  /**
   * Where jobs run: `'main'` on the thread that started the engine, `'thread'` on a worker thread
   * of the queue, `'process'` in a child process, for code that may crash natively. The last two
   * need `filename`.
   * @default that of the queue, else 'thread' with a filename and 'main' without
   */
  isolation?: 'main' | 'thread' | 'process' | undefined
  /**
   * Runs `perform` in a transaction of the engine's driver, `ctx.tx`. It commits when `perform`
   * returns and rolls back when it throws. Enqueues inside join it, except those with `tx: null`.
   *
   * The job's outcome is the last statement of the transaction. Its effects in the database and its
   * completion are therefore committed together or not at all (exactly once), whenever a crash
   * happens; a node that has lost the job to another rolls back.
   * @default false
   */
  transaction?: boolean | TransactionOptions | undefined
  /**
   * Stores the lines of `ctx.log` with each attempt, see `jobs.attempts`: the newest 1000, up to 64
   * KiB in total, and 4 KiB of each. Those of an attempt whose thread, process or node dies are
   * lost. A success with lines then costs a row.
   * @default that of the queue
   */
  store_logs?: boolean | undefined
  /**
   * Measures the CPU time and the growth of the heap of each attempt: `cpu_ms` and
   * `heap_delta_bytes` of {@link AttemptEnd}, and `cpu_us` of `engine.metrics()`. Only of attempts
   * during which nothing else ran on their thread, or whose `perform` returned at once.
   * @default that of the queue
   */
  measure?: boolean | undefined
}

/** How a transaction of the driver is started. */
export interface TransactionOptions {
  /** Isolation level. @default the database's, usually 'read committed' */
  isolation?: 'read committed' | 'repeatable read' | 'serializable' | undefined
  /**
   * Milliseconds after which the server ends a statement (`statement_timeout`). With `transaction`
   * of a job class it also limits the whole transaction: when it is exceeded `ctx.signal` is
   * aborted and the transaction is rolled back. `ctx.transaction()` limits its statements only.
   * @default for a job class the job's own timeout; for `ctx.transaction()` none
   */
  timeout?: number | undefined
}
