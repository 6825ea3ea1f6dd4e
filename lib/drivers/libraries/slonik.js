// Slonik as a driver: its pool.

import { has } from '../../transactions/index.js'
import { connectionString } from '../conninfo.js'

/** @import { DriverSource } from '../open.js' */

/** @type {DriverSource} */
export const slonikSource = {
  isInstance: (pool) => has(pool, 'query', 'anyFirst', 'transaction', 'connect', 'end'),
  portable: false,
  packages: [['slonik']],
  settings: ({ configuration: { connectionUri, ssl } = {} }) => connectionUri && { connectionUri, ssl },
  url: ({ connectionUri, url = connectionUri, connectionString: text = url, ssl }, subject) =>
    connectionString({ url: text, ssl }, subject, 'pg'),
  async connect({ url, connectionString = url, ...options }, load, size) {
    const { createPool } = await load('slonik')
    // Its default limit of one minute would end a job that waits for something else; jobs have a timeout of their own.
    const unlimited = { idleInTransactionSessionTimeout: 'DISABLE_TIMEOUT' }
    return createPool(connectionString ?? 'postgres://', { maximumPoolSize: size, ...unlimited, ...options })
  },
  // Without retries, because each attempt of a job performs once.
  transaction: (pool, fn) => pool.transaction(fn, 0),
  close: (pool) => pool.end(),
}
