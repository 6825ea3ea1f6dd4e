// The engine's driver: the database, through a library of the application.
import type { AdapterTransaction, DriverAdapter } from './adapter.js'

/**
 * The database, through a library of yours. It tells the engine where to connect, and each job
 * thread opens its own instance for jobs with `transaction: true`:
 *
 * - `{ url }`: a connection string only; transactions are those of pg,
 * - `{ type, config }`: the library's own config, as JSON, see {@link ConfiguredDriver},
 * - `{ type, filename, export }`: a file that exports the instance, or a function `(config)` that
 *   makes it,
 * - `{ type, instance }` or the instance itself: for jobs on the main thread. Jobs on threads also
 *   need `config` or `filename`,
 * - `{ type: 'custom', filename, config }`: a file whose `driver(config)` returns a
 *   {@link CustomDriver}.
 *
 * With any of them, `url` overrides where the engine connects.
 */
export type Driver =
  | { url: string }
  | ConfiguredDriver
  | ExportedDriver
  | LiveDriver
  | {
      type: 'custom'
      filename: string | { readonly href: string }
      export?: string | undefined
      config?: { readonly [key: string]: any } | undefined
      url?: string | undefined
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
 * A library by its config, which must be JSON because each job thread opens its own instance. It is
 * passed to the library's own function:
 *
 * - `pg`: `new Pool(config)`; `kysely`: the same, for its `PostgresDialect`,
 * - `postgres`: `postgres(config.url, config)`; `slonik`: `createPool(config.url, config)`;
 *   `sequelize`: `new Sequelize(config.url, config)`,
 * - `typeorm`: `new DataSource(config)`; `mikro-orm`: `MikroORM.init(config)`; entities as paths or
 *   globs. Nothing is synchronized or migrated,
 * - `knex`, `objection`, `bookshelf`: `knex(config)`,
 * - `drizzle`: `{ connection, casing, logger, driver: 'node-postgres' | 'postgres-js' }`.
 *
 * Unless the config sets the size of the pool, it has as many connections as the thread may have
 * jobs at once. It is closed when the thread ends. Prisma's client is generated code, so it needs a
 * file.
 */
export interface ConfiguredDriver {
  type: Exclude<DriverType, 'prisma'>
  config: { readonly [key: string]: any }
  url?: string | undefined
}

/**
 * A library by a file that exports its instance: by name, as the default, or as the only one of its
 * kind.
 */
export interface ExportedDriver {
  type: DriverType
  /** An absolute path or a `file:` URL. */
  filename: string | { readonly href: string }
  /** Name of the export: the instance, a promise of it, or a function `(config)` that makes it. */
  export?: string | undefined
  config?: { readonly [key: string]: any } | undefined
  url?: string | undefined
}

/**
 * A live instance for the main thread, with what job threads open. You remain responsible for
 * closing it.
 */
export interface LiveDriver {
  type: DriverType | 'custom'
  instance: LiveInstance | CustomDriver | (DriverAdapter & { postgresql_url?: string | undefined })
  config?: { readonly [key: string]: any } | undefined
  filename?: string | { readonly href: string } | undefined
  export?: string | undefined
  url?: string | undefined
}

/**
 * A pg Pool, DataSource, PrismaClient, knex, Sequelize, Kysely, Drizzle db, MikroORM, postgres.js
 * `sql` or Slonik pool.
 */
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
 * What `driver(config)` of a custom driver returns; it may be async. In place of `runInTransaction`
 * it may have the methods of a {@link DriverAdapter}, whose {@link AdapterTransaction} is then
 * `ctx.tx`.
 *
 * @example
 * export const driver = ({ url }: { url: string }): CustomDriver => {
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
  /** The connection string of the engine. */
  postgresql_url: string
  /** Runs `fn` in a transaction, committed when it resolves and rolled back when it rejects. */
  runInTransaction<T>(fn: (tx: Tx) => Promise<T>, options?: { timeout?: number }): Promise<T>
  /**
   * Inserts a job. If defined, every enqueue of the engine goes through it, also in job threads:
   * with the transaction to join, or null. `job` is the argument of the SQL function
   * `eram_enqueue_job`. Return the rows of that function to give `enqueue` the id; otherwise its id
   * is null.
   */
  enqueue?(tx: Tx | null, job: any): unknown
  /** Called when the thread, or the engine, ends. */
  close?(): unknown
}
