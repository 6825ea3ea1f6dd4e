// node-postgres: Client and PoolClient, in JavaScript or native. A client is in a transaction between BEGIN and COMMIT. A Pool may
// use another connection for each query, so it is never in one.

import { EramError } from '../../shared/errors.js'
import { isObject } from '../../shared/validate.js'
import { connectionString } from '../conninfo.js'
import { has } from '../shape.js'

/** @import { Library } from './index.js' */
/** @import { Load } from '../load.js' */
/** @import { DriverSource } from '../open.js' */

/** @type {DriverSource & { connect: NonNullable<DriverSource['connect']> }} */
export const pgSource = {
  isInstance: isPool,
  portable: true,
  packages: [['pg']],
  // Named one by one, because the password is not enumerable and most other members are not JSON.
  settings: ({ options: { connectionString, host, port, user, password, database, ssl, max } }) => ({
    connectionString,
    host,
    port,
    user,
    password,
    database,
    ssl,
    max,
  }),
  url: ({ connectionString: url, ...config }, subject) => connectionString({ ...config, url }, subject),
  connect: poolOf,
  transaction,
  close: (pool) => pool.end(),
}

/** @type {Library} */
export const pg = {
  name: 'pg',
  matches: (tx) => has(tx, 'query') && (isPool(tx) || isClient(tx)),
  open: (tx) => (isPool(tx) ? false : inTransaction(tx)),
  // Not a named statement: it would need PgBouncer's support, and is not faster.
  query: (tx, sql, params) => tx.query(sql, params),
  pass: "pass the client on which `await client.query('BEGIN')` has run",
  source: pgSource,
}

/**
 * Creates a pool for the engine alone, also for libraries based on pg.
 * @param {Record<string, unknown>} config
 * @param {Load} load
 * @param {number} size
 */
export async function poolOf(config, load, size) {
  const { Pool } = await load('pg')
  const pool = new Pool({ max: size, ...config })
  const ignore = () => {}
  // A broken connection fails the next statement, and an idle one is replaced; without a listener, its error would end the process.
  pool.on('error', ignore)
  pool.on('connect', (/** @type {any} */ client) => client.on('error', ignore))
  return pool
}

/**
 * @param {any} pool
 * @param {(client: any) => Promise<unknown>} fn
 */
async function transaction(pool, fn) {
  const client = await pool.connect()
  const ignore = () => {}
  // A connection that breaks while checked out fails its queries; without a listener, its error would end the process.
  client.on('error', ignore)
  let broken
  try {
    await client.query('BEGIN')
    const result = await fn(client)
    const { command } = await client.query('COMMIT')
    if (command === 'COMMIT') return result
    throw new EramError(
      'ERAM_DATABASE',
      'transaction: expected COMMIT, the server rolled back: a statement failed and its error was swallowed',
    )
  } catch (error) {
    await client.query('ROLLBACK').catch((/** @type {unknown} */ failed) => {
      broken = failed
    })
    throw error
  } finally {
    client.off('error', ignore)
    client.release(broken)
  }
}

/** @param {any} tx */
export function isPool(tx) {
  return has(tx, 'query', 'connect') && typeof tx.totalCount === 'number'
}

/** @param {any} tx */
function isClient(tx) {
  return has(tx, 'escapeIdentifier') || isObject(tx.connectionParameters) || isObject(tx.native)
}

/**
 * Whether a client is in a transaction; undefined if unknown. The status is that of the last answer: while a statement is running
 * or queued, "idle" is not conclusive, because the statement may be a BEGIN. Clients before 8.21 have no status.
 * @param {any} client
 * @returns {boolean | undefined}
 */
export function inTransaction(client) {
  if (!has(client, 'getTransactionStatus')) return undefined
  const status = client.getTransactionStatus()
  if (status === 'T' || status === 'E') return true
  const queue = client._queryQueue
  const settled = client.readyForQuery !== false && Array.isArray(queue) && queue.length === 0 && !client._hasActiveQuery?.()
  return settled && status === 'I' ? false : undefined
}
