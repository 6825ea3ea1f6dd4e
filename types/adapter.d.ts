// Driver adapters: database libraries behind an interface that returns a Result instead of
// throwing. The shapes follow those of Prisma's driver adapters.

/**
 * What a method of a driver adapter returns in place of throwing. Make it with {@link ok} and
 * {@link err}.
 */
export type Result<T> = { ok: true; value: T } | { ok: false; error: AdapterError }

/**
 * An error of PostgreSQL as the server reported it, or the number of another JavaScript error that
 * `err` keeps.
 */
export type AdapterError =
  | { kind: 'GenericJs'; id: number }
  | {
      kind: 'Postgres'
      /** SQLSTATE. */
      code: string
      severity: string
      message: string
      detail: string | undefined
      column: string | undefined
      hint: string | undefined
    }

/**
 * {@link AdapterError} and {@link AdapterTransaction} under the names that Prisma's driver adapters have for them:
 * `import type { Error, Transaction } from 'eramjs'`.
 */
export type { AdapterError as Error, AdapterTransaction as Transaction }

/** The answer to a statement. */
export interface ResultSet {
  columnNames: Array<string>
  /** The values of each row, in the order of `columnNames`. */
  rows: Array<Array<unknown>>
}

/** A statement; its text refers to `args` as `$1`, `$2`, … */
export interface Query {
  sql: string
  args: Array<unknown>
}

/** Runs statements. */
export interface Queryable {
  queryRaw(params: Query): Promise<Result<ResultSet>>
  /** Returns the number of rows changed. */
  executeRaw(params: Query): Promise<Result<number>>
  /** Not called by the engine, which listens on a connection of its own. */
  listen(channel: string, callback: Function): Promise<Result<void>>
}

/**
 * A library behind the interface of driver adapters, for a custom driver to return.
 *
 * @example
 * const queryRaw = async ({ sql, args }: Query) => {
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

/** A transaction of a driver adapter; may be passed as `tx` like any other. */
export interface AdapterTransaction extends Queryable {
  commit(): Promise<Result<void>>
  rollback(): Promise<Result<void>>
}

/** Makes a successful {@link Result}. */
export declare function ok<T>(value: T): { ok: true; value: T }

/**
 * Makes a failed {@link Result} of anything thrown. If it, or its cause, carries a SQLSTATE it
 * becomes an error of kind `Postgres`. Any other is kept, and becomes the `cause` of the error that
 * EramJS throws.
 */
export declare function err(error: unknown): { ok: false; error: AdapterError }
