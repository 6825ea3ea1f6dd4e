// The engine: starting it, enqueueing through it, controlling its queues, and observing the
// cluster.

import type { ClusterEvent, ClusterEventKind } from './cluster-events.js'
import type { AnyJobClass, ArgsOf } from './context.js'
import type { Crons } from './cron.js'
import type { EngineMonitoring } from './engine-monitoring.js'
import type { EngineQueues } from './engine-queues.js'
import type { EnqueuedJob, EnqueueOptions, EnqueueTarget, JobDraft, NamedDraft } from './enqueue.js'
import type { BriefEvent, EngineEvent, EngineEvents } from './events.js'
import type { Jobs } from './jobs.js'
import type { MessageInfo, MessageScope } from './messages.js'
import type { Middleware } from './middleware.js'
import type { EnvironmentOptions, EnvironmentResult, MigrateOptions, MigrateResult } from './schema.js'
import type { StartOptions } from './start.js'
import type { TransactionLike } from './transaction.js'
import type { Jsonable, JsonObject } from './values.js'

/**
 * A running engine: fetches jobs from its queues and performs them. A process may run several, by
 * name.
 *
 * @example
 * const engine = await EramEngine.start({
 *   driver: { type: 'pg', config: { connectionString: process.env.DATABASE_URL } },
 *   queues: { default: { limit: 10 }, emails: 20 },
 * })
 * engine.on('job:exception', ({ job, error }) => console.error(job.worker, job.id, error))
 */
export declare class EramEngine {
  private constructor()

  /**
   * Checks the options and the schema, loads the files of the job classes, and starts an engine.
   * Without `queues` it only enqueues. In a job thread or job process it is refused, because a file
   * that starts an engine and has job classes would run there again; `EramEngine.get()` returns the
   * running engine.
   * @throws {EramError} `ERAM_CONFIG` · `ERAM_NOT_MIGRATED` · `ERAM_SCHEMA_TOO_NEW` ·
   * `ERAM_UNAVAILABLE` · `ERAM_DRIVER` · `ERAM_LOAD` for a job file, or in a job thread · `ERAM_ALREADY_RUNNING` if an engine
   * of that name is running. Nothing is left half-started.
   */
  static start(options?: StartOptions): Promise<EramEngine>

  /**
   * Returns a running engine by name.
   * @param name default: `'default'`
   * @throws {EramError} `ERAM_NOT_RUNNING` if none of that name is running
   */
  static get(name?: string): EramEngine

  /**
   * Migrates the schema to the version of this package. May be called from many processes at once;
   * `start()` never migrates by itself.
   * @example
   * await EramEngine.migrate({ url: process.env.DATABASE_URL })
   */
  static migrate(options?: MigrateOptions): Promise<MigrateResult>

  /**
   * Returns the environment stamped on the database; with `set`, changes it. A change takes effect
   * at the next start of each engine.
   * @example
   * const { environment } = await EramEngine.environment({ url })
   * await EramEngine.environment({ url, set: 'staging' }) // after production was copied there
   * @throws {EramError} `ERAM_ENVIRONMENT` to change a stamp while engines run queues on the database,
   * without `force`
   */
  static environment(options?: EnvironmentOptions): Promise<EnvironmentResult>

  /**
   * Adds middleware for all engines of this thread, also for enqueues without one.
   * @returns a function that removes it
   * @throws {EramError} `ERAM_CONFIG` for anything but an object with functions of {@link Middleware}
   */
  static use(middleware: Middleware): () => void

  /**
   * Enqueues a job by class or by name. A class named by a string need not be loaded here; its
   * defaults are then those of the database, not those of the class.
   * @example
   * await EramEngine.enqueue('EmailUserJob', { email: 'a@b.c' })
   * @throws {EramError} as {@link EramJob.enqueue}
   */
  static enqueue<T extends AnyJobClass>(
    worker: T,
    args: Jsonable<ArgsOf<T>, never>,
    options?: EnqueueOptions,
  ): Promise<EnqueuedJob<ArgsOf<T>, ArgsOf<T>>>
  static enqueue<T extends AnyJobClass>(worker: T, args: Jsonable<ArgsOf<T>>, options?: EnqueueOptions): Promise<EnqueuedJob<ArgsOf<T>>>
  static enqueue(worker: string, args?: JsonObject, options?: EnqueueOptions): Promise<EnqueuedJob>

  /**
   * Enqueues many jobs, all or none.
   * @example
   * await EramEngine.enqueueAll([EmailUserJob.new({ email: 'x' }), { worker: 'Other', args: {} }], { tx })
   * @throws {EramError} as {@link EramJob.enqueue}
   */
  static enqueueAll<Args, Given = Jsonable<Args>>(
    drafts: Iterable<JobDraft<Args, Given> | NamedDraft>,
    options?: EnqueueTarget,
  ): Promise<EnqueuedJob<Args, Given>[]>

  /**
   * Runs `fn` with `tx` as the transaction that every enqueue inside it joins; with null, they join
   * none. This ends with `fn`: a later enqueue, which was not awaited inside, is rejected.
   * @example
   * await dataSource.transaction((manager) => EramEngine.withTransaction(manager, () => service.signUp(form)))
   * @throws {EramError} `ERAM_NOT_IN_TRANSACTION` if `tx` is not a transaction, before `fn` is
   * called
   */
  static withTransaction<T>(
    tx: TransactionLike | null,
    fn: () => T | Promise<T>,
    options?: Pick<EnqueueTarget, 'engine' | 'prefix'>,
  ): Promise<T>

  readonly name: string
  /** Name of this node. */
  readonly node: string
  /** The schema. */
  readonly prefix: string
  /** Version of the application, as passed to `start()`. */
  readonly version: string | null
  /**
   * Why this engine runs no queue although `queues` asks for it, or null: the database is stamped
   * with another environment. It can enqueue; `startQueue`, `scale` and `drain` throw
   * `ERAM_ENVIRONMENT`.
   */
  readonly queues_disabled: string | null
  /** Inspects jobs and acts on them. */
  readonly jobs: Jobs
  /** Inspects cron entries and changes them at runtime. */
  readonly cron: Crons

  /**
   * Adds middleware for this engine, in this thread: `attempt` and `perform` apply to jobs of the
   * main thread only. Those of job threads and processes get theirs from a setup file,
   * {@link StartOptions.setup}; the log says so once.
   * @returns a function that removes it
   * @throws {EramError} `ERAM_CONFIG` for anything but an object with functions of {@link Middleware}
   */
  use(middleware: Middleware): () => void

  /** {@link EramEngine.enqueue} through this engine. */
  enqueue<T extends AnyJobClass>(
    worker: T,
    args: Jsonable<ArgsOf<T>, never>,
    options?: EnqueueOptions,
  ): Promise<EnqueuedJob<ArgsOf<T>, ArgsOf<T>>>
  enqueue<T extends AnyJobClass>(worker: T, args: Jsonable<ArgsOf<T>>, options?: EnqueueOptions): Promise<EnqueuedJob<ArgsOf<T>>>
  enqueue(worker: string, args?: JsonObject, options?: EnqueueOptions): Promise<EnqueuedJob>
  /** {@link EramEngine.enqueueAll} through this engine. */
  enqueueAll<Args, Given = Jsonable<Args>>(
    drafts: Iterable<JobDraft<Args, Given> | NamedDraft>,
    options?: EnqueueTarget,
  ): Promise<EnqueuedJob<Args, Given>[]>
  /** {@link EramEngine.withTransaction} with this engine and its schema. */
  withTransaction<T>(tx: TransactionLike | null, fn: () => T | Promise<T>): Promise<T>

  /**
   * Stops fetching, waits for running jobs up to `grace` milliseconds (default: that of `start()`),
   * aborts those that still run, and hands back those that do not end: they run again elsewhere
   * without losing an attempt. Resolves when everything is written. May be called twice.
   */
  stop(options?: { grace?: number | undefined }): Promise<void>

  /**
   * Calls back at each event of this engine; `'*'` for all. Events are those of this process, and
   * follow the commit that they report.
   *
   * With `args: false` the jobs in events have no args, meta and tags, and cost less. That is the
   * default for `'*'`.
   *
   * With `scope: 'cluster'` it calls back at events of jobs of this engine, and of other nodes that
   * publish them with the option `cluster_events`. These are hints: some may be lost, any role of the
   * database can forge them, and those of other nodes arrive once this one listens for them, shortly
   * after the call.
   * @example
   * engine.on('job:stop', ({ job, run_ms }) => console.log(job.worker, run_ms), { args: false })
   * @example
   * engine.on('job:exception', ({ node, job, error }) => console.warn(node, job.id, error?.message), { scope: 'cluster' })
   * @throws {EramError} `ERAM_CONFIG` for `scope: 'cluster'` where notifications cannot arrive (`notify:
   * false`, a pooler without `listen_url`), and in job threads
   */
  on<Kind extends keyof EngineEvents>(
    kind: Kind,
    listener: (event: EngineEvents[Kind]) => unknown,
    options?: { args?: true | undefined; scope?: 'local' | undefined },
  ): this
  on<Kind extends keyof EngineEvents>(
    kind: Kind,
    listener: (event: BriefEvent<EngineEvents[Kind]>) => unknown,
    options: { args: false; scope?: 'local' | undefined },
  ): this
  on(kind: '*', listener: (event: BriefEvent<EngineEvent>) => unknown, options?: { args?: false | undefined }): this
  on(kind: '*', listener: (event: EngineEvent) => unknown, options: { args: true }): this
  on<Kind extends ClusterEventKind>(
    kind: Kind,
    listener: (event: ClusterEvent<Kind>) => unknown,
    options: { scope: 'cluster'; args?: false | undefined },
  ): this
  /** Removes a listener. */
  off<Kind extends keyof EngineEvents | '*'>(kind: Kind, listener: (event: any) => unknown): this
  /** As {@link EramEngine.on}, for one event. */
  once<Kind extends keyof EngineEvents>(
    kind: Kind,
    listener: (event: EngineEvents[Kind]) => unknown,
    options?: { args?: true | undefined; scope?: 'local' | undefined },
  ): this
  once<Kind extends keyof EngineEvents>(
    kind: Kind,
    listener: (event: BriefEvent<EngineEvents[Kind]>) => unknown,
    options: { args: false; scope?: 'local' | undefined },
  ): this
  once(kind: '*', listener: (event: BriefEvent<EngineEvent>) => unknown, options?: { args?: false | undefined }): this
  once(kind: '*', listener: (event: EngineEvent) => unknown, options: { args: true }): this
  once<Kind extends ClusterEventKind>(
    kind: Kind,
    listener: (event: ClusterEvent<Kind>) => unknown,
    options: { scope: 'cluster'; args?: false | undefined },
  ): this

  /**
   * Calls back once at each message on a channel, from any node; resolves once messages arrive. After
   * an outage those arrive that were sent meanwhile, up to ten minutes and 10,000 messages ago. A
   * channel's name has 1 to 63 letters, digits and `_.:/-`. The role needs SELECT on `eram_messages`.
   * @example
   * const off = await engine.listen('prices', (payload, { node }) => console.log(node, payload))
   * @returns a function that removes the listener
   * @throws {EramError} `ERAM_CONFIG` where notifications cannot arrive (`notify: false`, a pooler
   * without `listen_url`) and in job threads · `ERAM_UNAVAILABLE` if the listening connection is
   * not up within 10 s
   */
  listen(
    channel: string,
    callback: (payload: any, about: MessageInfo) => unknown,
    options?: { scope?: MessageScope | undefined },
  ): Promise<() => void>
  /**
   * Sends a message to all nodes that listen on the channel, this one included; with `tx`, or
   * inside `withTransaction`, when that commits. The payload is anything that JSON can hold, up to
   * 7500 bytes. With the scope `'local'` it may be of any length and goes to this engine alone,
   * without the database.
   * @throws {EramError} `ERAM_CONFIG` for an invalid channel or payload, before any SQL
   */
  notify(channel: string, payload?: unknown, options?: { tx?: TransactionLike | null; scope?: MessageScope | undefined }): Promise<void>
}

/**
 * The methods for queues are in `types/engine-queues.d.ts`, those that show what the engine and the
 * cluster do in `types/engine-monitoring.d.ts`.
 *
 * `await using engine = await EramEngine.start(…)` stops the engine at the end of the block, where
 * the runtime has `Symbol.asyncDispose`.
 */
export interface EramEngine extends EngineQueues, EngineMonitoring, AsyncDisposal {}

type AsyncDisposal = SymbolConstructor extends { readonly asyncDispose: infer Dispose extends symbol }
  ? { [Key in Dispose]: () => Promise<void> }
  : {}

// biome-ignore lint/complexity/noUselessEmptyExport: without it the file would export AsyncDisposal as well
export {}
