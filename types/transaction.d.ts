// Transactions that a job can be enqueued in: what each database library calls its transaction.
import type { AdapterTransaction } from './adapter.js'

/**
 * Extension point for your own types: declare the transaction type of your library once, and
 * `ctx.tx` has it everywhere.
 *
 * @example
 * declare module 'eramjs' {
 *   interface Register {
 *     tx: import('typeorm').EntityManager
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: users add members
export interface Register {}

/** The type of `ctx.tx`: `Register['tx']` if declared, else `any`. */
export type RegisteredTransaction = Register extends { tx: infer Tx } ? Tx : any

/**
 * A transaction of a supported library, or any object that can run a statement in one.
 *
 * What can never be a transaction (a pool, a data source …) does not compile and is rejected at
 * runtime. Where the type cannot tell, the runtime checks that a transaction is open.
 */
export type TransactionLike = TransactionTypes[keyof TransactionTypes]

/**
 * The members of {@link TransactionLike}, by library. Declare your own here if it has a method
 * `[Symbol.for('eram.executor')](sql, params)` that returns rows, `{ rows }` or `[rows, meta]`.
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

/** pg: a Client or PoolClient on which `BEGIN` has run; not a Pool. */
export interface PgTransaction {
  query(text: string, values: any[]): PromiseLike<{ rows: any[] }>
  escapeIdentifier(text: string): string
  totalCount?: never
}

/** TypeORM: the EntityManager that `dataSource.transaction()` passes; not a DataSource. */
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

/**
 * MikroORM: the EntityManager that `em.transactional(async (em) => …)` passes, or one after
 * `em.begin()`.
 */
export interface MikroOrmManager {
  isInTransaction(): boolean
  getTransactionContext(): any
}

/** Prisma: the client that `prisma.$transaction(async (tx) => …)` passes; not a PrismaClient. */
export interface PrismaTransaction {
  $queryRawUnsafe<T = unknown>(query: string, ...values: any[]): PromiseLike<T>
  $connect?: never
}

/**
 * Sequelize: what `sequelize.transaction()` returns. Sequelize itself is accepted at runtime where
 * CLS carries the transaction, which its type cannot express.
 */
export interface SequelizeTransaction {
  commit(): Promise<void>
  rollback(): Promise<void>
  afterCommit(run: (transaction: any) => any): any
}

/**
 * postgres.js: the `sql` that `sql.begin()` and `savepoint()` pass; not the `sql` of `postgres()`.
 */
export interface PostgresTransaction {
  unsafe(query: string, parameters?: any[]): PromiseLike<any>
  savepoint(...args: any[]): PromiseLike<any>
}

/** postgres.js: what `sql.reserve()` returns, after `BEGIN`. */
export interface PostgresReserved {
  unsafe(query: string, parameters?: any[]): PromiseLike<any>
  release(): void
}

/** knex and Bookshelf: the `trx` of `transaction()`; not the `knex()` that connects. */
export interface KnexTransaction {
  raw(sql: string, bindings: any): PromiseLike<any>
  isCompleted(): boolean
}

/**
 * Objection: a model class that `bindTransaction(trx)` returns. Its `trx` itself is a knex
 * transaction.
 */
export interface ObjectionModel {
  bindTransaction(trx: any): any
  knex(...args: any[]): any
}

/** Kysely: a Transaction or ControlledTransaction; not a Kysely. */
export interface KyselyTransaction {
  readonly isTransaction: true
  executeQuery(query: any): Promise<{ rows: any[] }>
}

/** Drizzle: the `tx` that `db.transaction()` passes, with any driver; not the `db`. */
export interface DrizzleTransaction {
  execute(query: any): PromiseLike<any>
  rollback(): never
}

/** pg-promise: the `t` that `db.tx()` passes; not the `db`. */
export interface PgPromiseTransaction {
  query(query: any, values?: any): Promise<any>
  readonly ctx: { readonly inTransaction: boolean }
}

/** PGlite: the `tx` that `db.transaction()` passes; not the `db`. */
export interface PgliteTransaction {
  query(query: string, params?: any[]): Promise<{ rows: any[] }>
  rollback(): Promise<void>
  readonly closed: boolean
}

/** Slonik: the connection that `pool.transaction(async (tx) => …)` passes; not a pool. */
export interface SlonikTransaction {
  query(sql: any): Promise<{ rows: readonly any[] }>
  oneFirst(sql: any): Promise<any>
  maybeOneFirst(sql: any): Promise<any>
  end?: never
}

/**
 * Any other object whose `query` runs statements in a transaction and returns rows, `{ rows }` or
 * `[rows, meta]`. Whether a transaction is open cannot be checked for these.
 */
export interface QueryTransaction {
  query(sql: string, params: any[]): PromiseLike<any>
  connect?: never
  transaction?: never
  createQueryRunner?: never
  totalCount?: never
}
