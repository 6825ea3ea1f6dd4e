// Slonik: the connection of pool.transaction(). That of pool.connect() has the same methods; before version 49 the two cannot be
// distinguished, so both are accepted.

import { connectionString } from '../conninfo.js'
import { has } from '../shape.js'

/** @import { Library } from './index.js' */

const QUERY = Symbol.for('SLONIK_TOKEN_QUERY')

/** @type {Library} */
export const slonik = {
  name: 'slonik',
  matches: (tx) => has(tx, 'query', 'anyFirst', 'maybeOneFirst', 'oneFirst'),
  open(tx) {
    if (has(tx, 'end') || has(tx, 'connect')) return false
    return 'transactionDepth' in tx ? true : undefined
  },
  // The form of sql.unsafe`…`.
  query: (tx, sql, params) => tx.query({ sql, values: params, type: QUERY }),
  pass: 'pass the connection that pool.transaction(async (tx) => …) gives',
  source: {
    isInstance: (pool) => has(pool, 'query', 'anyFirst', 'transaction', 'connect', 'end'),
    portable: false,
    packages: [['slonik']],
    settings: ({ configuration: { connectionUri, ssl } = {} }) => connectionUri && { connectionUri, ssl },
    url: ({ connectionUri, url = connectionUri, connectionString: text = url, ssl }, subject) =>
      connectionString({ url: text, ssl }, subject),
    async connect({ url, connectionString = url, ...options }, load, size) {
      const { createPool } = await load('slonik')
      // Its default limit of one minute would end a job that waits for something else; jobs have a timeout of their own.
      const unlimited = { idleInTransactionSessionTimeout: 'DISABLE_TIMEOUT' }
      return createPool(connectionString ?? 'postgres://', { maximumPoolSize: size, ...unlimited, ...options })
    },
    // Without retries, because each attempt of a job performs once.
    transaction: (pool, fn) => pool.transaction(fn, 0),
    close: (pool) => pool.end(),
  },
}
