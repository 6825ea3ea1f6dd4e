// node-postgres: Client and PoolClient, in JavaScript or native. A client is in a transaction between BEGIN and COMMIT. A Pool may
// use another connection for each query, so it is never in one.

import { isObject } from '../../shared/validate.js'
import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const pg = {
  name: 'pg',
  matches: (tx) => has(tx, 'query') && (isPool(tx) || isClient(tx)),
  open: (tx) => (isPool(tx) ? false : inTransaction(tx)),
  isRoot: () => true,
  // Not a named statement: it would need PgBouncer's support, and is not faster.
  query: (tx, sql, params) => tx.query(sql, params),
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
