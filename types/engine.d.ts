// The engine: starting it, enqueueing through it, controlling its queues, and observing the
// cluster.
import type { AnyJobClass, ArgsOf } from './context.js'
import type { Crons } from './cron.js'
import type { EngineQueues } from './engine-queues.js'
import type { EnqueuedJob, EnqueueOptions, EnqueueTarget, JobDraft, NamedDraft } from './enqueue.js'
import type { BriefEvent, EngineEvent, EngineEvents } from './events.js'
import type { EngineHealth, HealthOptions } from './health.js'
import type { Jobs } from './jobs.js'
import type { MessageInfo, MessageScope } from './messages.js'
import type { EngineMetrics } from './metrics.js'
import type { EnvironmentOptions, EnvironmentResult, MigrateOptions, MigrateResult } from './schema.js'
import type { StartOptions } from './start.js'
import type { EngineStatus, Leader, NodeInfo } from './status.js'
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
   * Returns what this process has counted since the engine started: attempts by queue, class and
   * result, how long they ran and waited, and the work of the engine. It runs no statement. All
   * counts only grow, so two calls give a rate.
   * @example
   *   const { series } = await engine.metrics()
   *   const emails = series.filter(({ queue }) => queue === 'emails')
   *   for (const { worker, success, run } of emails) console.log(worker, success, run.quantile(0.95))
   */
  metrics(): Promise<EngineMetrics>
  /**
   * Lists every engine that serves queues, in any process. The database does not record engines
   * that only enqueue.
   */
  nodes(): Promise<NodeInfo[]>
  /**
   * Returns the leader of the engines of this name on this database, which stages, rescues and
   * prunes jobs for all of them; null while there is none.
   * @example
   * const leader = await engine.leader()
   * console.log(leader?.node, leader?.since, leader?.me)
   */
  leader(): Promise<Leader | null>
  /**
   * Makes the leader step down, whichever node it is. Another takes over at once, or after some
   * seconds where notifications do not arrive; an engine that is the only one leads again after 8
   * s.
   * @returns the former leader, or null if there was none
   */
  resignLeader(): Promise<Omit<Leader, 'me'> | null>
  /** Returns the state of this engine: its queues, its connections, whether it leads. */
  status(): Promise<EngineStatus>
  /**
   * Checks whether this engine works, without a statement: for liveness and readiness probes. An
   * outage of the database makes an engine not ready, and leaves it live. With `deep`, it also asks the
   * database for an answer. What it finds is in the result; an engine that has stopped is live and
   * down.
   * @example
   * const { live, ready, checks } = await engine.health()
   */
  health(options?: HealthOptions): Promise<EngineHealth>

  /**
   * Calls back at each event of this engine; `'*'` for all. Events are those of this process, and
   * follow the commit that they report.
   *
   * With `args: false` the jobs in events have no args, meta and tags, and cost less. That is the
   * default for `'*'`.
   * @example
   * engine.on('job:stop', ({ job, run_ms }) => console.log(job.worker, run_ms), { args: false })
   */
  on<Kind extends keyof EngineEvents>(
    kind: Kind,
    listener: (event: EngineEvents[Kind]) => unknown,
    options?: { args?: true | undefined },
  ): this
  on<Kind extends keyof EngineEvents>(
    kind: Kind,
    listener: (event: BriefEvent<EngineEvents[Kind]>) => unknown,
    options: { args: false },
  ): this
  on(kind: '*', listener: (event: BriefEvent<EngineEvent>) => unknown, options?: { args?: false | undefined }): this
  on(kind: '*', listener: (event: EngineEvent) => unknown, options: { args: true }): this
  /** Removes a listener. */
  off<Kind extends keyof EngineEvents | '*'>(kind: Kind, listener: (event: any) => unknown): this
  /** As {@link EramEngine.on}, for one event. */
  once<Kind extends keyof EngineEvents>(
    kind: Kind,
    listener: (event: EngineEvents[Kind]) => unknown,
    options?: { args?: true | undefined },
  ): this
  once<Kind extends keyof EngineEvents>(
    kind: Kind,
    listener: (event: BriefEvent<EngineEvents[Kind]>) => unknown,
    options: { args: false },
  ): this
  once(kind: '*', listener: (event: BriefEvent<EngineEvent>) => unknown, options?: { args?: false | undefined }): this
  once(kind: '*', listener: (event: EngineEvent) => unknown, options: { args: true }): this

  /**
   * Calls back at each message on a channel, from any node; resolves once messages arrive. After an
   * outage messages arrive again; those sent meanwhile are lost. A channel's name has 1 to 63
   * letters, digits and `_.:/-`.
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
 * The methods for queues are in `types/engine-queues.d.ts`.
 *
 * `await using engine = await EramEngine.start(…)` stops the engine at the end of the block, where
 * the runtime has `Symbol.asyncDispose`.
 */
export interface EramEngine extends EngineQueues, AsyncDisposal {}

type AsyncDisposal = SymbolConstructor extends { readonly asyncDispose: infer Dispose extends symbol }
  ? { [Key in Dispose]: () => Promise<void> }
  : {}

// biome-ignore lint/complexity/noUselessEmptyExport: without it the file would export AsyncDisposal as well
export {}
