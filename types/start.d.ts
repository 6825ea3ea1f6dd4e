// Options of `EramEngine.start`.

import type { ClusterEventKind } from './cluster-events.js'
import type { CronEntry } from './cron.js'
import type { Driver } from './driver.js'
import type { OnError } from './error-report.js'
import type { ForeignLogger, LogOptions } from './logger.js'
import type { OtelOptions } from './otel.js'
import type { PluginClass } from './plugin.js'
import type { LifelineOptions, MetricsOptions, PruneOptions, ReindexerOptions, StagerOptions } from './plugin-options.js'
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
   * `'live'` runs queues but no plugins. Refused where `$NODE_ENV` is `production`, unless with
   * `force: true`.
   * @default none
   */
  testing?: 'manual' | 'inline' | 'live' | undefined
  /** Whether `testing` also holds where `$NODE_ENV` is `production`. @default false */
  force?: boolean | undefined
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
   * Called with each error of the thread that starts the engine, and those that other threads could
   * not report. Jobs of threads and processes report theirs to `onError` of a setup file.
   * @default none
   */
  onError?: OnError | undefined
  /**
   * Spans of OpenTelemetry for enqueues and attempts, in each thread and process; needs the package
   * `@opentelemetry/api` and an SDK, which a setup file starts.
   * @default false
   */
  otel?: boolean | OtelOptions | undefined
  /**
   * `false`: this engine does not listen for notifications but polls, and does not send any when it
   * enqueues: other nodes find those jobs by polling, or within a heartbeat. For databases where
   * `NOTIFY` is unwanted. `engine.notify()`, pause, scale and cancel still send.
   * @default true
   */
  notify?: boolean | undefined
  /**
   * Milliseconds that a statement which inserts jobs may take, 100 ms to 1 day. Then its connection is closed, the statement
   * is cancelled, and the enqueue fails with `ERAM_UNAVAILABLE`: the job may or may not be stored.
   * @default 15000
   */
  statement_timeout?: Duration | undefined
  /**
   * Milliseconds after which a statement of the engine, or a wait for a free connection, is reported as
   * slow, 1 ms to 1 day; `false`: none is. Reindexing, migrations and purges are not counted.
   * @default 1000
   */
  slow_query?: Duration | false | undefined
  /**
   * Events of jobs that this engine publishes to listeners with `scope: 'cluster'` on all nodes, at
   * most four notifications a second; `true`: all of {@link ClusterEventKind}. For anything that must
   * not be missed, read the table. Refused with `notify: false`.
   * @default none
   * @example
   * await EramEngine.start({ queues: { emails: 20 }, cluster_events: ['job:exception'] })
   */
  cluster_events?: boolean | readonly ClusterEventKind[] | undefined
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
   * Sleeps while there is nothing to do, for databases that bill for activity or sleep without: no
   * statement is made until a job is inserted or due. Give it to all engines of a schema. `true`: with
   * the defaults.
   * @default false
   * @example
   * await EramEngine.start({ queues: { emails: 20 }, idle: { after: '1m' } })
   */
  idle?: boolean | IdleOptions | undefined
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

/** Options of an engine that sleeps while there is nothing to do. */
export interface IdleOptions {
  /**
   * Milliseconds without a running job, or a new one, after which the engine rests, 1 s to 1 day. It
   * sleeps as soon as all engines of the schema rest.
   * @default 60_000
   */
  after?: Duration | undefined
  /**
   * The longest sleep in milliseconds, 10 s to 7 days. Then the engine wakes, prunes, looks for jobs of
   * lost nodes, and sleeps again.
   * @default 3_600_000
   */
  longest?: Duration | undefined
}
