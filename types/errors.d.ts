// Errors that EramJS throws; docs/errors.md says for each code what to do.

/**
 * The class of every error that EramJS throws. Branch on `code`.
 *
 * Messages read `<subject>: expected <what>, got <what>; <hint>`. They never contain arguments of
 * jobs, SQL or passwords. `cause` is the underlying error, if there is one.
 *
 * `instanceof` also holds across the two copies of the package that a program may load, the ES
 * module and the CommonJS bundle.
 *
 * @example
 * try {
 *   await EmailUserJob.enqueue({ email })
 * } catch (error) {
 *   if (error instanceof EramError && error.code === 'ERAM_UNAVAILABLE') console.error('database unreachable:', error.message)
 *   else throw error
 * }
 */
export declare class EramError extends Error {
  constructor(code: EramErrorCode, message: string, details?: { cause?: unknown; sqlstate?: string | undefined })
  readonly code: EramErrorCode
  /**
   * SQLSTATE of the server, set when it refused a statement or a login; for your own retries:
   * `'40001'` (serialization failure), `'40P01'` (deadlock), …
   */
  readonly sqlstate?: string | undefined
}

/** The codes of {@link EramError}. */
export type EramErrorCode =
  /** An option of the engine, a queue, a plugin, `migrate()` or an action is invalid. */
  | 'ERAM_CONFIG'
  /** A job class, its arguments or an option of a job is invalid; thrown before any SQL. */
  | 'ERAM_JOB'
  /**
   * The schema is missing, or older than this version needs; the message names the command to run.
   */
  | 'ERAM_NOT_MIGRATED'
  /** The schema is newer than this version supports. */
  | 'ERAM_SCHEMA_TOO_NEW'
  /** The server refused a statement or a login; see `sqlstate`. */
  | 'ERAM_DATABASE'
  /**
   * The database cannot be reached, or did not answer in time. The work under way may or may not
   * have been committed.
   */
  | 'ERAM_UNAVAILABLE'
  /** The value passed as `tx` is not an open transaction; the message says what to pass instead. */
  | 'ERAM_NOT_IN_TRANSACTION'
  /** A database library or a custom driver behaved unexpectedly. */
  | 'ERAM_DRIVER'
  /** A job file cannot be loaded, or does not export the class. */
  | 'ERAM_LOAD'
  /** The native addon cannot be loaded on this platform. */
  | 'ERAM_ADDON'
  /**
   * The named queue, node or cron entry does not exist; the message lists or suggests those that
   * do.
   */
  | 'ERAM_NOT_FOUND'
  /** An engine of that name runs in this process, or the queue runs on this engine. */
  | 'ERAM_ALREADY_RUNNING'
  /** Another job holds the unique key, or another cron entry the name. */
  | 'ERAM_UNIQUE_CONFLICT'
  /** The job has changed since it was read. */
  | 'ERAM_CHANGED'
  /** The run has lost its claim on the job; its transaction was rolled back. */
  | 'ERAM_CLAIM_LOST'
  /** The database is stamped with another environment, or its stamp cannot change while queues run. */
  | 'ERAM_ENVIRONMENT'
  /** What was waited for did not happen within the `timeout`. */
  | 'ERAM_TIMEOUT'
  /** No engine is running that could do it. */
  | 'ERAM_NOT_RUNNING'
  /** A bug in EramJS; please report it. */
  | 'ERAM_INTERNAL'
