// Options of `EramEngine.start`.

import type { CronEntry } from './cron.js'
import type { Driver } from './driver.js'
import type { ForeignLogger, LogOptions } from './logger.js'
import type { PluginClass } from './plugin.js'
import type { QueueOptions } from './queue.js'
import type { CreateJob } from './setup.js'
import type { Duration } from './values.js'

/**
 * Options of {@link EramEngine.start}. A duration is a number in the unit given with the option, an
 * object or text; see {@link Duration}. `false` disables a built-in plugin.
 */
export interface StartOptions {
  /**
   * Name of the engine, 1 to 127 characters; distinguishes several in one thread.
   * @default 'default'
   */
  name?: string | undefined
  /**
   * Human-readable node name shown in status output and events: up to 255 characters without
   * blanks.
   * @default $DYNO, else the host name
   */
  node?: string | undefined
  /** The database, through a library of yours. @default $DATABASE_URL */
  driver?: Driver | undefined
  /**
   * Connection string of the engine, if not that of the driver.
   * @default that of `driver`, else $DATABASE_URL, else $PGHOST and the like
   */
  url?: string | undefined
  /** Connection string for notifications that bypasses PgBouncer. @default url */
  listen_url?: string | undefined
  /** Connections for the engine's statements, 1 to 1000; one more is used to listen. @default 4 */
  pool?: number | undefined
  /**
   * Whether a pooler in transaction mode sits in between. Without `listen_url`, queues are then
   * polled instead of notified.
   * @default false
   */
  pgbouncer?: boolean | undefined
  /** Name of the schema: up to 40 letters, digits, `_` and `-`. @default 'public' */
  prefix?: string | undefined
  /**
   * The queues to serve, each with its limit of jobs at once or its options.
   * @default {}: the engine only enqueues
   */
  queues?: { readonly [queue: string]: number | QueueOptions } | undefined
  /**
   * Makes jobs at set times, each `[expression, job, args?, options?]` or `{ schedule, job, … }`;
   * `false`: no ticks on this node.
   * @default []
   */
  cron?: readonly CronEntry[] | false | undefined
  /**
   * For tests, see `eramjs/testing`: `'manual'` only inserts jobs, `'inline'` performs them in the call that enqueues them,
   * `'live'` runs queues but no plugins. Refused where `$NODE_ENV` is `production`.
   * @default none
   */
  testing?: 'manual' | 'inline' | 'live' | undefined
  /** IANA time zone of cron entries that do not name one. @default 'Etc/UTC' */
  timezone?: string | undefined
  /**
   * Name of this installation, such as `'production'`, up to 127 characters. The first engine that
   * has one stamps it on the database; from then on an engine with another environment, or none,
   * may enqueue but runs no queue: see {@link EramEngine.queues_disabled}. Without a stamp every engine
   * runs its queues.
   * @default none
   */
  environment?: string | undefined
  /**
   * Version of the application, up to 127 characters, recorded on each job it enqueues and claims;
   * used by jobs with `version: 'pinned'` or `'min'`.
   * @default none
   */
  version?: string | undefined
  /**
   * Where jobs run whose class and queue name no isolation. `'main'` holds for all jobs, whatever
   * their class and queue name: they run on the thread that started the engine, and no thread or
   * process is started. For test runners, which transform and mock the files that a thread would
   * load as they are.
   * @default $ERAM_ISOLATION, else 'thread'; in a context that a test runner has made, such as each
   * test file of jest, 'main'
   */
  isolation?: 'main' | 'thread' | 'process' | undefined
  /** Whether SIGTERM and SIGINT stop the engine and end the process. @default false */
  signals?: boolean | undefined
  /**
   * The log: what jobs and plugins log, failed attempts (`warn`) and discarded jobs (`error`), and
   * lines of the engine. A logger, such as pino, winston or the console; `'json'` or `'pretty'`; or
   * options. `false`: none.
   * @default lines on standard output from `info` on: pretty on a terminal, else JSON
   * @example
   * await EramEngine.start({ queues: { emails: 20 }, logger: 'json' })
   * await EramEngine.start({ queues: { emails: 20 }, logger: { level: 'warn', format: 'json' } })
   */
  logger?: false | 'json' | 'pretty' | ForeignLogger | LogOptions | undefined
  /**
   * Makes the instance that performs an attempt on the main thread, in place of `new JobClass()`.
   * Job threads and job processes have `setup` for it.
   * @default new JobClass()
   */
  create?: CreateJob | undefined
  /**
   * Files that are imported, in order, before any job class: here, in each job thread and in each
   * job process. A path or a file: URL, or several. See {@link Setup} for what they export.
   * @default none
   */
  setup?: string | URL | readonly (string | URL)[] | undefined
  /**
   * `false`: this engine does not listen for notifications but polls, and does not send any when it
   * enqueues: other nodes find those jobs by polling, or within a heartbeat. For databases where
   * `NOTIFY` is unwanted. `engine.notify()`, pause, scale and cancel still send.
   * @default true
   */
  notify?: boolean | undefined
  /** Milliseconds between polls of a queue that nothing wakes, 10 ms to 1 day. @default 1000 */
  poll_interval?: Duration | undefined
  /** Milliseconds that `stop()` waits for running jobs, up to 1 day. @default 15_000 */
  grace?: Duration | undefined
  /** Milliseconds that an aborted job has to end, at most `grace`. @default 5000 */
  abort_grace?: Duration | undefined
  /**
   * Milliseconds between heartbeats, 100 to 6000. A node silent for 20 s is given up.
   * @default 5000
   */
  heartbeat_interval?: Duration | undefined
  /**
   * Plugins of the application: classes that tick on the leader or on every node, see
   * {@link Plugin}. `[Class, options]` passes options to the constructor. Engines that may lead
   * should all have the same.
   * @default []
   */
  plugins?: readonly (PluginClass | readonly [PluginClass, any])[] | undefined
  /**
   * Maximum size in bytes of a job's arguments as JSON; longer ones are rejected.
   * @default 1_048_576 (1 MiB)
   */
  max_args_bytes?: number | undefined
  /**
   * Maximum size in bytes of a job's result as JSON; a longer one is not stored.
   * @default 65_536 (64 KiB)
   */
  max_result_bytes?: number | undefined
  /**
   * Crashes (deaths of its thread, process or node) after which a job is discarded, 1 to 1000. A
   * job with two runs alone in a process of its own, so that it cannot take other jobs with it.
   * @default 3
   */
  max_crashes?: number | undefined
  /**
   * Maximum size in bytes of an entry in a job's errors, at least 1024; a longer one is cut.
   * @default 8192 (8 KiB)
   */
  max_error_bytes?: number | undefined
  /**
   * Whether this engine may lead the engines of its name, that is, run the plugins for all of them.
   * One without queues never does. Give all engines that may lead the same plugins.
   * @default true, unless all plugins are off
   */
  peer?: boolean | undefined
  /**
   * Memory limit of this process (resident set size) in MiB, at least 64. Above it, the job thread
   * that holds most is terminated: its jobs have crashed, with `code: 'MAX_RSS'`, and run again on
   * a fresh thread; other threads go on. Covers Buffers, which `resource_limits` do not.
   *
   * The main thread checks every 250 ms. So it cannot stop a job that takes all memory in less
   * time, or one on the main thread, and it does not cover job processes.
   * @default none
   */
  max_rss?: number | undefined
  /** Deletes old finished jobs. @default true */
  prune?: boolean | PruneOptions | undefined
  /** Rescues jobs of nodes that are gone. @default true */
  lifeline?: boolean | LifelineOptions | undefined
  /** Makes due jobs available. @default true */
  stager?: boolean | StagerOptions | undefined
  /**
   * Writes what each node counts, and how many jobs wait, into `eram_metrics`. `false`: the process
   * still counts for {@link EramEngine.metrics}. @default true
   */
  metrics?: boolean | MetricsOptions | undefined
  /** Rebuilds the search indexes, without locking tables. @default false */
  reindexer?: boolean | ReindexerOptions | undefined
}

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
