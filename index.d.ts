// EramJS: what users import, with its documentation. Written by hand; a test holds it against the code.
//
//   Defining jobs   EramJob, RegisterOptions, JobOptions, JobContext, CancelJob, DiscardJob, SnoozeJob, RetryJob
//   Enqueueing      EnqueueOptions, EnqueuedJob, JobDraft, TransactionLike
//   The engine      EramEngine, StartOptions, QueueOptions, Driver, CronEntry, Plugin
//   Looking at it   Jobs, JobRow, JobFilter, Crons, CronRow, EngineEvents, EngineStatus
//   Errors          EramError
//
// Option keys, job fields and columns are snake_case; methods are camelCase. Unknown option keys are refused at runtime too,
// with a suggestion. Where a unit is not named, a duration is a number of the unit in the option's description.

// ——— Words ———————————————————————————————————————————————————————————————————————————————————————————————————————————————

/** Where a job stands. `completed`, `discarded` and `cancelled` are final: only a retry brings a job back from them. */
export type JobState = 'suspended' | 'scheduled' | 'available' | 'executing' | 'retryable' | 'completed' | 'discarded' | 'cancelled'

/**
 * A span of time: a number in the option's own unit, an object, or words.
 *
 * @example
 * timeout: 60_000
 * timeout: { minutes: 1 }
 * timeout: '1 minute' // or '1h 30m'
 */
export type Duration =
  | number
  | string
  | { milliseconds?: number; seconds?: number; minutes?: number; hours?: number; days?: number; weeks?: number }

/** A JSON object. */
export type JsonObject = { [key: string]: unknown }

/**
 * What may be given where a job will see `T`. Arguments travel as JSON: a `Date` arrives as its ISO string, so it may be
 * given for a `string`; what JSON cannot hold (bigint, function, symbol, Map, Set, Buffer …) may not be given at all.
 */
export type Jsonable<T> = 0 extends 1 & T
  ? T
  : T extends string
    ? string extends T
      ? T | Date
      : T
    : T extends number | boolean | null | undefined
      ? T
      : T extends NotJson
        ? never
        : T extends object
          ? { [Key in keyof T]: Jsonable<T[Key]> }
          : T

type NotJson =
  | bigint
  | symbol
  | Date
  | RegExp
  | Error
  | ArrayBufferLike
  | ArrayBufferView
  | ReadonlyMap<any, any>
  | ReadonlySet<any>
  | PromiseLike<any>
  | ((...args: any[]) => any)

/**
 * A place for your own types: declare the transaction of your library once, and `ctx.tx` has it everywhere.
 *
 * @example
 * declare module 'eramjs' {
 *   interface Register {
 *     tx: import('typeorm').EntityManager
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is filled by others
export interface Register {}

/** The type of `ctx.tx`: `Register['tx']` when that is declared. */
export type RegisteredTransaction = Register extends { tx: infer Tx } ? Tx : any

// ——— Defining jobs ———————————————————————————————————————————————————————————————————————————————————————————————————————

/**
 * A class whose instances perform jobs. The worker of a job is the name of its class.
 *
 * Declare the type of the arguments once, on `perform`: enqueueing is checked against it.
 *
 * @example
 * export class EmailUserJob extends EramJob {
 *   static {
 *     this.register({ filename: import.meta.filename, queue: 'emails', timeout: 60_000 })
 *   }
 *
 *   async perform(args: { email: string }, ctx: JobContext) {
 *     await send(args.email, { signal: ctx.signal })
 *     return { sent: true } // stored as the job's result
 *   }
 * }
 *
 * await EmailUserJob.enqueue({ email: 'a@b.c' })
 */
export declare abstract class EramJob {
  /**
   * Makes the class known under its name. Call it in the static block of the class, or after it.
   *
   * A file that is loaded again may register again; two different classes of one name are refused.
   * @throws {EramError} `ERAM_JOB` for an option that is refused, or a name that is taken
   */
  static register<T extends abstract new () => EramJob>(this: T, options?: RegisterOptions): T

  /**
   * Puts a job on its queue; resolves once the row is committed, or, with `tx`, is part of that transaction.
   *
   * Both forms mean the same; the one with a single object is recognised by a member `args` with nothing but options beside it.
   *
   * @example
   * await EmailUserJob.enqueue({ email: 'a@b.c' })
   * await EmailUserJob.enqueue({ email: 'a@b.c' }, { priority: 1, schedule_in: 60, tx: manager })
   * await EmailUserJob.enqueue({ args: { email: 'a@b.c' }, priority: 1 })
   *
   * @throws {EramError} `ERAM_JOB` for arguments or an option that is refused, before any SQL · `ERAM_STOPPED` without a running
   * engine · `ERAM_NOT_IN_TRANSACTION` · `ERAM_NOT_MIGRATED` · `ERAM_DATABASE` · `ERAM_UNAVAILABLE`. After an error of
   * the database itself a `tx` is aborted and has to be rolled back.
   */
  static enqueue<T extends AnyJobClass>(this: T, job: OneObject<ArgsOf<T>>, options?: EnqueueOptions): Promise<EnqueuedJob<ArgsOf<T>>>
  static enqueue<T extends AnyJobClass>(this: T, ...call: EnqueueCall<ArgsOf<T>>): Promise<EnqueuedJob<ArgsOf<T>>>

  /**
   * A job that is not yet a row, for {@link EramEngine.enqueueAll}. Checked at once; takes the same two forms as `enqueue`.
   *
   * @example
   * await EramEngine.enqueueAll(emails.map((email) => EmailUserJob.new({ email })), { tx })
   */
  static new<T extends AnyJobClass>(this: T, job: OneObjectDraft<ArgsOf<T>>, options?: DraftOptions): JobDraft<ArgsOf<T>>
  static new<T extends AnyJobClass>(this: T, ...call: DraftCall<ArgsOf<T>>): JobDraft<ArgsOf<T>>

  /**
   * Calls back when a job of this class has completed on an engine of this process, after the commit.
   * @returns a function that takes the listener away
   */
  static onSuccess<T extends AnyJobClass>(this: T, callback: (job: FinishedJob<T>) => unknown): () => void

  /** Calls back when a job of this class is discarded: out of attempts, or by its own wish. Not after an attempt that will be retried. */
  static onFailure<T extends AnyJobClass>(this: T, callback: (job: FinishedJob<T>) => unknown): () => void

  /** Calls back when any attempt of a job of this class has ended, well or not. */
  static onAttempt<T extends AnyJobClass>(this: T, callback: (job: FinishedJob<T>) => unknown): () => void

  /**
   * Does the work. A new instance for each attempt. What it returns completes the job and is stored as its result (up to
   * `max_result_bytes`), except what `ctx.cancel()`, `ctx.discard()`, `ctx.snooze()` and `ctx.retry()` give; what it throws
   * fails the attempt.
   */
  abstract perform(args: any, ctx: JobContext): unknown

  /**
   * Seconds until the next attempt; in place of the option `backoff`. May be static as well. If it throws or gives no
   * number of 0 or more, the default applies.
   */
  backoff?(attempt: number, error: unknown): number | Promise<number>

  // Hooks run when the outcome is decided, so they cannot change it; one that throws leaves the event `job:warning`.

  /** After an attempt that completed. */
  afterSuccess?(result: any, args: any, ctx: JobContext): unknown
  /** After an attempt that failed, whether it will be retried or not. */
  afterError?(error: unknown, args: any, ctx: JobContext): unknown
  /** After a job was discarded: out of attempts, or by its own wish. */
  afterDiscard?(error: unknown, args: any, ctx: JobContext): unknown
  /** After a process that `ctx.adopt()` was given has ended. */
  afterAsync?(result: any, args: any, ctx: JobContext): unknown
}

/** Any class that performs jobs. */
export type AnyJobClass = (new () => { perform(args: any, ctx: JobContext<any>): unknown }) & { readonly name: string }

/** What the `perform` of a class takes as arguments. */
export type ArgsOf<T> = T extends new () => { perform(args: infer Args, ...rest: any[]): unknown } ? Args : never

/** What the `perform` of a class resolves to. */
export type ResultOf<T> = T extends new () => { perform(...args: any[]): infer Result } ? Awaited<Result> : never

/** Options of a job class, each of which a single job may override. */
export interface JobOptions {
  /** Up to 127 characters. @default 'default' */
  queue?: string
  /** 0 (first) to 9. @default 0 */
  priority?: number
  /** How often the job may be tried before it is discarded. @default 20 */
  max_attempts?: number
  /** Up to 64 labels, to find jobs by. @default [] */
  tags?: readonly string[]
  /** Notes for yourself beside the arguments. @default {} */
  meta?: JsonObject
  /** Which other jobs this one may not stand beside. `true`: none with the same args, queue and class, ever. `false` lifts the class's. @default none */
  unique?: boolean | UniqueOptions
  /** How long one attempt may take, in milliseconds; then `ctx.signal` is aborted and the attempt fails. `false` lifts the class's. @default none */
  timeout?: Duration | false
  /** The wait before the next attempt. A `backoff(attempt, error)` method of the class comes first. @default 'oban' */
  backoff?: Backoff
  /**
   * Which nodes may run the job, by the `version` of the engine that enqueued it (which must have one): the same, or that and
   * later ones, compared as Semantic Versioning does. `false` lifts the class's.
   * @default all
   */
  version?: 'pinned' | 'min' | false
}

/**
 * `'oban'`: 15 + 2^attempt seconds and up to a tenth more (17 s after the first attempt, six days after the nineteenth) ·
 * `'exp'`: 2^attempt seconds · `'none'`: at once · an object: base · factor^(attempt − 1) seconds, at most `max`, and up to
 * the fraction `jitter` more.
 */
export type Backoff = 'oban' | 'exp' | 'none' | { base?: number; factor?: number; max?: number; jitter?: number }

/** When two jobs count as the same. Meeting one is no error: `enqueue` gives the job that is there, with `conflict: true`. */
export interface UniqueOptions {
  /** What is compared. @default ['args', 'queue', 'worker'] */
  fields?: readonly ('args' | 'queue' | 'worker' | 'meta')[]
  /** Only these members of args and meta; a missing one counts as null. @default [] (all of them) */
  keys?: readonly string[]
  /** Seconds within which they count as the same; `Infinity` or `'infinity'` for ever. @default 60 */
  period?: Duration
  /** The states in which the other one stands in the way; must hold scheduled, available and executing. @default 'successful' (all but cancelled and discarded) */
  states?: 'all' | 'incomplete' | 'successful' | readonly JobState[]
  /** What the period is reckoned from. @default 'inserted_at' */
  timestamp?: 'inserted_at' | 'scheduled_at'
  /** `'fixed'`: one job in each stretch of `period`, counted from 1970. `'sliding'`: none within `period` before or after another. @default 'fixed' */
  window?: 'fixed' | 'sliding'
  /** What a conflict changes in the job that is there, always or by its state. @default [] */
  replace?: readonly ReplaceableField[] | { readonly [State in JobState]?: readonly ReplaceableField[] }
}

export type ReplaceableField = 'args' | 'max_attempts' | 'meta' | 'priority' | 'queue' | 'scheduled_at' | 'tags' | 'worker'

/** Options of {@link EramJob.register}. */
export interface RegisterOptions extends JobOptions {
  /**
   * The file that exports the class: an absolute path or a file: URL. With it jobs run on the worker thread of their queue,
   * which imports the file and takes the export with the class's name, or the default. Without it they run on the main
   * thread. `import.meta.filename`, or `__filename` in CommonJS.
   */
  filename?: string | { readonly href: string } | null
  /** The worker's name in the database, for code whose class names do not last. @default the name of the class */
  name?: string
  /** Other names under which its jobs may still be stored, after a renaming. @default [] */
  aliases?: readonly string[]
  /** Where jobs run: on the main thread, on a thread of the queue, or in a child process. @default 'thread' with a filename, else 'main' */
  isolation?: 'main' | 'thread' | 'process'
  /**
   * Runs `perform` in a transaction of the driver, `ctx.tx`; enqueues inside join it, but for those with `tx: null`. It commits
   * when `perform` returns, and rolls back when it throws. The job's outcome is the transaction's last statement: its effects
   * and its completion are there both or neither, whatever crashes when, and a node that lost the job rolls back.
   * @default false
   */
  transaction?: boolean | TransactionOptions
}

/** How a transaction of the driver is begun. */
export interface TransactionOptions {
  /** @default the database's, usually 'read committed' */
  isolation?: 'read committed' | 'repeatable read' | 'serializable'
  /**
   * Milliseconds after which the server ends a statement (`statement_timeout`). With `transaction` of a job class it is also how
   * long the whole transaction may take: when the time is over `ctx.signal` is aborted, and the transaction is rolled back.
   * `ctx.transaction()` bounds its statements only.
   * @default the job's own timeout, with what that entails, for `transaction` of a job class; none for `ctx.transaction()`
   */
  timeout?: number
}

/** What `perform` gets beside its arguments. Methods may be taken off it: `perform(args, { snooze })`. */
export interface JobContext<Args = any> {
  readonly id: number
  /** This attempt's number, from 1. */
  readonly attempt: number
  readonly max_attempts: number
  readonly queue: string
  readonly worker: string
  /** The job's row as it was claimed. */
  readonly job: RunningJob<Args>
  /** Aborted on timeout, cancel and shutdown, with a {@link JobAborted} as its reason. Pass it on, or look at it in long loops. */
  readonly signal: AbortSignal
  /** Lines for the event `job:log`, which stay in this process. */
  readonly log: JobLog
  /** The transaction of a job with `transaction: true`; undefined for others. */
  readonly tx: RegisteredTransaction
  /** `return ctx.cancel('why')` or throw it: the job is cancelled, and never retried. */
  cancel(reason?: string): CancelJob
  /** `return ctx.discard('why')` or throw it: the job is given up, with an entry in its errors. */
  discard(reason?: string): DiscardJob
  /** `return ctx.snooze(60)` or throw it: the job runs again in that many seconds; the attempt does not count. */
  snooze(seconds: number): SnoozeJob
  /** `throw ctx.retry({ after: 30 })`: the attempt fails, and the next one comes in that many seconds. */
  retry(options?: { after?: number; reason?: string; cause?: unknown }): RetryJob
  /**
   * Makes a process of the operating system the job: it stays executing, and holds its place, until the process ends, whose
   * exit decides the outcome. Cancel and timeout end the process and its descendants.
   * @param process a ChildProcess, or a pid
   */
  adopt(process: number | { readonly pid?: number | undefined }): Promise<{ pid: number; exit_code: number | null }>
  /**
   * Runs `fn` in a transaction of the driver: committed when it resolves, rolled back when it rejects. For jobs that need one for
   * a part of their work only; enqueues in `fn` join it. The job itself is completed later: a crash in between repeats it all.
   * @example
   * const report = await compute(args)
   * await ctx.transaction(async (tx) => tx.query('INSERT INTO reports (text) VALUES ($1)', [report]))
   * @throws {EramError} `ERAM_DRIVER` without a driver · `ERAM_JOB` in a job with `transaction: true`, which has `ctx.tx`
   */
  transaction<T>(fn: (tx: RegisteredTransaction) => T | Promise<T>, options?: TransactionOptions): Promise<T>
  /** Enqueues another job, in this job's transaction if it has one. */
  enqueue<T extends AnyJobClass>(worker: T, args: Jsonable<ArgsOf<T>>, options?: EnqueueOptions): Promise<EnqueuedJob<ArgsOf<T>>>
  enqueue(worker: string, args?: JsonObject, options?: EnqueueOptions): Promise<EnqueuedJob>
}

/** A job while it runs. */
export interface RunningJob<Args = any> {
  id: number
  state: 'executing'
  worker: string
  queue: string
  attempt: number
  max_attempts: number
  priority: number
  args: Args
  meta: JsonObject
  tags: string[]
  /** Earlier attempts that failed, oldest first. */
  errors: JobErrorEntry[]
  inserted_at: Date
  scheduled_at: Date
  attempted_at: Date
  /** Milliseconds, or null. */
  timeout: number | null
}

/** The reason of `ctx.signal`. */
export interface JobAborted extends Error {
  readonly code: 'timeout' | 'cancelled' | 'shutdown'
}

/** Takes what `console.log` takes. */
export interface JobLog {
  debug(...words: unknown[]): void
  info(...words: unknown[]): void
  log(...words: unknown[]): void
  warn(...words: unknown[]): void
  error(...words: unknown[]): void
}

/** Thrown or returned by `perform`: the job is cancelled. */
export declare class CancelJob extends Error {
  constructor(reason?: string, options?: { cause?: unknown })
  readonly reason: string
}

/** Thrown or returned by `perform`: the job is given up. */
export declare class DiscardJob extends Error {
  constructor(reason?: string, options?: { cause?: unknown })
  readonly reason: string
}

/** Thrown or returned by `perform`: the job runs again later, and this attempt does not count. */
export declare class SnoozeJob extends Error {
  constructor(seconds: number)
  readonly seconds: number
}

/** Thrown by `perform`: the attempt fails, and the next one comes `after` seconds, or when the backoff says. */
export declare class RetryJob extends Error {
  constructor(options?: { after?: number; reason?: string; cause?: unknown })
  readonly after: number | undefined
  readonly reason: string
}

// ——— Enqueueing ——————————————————————————————————————————————————————————————————————————————————————————————————————————

/** Options of one job, when it is enqueued. */
export interface DraftOptions extends JobOptions {
  /** Seconds from now; the database adds them to its own clock. Not beside `scheduled_at`. */
  schedule_in?: Duration
  /** When the job is due: a Date, or a time with an offset such as '2030-01-31T09:00:00Z'. */
  scheduled_at?: Date | string
  /** `'suspended'`: the job waits until it is retried or updated. */
  state?: 'suspended'
  /** `false` wakes nobody: the job is found by polling. @default true */
  notify?: boolean
}

/** Options of `enqueue`: of the job, and of its way to the database. */
export interface EnqueueOptions extends DraftOptions, WayOptions {}

/** How jobs get to the database. */
export interface WayOptions {
  /**
   * The transaction to join; null for none, even inside `withTransaction`. `tx: undefined` is refused: it is a name that was misspelt
   * more often than a decision. @default that of `withTransaction` or of the job, else none
   */
  tx?: TransactionLike | null
  /** The engine to go through, where several run. @default 'default', or the only one */
  engine?: string | EramEngine
  /** The schema, with `tx` only. @default that of the engine, else 'public' */
  prefix?: string
}

/** @ignore */
export type EnqueueCall<Args> = unknown extends Args
  ? [args?: Args & JsonObject, options?: EnqueueOptions]
  : {} extends Args
    ? [args?: Jsonable<Args>, options?: EnqueueOptions]
    : [args: Jsonable<Args>, options?: EnqueueOptions]
/** @ignore */
export type DraftCall<Args> = unknown extends Args
  ? [args?: Args & JsonObject, options?: DraftOptions]
  : {} extends Args
    ? [args?: Jsonable<Args>, options?: DraftOptions]
    : [args: Jsonable<Args>, options?: DraftOptions]
/** @ignore */
export type OneObject<Args> = { args: Jsonable<Args> } & EnqueueOptions
/** @ignore */
export type OneObjectDraft<Args> = { args: Jsonable<Args> } & DraftOptions

/** A job that is not yet a row. */
export interface JobDraft<Args = any> {
  readonly worker: string
  readonly args: Jsonable<Args>
  readonly options: Readonly<DraftOptions>
}

/** A draft by name, whose class need not be loaded. */
export interface NamedDraft extends DraftOptions {
  worker: string
  args?: JsonObject
}

/** What `enqueue` gives: the new job, or with `conflict: true` the one that it met. */
export type EnqueuedJob<Args = any> = InsertedJob<Args> | ConflictingJob<Args>

/** A job that was put on its queue. */
export interface InsertedJob<Args = any> {
  readonly conflict: false
  id: number
  worker: string
  queue: string
  /** As given; the job will see what JSON makes of it. */
  args: Jsonable<Args>
  state: 'available' | 'scheduled' | 'suspended'
  scheduled_at: Date
  inserted_at: Date
}

/**
 * The job that was there already, because of `unique`, with all its columns.
 *
 * In a REPEATABLE READ or SERIALIZABLE transaction that began before that job was committed, the database cannot show it:
 * then `id` and the other columns are null. Only there does one have to ask.
 */
export interface ConflictingJob<Args = any> extends Omit<JobRow<Args>, 'args'> {
  readonly conflict: true
  args: Jsonable<Args>
}

/**
 * A transaction of a library that EramJS knows, or anything that can run a statement in one. What cannot be a transaction (a
 * pool, a data source …) does not compile, and is refused at runtime; what may or may not be one is refused at runtime
 * unless it is.
 */
export type TransactionLike = TransactionTypes[keyof TransactionTypes]

/**
 * The transactions of {@link TransactionLike}, by library. Declare your own here if it carries
 * `[Symbol.for('eram.executor')](sql, params)`, which gives rows, `{ rows }` or `[rows, meta]`.
 *
 * @example
 * declare module 'eramjs' {
 *   interface TransactionTypes {
 *     mine: import('./my-database.js').Transaction
 *   }
 * }
 */
export interface TransactionTypes {
  adapter: AdapterTransaction
  drizzle: DrizzleTransaction
  knex: KnexTransaction
  kysely: KyselyTransaction
  objection: ObjectionModel
  'pg-promise': PgPromiseTransaction
  'mikro-orm': MikroOrmManager
  pg: PgTransaction
  pglite: PgliteTransaction
  postgres: PostgresTransaction | PostgresReserved
  prisma: PrismaTransaction
  sequelize: SequelizeTransaction
  slonik: SlonikTransaction
  typeorm: TypeormManager | TypeormQueryRunner
  other: QueryTransaction
}

/** pg: a Client or PoolClient on which BEGIN has run; a Pool is none. */
export interface PgTransaction {
  query(text: string, values: any[]): PromiseLike<{ rows: any[] }>
  escapeIdentifier(text: string): string
  totalCount?: never
}

/** TypeORM: the EntityManager that `dataSource.transaction()` gives; a DataSource is none. */
export interface TypeormManager {
  query(query: string, parameters?: any[]): Promise<any>
  getRepository(target: any): any
  createQueryRunner?: never
}

/** TypeORM: a QueryRunner after `startTransaction()`. */
export interface TypeormQueryRunner {
  query(query: string, parameters?: any[]): Promise<any>
  isTransactionActive: boolean
}

/** MikroORM: the EntityManager that `em.transactional(async (em) => …)` gives, or one after `em.begin()`. */
export interface MikroOrmManager {
  isInTransaction(): boolean
  getTransactionContext(): any
}

/** Prisma: the client that `prisma.$transaction(async (tx) => …)` gives; a PrismaClient is none. */
export interface PrismaTransaction {
  $queryRawUnsafe<T = unknown>(query: string, ...values: any[]): PromiseLike<T>
  $connect?: never
}

/** Sequelize: what `sequelize.transaction()` gives. Sequelize itself is one where CLS carries the transaction, which its type cannot tell. */
export interface SequelizeTransaction {
  commit(): Promise<void>
  rollback(): Promise<void>
  afterCommit(run: (transaction: any) => any): any
}

/** postgres.js: the `sql` that `sql.begin()` and `savepoint()` give; the `sql` of `postgres()` is none. */
export interface PostgresTransaction {
  unsafe(query: string, parameters?: any[]): PromiseLike<any>
  savepoint(...args: any[]): PromiseLike<any>
}

/** postgres.js: what `sql.reserve()` gives, after `BEGIN`. */
export interface PostgresReserved {
  unsafe(query: string, parameters?: any[]): PromiseLike<any>
  release(): void
}

/** knex and Bookshelf: the `trx` that `transaction()` gives; the `knex()` that connects is none. */
export interface KnexTransaction {
  raw(sql: string, bindings: any): PromiseLike<any>
  isCompleted(): boolean
}

/** Objection: a model class that `bindTransaction(trx)` gives. Its `trx` is one of knex. */
export interface ObjectionModel {
  bindTransaction(trx: any): any
  knex(...args: any[]): any
}

/** Kysely: a Transaction or ControlledTransaction; a Kysely is none. */
export interface KyselyTransaction {
  readonly isTransaction: true
  executeQuery(query: any): Promise<{ rows: any[] }>
}

/** Drizzle: the `tx` that `db.transaction()` gives, with any driver; the `db` is none. */
export interface DrizzleTransaction {
  execute(query: any): PromiseLike<any>
  rollback(): never
}

/** pg-promise: the `t` that `db.tx()` gives; the `db` is none. */
export interface PgPromiseTransaction {
  query(query: any, values?: any): Promise<any>
  readonly ctx: { readonly inTransaction: boolean }
}

/** PGlite: the `tx` that `db.transaction()` gives; the `db` is none. */
export interface PgliteTransaction {
  query(query: string, params?: any[]): Promise<{ rows: any[] }>
  rollback(): Promise<void>
  readonly closed: boolean
}

/** Slonik: the connection that `pool.transaction(async (tx) => …)` gives; a pool is none. */
export interface SlonikTransaction {
  query(sql: any): Promise<{ rows: readonly any[] }>
  oneFirst(sql: any): Promise<any>
  maybeOneFirst(sql: any): Promise<any>
  end?: never
}

/** Any other object that runs statements in a transaction, and gives rows, `{ rows }` or `[rows, meta]`. */
export interface QueryTransaction {
  query(sql: string, params: any[]): PromiseLike<any>
  connect?: never
  transaction?: never
  createQueryRunner?: never
  totalCount?: never
}

// ——— The engine ——————————————————————————————————————————————————————————————————————————————————————————————————————————

/**
 * A running engine: fetches jobs from the queues that it was given, and performs them. Several may run in one process, by name.
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
   * Checks the options and the schema, loads the files of the job classes, and begins. Without `queues` it only enqueues. In
   * a job thread it gives the engine that runs already.
   * @throws {EramError} `ERAM_CONFIG` · `ERAM_NOT_MIGRATED` · `ERAM_SCHEMA_TOO_NEW` · `ERAM_UNAVAILABLE` · `ERAM_DRIVER` · `ERAM_LOAD` for a
   * job file · `ERAM_CONFLICT` when an engine of that name runs. Nothing is left half-started.
   */
  static start(options?: StartOptions): Promise<EramEngine>

  /**
   * A running engine by name.
   * @throws {EramError} `ERAM_STOPPED` when there is none
   */
  static get(name?: string): EramEngine

  /**
   * Brings the schema to the version of this package. Safe to call from many processes at once; `start()` never does it by itself.
   * @example
   * await EramEngine.migrate({ url: process.env.DATABASE_URL })
   */
  static migrate(options?: MigrateOptions): Promise<MigrateResult>

  /**
   * The environment that the database is stamped with; with `set` a new one, which takes effect with the next start of each engine.
   * @example
   * const { environment } = await EramEngine.environment({ url })
   * await EramEngine.environment({ url, set: 'staging' }) // after production was copied there
   * @throws {EramError} `ERAM_CONFLICT` to change a stamp while engines run queues on the database
   */
  static environment(options?: EnvironmentOptions): Promise<EnvironmentResult>

  /**
   * Enqueues by class or by name; the class of a name need not be loaded here, and its defaults then are the database's.
   * @example
   * await EramEngine.enqueue('EmailUserJob', { email: 'a@b.c' })
   */
  static enqueue<T extends AnyJobClass>(worker: T, args: Jsonable<ArgsOf<T>>, options?: EnqueueOptions): Promise<EnqueuedJob<ArgsOf<T>>>
  static enqueue(worker: string, args?: JsonObject, options?: EnqueueOptions): Promise<EnqueuedJob>

  /**
   * Enqueues many jobs, all or none.
   * @example
   * await EramEngine.enqueueAll([EmailUserJob.new({ email: 'x' }), { worker: 'Other', args: {} }], { tx })
   */
  static enqueueAll<Args>(drafts: Iterable<JobDraft<Args> | NamedDraft>, options?: WayOptions): Promise<EnqueuedJob<Args>[]>

  /**
   * Runs `fn` with `tx` as the transaction that every enqueue inside it joins; with null, none. It ends with `fn`: an enqueue
   * that comes later, because nobody awaited it, is refused.
   * @example
   * await dataSource.transaction((manager) => EramEngine.withTransaction(manager, () => service.signUp(form)))
   */
  static withTransaction<T>(
    tx: TransactionLike | null,
    fn: () => T | Promise<T>,
    options?: Pick<WayOptions, 'engine' | 'prefix'>,
  ): Promise<T>

  readonly name: string
  /** The name of this node. */
  readonly node: string
  /** The schema. */
  readonly prefix: string
  /** The application's version, as given to `start()`. */
  readonly version: string | null
  /**
   * Why this engine runs no queue although it was told to, or null: the database is stamped with another environment. It can
   * enqueue; `startQueue`, `scale` and `drain` throw `ERAM_ENVIRONMENT`.
   */
  readonly refused: string | null
  /** Looking at jobs, and acting on them. */
  readonly jobs: Jobs

  /** Cron entries: looking at them, and changing them while the cluster runs. */
  readonly cron: Crons

  /** {@link EramEngine.enqueue} through this engine. */
  enqueue<T extends AnyJobClass>(worker: T, args: Jsonable<ArgsOf<T>>, options?: EnqueueOptions): Promise<EnqueuedJob<ArgsOf<T>>>
  enqueue(worker: string, args?: JsonObject, options?: EnqueueOptions): Promise<EnqueuedJob>
  /** {@link EramEngine.enqueueAll} through this engine. */
  enqueueAll<Args>(drafts: Iterable<JobDraft<Args> | NamedDraft>, options?: WayOptions): Promise<EnqueuedJob<Args>[]>
  /** {@link EramEngine.withTransaction} with this engine's schema. */
  withTransaction<T>(tx: TransactionLike | null, fn: () => T | Promise<T>): Promise<T>

  /**
   * Stops fetching, waits up to `grace` milliseconds for running jobs, aborts what still runs, and gives back what does not
   * end: those jobs run again elsewhere, without losing an attempt. Resolves when everything is written; may be called twice.
   */
  stop(options?: { grace?: number }): Promise<void>

  /**
   * Stops fetching from a queue, `'*'` for every known one, on all nodes unless one is named. Lasts over restarts; running jobs go
   * on. A node that hears no notifications obeys with its next heartbeat.
   * @throws {EramError} `ERAM_NOT_FOUND` for a queue or node that nobody knows, with a suggestion; `force` insists
   */
  pause(queue: string | QueueTarget): Promise<void>
  /** Ends a pause. */
  resume(queue: string | QueueTarget): Promise<void>
  /** Changes how many jobs of a queue a node runs at once. Lasts over restarts. */
  scale(queue: string | (QueueTarget & { limit: number }), options?: { limit: number; node?: string; force?: boolean }): Promise<void>
  /** Forgets what `pause`, `resume` and `scale` have set for a queue, on one node or on all; what `queues` says holds again. */
  resetQueue(queue: string | QueueTarget): Promise<void>
  /**
   * Begins to serve a queue that was not among `queues`, until the engine stops: in this engine, or on the node that is named;
   * `'*'` is all nodes that serve queues. Another node is told by a notification, and begins soon after.
   * @throws {EramError} `ERAM_CONFLICT` when this engine serves it · `ERAM_NOT_FOUND` for a node that is not there
   */
  startQueue(queue: string | (QueueOptions & QueueTarget), options?: QueueOptions & { node?: string }): Promise<void>
  /**
   * Ends serving a queue, in this engine or on the node that is named (`'*'`: on all), until the engine starts again. Waits for
   * running jobs as `stop` does, and gives the ids of those that this engine had to hand back.
   */
  stopQueue(queue: string | QueueTarget, options?: { grace?: number; node?: string }): Promise<{ released: number[] }>
  /**
   * Deletes all jobs that wait in a queue (available, scheduled and retryable ones), or cancels them; in batches, so that nobody
   * waits for long. Jobs that are enqueued meanwhile stay, and so do suspended ones.
   * @throws {EramError} `ERAM_NOT_FOUND` for a queue that nobody knows
   */
  purge(queue: string, options?: { cancel?: boolean }): Promise<{ purged: number }>
  /** What a queue of this engine does just now; null when it serves no such queue. */
  checkQueue(queue: string): Promise<QueueStatus | null>
  /**
   * Waits until nothing in a queue of this engine can be run, and tells what became of the attempts meanwhile; for tests and
   * scripts.
   * @throws {EramError} `ERAM_UNAVAILABLE` after `timeout`
   */
  drain(queue: string, options?: DrainOptions): Promise<DrainResult>
  /**
   * Every queue that a node serves, that has settings, or that has jobs, by name; over the whole cluster. What nodes run is as of
   * their last heartbeat.
   *
   * Waiting jobs are counted up to 10,000 in each state (`at_least` says where there are more). Jobs that have ended stand in no
   * index: where the table is larger than 2000 pages (16 MB) so many are looked at, and `estimated` names the states that were
   * reckoned up from them. So the call stays cheap, however long the history.
   */
  queues(): Promise<QueueInfo[]>
  /** Every engine that serves queues, in any process. Engines that only enqueue are not known to the database. */
  nodes(): Promise<NodeInfo[]>
  /**
   * Which engine leads those of this name on this database, and so stages, rescues and tidies for all; null while there is none.
   * @example
   * const leader = await engine.leader()
   * console.log(leader?.node, leader?.since, leader?.me)
   */
  leader(): Promise<Leader | null>
  /**
   * Has the leader resign, whichever node that is: another takes over at once, or after some seconds where notifications do not
   * arrive; the only one takes over from itself after 8 s.
   * @returns who led, or null when nobody did
   */
  resign(): Promise<Omit<Leader, 'me'> | null>
  /** How the engine is: its queues, its notifications, whether it leads. */
  status(): Promise<EngineStatus>

  /** Calls back at each event of this engine; `'*'` for all. Events are those of this process, and follow the commit that they report. */
  on<Kind extends keyof EngineEvents>(kind: Kind, listener: (event: EngineEvents[Kind]) => unknown): this
  on(kind: '*', listener: (event: EngineEvent) => unknown): this
  /** Takes a listener away. */
  off<Kind extends keyof EngineEvents | '*'>(kind: Kind, listener: (event: any) => unknown): this
  /** As {@link EramEngine.on}, once. */
  once<Kind extends keyof EngineEvents>(kind: Kind, listener: (event: EngineEvents[Kind]) => unknown): this
  once(kind: '*', listener: (event: EngineEvent) => unknown): this

  /**
   * Calls back at each message on a channel, from any node; resolves once messages arrive. After an outage it hears again, and
   * what was sent meanwhile is lost. Channels have names of 1 to 63 letters, digits and `_.:/-`.
   * @example
   * const off = await engine.listen('prices', (payload, { node }) => console.log(node, payload))
   * @returns a function that takes the listener away
   * @throws {EramError} `ERAM_CONFIG` where no notification can arrive (`notify: false`, a pooler without `listen_url`) and in job
   * threads · `ERAM_UNAVAILABLE` when the connection that listens is not there within 10 s
   */
  listen(channel: string, callback: (payload: any, about: MessageFacts) => unknown, options?: { scope?: MessageScope }): Promise<() => void>
  /**
   * Sends a message to all nodes that listen on the channel, this one too; with `tx`, or inside `withTransaction`, when that
   * commits. The payload is anything that JSON can hold, up to 7500 bytes of it; with the scope `'local'` it is of any length, and
   * goes to this engine alone, without the database.
   * @throws {EramError} `ERAM_CONFIG` for a name or payload that is refused, before any SQL
   */
  notify(channel: string, payload?: unknown, options?: { tx?: TransactionLike | null; scope?: MessageScope }): Promise<void>
}

/** How far a message goes: to all nodes, or to this engine alone. As a listener `'cluster'` hears both. @default 'cluster' */
export type MessageScope = 'cluster' | 'local'

/** What a listener learns of a message beside its payload. */
export interface MessageFacts {
  channel: string
  /** The node that sent it; null when SQL did. */
  node: string | null
  scope: MessageScope
}

/** `await using engine = await EramEngine.start(…)` stops it at the end of the block, where the runtime has Symbol.asyncDispose. */
export interface EramEngine extends AsyncDisposal {}

type AsyncDisposal = SymbolConstructor extends { readonly asyncDispose: infer Dispose extends symbol }
  ? { [Key in Dispose]: () => Promise<void> }
  : {}

/** What {@link EramEngine.leader} tells. */
export interface Leader {
  node: string
  /** When its term began, by the database's clock. */
  since: Date
  /** Whether it is the engine that was asked. */
  me: boolean
}

/** A queue, and one node instead of all. */
export interface QueueTarget {
  queue: string
  node?: string
  /** Takes names for meant that nobody knows yet. @default false */
  force?: boolean
}

/** Options of {@link EramEngine.start}. Each number has its unit beside it; `false` disables a plugin. */
export interface StartOptions {
  /** Names this engine among several of the process. @default 'default' */
  name?: string
  /** Names this machine or process to people. @default $DYNO, or the host's name */
  node?: string
  /** The database. @default $DATABASE_URL */
  driver?: Driver
  /** The engine's own connection string, where it is not to be that of the driver. */
  url?: string
  /** A connection string past PgBouncer, to hear notifications on. */
  listen_url?: string
  /** Connections of the engine. @default 4 */
  pool?: number
  /** Whether a pooler in transaction mode stands between. Without `listen_url`, polling then takes the place of notifications. @default false */
  pgbouncer?: boolean
  /** The schema, of up to 40 letters, digits, `_` and `-`. @default 'public' */
  prefix?: string
  /** The queues to serve: a limit of jobs at once, or options. @default {}, an engine that only enqueues */
  queues?: { readonly [queue: string]: number | QueueOptions }
  /** Enters jobs at set times: [expression, job, args?, options?] or { schedule, job, … }. @default [] */
  cron?: readonly CronEntry[] | false
  /** Time zone of cron entries that name none. @default 'Etc/UTC' */
  timezone?: string
  /**
   * What this installation is, such as 'production'. The first engine with one stamps it on the database; an engine with
   * another environment, or none, may then enqueue but runs no queue: see {@link EramEngine.refused}. Without a stamp every
   * engine runs its queues.
   * @default none
   */
  environment?: string
  /** The application's version, written on each job that is enqueued and claimed; jobs with `version: 'pinned'` or `'min'` heed it. */
  version?: string
  /** Whether SIGTERM and SIGINT stop the engine and end the process. @default false */
  signals?: boolean
  /**
   * Hears the lines of jobs and of the engine, by level; `false` hears nothing.
   * @default warnings and errors go to `console.warn` and `console.error`
   */
  logger?: false | Partial<Record<'debug' | 'info' | 'warn' | 'error', (message: string, event: any) => void>>
  /**
   * `false`: this engine hears no notifications, and polls; and what it enqueues wakes nobody, but is found by polling, or within
   * a heartbeat by those who sleep. For databases where `NOTIFY` is not wanted. `engine.notify()`, pause, scale and cancel still send. @default true
   */
  notify?: boolean
  /** Milliseconds between looks at a queue that nobody woke. @default 1000 */
  poll_interval?: Duration
  /** Milliseconds that `stop()` waits for running jobs. @default 15_000 */
  grace?: Duration
  /** Milliseconds that an aborted job may take to end. @default 5000 */
  abort_grace?: Duration
  /** Milliseconds between signs of life, at most 6000. A node that was silent for 20 seconds is given up. @default 5000 */
  heartbeat_interval?: Duration
  /**
   * Plugins of the application: classes that tick on the leader or on every node; see {@link Plugin}. `[Class, options]` gives
   * options to the constructor. Those that may lead should all have the same.
   * @default []
   */
  plugins?: readonly (PluginClass | readonly [PluginClass, any])[]
  /** @default 1 MiB */
  max_args_bytes?: number
  /** A longer result is not stored. @default 64 KiB */
  max_result_bytes?: number
  /**
   * A job whose thread, process or node died under it twice runs alone in a process of its own, so that it can take nobody with
   * it; one that dies there for this time is discarded. @default 3
   */
  max_crashes?: number
  /** A longer error is cut. @default 8 KiB */
  max_error_bytes?: number
  /**
   * Whether this engine may lead those of its name, that is run the plugins for all. One without queues never does. Give all
   * engines that may lead the same plugins.
   * @default true, unless all plugins are off
   */
  peer?: boolean
  /**
   * MiB of memory that this process may have in use (its resident set), at least 64. Above it, the job thread that holds most is
   * ended: what ran in it has crashed, with `code: 'MAX_RSS'`, and runs again on a fresh thread; other threads go on. For Buffers,
   * which `resource_limits` do not count. Looked at four times a second by the main thread: it does not stop a job that takes all
   * there is in less time, nor one on the main thread, and does not see job processes. @default none
   */
  max_rss?: number
  /** Deletes jobs that ended long ago. @default true */
  prune?: boolean | PruneOptions
  /** Frees jobs of nodes that are gone. @default true */
  lifeline?: boolean | LifelineOptions
  /** Makes due jobs available. @default true */
  stager?: boolean | StagerOptions
  /** Rebuilds the search indexes, without locking. @default false */
  reindexer?: boolean | ReindexerOptions
}

/**
 * What the application does by a clock, on the leader or on every node, on the main thread of the process that started the engine.
 * One tick never begins before the last has ended. What is thrown is told by `plugin:exception` and on the log, and the next tick
 * comes after twice the wait, up to an hour.
 *
 * @example
 * class Forget implements Plugin {
 *   static readonly on = 'leader'
 *   static readonly interval = '10 minutes'
 *
 *   async tick({ signal, log }: PluginContext) {
 *     const { rowCount } = await pool.query(`DELETE FROM sessions WHERE ended_at < now() - interval '1 day'`)
 *     if (!signal.aborted) log.info('forgotten:', rowCount)
 *   }
 * }
 *
 * await EramEngine.start({ queues: { default: 10 }, plugins: [Forget] })
 */
export interface Plugin {
  /** Before the first tick, on an engine that comes to tick it; tried again with the next tick when it fails. */
  start?(ctx: PluginContext): unknown
  tick(ctx: PluginContext): unknown
  /** When the engine stops, after the last tick, if there was one. */
  stop?(ctx: PluginContext): unknown
}

/** The class of a {@link Plugin}. What it says of itself is checked by `start()`, which throws `ERAM_CONFIG`. */
export interface PluginClass {
  new (options?: any): Plugin
  /** Different from those of the other plugins. @default the name of the class */
  readonly name: string
  /** `leader`: ticks on the engine that leads, first when it is elected. `node`: on every engine. @default 'leader' */
  readonly on?: 'leader' | 'node'
  /** Milliseconds between the end of a tick and the next, from 10 ms to 20 days; on nodes a tenth more or less. @default 60_000 */
  readonly interval?: Duration
  /** Milliseconds after which a tick is asked to end, and `plugin:exception` tells of it; from 10 ms to 20 days. @default 300_000 */
  readonly timeout?: Duration
}

/** What the methods of a {@link Plugin} get. */
export interface PluginContext {
  /** The engine that ticks it. */
  readonly engine: EramEngine
  /**
   * Aborted with a {@link PluginAborted} when the tick has taken longer than its timeout, when the engine stops, and on the leader
   * when it leads no more: another may tick then. The signal of `stop` is aborted when the grace is over.
   */
  readonly signal: AbortSignal
  /** Writes lines of the engine: to `logger`, and as `engine:log`. */
  readonly log: JobLog
  /** Whether the engine leads at this moment. */
  readonly leading: boolean
}

/** The reason of a plugin's signal. */
export interface PluginAborted extends Error {
  readonly code: 'timeout' | 'shutdown' | 'leadership'
}

export interface PruneOptions {
  /** Milliseconds between rounds. @default 30_000 */
  interval?: Duration
  /** The most jobs that one statement looks at, or deletes. @default 10_000 */
  limit?: number
  /**
   * Seconds since a job ended, for all or for each way to end; what is left out is kept for a day.
   * @default 86_400
   * @example
   * max_age: { completed: '1 day', cancelled: '1 day', discarded: '7 days' }
   */
  max_age?: Duration | { completed?: Duration; cancelled?: Duration; discarded?: Duration }
}

export interface LifelineOptions {
  /** Milliseconds. @default 60_000 */
  interval?: Duration
  /** Milliseconds since the attempt began, for jobs whose node has left no trace; the class's timeout comes on top. @default 3_600_000 */
  rescue_after?: Duration
}

export interface StagerOptions {
  /** The longest that it sleeps, in milliseconds; it wakes when a job is due. @default 5000 */
  interval?: Duration
  /** Jobs in one statement. @default 5000 */
  limit?: number
}

export interface ReindexerOptions {
  /** A cron expression. @default '@midnight' */
  schedule?: string
  /** Those that do not exist are skipped. @default ['eram_jobs_args_index', 'eram_jobs_meta_index'] */
  indexes?: readonly string[]
  /** Seconds for each index. @default 15 */
  timeout?: Duration
  /** @default 'Etc/UTC' */
  timezone?: string
}

/** Options of one queue. */
export interface QueueOptions {
  /** How many jobs this node runs at once. @default 10 */
  limit?: number
  /** How many threads share them; more than one is for work that keeps a thread busy. @default 1 */
  threads?: number
  /** In place of what the job classes say. */
  isolation?: 'main' | 'thread' | 'process'
  /** Whether it starts paused. @default false */
  paused?: boolean
  /** Milliseconds. @default that of the engine */
  poll_interval?: Duration
  /** Milliseconds. @default that of the engine */
  abort_grace?: Duration
  /** Whether short jobs are claimed ahead of time. @default true */
  prefetch?: boolean
  /** The nodes that serve the queue, by name; `*` in a name stands for any characters. The others leave it out. @default all */
  only?: string | readonly string[]
  /** How many jobs that neither end nor react to their abort a thread may keep. @default limit */
  max_zombies?: number
  /** Of its threads, as in node:worker_threads. */
  resource_limits?: {
    max_old_generation_size_mb?: number
    max_young_generation_size_mb?: number
    code_range_size_mb?: number
    stack_size_mb?: number
  }
  /** Node options of its threads, such as ['--import', 'tsx']. */
  exec_argv?: readonly string[]
}

/**
 * The database, through a library of yours. From it the engine learns where to connect, and each job thread opens its own for jobs
 * with `transaction: true`:
 * - `{ url }`: that alone; transactions are those of pg,
 * - `{ type, config }`: the config of the library, as JSON, see {@link ConfiguredDriver},
 * - `{ type, filename, export }`: a file that exports the instance, or a function (config) that makes it,
 * - `{ type, instance }` or the instance itself: for jobs on the main thread. Jobs on threads need `config` or `filename` beside it,
 * - `{ type: 'custom', filename, config }`: a file whose `driver(config)` returns a {@link CustomDriver}.
 *
 * `url` beside any of them is where the engine connects, whatever the rest says.
 */
export type Driver =
  | { url: string }
  | ConfiguredDriver
  | ExportedDriver
  | LiveDriver
  | {
      type: 'custom'
      filename: string | { readonly href: string }
      export?: string
      config?: { readonly [key: string]: any }
      url?: string
    }
  | LiveInstance

/** The libraries that a driver can name. */
export type DriverType =
  | 'pg'
  | 'postgres'
  | 'typeorm'
  | 'prisma'
  | 'knex'
  | 'sequelize'
  | 'drizzle'
  | 'kysely'
  | 'mikro-orm'
  | 'objection'
  | 'bookshelf'
  | 'slonik'

/**
 * A library by its config, which must be JSON, because each job thread opens its own. What the library's own function takes:
 * - `pg`: `new Pool(config)`; `kysely` the same, for its `PostgresDialect`,
 * - `postgres`: `postgres(config.url, config)`; `slonik`: `createPool(config.url, config)`; `sequelize`: `new Sequelize(config.url, config)`,
 * - `typeorm`: `new DataSource(config)`; `mikro-orm`: `MikroORM.init(config)`; entities as paths or globs. Nothing is synchronised or migrated,
 * - `knex`, `objection`, `bookshelf`: `knex(config)`,
 * - `drizzle`: `{ connection, casing, logger, driver: 'node-postgres' | 'postgres-js' }`.
 *
 * The pool has as many connections as the thread may have jobs at once, unless the config says how many. It is closed when the
 * thread ends. Prisma's client is generated, so it needs a file.
 */
export interface ConfiguredDriver {
  type: Exclude<DriverType, 'prisma'>
  config: { readonly [key: string]: any }
  url?: string
}

/** A library by a file that exports its instance: by name, as default, or as the only one of its kind. */
export interface ExportedDriver {
  type: DriverType
  /** An absolute path or a file: URL. */
  filename: string | { readonly href: string }
  /** The instance, a promise of it, or a function (config) that makes it. */
  export?: string
  config?: { readonly [key: string]: any }
  url?: string
}

/** A live instance for the main thread, and for threads what they open. It stays yours to close. */
export interface LiveDriver {
  type: DriverType | 'custom'
  instance: LiveInstance | CustomDriver | (DriverAdapter & { postgresql_url?: string })
  config?: { readonly [key: string]: any }
  filename?: string | { readonly href: string }
  export?: string
  url?: string
}

/** A Pool, a DataSource, a PrismaClient, a knex, a Sequelize, a Kysely, a Drizzle db, a MikroORM, a postgres.js `sql`, a Slonik pool. */
export type LiveInstance =
  | { connect(...args: any[]): Promise<any>; readonly totalCount: number }
  | { createQueryRunner(...args: any[]): any; initialize(): Promise<any>; readonly options: any }
  | { $connect(): Promise<void>; $transaction: any }
  | { raw: any; transaction: any; destroy: any }
  | { define: any; query: any; transaction: any; close(): Promise<void> }
  | { executeQuery: any; transaction(): any; destroy(): Promise<void> }
  | { execute(query: any): any; transaction: any }
  | { em: any; config: any; close: any }
  | { unsafe: any; begin: any; end: any }
  | { query: any; transaction: any; end: any }
  | { knex: any }

/**
 * What the `driver(config)` of a custom driver returns; it may be async. In place of `runInTransaction` it may have the methods of
 * a {@link DriverAdapter}, whose Transaction is `ctx.tx` then.
 *
 * @example
 * export const driver = ({ url }) => {
 *   const pool = new pg.Pool({ connectionString: url })
 *   return {
 *     postgresql_url: url,
 *     runInTransaction: (fn) => withClient(pool, fn),
 *     enqueue: (client, job) => (client ?? pool).query('select * from eram_enqueue_job($1)', [job]),
 *     close: () => pool.end(),
 *   }
 * }
 */
export interface CustomDriver<Tx = any> {
  /** Where the engine connects to. */
  postgresql_url: string
  /** Runs `fn` in a transaction, committed when it resolves and rolled back when it rejects. */
  runInTransaction<T>(fn: (tx: Tx) => Promise<T>, options?: { timeout?: number }): Promise<T>
  /**
   * Inserts a job. Where it is given, every enqueue of the engine goes through it: with the transaction to join, or null. `job` is what
   * `eram_enqueue_job` takes. The rows of that function, given back, tell `enqueue` the id; otherwise it is null.
   */
  enqueue?(tx: Tx | null, job: any): unknown
  /** When the thread, or the engine, ends. */
  close?(): unknown
}

/** What a driver adapter gives in place of throwing. Make it with {@link ok} and {@link err}. */
export type Result<T> = { ok: true; value: T } | { ok: false; error: AdapterError }

/** What PostgreSQL said, or the number of another JavaScript error, which `err` keeps. */
export type AdapterError =
  | { kind: 'GenericJs'; id: number }
  | {
      kind: 'Postgres'
      /** SQLSTATE */
      code: string
      severity: string
      message: string
      detail: string | undefined
      column: string | undefined
      hint: string | undefined
    }

/** The answer to a statement. */
export interface ResultSet {
  columnNames: Array<string>
  rows: Array<Array<unknown>>
}

/** A statement; parameters are `$1`, `$2`, … in its text. */
export interface Query {
  sql: string
  args: Array<unknown>
}

/** What runs statements. */
export interface Queryable {
  queryRaw(params: Query): Promise<Result<ResultSet>>
  /** How many rows it changed. */
  executeRaw(params: Query): Promise<Result<number>>
  /** Not called by the engine, which listens on a connection of its own. */
  listen(channel: string, callback: Function): Promise<Result<void>>
}

/**
 * A library behind the interface of driver adapters, for a custom driver to return.
 *
 * @example
 * async queryRaw({ sql, args }) {
 *   try {
 *     const { fields, rows } = await client.query({ text: sql, values: args, rowMode: 'array' })
 *     return ok({ columnNames: fields.map(({ name }) => name), rows })
 *   } catch (error) {
 *     return err(error)
 *   }
 * }
 */
export interface DriverAdapter extends Queryable {
  startTransaction(): Promise<Result<AdapterTransaction>>
}

/** A transaction of a driver adapter; a `tx` to enqueue with like any other. */
export interface AdapterTransaction extends Queryable {
  commit(): Promise<Result<void>>
  rollback(): Promise<Result<void>>
}

/** A Result that is a value. */
export declare function ok<T>(value: T): { ok: true; value: T }

/**
 * A Result that is an error, of whatever was thrown: with a SQLSTATE in it, or in what caused it, an error of PostgreSQL. Any other is
 * kept, and is the `cause` of what EramJS throws.
 */
export declare function err(error: unknown): { ok: false; error: AdapterError }

/**
 * One entry of the crontab: `minute hour day month weekday`, or a nickname such as '@hourly', and the job that it makes.
 *
 * @example
 * ['0 8 * * MON-FRI', ReportJob]
 * ['0 8 * * MON-FRI', ReportJob, { kind: 'daily' }, { name: 'report', timezone: 'Europe/Berlin', guaranteed: true }]
 * { schedule: '0 8 * * MON-FRI', job: 'ReportJob', args: { kind: 'daily' }, name: 'report', queue: 'mail' }
 */
export type CronEntry =
  | readonly [schedule: string, job: AnyJobClass | string]
  | readonly [schedule: string, job: AnyJobClass | string, args: JsonObject | undefined]
  | readonly [schedule: string, job: AnyJobClass | string, args: JsonObject | undefined, options: CronOptions]
  | ({ schedule: string; job: AnyJobClass | string; args?: JsonObject } & CronOptions)

/** Options of a cron entry, and of its jobs, where they come before those of the class. */
export interface CronOptions extends JobOptions {
  /** Up to 255 characters, unlike those of other entries. @default made of job, expression, zone, args and options, so it changes with them */
  name?: string
  /** An IANA name such as 'Europe/Berlin'. @default that of StartOptions, 'Etc/UTC' */
  timezone?: string
  /** Whether the last tick that was missed, because no node was there for over a minute, is made up for. @default false */
  guaranteed?: boolean
  /** An entry that rests until {@link Crons.resume}. @default false */
  paused?: boolean
}

/** Options of {@link EramEngine.migrate}. */
export interface MigrateOptions {
  /** @default $DATABASE_URL */
  url?: string
  driver?: Driver
  /** The schema; made if it is not there. @default 'public' */
  prefix?: string
  /** The version to go to, down as well as up; 0 removes everything. @default the newest */
  to?: number
  /** Only tells how things stand. @default false */
  status?: boolean
  /** Only gives the statements that would be run, as `sql`; from the version `from`. @default false */
  sql?: boolean
  from?: number
  /** Also makes the indexes that finding jobs by args and meta wants, without locking. @default false */
  search_indexes?: boolean
}

/** Options of {@link EramEngine.environment}. */
export interface EnvironmentOptions {
  /** @default $DATABASE_URL */
  url?: string
  driver?: Driver
  /** @default 'public' */
  prefix?: string
  /** The environment to stamp the database with; `null` takes the stamp away. @default nothing is changed */
  set?: string | null
  /** Whether to change a stamp while engines run queues on the database. @default false */
  force?: boolean
}

export interface EnvironmentResult {
  prefix: string
  /** The stamp now; null when there is none. */
  environment: string | null
  /** The stamp before. */
  previous: string | null
}

export interface MigrateResult {
  prefix: string
  /** The version that the schema is at now. */
  version: number
  latest: number
  /** Names of the migrations that are left to run. */
  pending: string[]
  /** What ran. */
  steps: { version: number; name: string; direction: 'up' | 'down' }[]
  /** Search indexes that were made. */
  indexes: string[]
  /** With `sql: true`, in place of all else. */
  sql?: string
}

/** Options of {@link EramEngine.drain}. */
export interface DrainOptions {
  /** Whether jobs that are not yet due run as well. @default false */
  with_scheduled?: boolean
  /** Milliseconds after which to give up. @default never */
  timeout?: number
}

/** How many attempts ended how. */
export interface DrainResult {
  success: number
  failure: number
  discard: number
  cancelled: number
  snoozed: number
  released: number
}

// ——— Looking at it ———————————————————————————————————————————————————————————————————————————————————————————————————————

/**
 * Looking at jobs, and acting on them: one by id, several by ids, or all that a filter means. A filter that means all jobs is
 * refused. Acts take 1000 jobs in a transaction, lowest id first, and resolve to what they touched.
 * @throws {EramError} `ERAM_CONFIG` for what is no id or filter · `ERAM_CONFLICT` from `retry` and `update` when another job has
 * taken the unique key of one; the message names both, and nothing of its batch was changed
 */
export interface Jobs {
  /**
   * One job, or null.
   * @example
   * const job = await engine.jobs.find(id, { attempts: true })
   */
  find<Args = any>(id: number): Promise<JobRow<Args> | null>
  find<Args = any>(id: number, options: { attempts: true }): Promise<(JobRow<Args> & { attempts: JobAttempt[] }) | null>
  find<Args = any>(id: number, options: { attempts?: boolean }): Promise<(JobRow<Args> & { attempts?: JobAttempt[] }) | null>

  /**
   * Jobs, newest first. The next page begins `before` the id of the last.
   * @example
   * await engine.jobs.list({ state: ['available', 'retryable'], queue: 'emails', limit: 50 })
   */
  list<Args = any>(filter?: JobFilter & { limit?: number; offset?: number; before?: number }): Promise<JobRow<Args>[]>

  /** Cancels what is not final yet. A job that runs is aborted, wherever that is, and cancelled when it has ended. */
  cancel(which: number | readonly number[] | JobFilter, options?: { reason?: string }): Promise<TouchedJob[]>
  /** Makes jobs available again, with one more attempt if they have none left; not those available or executing. */
  retry(which: number | readonly number[] | JobFilter): Promise<TouchedJob[]>
  /** Deletes jobs; not those executing. */
  delete(which: number | readonly number[] | JobFilter): Promise<TouchedJob[]>
  /** Changes jobs that wait. */
  update(which: number | readonly number[] | JobFilter, changes: JobChanges): Promise<TouchedJob[]>
}

/**
 * Cron entries of all nodes. What is changed here is kept in the database: it holds on every node, over restarts, and over what
 * the code says of the same member of the entry.
 */
export interface Crons {
  /** All entries, by name. */
  list(): Promise<CronRow[]>
  /**
   * Makes an entry. Its class may be known to other nodes only.
   * @example
   * await engine.cron.insert(['0 8 * * *', 'ReportJob', { shop: 17 }, { name: 'report 17', timezone: 'Asia/Tokyo' }])
   * @throws {EramError} `ERAM_CONFLICT` when an entry has that name · `ERAM_CONFIG` for what is refused
   */
  insert(entry: CronEntry): Promise<CronRow>
  /** As `insert`, but replaces the entry of that name. Its ticks up to now stay settled. */
  upsert(entry: CronEntry): Promise<CronRow>
  /**
   * Changes members of an entry; null takes an option away.
   * @example
   * await engine.cron.update('report', { schedule: '0 9 * * *', priority: 3 })
   * @throws {EramError} `ERAM_NOT_FOUND` when no entry has that name · `ERAM_CONFIG` for what is refused
   */
  update(name: string, changes: CronChanges): Promise<CronRow>
  /** No more ticks until `resume`. Those in between are not missed, and never made up for. */
  pause(name: string): Promise<CronRow>
  resume(name: string): Promise<CronRow>
  /** Deletes an entry. One that is in the code of a node comes back, as the code has it, when that node starts again: pause it instead. */
  delete(name: string): Promise<void>
  /** Makes a job of the entry now, paused or not; its ticks stay as they are. `meta.cron_manual` is true. */
  run(name: string): Promise<EnqueuedJob>
  /**
   * The next times of an expression.
   * @example
   * await engine.cron.next('30 2 * * *', { timezone: 'Europe/Berlin', count: 3 })
   */
  next(expression: string, options?: { timezone?: string; count?: number; after?: Date | string }): Promise<Date[]>
}

/** What {@link Crons.update} changes. */
export type CronChanges = { schedule?: string; job?: AnyJobClass | string; args?: JsonObject } & {
  [Key in Exclude<keyof CronOptions, 'name'>]?: CronOptions[Key] | null
}

/** A cron entry as it is in force. */
export interface CronRow {
  name: string
  expression: string
  timezone: string
  /** Name of the job class. */
  worker: string
  args: JsonObject
  /** Options of its jobs over those of the class. */
  options: JsonObject
  guaranteed: boolean
  paused: boolean
  /** `'code'`: given to `start` by some node. */
  source: 'code' | 'runtime'
  /** Whether it is ticked: made at runtime, or in the code of a node that was there within three minutes. */
  active: boolean
  /** The last tick that made a job. */
  last_at: Date | null
  /** The next one; null while paused or not active, and for '@reboot'. */
  next_at: Date | null
  /** How many ticks no node was there to make. */
  missed: number
  /** Why it cannot make jobs, for a row that was written by hand. */
  problem: string | null
  inserted_at: Date
  updated_at: Date
}

/** Which jobs are meant: those for which all of it is true. */
export interface JobFilter {
  id?: number | readonly number[]
  state?: JobState | readonly JobState[]
  queue?: string | readonly string[]
  /** Names of job classes. */
  worker?: string | readonly string[]
  /** The job has all of these. */
  tags?: string | readonly string[]
  /** The job's args contain this. */
  args?: JsonObject
  /** The job's meta contains this. */
  meta?: JsonObject
  /** Inclusive. */
  inserted_from?: Date | string
  /** Exclusive. */
  inserted_until?: Date | string
  /** Inclusive. */
  scheduled_from?: Date | string
  /** Exclusive. */
  scheduled_until?: Date | string
}

/** What may be changed of a job that waits. */
export interface JobChanges {
  args?: JsonObject
  meta?: JsonObject
  tags?: readonly string[]
  queue?: string
  priority?: number
  max_attempts?: number
  timeout?: Duration | null
  scheduled_at?: Date | string
  /** Seconds from now. */
  schedule_in?: Duration
  state?: 'available' | 'suspended'
}

/** A job that was acted on. */
export interface TouchedJob {
  id: number
  queue: string
  worker: string
  /** The state before. */
  previous: JobState
  state: JobState
}

/** A job as the table `eram_jobs` holds it. */
export interface JobRow<Args = any, Result = any> {
  id: number
  state: JobState
  queue: string
  worker: string
  args: Args
  meta: JsonObject
  tags: string[]
  /** Attempts that failed, oldest first. */
  errors: JobErrorEntry[]
  /** What `perform` returned. */
  result: Result | null
  priority: number
  attempt: number
  max_attempts: number
  /** How often its thread or node died under it. */
  crashes: number
  /** Milliseconds, or null. */
  timeout: number | null
  backoff: Backoff | null
  /** Of the application that enqueued it. */
  version: string | null
  version_rule: 'pinned' | 'min' | null
  /** Of the application that last claimed it. */
  attempted_version: string | null
  /** The node that last claimed it, and the producer on it. */
  attempted_by: string[] | null
  inserted_at: Date
  scheduled_at: Date
  attempted_at: Date | null
  completed_at: Date | null
  cancelled_at: Date | null
  discarded_at: Date | null
  cancel_requested_at: Date | null
}

/** One failed attempt. */
export interface JobErrorEntry {
  attempt: number
  /** ISO 8601. */
  at: string
  /** `crash`: its thread or process died. `lost`: its node was lost while it ran. */
  kind: 'error' | 'timeout' | 'cancelled' | 'discarded' | 'load' | 'crash' | 'lost'
  name: string
  message: string
  stack?: string
  code?: string | number
  cause?: unknown
  /** ISO 8601. */
  attempted_at?: string
  attempted_by?: string[]
}

/** One attempt of a job, from its errors and its row. */
export interface JobAttempt {
  attempt: number
  status: 'success' | 'failure' | 'executing'
  started_at: Date | null
  ended_at: Date | null
  attempted_by: string[] | null
  error: JobErrorEntry | null
}

/** A job as events show it. */
export interface EventJob<Args = any> {
  id: number
  worker: string
  queue: string
  /** The state that it has now. */
  state: JobState
  attempt: number
  max_attempts: number
  priority: number
  args: Args
  meta: JsonObject
  tags: string[]
  inserted_at: Date
  scheduled_at: Date
  attempted_at: Date
  attempted_by: string[]
}

/** What became of an attempt. */
export interface AttemptEnd<Result = any> {
  result: Result | null
  error: JobErrorEntry | null
  /** Seconds until the next attempt. */
  delay: number | null
  /** How long it ran, in milliseconds; null if it did not begin. */
  run_ms: number | null
  /** How long it had been due before it was claimed, in milliseconds. */
  queue_ms: number
}

/** A job as `onSuccess`, `onFailure` and `onAttempt` get it. `state` is that of the attempt, as in events. */
export type FinishedJob<T> = Omit<EventJob<ArgsOf<T>>, 'state'> & AttemptEnd<ResultOf<T>> & { state: AttemptState }

/** How an attempt ended; `failure` will be retried, `discard` will not. */
export type AttemptState = 'success' | 'failure' | 'discard' | 'cancelled' | 'snoozed' | 'released'

/** The job of an event that a job thread sends. */
export interface BriefJob {
  id: number
  worker: string
  queue: string
  attempt: number
  max_attempts: number
}

/** What happens in an engine. Also published by node:diagnostics_channel, as `eram:<kind>`. */
export interface EngineEvents {
  /** A thread took the job. */
  'job:start': { event: 'job:start'; job: EventJob }
  /** An attempt ended as it wished. */
  'job:stop': { event: 'job:stop'; job: EventJob; state: 'success' | 'snoozed' | 'cancelled' | 'discard' | 'released' } & AttemptEnd
  /** An attempt failed. */
  'job:exception': { event: 'job:exception'; job: EventJob; state: 'failure' | 'discard' } & AttemptEnd
  /** An attempt ended, but the job had been given to another node meanwhile: nothing was written. */
  'job:lost': { event: 'job:lost'; job: EventJob; state: AttemptState }
  /** A job of a lost node was freed, to run again or not. */
  /** Given up by the engine without another attempt: another job has taken its unique key, or it has no attempt left. */
  'job:discarded': {
    event: 'job:discarded'
    job: Pick<EventJob, 'id' | 'worker' | 'queue' | 'attempt' | 'state'>
    error: { name: string; message: string; [key: string]: any }
  }
  'job:rescued': { event: 'job:rescued'; job: Pick<EventJob, 'id' | 'worker' | 'queue' | 'attempt' | 'state'> }
  /**
   * Jobs have waited for a minute in a queue that is served, and no running node can run them: none knows the class, or none is
   * of the version. `jobs` are those at the head of the queue. Said once in five minutes of each class and version.
   */
  'job:unhandled': {
    event: 'job:unhandled'
    queue: string
    worker: string | null
    version: string | null
    version_rule: 'pinned' | 'min' | null
    jobs: number
    seconds: number
  }
  /** `ctx.log` was written to. */
  'job:log': { event: 'job:log'; job: BriefJob; level: 'debug' | 'info' | 'warn' | 'error'; message: string; at: string }
  /** Something about a job went wrong without changing its outcome: a hook threw, a result could not be stored, … */
  'job:warning': { event: 'job:warning'; job: BriefJob; what: string; message: string }
  /** A queue was paused, resumed or given another limit. */
  'queue:update': { event: 'queue:update'; queue: string; paused: boolean; limit: number }
  /** A queue stopped; `released` are the ids of the jobs that it had to hand back. */
  'queue:shutdown': { event: 'queue:shutdown'; queue: string; released: number[]; elapsed_ms?: number }
  /** Due jobs became available, so many in each queue. */
  'stager:stop': { event: 'stager:stop'; queues: { [queue: string]: number } }
  /** A tick of a cron entry made a job, or with `conflict` met the unique job that is there; `late` when it was made up for. */
  'cron:insert': {
    event: 'cron:insert'
    name: string
    worker: string
    /** The tick, ISO 8601. */
    at: string
    late: boolean
    job: { id: number | null; queue: string | null; conflict: boolean }
  }
  /** Ticks of a cron entry up to `upto` found no node; `made_up` when a later one, or the last of them, made a job. */
  'cron:missed': { event: 'cron:missed'; name: string; worker: string; missed: number; upto: string; made_up: boolean }
  /** A cron entry, as it is in the table, cannot make its job; the others go on. */
  'cron:exception': { event: 'cron:exception'; name: string; worker: string; at: string | null; message: string }
  /** Jobs that ended long ago were deleted, so many of each state. */
  'pruner:stop': { event: 'pruner:stop'; completed: number; cancelled: number; discarded: number; elapsed_ms: number }
  /**
   * The reindexer has run: which indexes it rebuilt, which do not exist, what it could not do and why, and which leftovers of a run
   * that was broken off it removed.
   */
  'reindexer:stop': {
    event: 'reindexer:stop'
    rebuilt: string[]
    missing: string[]
    removed: string[]
    failed: { index: string; message: string }[]
    elapsed_ms: number
  }
  /** Notifications began or ceased to arrive. */
  'notifier:switch': { event: 'notifier:switch'; listening: boolean }
  /** The database went away or came back. */
  'database:switch': { event: 'database:switch'; available: boolean; error?: string }
  /** Another node gave this one up for a while; what it ran then runs elsewhere. */
  'producer:lost': { event: 'producer:lost'; queue: string; jobs: any }
  /** This engine runs no queue, because the database belongs to another environment. At the start, before a listener of `engine.on` can hear it. */
  'engine:refused': { event: 'engine:refused'; environment: string | null; expected: string; message: string }
  /** Something is wrong with the cluster, or with `resolved` not any more. Told once, and again each hour while it lasts; also as a line of the engine. */
  warning: { event: 'warning'; subject: string; resolved: boolean; message: string } & (
    | { warning: 'clock_skew'; skew_ms?: number }
    | { warning: 'node_duplicate'; node?: string }
    | { warning: 'queue_stalled'; queue?: string; seconds?: number }
    | { warning: 'queue_unattended'; queue?: string; jobs?: number; seconds?: number }
  )
  /** This engine leads from now on; see {@link EramEngine.leader}. */
  'leader:elected': { event: 'leader:elected'; node: string; since: Date }
  /**
   * This engine leads no more: it `stopped`, serves no queue any more (`ineligible`), was asked to (`resigned`), could not renew
   * its lease in time (`expired`), or found that the lease is another's or gone (`superseded`).
   */
  'leader:lost': {
    event: 'leader:lost'
    node: string
    since: Date
    reason: 'stopped' | 'ineligible' | 'resigned' | 'expired' | 'superseded'
  }
  /** A message on a channel that was listened to; see {@link EramEngine.listen}. */
  message: { event: 'message'; channel: string; payload: any; node: string | null; scope: MessageScope }
  'thread:start': { event: 'thread:start'; queue: string; [detail: string]: any }
  /** A job thread ended; `expected` says whether it was meant to. */
  'thread:exit': { event: 'thread:exit'; queue: string; expected: boolean; message?: string; [detail: string]: any }
  /** The engine, or a plugin's `ctx.log`, says something to its operator: the database went away, a node was lost. */
  'engine:log': { event: 'engine:log'; level: 'debug' | 'info' | 'warn' | 'error'; message: string; plugin?: string }
  /** A tick of a {@link Plugin} began; `plugin:stop`, or `plugin:exception` of the kind `error`, tells of its end. */
  'plugin:start': { event: 'plugin:start'; plugin: string }
  /** A tick ended; `aborted` when it had been asked to. */
  'plugin:stop': { event: 'plugin:stop'; plugin: string; elapsed_ms: number; aborted: boolean }
  /** A plugin threw `error`, or with `timeout` still runs and was asked to end. Its ticks go on. */
  'plugin:exception': {
    event: 'plugin:exception'
    plugin: string
    kind: 'error' | 'timeout'
    phase: 'start' | 'tick' | 'stop'
    elapsed_ms: number
    message: string
    error: unknown
  }
  /** A listener threw. */
  'listener:exception': { event: 'listener:exception'; of: string; message: string }
}

/** Any of {@link EngineEvents}. */
export type EngineEvent = EngineEvents[keyof EngineEvents]

/** What {@link EramEngine.status} tells. */
export interface EngineStatus {
  name: string
  node: string
  prefix: string
  version: string | null
  /** As given to `start()`. */
  environment: string | null
  /** Why the engine runs no queue, or null; see {@link EramEngine.refused}. */
  refused: string | null
  /** Whether notifications arrive; else queues are polled. */
  listening: boolean
  /** Connections to the database. */
  connections: number
  /** Whether this engine leads; see {@link EramEngine.leader}. */
  leading: boolean
  /** Outcomes that are not written yet. */
  unwritten: number
  queues: { [queue: string]: QueueStatus }
  [detail: string]: unknown
}

/** What {@link EramEngine.checkQueue} tells. */
export interface QueueStatus {
  queue: string
  node: string
  /** Of the producer, as in `attempted_by`. */
  uuid: string
  limit: number
  paused: boolean
  /** Ids of the jobs that run. */
  running: number[]
  /** How many jobs are claimed and wait for a thread. */
  claimed: number
  /** How many jobs were given up and have not ended. */
  zombies: number
  /** Names of the job classes that it takes jobs of. */
  workers: string[]
  /** Its threads and processes; from `checkQueue` only, where the engine was started. */
  threads?: ThreadStatus[]
  [detail: string]: unknown
}

/** What {@link EramEngine.queues} tells of one. */
export interface QueueInfo {
  queue: string
  counts: { [State in JobState]: number }
  /** States of which there are more jobs than were counted. */
  at_least: JobState[]
  /** States whose counts are estimates. */
  estimated: JobState[]
  /** Of all nodes together. */
  limit: number
  running: number
  /** Paused on every node that serves it. */
  paused: boolean
  nodes: {
    name: string
    node: string
    uuid: string
    limit: number
    paused: boolean
    running: number
    /** Ids of running jobs, a hundred at most. */
    running_ids: number[]
    started_at: Date
    /** Milliseconds since its last heartbeat, by the database's clock. */
    age_ms: number
  }[]
}

/** What {@link EramEngine.nodes} tells of one. */
export interface NodeInfo {
  /** Of the engine. */
  name: string
  node: string
  host: string | null
  pid: number | null
  /** Of the application. */
  version: string | null
  eram_version: string | null
  started_at: Date
  /** Milliseconds since its last heartbeat, by the database's clock. More than 20,000: it is about to be given up. */
  age_ms: number
  /** Whether it leads; null where none does. */
  leader: boolean | null
  queues: { queue: string; limit: number; paused: boolean; running: number }[]
}

/** One thread or process of a queue. */
export interface ThreadStatus {
  slot: number
  isolation: 'thread' | 'process'
  state: 'starting' | 'running' | 'waiting'
  /** Why it is not running. */
  problem: string | null
}

// ——— Errors ——————————————————————————————————————————————————————————————————————————————————————————————————————————————

/** What every error of EramJS is. Messages read "<subject>: expected …, got …; hint", and never carry arguments of jobs or SQL. */
export declare class EramError extends Error {
  constructor(code: EramErrorCode, message: string, details?: { cause?: unknown; sqlstate?: string })
  readonly code: EramErrorCode
  /** The server's code, when the database refused something; for retries of your own: '40001', '40P01', … */
  readonly sqlstate?: string | undefined
}

export type EramErrorCode =
  /** An option of the engine, a queue, a plugin or an action is refused. */
  | 'ERAM_CONFIG'
  /** A job class, arguments or an option of a job is refused; before any SQL. */
  | 'ERAM_JOB'
  /** The schema is missing, or older than this version needs; the message names the command. */
  | 'ERAM_NOT_MIGRATED'
  /** The schema is newer than this version knows. */
  | 'ERAM_SCHEMA_TOO_NEW'
  /** The server refused a statement; see `sqlstate`. */
  | 'ERAM_DATABASE'
  /** The database cannot be reached. */
  | 'ERAM_UNAVAILABLE'
  /** `tx` is no open transaction; the message says what to pass instead. */
  | 'ERAM_NOT_IN_TRANSACTION'
  /** A library or a custom driver did something else than expected. */
  | 'ERAM_DRIVER'
  /** A job file, or the native addon, cannot be loaded. */
  | 'ERAM_LOAD'
  /** What was named does not exist. */
  | 'ERAM_NOT_FOUND'
  /** Something else stands in the way: a unique job, an engine of that name, another node that has the job now. */
  | 'ERAM_CONFLICT'
  /** The database belongs to another environment, so this engine runs no queue. */
  | 'ERAM_ENVIRONMENT'
  /** No engine runs that could do it. */
  | 'ERAM_STOPPED'
  /** A broken promise of EramJS itself; please report it. */
  | 'ERAM_INTERNAL'
