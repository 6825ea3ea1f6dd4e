// node-postgres as a driver: a Pool. Its functions also serve libraries that are based on pg.

import { EramError } from '../../shared/errors.js'
import { isPool } from '../../transactions/index.js'
import { connectionString } from '../conninfo.js'

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
  url: ({ connectionString: url, ...config }, subject) => connectionString({ ...config, url }, subject, 'pg'),
  connect: poolOf,
  transaction,
  close: (pool) => pool.end(),
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
