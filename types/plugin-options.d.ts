// Options of the built-in plugins: pruner, lifeline, stager, metrics, reindexer.
import type { Duration } from './values.js'

// The built-in plugins and the units of their options are those of Oban: Pruner, Lifeline, Stager,
// Reindexer.

/** Options of the pruner, which deletes old finished jobs. */
export interface PruneOptions {
  /** Milliseconds between runs, 10 ms to 1 day. @default 30_000 */
  interval?: Duration | undefined
  /**
   * Maximum number of jobs that one statement examines or deletes, 1 to 1,000,000.
   * @default 10_000
   */
  limit?: number | undefined
  /**
   * Seconds to keep a job after its end, at least 1: for all, or by final state; a state left out
   * is kept for one day.
   * @default 86_400
   * @example
   * const prune: PruneOptions = { max_age: { completed: '1 day', discarded: { days: 7 } } }
   */
  max_age?: Duration | { completed?: Duration | undefined; cancelled?: Duration | undefined; discarded?: Duration | undefined } | undefined
  /** Seconds to keep a row of `eram_audit`, which is a change over HTTP, at least 1. @default 7_776_000 (90 days) */
  audit_max_age?: Duration | undefined
}

/** Options of the lifeline, which rescues jobs of nodes that are gone. */
export interface LifelineOptions {
  /** Milliseconds between runs, 10 ms to 1 day. @default 60_000 */
  interval?: Duration | undefined
  /**
   * Milliseconds since the attempt began, at least 1000, for jobs whose producer has no row in the
   * database; the job's timeout is added. Jobs of a node that died are rescued after 20 s without a
   * heartbeat.
   * @default 3_600_000
   */
  rescue_after?: Duration | undefined
}

/** Options of the stager, which makes due jobs available. */
export interface StagerOptions {
  /**
   * Maximum milliseconds between runs, 10 ms to 1 day; it also wakes when a job is due.
   * @default 5000
   */
  interval?: Duration | undefined
  /** Maximum number of jobs in one statement, 1 to 1,000,000. @default 5000 */
  limit?: number | undefined
}

/** Options of metrics. */
export interface MetricsOptions {
  /**
   * How long rows of ten seconds, of minutes and of hours are kept, in seconds: at least 10 minutes, 3
   * hours and 1 hour, and none less long than a finer one. The options of the leader apply.
   * @default { '10s': '2h', '1m': '1d', '1h': '30d' }
   */
  keep?: { '10s'?: Duration | undefined; '1m'?: Duration | undefined; '1h'?: Duration | undefined } | undefined
  /**
   * Number of pairs of queue and class that a process counts apart, 1 to 100,000; others count
   * together.
   * @default 1000
   */
  max_series?: number | undefined
}

/** Options of the reindexer, which rebuilds search indexes with `REINDEX INDEX CONCURRENTLY`. */
export interface ReindexerOptions {
  /** A cron expression. @default '@midnight' */
  schedule?: string | undefined
  /**
   * Names of indexes; those that do not exist are skipped.
   * @default ['eram_jobs_args_index', 'eram_jobs_meta_index']
   */
  indexes?: readonly string[] | undefined
  /** Time limit for each index in seconds, 1 s to 1 day. @default 15 */
  timeout?: Duration | undefined
  /** IANA time zone of the schedule. @default 'Etc/UTC' */
  timezone?: string | undefined
}
