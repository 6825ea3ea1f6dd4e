/**
 * The entry `eramjs/enqueue`: enqueues jobs without the native addon, in plain JavaScript, for web
 * processes, serverless functions, workers and edge runtimes. The engine that performs them runs
 * elsewhere. Drafts, their checks and the errors are those of the engine.
 *
 * @packageDocumentation
 */
import type { DraftCall, EnqueuedJob, JobDraft, NamedDraft } from './types/enqueue.js'
import type { JobOptions } from './types/job-options.js'
import type { TransactionLike } from './types/transaction.js'

export type { ConflictingJob, DraftOptions, EnqueuedJob, InsertedJob, JobDraft, NamedDraft } from './types/enqueue.js'
export { EramError, type EramErrorCode } from './types/errors.js'
export type { Backoff, JobOptions, UniqueOptions } from './types/job-options.js'
export type { TransactionLike } from './types/transaction.js'
export type { Duration, Jsonable, JsonObject } from './types/values.js'

/**
 * Enqueues one job. In a transaction it becomes visible when that commits; through anything else
 * (a pool, a client, a function) it is committed when this resolves.
 *
 * @example
 * import { enqueue } from 'eramjs/enqueue'
 *
 * await enqueue(pool, { worker: 'EmailUserJob', args: { email: 'a@b.c' }, schedule_in: '1 minute' })
 *
 * @throws {EramError} `ERAM_JOB` for a draft that is not valid, before any SQL · `ERAM_NOT_IN_TRANSACTION`
 * for a transaction that has ended, or with `in_transaction` for anything that is not known to be
 * one · `ERAM_DRIVER` for a client that is not known · `ERAM_NOT_MIGRATED` · `ERAM_UNAVAILABLE` ·
 * `ERAM_DATABASE`
 */
export declare function enqueue<Args = any>(
  client: ProducerClient,
  draft: JobDraft<Args> | NamedDraft,
  options?: ProducerOptions,
): Promise<EnqueuedJob<Args>>
/**
 * Enqueues many jobs, all or none.
 *
 * @example
 * await enqueue(tx, [WelcomeJob.new({ id: 1 }), { worker: 'EmailUserJob', args: { email: 'a@b.c' } }])
 */
export declare function enqueue<Args = any>(
  client: ProducerClient,
  drafts: Iterable<JobDraft<Args> | NamedDraft>,
  options?: ProducerOptions,
): Promise<EnqueuedJob<Args>[]>

/**
 * Returns the statement that enqueues, for sending it by other means, such as in a batch of a
 * database behind HTTP. Its answer is one row with a text column `eram`: the jobs as JSON.
 *
 * @example
 * const { text, params } = statement({ worker: 'EmailUserJob', args: { email } })
 * await sql.transaction([sql`INSERT INTO users (email) VALUES (${email})`, sql.query(text, params)])
 *
 * @throws {EramError} `ERAM_JOB` for a draft that is not valid
 */
export declare function statement(
  drafts: JobDraft | NamedDraft | Iterable<JobDraft | NamedDraft>,
  options?: Omit<ProducerOptions, 'in_transaction'>,
): { text: string; params: string[] }

/**
 * Declares a job class that is performed elsewhere: its name, and options that its jobs have. They
 * have to be repeated here, because the class is not loaded; its `backoff` need not, as it counts
 * when an attempt fails.
 *
 * @example
 * export const EmailUserJob = defineJob<{ email: string }>('EmailUserJob', { queue: 'mail', max_attempts: 5 })
 *
 * await enqueue(tx, EmailUserJob.new({ email: 'a@b.c' }))
 *
 * @throws {EramError} `ERAM_JOB` for an option that is not valid
 */
export declare function defineJob<Args = any>(name: string, options?: JobOptions): JobDefinition<Args>

/** A job class by name, from {@link defineJob}. */
export interface JobDefinition<Args = any> {
  readonly name: string
  /**
   * Makes a draft, and checks it.
   * @throws {EramError} `ERAM_JOB` for arguments or an option that are not valid
   */
  'new'(...call: DraftCall<Args>): JobDraft<Args>
}

/** Options of {@link enqueue} in `eramjs/enqueue`. */
export interface ProducerOptions {
  /** The schema. @default 'public' */
  prefix?: string | undefined
  /**
   * Version of the application, for jobs with a `version` rule: that of the engines that may
   * perform them.
   * @default none
   */
  version?: string | undefined
  /** The longest arguments of a job, in bytes of JSON. @default 1_048_576 */
  max_args_bytes?: number | undefined
  /** Refuse anything that is not known to be an open transaction. @default false */
  in_transaction?: boolean | undefined
}

/**
 * What runs the statement: a transaction, or what is none, such as a pool, a client, or a function
 * that runs SQL, for example by `fetch`.
 */
export type ProducerClient = TransactionLike | ClientTypes[keyof ClientTypes]

/** The members of {@link ProducerClient} that are not transactions, by library. */
export interface ClientTypes {
  adapter: { queryRaw(query: any): Promise<any>; executeRaw(query: any): Promise<any>; startTransaction(): Promise<any> }
  bookshelf: { readonly knex: any; transaction(...args: any[]): any; model(...args: any[]): any }
  drizzle: { execute(query: any): PromiseLike<any>; transaction(...args: any[]): any }
  /** Gives rows, `{ rows }` or `[rows, meta]`. */
  function: (text: string, params: any[]) => PromiseLike<any>
  knex: { raw(sql: string, bindings: any): PromiseLike<any>; transaction(...args: any[]): any }
  kysely: { executeQuery(query: any): Promise<{ rows: any[] }>; readonly isTransaction: boolean }
  'mikro-orm': { isInTransaction(): boolean; getTransactionContext(): any }
  objection: { knex(...args: any[]): any; bindTransaction(trx: any): any }
  'pg-promise': { query(query: any, values?: any): Promise<any>; oneOrNone(query: any, values?: any): Promise<any> }
  postgres: { unsafe(query: string, parameters?: any[]): PromiseLike<any>; begin(...args: any[]): any }
  prisma: { $queryRawUnsafe<T = unknown>(query: string, ...values: any[]): PromiseLike<T> }
  /** pg, Neon, PGlite, TypeORM and others: gives rows, `{ rows }` or `[rows, meta]`. */
  query: { query(text: string, params: any[]): PromiseLike<any> }
  sequelize: { query(sql: any, options?: any): Promise<any>; define(...args: any[]): any; transaction(...args: any[]): any }
  slonik: { query(sql: any): Promise<any>; anyFirst(sql: any): Promise<any> }
}
