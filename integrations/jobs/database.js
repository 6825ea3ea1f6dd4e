// Statements through a Pool or Client of pg, on whatever connection and in whatever transaction it is; and where it connects.

import { EramError } from 'eramjs'

/** @import { Driver, QueryTransaction } from 'eramjs' */
/** @import { PgDatabase } from './index.js' */

/**
 * @param {any} db
 * @returns {asserts db is PgDatabase}
 */
export function checkDatabase(db) {
  if (typeof db?.query === 'function' && typeof db.connect === 'function') return
  throw new EramError('ERAM_CONFIG', `Jobs: db: expected a Pool or Client of pg, got ${db === null ? 'null' : typeof db}`)
}

/**
 * As `tx` of an enqueue: one statement, which is a transaction of its own unless the client is in one.
 * @param {PgDatabase} db
 * @returns {QueryTransaction}
 */
export function asTransaction(db) {
  return { query: (text, values) => db.query(text, values) }
}

/**
 * Rows of eram_jobs as JSON, newest first.
 * @param {PgDatabase} db
 * @param {string} prefix
 * @param {string} condition
 * @param {unknown[]} values
 * @returns {Promise<Record<string, any>[]>}
 */
export async function selectJobs(db, prefix, condition, values) {
  // As text, because applications change how pg parses numbers and times.
  const { rows } = await db.query(`SELECT to_jsonb(j)::text AS job FROM "${prefix}".eram_jobs AS j WHERE ${condition}`, values)
  return rows.map(({ job }) => JSON.parse(job))
}

/**
 * Where the engine connects: where the pool or client does.
 * @param {any} db
 * @returns {{ driver: Driver }}
 */
export function addressOf(db) {
  if (typeof db.totalCount === 'number') return { driver: db }
  const { host, port, user, password, database, ssl } = db
  return { driver: { type: 'pg', config: { host, port, user, password, database, ssl } } }
}
